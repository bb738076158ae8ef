#!/usr/bin/env bash
# What nginx does beyond passing requests on: limits, who the client is, request ids, errors in the envelope, compression, who
# may read the metrics, and a dashboard as a build tool leaves it.
# shellcheck disable=SC2016,SC2034,SC2119,SC2317 # conditions that are waited for are texts, for eval
# shellcheck source=tests/lib/harness.sh
. "$(dirname "$0")/../lib/harness.sh"
# shellcheck source=tests/lib/web.sh
. "$tests/lib/web.sh"

page='/api/proposals?limit=1'
export WORKERS=2 REQUEST_TIMEOUT_MS=1000

# A build: a page, and files with a hash in their names.
dashboard="$folder/build of React"
mkdir -p "$dashboard/assets/fonts" "$dashboard/locales"
printf '<!doctype html><html><script type="module" src="/assets/app-Bx3k9_Qz.js"></script><div id="root"></div></html>' >"$dashboard/index.html"
yes 'console.log("bundle");' | head -n 200 >"$dashboard/assets/app-Bx3k9_Qz.js"
echo '#root{}' >"$dashboard/assets/index-D4e5f6a7.css"
echo font >"$dashboard/assets/fonts/inter-0f1e2d3c.woff2"
echo '{"bonjour":1}' >"$dashboard/locales/fr.json"
echo '{}' >"$dashboard/manifest.webmanifest"
echo robots >"$dashboard/robots.txt"

start_postgres
start_workers
start_another_nginx plain
plain=$port
start_another_nginx limited RATE_LIMIT=2 METRICS_ALLOW=
limited=$port
start_another_nginx behind RATE_LIMIT=2 TRUSTED_PROXIES=127.0.0.1 METRICS_ALLOW=203.0.113.7
behind=$port
port=$plain

# ---- errors in the envelope, every class of answer with its header fields

get "$page"
secured "a page"
get /api/health/live
secured "health"
get /metrics
is "the metrics" "$status $(header Content-Type)" "200 text/plain; version=0.0.4; charset=utf-8"
secured "the metrics"
raw 'GET\r\n\r\n'
refused "no HTTP" 400 BAD_REQUEST
ask GET "$page" 'Host: another'
refused "two hosts" 400 BAD_REQUEST
get '/api/proposals?limit=x'
refused "a wrong parameter" 400 VALIDATION_ERROR
for path in /api/proposals/none:PROPOSAL_NOT_FOUND /api/none:NOT_FOUND /api/proposals/a/b:NOT_FOUND; do
    get "${path%:*}"
    refused "${path%:*}" 404 "${path#*:}"
done
get "$page" -X PATCH
refused "a method that is not allowed" 405 METHOD_NOT_ALLOWED
head -c 20000 /dev/zero | tr '\0' x >"$folder/20k"
get "$page" --data-binary "@$folder/20k" -H 'Expect:'
refused "a body too large" 413 PAYLOAD_TOO_LARGE
get "$page" --data-binary "@$folder/20k" -H 'Expect:' -H 'Transfer-Encoding: chunked'
refused "a body too large, in chunks" 413 PAYLOAD_TOO_LARGE
get /api/none --data-binary "@$folder/20k" -H 'Expect:'
like "a body too large where nobody is" "$status $(json .error.code)" '^(404 NOT_FOUND|413 PAYLOAD_TOO_LARGE)$'
get "/api/proposals?search=$(printf 'x%.0s' {1..9000})"
refused "an address too long for nginx" 414 URI_TOO_LONG
get "/api/proposals?search=$(printf 'x%.0s' {1..8050})"
refused "an address too long for the program" 414 URI_TOO_LONG
get "$page" -H "X-Long: $(printf 'x%.0s' {1..9000})"
refused "a header field too long" 431 HEADERS_TOO_LARGE
get "$page" -H 'Transfer-Encoding: gzip'
refused "a transfer that nobody knows" 501 NOT_IMPLEMENTED
hold_lock data_agents proposals
get "$page"
refused "a request that ran out of time" 504 TIMEOUT
unlike "which may be tried again by whom it may concern" "$(header Cache-Control)" max-age
release_lock
sql data_agents "REVOKE SELECT ON proposals FROM proposals"
get "$page"
refused "a fault" 500 INTERNAL_ERROR
unlike "which gives nothing away" "$(<"$body")" 'permission|proposals|SELECT|42501'
sql data_agents "GRANT SELECT ON proposals TO proposals"
get "$page" -H 'If-None-Match: *'
is "nothing has changed" "$status" 304
secured "nothing has changed"
get "$page" -X OPTIONS
secured "OPTIONS"
for path in / /propositions/x /assets/app-Bx3k9_Qz.js /assets/none.js /robots.txt /none.txt /.env; do
    get "$path"
    secured "$path"
done
get / -X DELETE
is "the dashboard is only read" "$status $(header Content-Type) $(header Allow)" "405 $html_type GET, HEAD"
secured "the dashboard is only read"

# ---- the request id

# id_of PATH [ARGUMENT OF CURL...]: that of the answer
id_of() {
    get "$@"
    header X-Request-Id
}

# in_log ID: how many lines the workers have written about it
in_log() {
    stack_until 2 eval '(($(logged "\[request '"$1"'\] info: GET") > 0))'
    logged "\[request $1\] info: GET"
}

id=$(id_of "$page")
like "an id of its own" "$id" '^[0-9a-f]{32}$'
is "which is in the worker's log" "$(in_log "$id")" 1
ok "another each time" test "$(id_of "$page")" != "$id"
unlike "a client's own is not taken" "$(id_of "$page" -H 'X-Request-Id: from-a-client-1')" from-a-client
is "nor written down" "$(logged from-a-client)" 0

port=$behind
is "a trusted proxy's is" "$(id_of '/api/proposals/group/1-1' -H 'X-Request-Id: from-a-proxy_1.A')" from-a-proxy_1.A
is "and is in the worker's log" "$(in_log from-a-proxy_1.A)" 1
unlike "whoever comes past the proxy has none" "$(id_of /api/proposals/group/1-1 -H 'X-Request-Id: past-the-proxy' --interface 127.0.0.2)" past-the-proxy
for given in short77 "$(printf 'x%.0s' {1..65})" 'with a space' 'qu"otesandmore' 'accentué-long' 'semi;colon;' 'new\nline-or-so' '../../../etc' '[request 1]'; do
    like "what is no id is not taken from a proxy either: $given" "$(id_of / -H "X-Request-Id: $given")" '^[0-9a-f]{32}$'
done
given=$(printf 'x%.0s' {1..64})
is "one of 64 is taken" "$(id_of / -H "X-Request-Id: $given")" "$given"
is "one of 8 is taken, for a file too" "$(id_of /assets/none.js -H 'X-Request-Id: 8-octets')" 8-octets

# ---- who the client is: said by the metrics, which one address may read

# seen FORWARDED [ARGUMENT OF CURL...]: the status
seen() {
    get /metrics -H "X-Forwarded-For: $1" "${@:2}"
    echo "$status"
}

is "the client that a trusted proxy names" "$(seen 203.0.113.7)" 200
is "another" "$(seen 203.0.113.8)" 403
is "the last that is no proxy counts" "$(seen '198.51.100.1, 203.0.113.7')" 200
is "not what that client says itself" "$(seen '203.0.113.7, 198.51.100.1')" 403
is "trusted proxies are passed over" "$(seen '203.0.113.7, 127.0.0.1')" 200
is "whoever comes past the proxy is nobody else" "$(seen 203.0.113.7 --interface 127.0.0.2)" 403
is "nonsense is nobody" "$(seen 'x, 203.0.113.7.1')" 403
get /metrics
refused "the proxy itself may not read them" 403 FORBIDDEN
port=$plain
is "without a trusted proxy nobody is believed" "$(seen 203.0.113.7)" 200
port=$limited
get /metrics
refused "nobody may: not even this machine" 403 FORBIDDEN
get /metrics/
unlike "nor by another spelling" "$(<"$body")" proposals_workers
get /Metrics
unlike "nor by another case" "$(<"$body")" proposals_workers

# ---- the rate limit

# burst COUNT PATH [ARGUMENT OF CURL...]: the statuses that there are, each once
burst() {
    local count=$1 path=$2

    shift 2
    curl -q -s --noproxy '*' --max-time 20 -o "$folder/none" -w '%{http_code}\n' "$@" "http://127.0.0.1:$port$path?n=[1-$count]" | sort -u | paste -sd ' '
}

is "2 a second: a burst is answered, what is beyond refused" "$(burst 20 /api/proposals/eligible-count)" "200 429"
# A busy machine may have let one through again since.
stack_until 5 eval 'get "$page"; [[ $status == 429 ]]'
refused "beyond the limit" 429 TOO_MANY_REQUESTS
like "it says when to try again" "$(header Retry-After)" '^[1-9][0-9]*$'
is "it is not kept" "$(header Cache-Control)" no-store
is "files are not" "$(burst 30 /)" 200
is "nor are assets" "$(burst 30 /assets/index-D4e5f6a7.css)" 200
is "another address has its own limit" "$(get "$page" --interface 127.0.0.2; echo "$status")" 200
ok "after a while it is answered again" stack_until 3 eval 'get "$page"; [[ $status == 200 ]]'

port=$behind
sleep 0.6
is "behind a proxy each client has a limit of its own: one" "$(burst 15 /api/proposals/eligible-count -H 'X-Forwarded-For: 203.0.113.20')" "200 429"
is "another" "$(burst 3 /api/proposals/eligible-count -H 'X-Forwarded-For: 203.0.113.21')" 200
is "who comes past the proxy is counted as itself, whoever it says it is" \
    "$(for i in {1..15}; do get /api/health/live -H "X-Forwarded-For: 203.0.113.$((100 + i))" --interface 127.0.0.3; echo "$status"; done | sort -u | paste -sd ' ')" "200 429"
port=$plain
is "0: no limit" "$(storm_summary 200 10 /api/health/live)" "200 200"
mkdir "$folder/rendered"
RUNTIME="$folder/rendered" DASHBOARD="$folder/dashboard" "$root/nginx/render.sh" "$folder/rendered"
rate=$(sed -nE 's/.*rate=([0-9]+)r\/s.*/\1/p' "$folder/rendered/rate_limit.conf")
ok "by itself it is on, and generous ($rate a second)" test "${rate:-0}" -ge 20

# ---- compression: what is above 1 KB

# pad SIZE: makes the detail of a proposal so long
pad() {
    sql data_agents "UPDATE proposals SET \"eventName\" = repeat('x', $1) WHERE id = 'p70-json'"
    get /api/proposals/p70-json
    stat -c %s "$body"
}

bare=$(pad 0)
if ((bare > 1000)); then
    sql data_agents "UPDATE proposals SET changes = '{}', \"eventId\" = NULL, \"editionId\" = NULL, \"raceId\" = NULL WHERE id = 'p70-json'"
    bare=$(pad 0)
fi
for size in 1023 1024 2000; do
    is "an answer of $size bytes" "$(pad $((size - bare)))" $size
    cp "$body" "$folder/sent"
    get /api/proposals/p70-json -H 'Accept-Encoding: gzip'
    if ((size < 1024)); then
        is "of $size bytes goes out as it is" "$(header Content-Encoding) $(header Content-Length)" " $size"
    else
        is "of $size bytes is compressed" "$(header Content-Encoding)" gzip
        ok "of $size bytes is the same" cmp -s "$folder/sent" <(gzip -dc "$body")
    fi
done
get /api/proposals/p70-json -H 'Accept-Encoding: gzip' -H 'Via: 1.1 somebody'
is "also through a proxy" "$(header Content-Encoding)" gzip
get /api/proposals/p70-json -H 'Accept-Encoding: br'
is "not where it is not understood" "$(header Content-Encoding)" ""
get /api/proposals/p70-json -H 'Accept-Encoding: gzip;q=0'
is "nor where it is not wanted" "$(header Content-Encoding)" ""
get /assets/fonts/inter-0f1e2d3c.woff2 -H 'Accept-Encoding: gzip'
is "nor what is compressed already" "$(header Content-Encoding)" ""

# ---- a build as the dashboard

for path in / /index.html /propositions /propositions/p01 /propositions/p%2F01 '/group/100-2001?tab=races' /a/b/c/d /apiary /assetsfolder; do
    get "$path"
    is "$path is the page, to be asked for each time" "$status $(header Content-Type) $(header Cache-Control)" "200 $html_type no-cache"
    ok "$path is index.html to the byte" cmp -s "$body" "$dashboard/index.html"
done
for path in /assets/app-Bx3k9_Qz.js /assets/index-D4e5f6a7.css /assets/fonts/inter-0f1e2d3c.woff2; do
    get "$path"
    is "$path may be kept for ever" "$status $(header Cache-Control)" "200 public, max-age=31536000, immutable"
    ok "$path is the file" cmp -s "$body" "$dashboard$path"
done
for path in /robots.txt /locales/fr.json /manifest.webmanifest; do
    get "$path"
    is "$path is a file, to be asked for each time" "$status $(header Cache-Control)" "200 no-cache"
done
for path in /assets/app-00000000.js /assets/ /assets/fonts /assets/x/y /locales/en.json /favicon.ico /app.js; do
    get "$path"
    is "$path is not there, and no page instead" "$status $(header Content-Type) $(header Cache-Control)" "404 $html_type no-cache"
    ok "$path is not index.html" eval '! cmp -s "$body" "$dashboard/index.html"'
done

# ---- without workers

stack_stop workers
get "$page"
refused "no workers" 502 SERVICE_UNAVAILABLE
like "it says when to try again" "$(header Retry-After)" '^[1-9][0-9]*$'
get /api/health/live
refused "no status process" 502 SERVICE_UNAVAILABLE
get /metrics
refused "no metrics" 502 SERVICE_UNAVAILABLE
get / -H 'Accept-Encoding: gzip'
is "the dashboard is there" "$status" 200
start_workers "$folder/workers2.log"
get "$page"
is "workers are back" "$status" 200

done_testing
