#!/usr/bin/env bash
# Methods and conditions: HEAD wherever GET is, OPTIONS, 405; entity tags and If-None-Match, with and without compression.
# shellcheck disable=SC2016,SC2034,SC2119,SC2317 # conditions that are waited for are texts, for eval
# shellcheck source=tests/lib/harness.sh
. "$(dirname "$0")/../lib/harness.sh"
# shellcheck source=tests/lib/web.sh
. "$tests/lib/web.sh"

export WORKERS=2 COUNT_MAX_AGE_MS=0
start_stack
wait_until_ready

detail=/api/proposals/p20-edu-prev-races
tagged=('/api/proposals?limit=20' "$detail" /api/proposals/group/100-2001 /api/proposals/eligible-count)
statuses=(/api/health/live /api/health/ready /api/health /api/health/workers /metrics)
errors=('/api/proposals?limit=x' /api/proposals/none /api/proposals/group/unknown /api/proposals/a/b /api/none /api/health/none)

# ---- HEAD

# What a header says beside what is new each time: [FIELD NAME WHOSE VALUE MAY DIFFER]
stable_headers() {
    tr -d '\r' <"$headers" | sed -E "s/^((Date|Server-Timing|X-Request-Id${1:+|$1}): ).*/\1(varies)/" | sort
}

for path in "${tagged[@]}" "${errors[@]}" / /dashboard.none; do
    ask GET "$path"
    said=$(stable_headers)
    length=$(stat -c %s "$body")
    is "GET $path: Content-Length is the length" "$(header Content-Length)" "$length"
    ask HEAD "$path"
    is "HEAD $path says what GET says" "$(stable_headers)" "$said"
    is "HEAD $path has no body" "$(stat -c %s "$body")" 0
done
for path in "${statuses[@]}"; do
    ask GET "$path"
    said=$(stable_headers Content-Length)
    is "GET $path: Content-Length is the length" "$status $(header Content-Length)" "200 $(stat -c %s "$body")"
    ask HEAD "$path"
    is "HEAD $path says what GET says" "$(stable_headers Content-Length)" "$said"
    like "HEAD $path has a length and no body" "$(header Content-Length) $(stat -c %s "$body")" '^[1-9][0-9]* 0$'
done

# ---- OPTIONS and the rest

methods=(POST PUT PATCH DELETE BREW)
turn=0
for path in "${tagged[@]}" /api/proposals/ "${statuses[@]}"; do
    ask OPTIONS "$path"
    is "OPTIONS $path: what is allowed, and no body" "$status $(header Allow) $(stat -c %s "$body")$(header Content-Type)" "204 GET, HEAD, OPTIONS 0"
    # Every method at the first, and one each at the others.
    ((turn == 0)) && tried=("${methods[@]}") || tried=("${methods[turn % ${#methods[@]}]}")
    ((++turn))
    for method in "${tried[@]}"; do
        ask "$method" "$path"
        is "$method $path: not allowed, and what is" "$status $(json .error.code) $(header Allow)" "405 METHOD_NOT_ALLOWED GET, HEAD, OPTIONS"
    done
done
secured "a method that is not allowed"
for path in /api/proposals/a/b /api/none /api; do
    for method in OPTIONS POST; do
        ask "$method" "$path"
        is "$method $path: no such route" "$status $(json .error.code) $(header Allow)" "404 NOT_FOUND "
    done
done
ask TRACE /api/proposals
is "TRACE is not allowed" "$status $(json .error.code)" "405 METHOD_NOT_ALLOWED"
like "and it says what is" "$(header Allow)" GET
for method in POST PUT DELETE; do
    get "$detail" -X "$method" -H 'Content-Type: application/json' -d '{"status":"APPROVED"}'
    is "$method with a body is not allowed either" "$status $(json .error.code)" "405 METHOD_NOT_ALLOWED"
done
is "nothing has been written" "$(sql data_agents "SELECT count(*), count(*) FILTER (WHERE status = 'PENDING' AND id = 'p20-edu-prev-races') FROM proposals")" "$(grep -c '' < <(sql data_agents 'SELECT id FROM proposals'))|1"
get "$detail" -X GET -d 'x=1'
is "a GET with a body is refused" "$status $(json .error.code)" "400 VALIDATION_ERROR"
get "$detail" -X GET -H 'Transfer-Encoding: chunked' -d 'x=1'
is "also one in chunks" "$status $(json .error.code)" "400 VALIDATION_ERROR"

# ---- entity tags

declare -A tag
for path in "${tagged[@]}"; do
    get "$path"
    tag[$path]=$(header ETag)
    like "$path has a weak tag" "${tag[$path]}" '^W/"[^"]+"$'
    is "$path is to be asked for each time" "$(header Cache-Control)" no-cache
done
seen=$(for _ in {1..6}; do
    get "$detail"
    header ETag
done | sort -u)
is "it is the same one each time, from every worker" "$seen" "${tag[$detail]}"
is "each answer has a tag of its own" "$(printf '%s\n' "${tag[@]}" | sort -u | wc -l)" ${#tagged[@]}
for path in "${errors[@]}" "${statuses[@]}"; do
    get "$path" -H 'If-None-Match: *'
    like "$path has no tag, is sent and not kept" "$status $(header ETag) $(header Cache-Control) $(test -s "$body" && echo sent)" '^(200|400|404)  (no-cache|no-store) sent$'
done

# conditional NAME PATH STATUS VALUE: what If-None-Match: VALUE gets, with a body for a 200 only
conditional() {
    get "$2" -H "If-None-Match: $4"
    is "If-None-Match, $1: $2" "$status $(test -s "$body" && echo body)" "$3 $([[ $3 == 304 ]] || echo body)"
}

for path in "${tagged[@]}"; do
    conditional "the tag" "$path" 304 "${tag[$path]}"
    is "a 304 has the tag, is to be asked for again, and says nothing of a body" \
        "$(header ETag) $(header Cache-Control) $(header Content-Length)$(header Content-Type)$(header Transfer-Encoding)" "${tag[$path]} no-cache "
    conditional "another" "$path" 200 'W/"0123456789abcdef"'
    ask HEAD "$path" "If-None-Match: \"a\", ${tag[$path]#W/}"
    is "HEAD with the tag is a 304 too: $path" "$status $(header ETag)" "304 ${tag[$path]}"
done
secured "a 304"
like "a 304 says how long it took" "$(timings)" '^data_agents [0-9.]+ miles_republic [0-9.]+ render [0-9.]+$'

path=${tagged[3]}
opaque=${tag[$path]#W/}
conditional "the same as a strong one" "$path" 304 "$opaque"
conditional "any" "$path" 304 '*'
conditional "any, with spaces" "$path" 304 ' * '
conditional "last of a list" "$path" 304 "\"a\", W/\"b\", ${tag[$path]}"
conditional "first of a list" "$path" 304 "${tag[$path]},\"a\""
conditional "in a list without spaces" "$path" 304 "\"a\",$opaque,W/\"b\""
conditional "in a list with empty elements" "$path" 304 ", ,\"a\" , $opaque ,"
conditional "beside a tag with a comma in it" "$path" 304 "\"a, b\", $opaque"
conditional "a list of others" "$path" 200 '"a", "b", W/"c"'
conditional "an empty one" "$path" 200 '""'
conditional "without quotes" "$path" 200 "${opaque//\"/}"
conditional "a part of it" "$path" 200 "${opaque:0:9}\""
conditional "more than it" "$path" 200 "${opaque%\"}0\""
conditional "within another" "$path" 200 "\"a ${opaque//\"/} b\""
conditional "weak in a small letter" "$path" 200 "w/$opaque"
conditional "half of one" "$path" 200 "${opaque%\"}"
conditional "a star among others" "$path" 200 '*, "a"'
conditional "none" "$path" 200 ''
ask OPTIONS "$detail" 'If-None-Match: *'
is "OPTIONS has no condition" "$status" 204
ask POST "$detail" 'If-None-Match: *'
is "nor has what is not allowed" "$status" 405
get "$detail" -H 'If-Modified-Since: Thu, 01 Jan 2099 00:00:00 GMT'
is "no time makes a 304" "$status" 200

# ---- compressed

path=${tagged[0]}
get "$path" -H 'Accept-Encoding: gzip'
is "a compressed answer has the same weak tag" "$(header Content-Encoding) $(header ETag)" "gzip ${tag[$path]}"
like "and says that it depends on who asks" "$(header Vary)" Accept-Encoding
get "$path" -H 'Accept-Encoding: gzip' -H "If-None-Match: $(header ETag)"
is "which gets a 304, compressed or not" "$status $(stat -c %s "$body") $(header Content-Encoding)" "304 0 "
get "$path" -H "If-None-Match: ${tag[$path]}" --compressed
is "and so does the one that came uncompressed" "$status" 304

# ---- when data change

# changed NAME DATABASE STATEMENT PATH...: the statement changes the tags of these answers and of no others
changed() {
    local name=$1 path now=""

    sql "$2" "$3" >/dev/null || bail "$3"
    shift 3
    for path in "${tagged[@]}"; do
        get "$path" -H "If-None-Match: ${tag[$path]}"
        now+="$status"
        [[ $status == 304 ]] || now+=" $path"
        [[ $(header ETag) != "${tag[$path]}" ]] && now+=" with another tag"
        now+=$'\n'
        tag[$path]=$(header ETag)
    done
    is "$name" "$now" "$(for path in "${tagged[@]}"; do
        [[ " $* " == *" $path "* ]] && echo "200 $path with another tag" || echo 304
    done)"$'\n'
}

changed "a related proposal's change" data_agents "UPDATE proposals SET changes = '{\"a\":1}' WHERE id = 'p01-evu-exists'" "$detail"
changed "a proposal more" data_agents "INSERT INTO proposals (id, \"agentId\", type, changes, justification, \"updatedAt\") VALUES ('new', 'agent-ffa', 'EDITION_UPDATE', '{}', '[]', now())" \
    "${tagged[0]}" /api/proposals/eligible-count
changed "an agent's new name" data_agents "UPDATE agents SET name = 'Autre' WHERE id = 'agent-ffa'" "${tagged[0]}" "$detail" /api/proposals/group/100-2001
changed "an application more" data_agents "INSERT INTO proposal_applications (id, \"proposalId\", status, logs, \"updatedAt\", \"proposalIds\") VALUES ('app-9', 'p37-edu-approved', 'PENDING', '{}', now(), '{}')" \
    /api/proposals/group/100-2001
changed "a race's change in Miles Republic" miles_republic "UPDATE \"Race\" SET \"runDistance\" = 21.2 WHERE id = 30001" "$detail" /api/proposals/group/100-2001
changed "nobody saying where Miles Republic is" data_agents "UPDATE database_connections SET \"isActive\" = false" "${tagged[0]}" "$detail" /api/proposals/group/100-2001
changed "nothing" data_agents "SELECT 1"

is "the workers complained of nothing" "$(logged ' (warn|error): ')" 0

done_testing
