#!/usr/bin/env bash
# What no web server sends: garbage, halves, silence, hanging up. Each holds one worker for a bounded time, or kills it, and
# the others serve on. And clients that have gone while their query runs.
# shellcheck disable=SC2016,SC2034,SC2119,SC2317 # conditions that are waited for are texts, for eval
# shellcheck source=tests/lib/harness.sh
. "$(dirname "$0")/../lib/harness.sh"
# shellcheck source=tests/lib/processes.sh
. "$tests/lib/processes.sh"

page='/api/proposals?limit=20'
export REQUEST_TIMEOUT_MS=6500
start_postgres
begin_workers 3
start_nginx
is "before anything there are whole answers" "$(storm_summary 30 6 "$page")" "30 200"
like "by FastCGI alone too" "$(fastcgi "request:$page" read:3)" '^(open|closed) [0-9]+ [0-9]{5} Status: 200'

# ---- what ends by itself

before=$(worker_pids)
garbage=(
    "bytes that mean nothing" random:3000
    "a version that there is not" bytes:0904000100080000
    "a record of no known type" bytes:01ff000100080000
    "a body before its request" bytes:0105000100080000
    "an end of parameters that never began" bytes:0104000100000000
    "a request of role 9" bytes:0101000100080000000900000000000001040001000000000105000100000000
    "a length that is longer than what follows" bytes:0101000100080000000101000000000001040001000400007fffffff
    "parameters that claim two gigabytes" bytes:01010001000800000001010000000000010400010009000080ffffff7fffffff0001040001000000000105000100000000
    "zeros" "bytes:$(printf '%0400d' 0)"
)
for ((i = 0; i < ${#garbage[@]}; i += 2)); do
    fastcgi "${garbage[i + 1]}" >"$folder/garbage"
    is "${garbage[i]}, and hanging up: the others are served" "$(storm_summary 12 3 "$page")" "12 200"
done
for step in "half:$page" "request:$page" bytes:01 values:3; do
    fastcgi "$step" >"$folder/garbage"
done
ok "whoever hangs up in the middle leaves the worker free" stack_until 1 busy_are 0
is "none of this has cost a worker" "$(worker_pids)" "$before"

fastcgi values:40 read:2 >"$folder/garbage"
is "40 names in FCGI_GET_VALUES: the others serve on" "$(storm_summary 30 6 "$page")" "30 200"
ok "40 names in FCGI_GET_VALUES: one worker dies of it at most" test "$(without "$before" "$(worker_pids)" | wc -w)" -le 1
ok "40 names in FCGI_GET_VALUES: within 1 s there are all workers" stack_until 1 workers_are 3
for _ in {1..10}; do
    start_fastcgi garbage values:40
done
slow_end
ok "ten times at once: within 1 s there are all workers again" stack_until 1 workers_are 3
is "ten times at once: and they serve" "$(storm_summary 30 6 "$page")" "30 200"
get '/api/health'
is "the status process did not notice" "$status $(json .data.workers)" "200 3"

# ---- silence

# All but one worker are held, each by another kind of silence.
begin_again 8
get "$page"
silence=("nothing" bytes: "one byte" bytes:01 "half a header" bytes:01010001 "half a request" "half:$page"
    "a request that only begins" "bytes:01010001000800000001010000000000" "an answer, and the connection kept" "request:$page"
    "one byte a second" drip:20)
for ((i = 0; i < ${#silence[@]}; i += 2)); do
    start_fastcgi "silence.$i" "${silence[i + 1]}" read:12
done
stack_until 2 busy_are 6
start=${EPOCHREALTIME/[.,]/}
is "seven workers are held: the last one serves" "$(storm_summary 30 3 "$page")" "30 200"
is "so does the status process" "$(look /api/health | jq .data.workers)" 8
ok "all are free again" stack_until 10 busy_are 0
milliseconds=$(((${EPOCHREALTIME/[.,]/} - start) / 1000))
ok "within REQUEST_TIMEOUT_MS and a second, even from one byte a second ($milliseconds ms)" test "$milliseconds" -lt 8500
stack_until 2 eval '[[ ! $(grep -L closed "$folder"/silence.?) ]]'
for ((i = 0; i < ${#silence[@]} - 2; i += 2)); do
    like "silence after ${silence[i]}: the worker hangs up" "$(cat "$folder/silence.$i")" '^closed [0-8][0-9]{0,3} '
done
kill "${slow_jobs[@]}" 2>/dev/null
slow_end
ok "there are all workers" stack_until 1 workers_are 8
is "and they serve" "$(storm_summary 40 8 "$page")" "40 200"

# Whoever does not read their answer does not hold a worker either.
sql data_agents "INSERT INTO proposals (id, \"agentId\", type, changes, justification, \"createdAt\", \"updatedAt\")
    SELECT 'big-' || n, 'agent-ffa', 'RACE_UPDATE', jsonb_build_object('text', repeat(md5(n::text), 1000)), '[]', '2000-01-01', now()
    FROM generate_series(1, 100) n"
start_fastcgi unread 'request:/api/proposals?type=RACE_UPDATE&limit=100' pause:15

# ---- a client that goes in mid-query

queries() {
    sql postgres "SELECT count(*) FROM pg_stat_activity WHERE usename = 'proposals' AND wait_event_type = 'Lock'"
}

stack_until 2 busy_are 1
unread=$(busy_pids)
hold_lock data_agents proposals
before=$(worker_pids)
for i in 1 2 3; do
    curl -q -s --noproxy '*' --max-time 30 -o "$folder/none" "http://127.0.0.1:$port$page" &
    gone[i]=$!
done
stack_until 3 eval '[[ $(queries) == 3 ]]'
is "three clients wait for a query" "$(queries)" 3
kill "${gone[@]}"
ok "they go: their queries are cancelled on the server" stack_until 1 eval '[[ $(queries) == 0 ]]'
ok "and the workers are free at once" stack_until 1 eval '[[ $(busy_pids) == "$unread" ]]'
is "they are the same workers" "$(worker_pids)" "$before"
# On the socket itself, with no web server in between.
fastcgi "request:$page" pause:0.5
ok "so it is with a web server that hangs up" stack_until 1 eval '[[ $(queries) == 0 && $(busy_pids) == "$unread" ]]'
release_lock
wait "${gone[@]}" 2>/dev/null
is "then all is as before" "$(storm_summary 30 7 "$page")" "30 200"

hold_lock miles_republic Event
curl -q -s --noproxy '*' --max-time 30 -o "$folder/none" "http://127.0.0.1:$port$page" &
gone=($!)
stack_until 2 eval '[[ $(queries) == 1 ]]'
kill "${gone[0]}"
ok "a client that goes while Miles Republic is asked: its query is cancelled" stack_until 1 eval '[[ $(queries) == 0 ]]'
ok "and the worker is free at once" stack_until 1 eval '[[ $(busy_pids) == "$unread" ]]'
release_lock
get '/api/health'
is "nobody calls Miles Republic unavailable for that" "$(json .data.databases.milesRepublic.state)" ok
is "and the next request is enriched" "$(get "$page"; json .meta.enrichment)" ok

ok "a worker whose answer nobody reads is free within its time" stack_until 8 busy_are 0
kill "${slow_jobs[@]}" 2>/dev/null
slow_end

done_testing
