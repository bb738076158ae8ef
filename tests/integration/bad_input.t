#!/usr/bin/env bash
# Whatever a client sends is answered in the envelope, no database is asked for what is refused, and the same workers go
# on: through nginx, and for what nginx would not pass, straight at the workers' socket.
# shellcheck disable=SC2016,SC2034,SC2119,SC2317 # conditions that are waited for are texts, for eval
# shellcheck source=tests/lib/harness.sh
. "$(dirname "$0")/../lib/harness.sh"

export WORKERS=2
start_stack
stack_until 5 eval '[[ $(worker_pids | wc -w) == 2 ]]'
workers=$(worker_pids)

# times TEXT COUNT
times() {
    yes "$1" | head -n "$2" | tr -d '\n'
}

# The code of an error in its envelope, and of nothing else.
error_code() {
    local text

    text=$(<"$body")
    if [[ $text =~ ^\{\"success\":false,\"error\":\{\"code\":\"([A-Z_]+)\",\"message\":\"[^\"]+\"\}\}$ ]]; then
        echo "${BASH_REMATCH[1]}"
    else
        echo "not the envelope: $text"
    fi
}

# What all refusals have in common: check NAME STATUS CODE
check() {
    is "$1: $2 $3" "$status $(error_code)" "$2 $3"
}

# refused NAME STATUS CODE PATH [ARGUMENT OF CURL...]
refused() {
    get "${@:4}"
    check "$1" "$2" "$3"
}

# invalid NAME QUERY
invalid() {
    refused "$1" 400 VALIDATION_ERROR "/api/proposals?$2"
}

# ---- through nginx; each twice: with workers that have no connection yet, and with some that have

through_nginx() {
    local when=$1 parameter method

    invalid "$when, a query just below 8 KB of unknown parameters" "$(times 'a&' 3900)"
    refused "$when, a query string of 8 KB" 414 URI_TOO_LONG "/api/proposals?search=$(times x 8192)"
    refused "$when, 10,000 parameters" 414 URI_TOO_LONG "/api/proposals?$(times 'a=1&' 10000)"
    invalid "$when, 101 parameters" "$(times 'a=1&' 101)"
    for parameter in search eventId editionId agentName categoryLevel1 categoryLevel2 unknown; do
        invalid "$when, %00 in $parameter" "$parameter=a%00b"
        invalid "$when, an end in half a percent-encoding in $parameter" "$parameter=100%"
        invalid "$when, percent-encoding that is none in $parameter" "$parameter=%zz"
        invalid "$when, invalid UTF-8 in $parameter" "$parameter=%ff"
        invalid "$when, overlong UTF-8 in $parameter" "$parameter=%c0%af"
        invalid "$when, a surrogate in $parameter" "$parameter=%ed%a0%80"
        invalid "$when, a cut UTF-8 sequence in $parameter" "$parameter=%c3"
        invalid "$when, a character beyond Unicode in $parameter" "$parameter=%f4%90%80%80"
    done
    for parameter in status type sort limit offset startDateFrom startDateTo; do
        invalid "$when, SQL in $parameter" "$parameter=1%27%3B%20DROP%20TABLE%20proposals%3B%20--"
        invalid "$when, an empty $parameter" "$parameter="
        invalid "$when, a $parameter without equals sign" "$parameter"
        invalid "$when, %00 in $parameter" "$parameter=2026%00"
    done
    for parameter in status=PENDING type=NEW_EVENT eventId=1 editionId=1 agentName=a categoryLevel1=a categoryLevel2=a search=a \
        startDateFrom=2026 startDateTo=2026 sort=date-asc limit=1 offset=1 eventId= search=; do
        invalid "$when, ${parameter%=*} twice" "$parameter&a=b&$parameter"
    done
    invalid "$when, a parameter twice, once encoded" "limit=1&%6Cimit=1"
    invalid "$when, %00 in a name" "a%00b=1"
    invalid "$when, invalid UTF-8 in a name" "%ff=1"
    refused "$when, a body on GET" 400 VALIDATION_ERROR /api/proposals -X GET -d x
    refused "$when, a chunked body on GET" 400 VALIDATION_ERROR /api/proposals -X GET -d x -H 'Transfer-Encoding: chunked'
    refused "$when, a body too large" 413 PAYLOAD_TOO_LARGE /api/proposals -X GET -d "$(times x 20000)"
    for method in POST PUT DELETE PATCH PROPFIND BREW; do
        refused "$when, method $method" 405 METHOD_NOT_ALLOWED /api/proposals -X $method
        like "$when, method $method is told which are allowed" "$(header Allow)" '^GET, HEAD, OPTIONS$'
    done
    refused "$when, method POST with a body" 405 METHOD_NOT_ALLOWED /api/proposals -X POST -d '{"a":1}'
    refused "$when, method TRACE" 405 METHOD_NOT_ALLOWED /api/proposals -X TRACE
    refused "$when, a method in lower case" 400 BAD_REQUEST /api/proposals -X get
    refused "$when, a path deeper than any" 404 NOT_FOUND /api/proposals/a/b/c
    refused "$when, a group of a group" 404 NOT_FOUND /api/proposals/group/1-2/3
    refused "$when, two slashes at the end" 404 NOT_FOUND /api/proposals//
    refused "$when, a path that only starts alike" 404 NOT_FOUND /api/proposalsx
    refused "$when, a path in capitals" 404 NOT_FOUND /API/proposals
    refused "$when, another path under /api" 404 NOT_FOUND /api/agents
    refused "$when, /api itself" 404 NOT_FOUND /api
    refused "$when, a path of 10 KB" 414 URI_TOO_LONG "/api/proposals/$(times x 10000)"
    refused "$when, %00 in the path" 400 BAD_REQUEST '/api/proposals/a%00b'
    refused "$when, percent-encoding in the path that is none" 400 BAD_REQUEST '/api/proposals/%zz'
    refused "$when, a header field of 10 KB" 431 HEADERS_TOO_LARGE /api/proposals -H "X-Long: $(times x 10000)"
    raw 'GET /api/proposals?search=\xff HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
    check "$when, a bare byte that is no UTF-8" 400 VALIDATION_ERROR
    raw 'GET /api/proposals HTTP/1.1\r\nConnection: close\r\n\r\n'
    check "$when, no Host" 400 BAD_REQUEST
    raw 'GET /api/proposals HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\nConnection: close\r\n\r\n'
    check "$when, a Content-Length that is none" 400 BAD_REQUEST
    raw 'GET /api/proposals HTTP/3.7\r\nHost: a\r\n\r\n'
    check "$when, a version of HTTP that is none" 505 HTTP_VERSION_NOT_SUPPORTED
}

# ---- straight at the socket

direct() {
    local when=$1

    ask_worker REQUEST_METHOD=GET "REQUEST_URI=/api/proposals?search=$(times x 8192)"
    check "$when, a query string of 8 KB at the socket" 414 URI_TOO_LONG
    ask_worker REQUEST_METHOD=GET "REQUEST_URI=/api/proposals?$(times 'a=1&' 10000)"
    check "$when, 10,000 parameters at the socket" 414 URI_TOO_LONG
    ask_worker REQUEST_METHOD=GET "REQUEST_URI=/api/proposals?$(times '&' 100000)"
    check "$when, a query string of 100 KB at the socket" 414 URI_TOO_LONG
    ask_worker REQUEST_METHOD=GET "REQUEST_URI=/api/proposals/$(times %41 20000)"
    check "$when, a path of 60 KB at the socket" 414 URI_TOO_LONG
    ask_worker REQUEST_METHOD=GET 'REQUEST_URI=/api/proposals?search=%00'
    check "$when, %00 at the socket" 400 VALIDATION_ERROR
    ask_worker REQUEST_METHOD=GET $'REQUEST_URI=/api/proposals?search=\xff'
    check "$when, invalid UTF-8 at the socket" 400 VALIDATION_ERROR
    ask_worker REQUEST_METHOD=GET $'REQUEST_URI=/api/proposals?limit=1\n'
    check "$when, a line break in a number at the socket" 400 VALIDATION_ERROR
    ask_worker "REQUEST_METHOD=$(times G 20000)" REQUEST_URI=/api/proposals
    check "$when, a method of 20 KB at the socket" 405 METHOD_NOT_ALLOWED
    ask_worker REQUEST_URI=/api/proposals
    check "$when, no method at the socket" 405 METHOD_NOT_ALLOWED
    ask_worker REQUEST_METHOD=get REQUEST_URI=/api/proposals
    check "$when, a method in lower case at the socket" 405 METHOD_NOT_ALLOWED
    ask_worker REQUEST_METHOD=GET
    check "$when, no address at the socket" 404 NOT_FOUND
    ask_worker
    check "$when, no parameter at all at the socket" 404 NOT_FOUND
    ask_worker REQUEST_METHOD=GET REQUEST_URI=http://example.org/api/proposals
    check "$when, a whole URL at the socket" 404 NOT_FOUND
    ask_worker REQUEST_METHOD=GET REQUEST_URI='/api/../api/proposals'
    check "$when, dots in the path at the socket" 404 NOT_FOUND
}

get '/api/proposals?status=WRONG'
like "a refusal says which parameter is wrong" "$(json .error.message)" status
is "a refusal is JSON in UTF-8" "$(header Content-Type)" "application/json; charset=utf-8"
through_nginx cold
direct cold
is "none of this made a connection to any database" "$(connections_made)" 0
is "the same workers go on" "$(worker_pids)" "$workers"

is "all that is well is answered" "$(storm_summary 40 8 '/api/proposals?limit=100')" "40 200"
connections=$(connections_made)
forget_statements
through_nginx warm
direct warm
is "none of this executed a statement" "$(statements_executed)" 0
is "none of this made another connection" "$(connections_made)" "$connections"
is "the same workers go on after all" "$(worker_pids)" "$workers"

# ---- what looks bad and is a value like any other

for parameter in eventId editionId agentName categoryLevel1 categoryLevel2 search; do
    for value in '%27%20OR%20%271%27%3D%271' '%27%3B%20DROP%20TABLE%20proposals%3B%20--' '%22%29%29%20%7C%7C%20true%20--' '%24%7B1%7D%20%241%20%5C'; do
        get "/api/proposals?$parameter=$value"
        is "SQL in $parameter finds nothing: $value" "$status $(json '.meta.total')" "200 0"
    done
done
get "/api/proposals?$(times 'a=1&' 99)limit=1"
is "100 parameters are not too many" "$status $(json '.data | length')" "200 1"
get '/api/proposals/?&&&limit=1&'
is "empty parameters are none" "$status $(json '.data | length')" "200 1"
get "/api/proposals?search=$(times x 7900)"
is "a long search is a search" "$status $(json .meta.total)" "200 0"
is "the table is still there" "$(sql data_agents 'SELECT count(*) > 0 FROM proposals')" t

# ---- the log cannot be forged

ask_worker REQUEST_METHOD=$'GET\n2026-01-01T00:00:00.000Z [master] error: forged 1' \
    REQUEST_URI=$'/x\r\n2026-01-01T00:00:00.000Z [master] error: forged 2\x1b[31m' REQUEST_ID=$'id\n2026 [master] error: forged 3'
get '/x%0aforged' -H $'X-Request-Id: forged 4'
is "no line of the log is a client's" "$(logged '^[^[]*\[?master\]? error: forged|^2026[^ ]* \[master\] error: forged')" 0
ok "what a client sent is there, escaped" grep -qF '/x\x0d\x0a2026' "$folder/workers.log"
is "every line of the log has its form" "$(grep -cvE '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{3}Z \[(master|worker [0-9]+)\] (\[request [^ ]+\] )?(error|warn|info|debug): ' "$folder/workers.log")" 0
is "no byte of the log is a control character" "$(LC_ALL=C grep -c $'[\x01-\x08\x0b-\x1f\x7f]' "$folder/workers.log")" 0

# ---- what is not even FastCGI

# at_socket PERL EXPRESSION: sends its value, reads a while, hangs up
at_socket() {
    perl -MIO::Socket::UNIX -e '
        my $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die; $SIG{PIPE} = "IGNORE"; $SIG{ALRM} = sub { exit };
        syswrite $s, eval $ARGV[1]; alarm 1; 1 while sysread $s, my $bytes, 65536;' "$socket" "$1" 2>/dev/null
}

at_socket '"GET / HTTP/1.0\r\n\r\n"'
at_socket '"\xff" x 100000'
at_socket '"\0" x 100000'
at_socket 'pack("CCnnCC nCx5", 1, 1, 1, 8, 0, 0, 1, 0)'
at_socket 'pack("CCnnCC nCx5", 1, 1, 1, 8, 0, 0, 9, 0) . pack("CCnnCC", 1, 4, 1, 0, 0, 0)'
at_socket 'pack("CCnnCC nCx5", 1, 1, 1, 8, 0, 0, 1, 0) . pack("CCnnCC", 1, 4, 1, 8, 0, 0) . "\xff" x 8 . pack("CCnnCC", 1, 4, 1, 0, 0, 0)'
at_socket ''
is "requests are answered after bytes that are no FastCGI" "$(storm_summary 20 4 '/api/proposals?limit=1')" "20 200"
is "the same workers go on after them" "$(worker_pids)" "$workers"

done_testing
