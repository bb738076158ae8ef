#!/usr/bin/env bash
# What nginx adds: which path goes where, header fields on every class of answer, errors as JSON under /api and as a page
# elsewhere, compression, and what a client sees when no worker answers. The dashboard here is a folder of the test's own.
# shellcheck disable=SC2016,SC2034,SC2119,SC2317 # conditions that are waited for are texts, for eval
# shellcheck source=tests/lib/harness.sh
. "$(dirname "$0")/../lib/harness.sh"

dashboard=$folder/dashboard
mkdir -p "$dashboard/assets" "$dashboard/.git" "$dashboard/js"
echo '<!doctype html><html lang="fr"><title>The dashboard</title>' >"$dashboard/index.html"
yes 'console.log("été");' | head -n 500 >"$dashboard/assets/app-0a1b2c3d.js"
echo 'body { color: red }' >"$dashboard/assets/style-0a1b2c3d.css"
echo 'export {};' >"$dashboard/js/main.js"
echo 'body {}' >"$dashboard/dashboard.css"
echo '<svg xmlns="http://www.w3.org/2000/svg"/>' >"$dashboard/icon.svg"
echo secret >"$dashboard/.git/config"
echo secret >"$dashboard/.env"
echo secret >"$folder/outside.txt"
start_stack

# ---- which path goes where

# serves NAME PATH STATUS TYPE TEXT: an answer with this in its body
serves() {
    get "$2"
    is "$1: $2 is $3, $4" "$status $(header Content-Type)" "$3 $4"
    ok "$1: $2 has the right content" grep -qF "$5" "$body"
}

html="text/html; charset=utf-8"
js="text/javascript; charset=utf-8"
api="application/json; charset=utf-8"
serves "the dashboard" / 200 "$html" 'The dashboard'
serves "the dashboard" /index.html 200 "$html" 'The dashboard'
serves "an address within the dashboard" /propositions/p01 200 "$html" 'The dashboard'
serves "an address within the dashboard" '/propositions/?status=PENDING&search=a%20b' 200 "$html" 'The dashboard'
serves "an address that only starts like the API" /apiculture 200 "$html" 'The dashboard'
serves "a script" /js/main.js 200 "$js" 'export'
serves "a style" /dashboard.css 200 "text/css; charset=utf-8" 'body'
serves "an image" /icon.svg 200 "image/svg+xml; charset=utf-8" '<svg'
serves "an asset" /assets/style-0a1b2c3d.css 200 "text/css; charset=utf-8" 'red'
serves "the API" /api/proposals 200 "$api" '"success":true'
serves "the API with a slash" '/api/proposals/?limit=1' 200 "$api" '"success":true'
serves "a path of the API that is none" /api/proposals/a/b 404 "$api" '"NOT_FOUND"'
serves "no fallback under /api" /api/other 404 "$api" '"NOT_FOUND"'
serves "no fallback under /api" /api/ 404 "$api" '"NOT_FOUND"'
serves "no fallback under /api" /api 404 "$api" '"NOT_FOUND"'
serves "no fallback under /API" /API/proposals 404 "$api" '"NOT_FOUND"'
serves "no fallback for assets" /assets/app-ffffffff.js 404 "$html" 'Page introuvable'
serves "no fallback for assets without an extension" /assets/app 404 "$html" 'Page introuvable'
serves "no listing of assets" /assets/ 404 "$html" 'Page introuvable'
serves "no fallback for files" /favicon.ico 404 "$html" 'Page introuvable'
serves "no hidden file" /.env 404 "$html" 'Page introuvable'
serves "no hidden folder" /.git/config 404 "$html" 'Page introuvable'
serves "no hidden file under assets" /assets/.env 404 "$html" 'Page introuvable'
serves "no hidden file by encoding" /%2eenv 404 "$html" 'Page introuvable'
get /.errors/api
is "no error page by its address" "$status" 404
for path in /../outside.txt /%2e%2e/outside.txt /assets/../../outside.txt /assets/..%2f..%2foutside.txt /js%5c..%5c..%5coutside.txt; do
    get "$path"
    unlike "nothing outside the folder: $path" "$(<"$body")" secret
done

# ---- header fields

security="Content-Security-Policy X-Content-Type-Options X-Frame-Options Referrer-Policy Permissions-Policy Cross-Origin-Opener-Policy Cross-Origin-Resource-Policy X-Request-Id"

# secured NAME: the last answer has all of them, each once
secured() {
    local name missing=""

    for name in $security; do
        [[ $(header "$name" | wc -l) == 1 ]] || missing+=" $name"
    done
    is "$1 ($status): security headers, each once" "${missing:-none missing}" "none missing"
    like "$1 ($status): the server does not say its version" "$(header Server)" '^(nginx)?$'
}

for path in / /propositions/x /js/main.js /assets/style-0a1b2c3d.css /assets/none.js /none.txt /.env /api/proposals '/api/proposals?limit=x' /api/proposals/a/b/c /api/other /api/proposals/%00; do
    get "$path"
    secured "$path"
done
get /api/proposals -X DELETE
secured "a method of the API that is not allowed"
get / -X POST
secured "a method of the dashboard that is not allowed"
is "it is a 405 page" "$status $(header Content-Type)" "405 $html"
like "it says which are" "$(header Allow)" 'GET'
get "/$(printf 'x%.0s' {1..9000})"
secured "an address too long"
get / -H "X-Long: $(printf 'x%.0s' {1..9000})"
secured "a header field too long"
raw 'nonsense\r\n\r\n'
is "what is no HTTP is a 400 in the envelope" "$(json '.error.code')" BAD_REQUEST

get /assets/app-0a1b2c3d.js
like "an asset may be kept for ever" "$(header Cache-Control)" 'max-age=31536000.*immutable'
get /assets/none.js
unlike "an asset that is not there may not" "$(header Cache-Control)" 'immutable|max-age=[1-9]'
for path in / /index.html /propositions/x /js/main.js; do
    get "$path"
    is "to be asked for each time: $path" "$(header Cache-Control)" no-cache
done
get /api/proposals
like "an answer of the API is not kept" "$(header Cache-Control)" 'no-cache|no-store'
get / -H "If-None-Match: $(get /; header ETag)"
is "a file that has not changed is not sent again" "$status $(stat -c %s "$body")" "304 0"

# ---- lengths, HEAD, compression

for path in / /js/main.js '/api/proposals?limit=100' '/api/proposals?limit=x' /api/other; do
    get "$path"
    is "Content-Length is the length: $path" "$(header Content-Length)" "$(stat -c %s "$body")"
    length=$(header Content-Length)
    before=$status
    get "$path" -I
    is "HEAD says the same and sends nothing: $path" "$status $(header Content-Length) $(sed '1,/^\r$/d' "$body" | wc -c)" "$before $length 0"
done
get '/api/proposals?limit=100' -H 'Accept-Encoding: gzip'
is "a page of the API is compressed" "$(header Content-Encoding)" gzip
like "and depends on who asks" "$(header Vary)" Accept-Encoding
gzip -dc "$body" >"$folder/unpacked"
get '/api/proposals?limit=100'
is "without Accept-Encoding it is not" "$(header Content-Encoding)" ""
ok "both are the same page" cmp "$body" "$folder/unpacked"
get /assets/app-0a1b2c3d.js -H 'Accept-Encoding: gzip'
is "a script is compressed" "$(header Content-Encoding)" gzip
get '/api/proposals?limit=x' -H 'Accept-Encoding: gzip'
is "a short answer is not" "$(header Content-Encoding)" ""

# ---- the request id

get '/api/proposals?limit=1'
id=$(header X-Request-Id)
like "a request has an id" "$id" '^[0-9a-f]{32}$'
is "the worker's line about it has it too" "$(grep -cE "\[request $id\] info: GET /api/proposals\?limit=1 200 $(stat -c %s "$body") B [0-9.]+ ms \(data_agents [0-9.]+ ms, miles_republic [0-9.]+ ms\)$" "$folder/workers.log")" 1
get '/api/proposals?limit=1' -H 'X-Request-Id: mine'
unlike "a client does not choose it" "$(header X-Request-Id) $(tail -n 1 "$folder/workers.log")" mine
get '/api/proposals?limit=1' -H 'Proxy: http://evil.example.org'
is "a Proxy field does no harm" "$status" 200

# ---- when no worker answers

# down NAME STATUS CODE: the last answer
down() {
    is "$1: $2 in the envelope" "$status $(header Content-Type) $(json '.error.code')" "$2 $api $3"
    secured "$1"
}

stack_stop workers
get /api/proposals
down "workers down" 502 SERVICE_UNAVAILABLE
like "it says when to try again" "$(header Retry-After)" '^[1-9][0-9]*$'
get /
is "the dashboard is there all the same" "$status" 200
start_workers "$folder/workers2.log"
is "workers back: the first request is answered" "$(storm_summary 20 4 '/api/proposals?limit=1')" "20 200"
stack_stop workers

# Without the protocol's own end of an answer, a compressed one would look complete.
stack_spawn cut TERM 5 "$folder/cut.log" perl "$tests/lib/cut_answer.pl" "$socket"
stack_ready cut 5 "$folder/cut.log" stack_listens "$socket"
for encoding in identity gzip; do
    curl -q -s --noproxy '*' --max-time 10 -o /dev/null -H "Accept-Encoding: $encoding" "http://127.0.0.1:$port/api/proposals"
    code=$?
    ok "a client notices an answer that is cut off ($encoding)" test "$code" -eq 18
done
stack_stop cut

# ---- as nginx itself sees it

is "nginx had nothing to warn of but what was done to it" "$(grep -vE 'connect\(\) to unix:|upstream prematurely closed|client sent|using inherited|could not (set|be)|too (long|large)|access forbidden|invalid' "$folder/nginx.log")" ""
sockets=$(find "$STACK_SOCKETS" -path '*temp*' -type f 2>/dev/null)
is "no temporary file is left" "$sockets" ""

done_testing
