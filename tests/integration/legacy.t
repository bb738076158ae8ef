#!/usr/bin/env bash
# Beside the old API: reads of proposals are the program's, all else under /api reaches the old one as the client sent it.
# A stand-in for the old API says what it got.
# shellcheck disable=SC2016,SC2034,SC2119,SC2317 # conditions that are waited for are texts, for eval
# shellcheck source=tests/lib/harness.sh
. "$(dirname "$0")/../lib/harness.sh"
# shellcheck source=tests/lib/web.sh
. "$tests/lib/web.sh"

export WORKERS=2
old=$folder/old
stack_mkdir "$old"
start_postgres
start_workers
start_another_nginx alone
alone=$port
stack_spawn old TERM 5 "$folder/old.log" perl "$tests/lib/old_api.pl" "$old"
stack_ready old 10 "$folder/old.log" test -s "$old/port" || bail "no old API"
start_another_nginx beside "LEGACY_API=127.0.0.1:$(<"$old/port")" TRUSTED_PROXIES=127.0.0.3
beside=$port

# How many requests the old API has got, and a part of the last: got FILTER
asked() {
    grep -c '' "$old/requests"
}

got() {
    tail -n 1 "$old/requests" | jq -r "$1"
}

# to_old NAME METHOD PATH [ARGUMENT OF CURL...]: this reaches the old API as it is
to_old() {
    local name=$1 method=$2 path=$3 before

    shift 3
    before=$(asked)
    get "$path" -X "$method" "$@"
    is "$name: $method $path is the old API's" "$(($(asked) - before)) $(got '.method + " " + .target') $status" "1 $method $path 200"
}

# ---- what is whose

wait_until_ready
for request in 'GET /api/proposals?limit=1' 'GET /api/proposals/?limit=1' 'HEAD /api/proposals' 'OPTIONS /api/proposals' 'GET /api/proposals/p01-evu-exists' \
    'GET /api/proposals/p01-evu-exists/' 'HEAD /api/proposals/p01-evu-exists' 'OPTIONS /api/proposals/x' 'GET /api/proposals/none' 'GET /api/proposals/a%2Fb' \
    'GET /api/proposals/group/100-2001' 'HEAD /api/proposals/group/100-2001' 'GET /api/proposals/group/unknown' 'GET /api/proposals/eligible-count' \
    'GET /api/proposals?limit=x' 'GET /api/health' 'GET /api/health/live' 'GET /api/health/ready' 'GET /api/health/workers'; do
    ask "${request% *}" "${request#* }"
    like "$request is the program's" "$status $(timings)" '^(200|204|400|404) data_agents '
done
is "none of these reached the old API" "$(asked)" 0
ask OPTIONS /api/proposals
is "OPTIONS says what the program does" "$status $(header Allow)" "204 GET, HEAD, OPTIONS"

to_old "another route" GET /api/agents
is "its answer passes" "$(json -c .) $(header Content-Type)" '{"number":1,"old":true} application/vnd.old+json'
for path in /api /api/ /api/agents/1 '/api/agents?x=1&y=a%20b%2Fc&z=%C3%A9' /api/a%2Fb/c /api/a//b /api/healthy /api/health/db /api/proposalsx \
    /api/proposals/p01/applications /api/proposals/group/100/2001 '/api/x?url=http://a/b&empty=&=&%'; do
    to_old "another route" GET "$path"
done
for method in POST PUT PATCH DELETE; do
    for path in /api/proposals /api/proposals/p01-evu-exists /api/proposals/group/100-2001; do
        to_old "a write" "$method" "$path"
    done
done
to_old "a write" POST /api/proposals/p01/approve
to_old "another method" OPTIONS /api/agents
to_old "another method" REPORT /api/proposals
before=$(asked)
ask HEAD /api/agents
is "HEAD is the old API's, without a body" "$(($(asked) - before)) $(got .method) $status $(stat -c %s "$body")" "1 HEAD 200 0"
for path in / /propositions/p01 /apiculture /metrics /robots.txt; do
    before=$(asked)
    get "$path"
    is "$path is not the old API's" "$(asked)" "$before"
done
before=$(asked)
get / -X POST -d x=1
is "nor is a write beside /api" "$(asked) $status" "$before 405"

# ---- bodies, intact

# A body of these bytes: carries NAME FILE [ARGUMENT OF CURL...]
carries() {
    local name=$1 file=$2

    shift 2
    to_old "$name" POST /api/proposals --data-binary "@$file" -H 'Expect:' "$@"
    ok "$name: the body is intact" cmp -s "$file" "$old/$(got .number).body"
    is "$name: and has its length" "$(got '.headers["content-length"] | join(" ")')" "$(stat -c %s "$file")"
}

printf '{"status":"APPROVED","note":"é \\u0000 \\\\ 🎄"}' >"$folder/json"
carries "JSON" "$folder/json" -H 'Content-Type: application/json; charset=utf-8'
is "its type too" "$(got '.headers["content-type"] | join(" ")')" "application/json; charset=utf-8"
printf '\0\1\r\n\r\n\377GET / HTTP/1.1\r\n\r\n' >"$folder/bytes"
carries "any bytes" "$folder/bytes" -H 'Content-Type: application/octet-stream'
head -c 3000000 /dev/urandom >"$folder/large"
carries "3 MB" "$folder/large"
carries "in chunks" "$folder/large" -H 'Transfer-Encoding: chunked'
gzip -c "$folder/json" >"$folder/json.gz"
carries "compressed" "$folder/json.gz" -H 'Content-Encoding: gzip'
is "and says so" "$(got '.headers["content-encoding"] | join(" ")')" gzip
: >"$folder/empty"
carries "an empty one" "$folder/empty"
ask POST /api/agents 'Content-Length: 99999999'
refused "a body too large even for the old API" 413 PAYLOAD_TOO_LARGE

# ---- header fields

# field NAME: as the old API got it, one line each
field() {
    got ".headers[\"$1\"] // [] | .[]"
}

get /api/agents -H 'Authorization: Bearer a.b.c' -H 'Cookie: one=1; two="2"' -H 'Accept-Language: fr' -H 'If-None-Match: "x"' -H 'X-Custom: é' -H 'Accept-Encoding: gzip, br'
is "the client's own pass" "$(for name in authorization cookie accept-language if-none-match x-custom accept-encoding; do field $name; done)" \
    $'Bearer a.b.c\none=1; two="2"\nfr\n"x"\né\ngzip, br'
is "the host that was asked" "$(field host)" "127.0.0.1:$beside"
is "who asks, and how" "$(field x-forwarded-for) $(field x-real-ip) $(field x-forwarded-host) $(field x-forwarded-proto)" "127.0.0.1 127.0.0.1 127.0.0.1:$beside http"
is "the id that the client gets" "$(field x-request-id)" "$(header X-Request-Id)"
get /api/agents -H 'X-Forwarded-For: 203.0.113.9' -H 'X-Real-IP: 203.0.113.9' -H 'X-Forwarded-Proto: https' -H 'X-Forwarded-Host: evil.example' \
    -H 'X-Request-Id: forged-by-client' -H 'Forwarded: for=203.0.113.9' -H 'Connection: X-Custom' -H 'Proxy-Connection: keep-alive' -H 'Host: dashboard.example'
is "what a client says of itself does not" "$(field x-forwarded-for) $(field x-real-ip) $(field x-forwarded-host) $(field x-forwarded-proto) $(field forwarded)" \
    "127.0.0.1 127.0.0.1 dashboard.example http "
unlike "nor its id" "$(field x-request-id)" forged
get /api/agents --interface 127.0.0.3 -H 'X-Forwarded-For: 198.51.100.1, 203.0.113.9' -H 'X-Forwarded-Proto: https' -H 'X-Request-Id: given-by-proxy'
is "what a trusted proxy says does" "$(field x-forwarded-for) $(field x-real-ip) $(field x-forwarded-proto) $(field x-request-id)" "203.0.113.9 203.0.113.9 https given-by-proxy"
is "the client gets that id" "$(header X-Request-Id)" given-by-proxy
get /api/agents --interface 127.0.0.3 -H 'X-Forwarded-Proto: gopher'
is "nonsense does not" "$(field x-forwarded-proto)" http

get /api/agents
secured "an answer of the old API"
is "its own fields that ours replace are gone" "$(header X-Frame-Options) $(header X-Powered-By) $(header Referrer-Policy) $(grep -c 'default-src \*' "$headers")" "DENY  same-origin 0"
is "all others pass" "$(header Set-Cookie | paste -sd '|') $(header Location) $(header ETag) $(header Retry-After) $(header Cache-Control)" \
    'one=1; HttpOnly|two=2; Path=/api /api/elsewhere?a=b%20c W/"old" 77 private'

# ---- its answers as they are

for code in 201 302 400 401 403 404 405 409 413 422 429 500 502 503 504; do
    get "/api/agents?status=$code"
    is "its $code is its own" "$status $(json .old) $(header Content-Type)" "$code true application/vnd.old+json"
done
secured "an error of the old API"
for code in 204 304; do
    get "/api/agents?status=$code"
    is "its $code has no body" "$status $(stat -c %s "$body") $(header ETag)" "$code 0 W/\"old\""
done
get '/api/export?big=2000000'
is "a large answer is whole" "$status $(stat -c %s "$body")" "200 2000000"

# ---- when it fails

before=$(asked)
get /api/proposals/p01/approve?hang-up -X POST -d '{"a":1}'
refused "it hangs up over a write" 502 SERVICE_UNAVAILABLE
is "which is not repeated" "$(($(asked) - before))" 1
before=$(asked)
get /api/agents?hang-up
refused "it hangs up over a read" 502 SERVICE_UNAVAILABLE

# A body waits in a file until all of it is there.
chmod 0 "$STACK_SOCKETS/beside/client_body"
get /api/agents --data-binary "@$folder/large" -H 'Expect:'
refused "no place for a body" 500 INTERNAL_ERROR
chmod 700 "$STACK_SOCKETS/beside/client_body"

stack_stop old
get /api/agents
refused "it is down" 502 SERVICE_UNAVAILABLE
like "it says when to try again" "$(header Retry-After)" '^[1-9][0-9]*$'
get /api/proposals -X POST -d '{}'
refused "nor is there anybody for a write" 502 SERVICE_UNAVAILABLE
get /api/proposals --data-binary "@$folder/large" -H 'Expect:'
refused "not for a large one either" 502 SERVICE_UNAVAILABLE
get '/api/proposals?limit=1'
is "reads of proposals go on" "$status $(json '.data | length')" "200 1"
get /api/health/ready
is "and the program is well" "$status" 200

# Somebody listens there and does not answer: the queue of new connections is full.
stack_spawn deaf TERM 5 "$folder/deaf.log" perl -MIO::Socket::INET -e \
    'my $l = IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 1) or die $!; open my $f, ">", $ARGV[0]; print $f $l->sockport; close $f; sleep 60' "$old/deaf"
stack_ready deaf 5 "$folder/deaf.log" test -s "$old/deaf" || bail "nobody deaf"
start_another_nginx unheard "LEGACY_API=127.0.0.1:$(<"$old/deaf")"
for _ in 1 2 3; do
    { timeout 6 bash -c "exec 3<>/dev/tcp/127.0.0.1/$(<"$old/deaf"); sleep 6"; } 2>/dev/null &
done
sleep 0.2
measure_time get /api/agents
refused "it does not answer" 504 TIMEOUT
ok "that is said in time ($milliseconds ms)" test "$milliseconds" -lt 4500
stack_stop deaf

# ---- without an old API

port=$alone
for request in 'GET /api/agents' 'POST /api/agents' 'DELETE /api/x/y' 'GET /api' 'POST /api/' 'GET /api/proposals/p01/applications' 'POST /api/proposals/p01/approve' 'OPTIONS /api/agents'; do
    ask "${request% *}" "${request#* }"
    refused "alone: $request" 404 NOT_FOUND
done
for request in 'POST /api/proposals' 'PUT /api/proposals/p01-evu-exists' 'PATCH /api/proposals/none' 'DELETE /api/proposals/group/100-2001' 'POST /api/proposals/eligible-count' 'POST /api/health'; do
    ask "${request% *}" "${request#* }"
    is "alone: $request says what is allowed" "$(header Allow)" "GET, HEAD, OPTIONS"
    refused "alone: $request" 405 METHOD_NOT_ALLOWED
done

done_testing
