#!/usr/bin/env bash
# What there is to see of the service: /api/health and its kin, beside busy workers and without a database, and
# Server-Timing on every answer.
# shellcheck disable=SC2016,SC2034,SC2119,SC2317 # conditions that are waited for are texts, for eval
# shellcheck source=tests/lib/harness.sh
. "$(dirname "$0")/../lib/harness.sh"
# shellcheck source=tests/lib/web.sh
. "$tests/lib/web.sh"

export WORKERS=3 REQUEST_TIMEOUT_MS=20000
start_postgres
start_proxy ours
DATABASE_URL=$(proxy_url ours data_agents)
start_workers
start_nginx

# health FILTER: of /api/health
health() {
    get /api/health
    json ".data | $1"
}

# ---- before anybody has asked for data

get /api/health/live
is "alive" "$status $(json -cS .)" '200 {"data":{"status":"live"},"success":true}'
get /api/health/live/
is "also with a slash" "$status" 200
is "this has asked no database" "$(connections_made)" 0
get /api/health/workers
is "every worker is there, free, and has served nothing" "$status $(json -c '[.data.workers[] | [.number, .busy, .requests, .dataAgents.state, .milesRepublic.state]]')" \
    '200 [[1,false,0,"unused","unused"],[2,false,0,"unused","unused"],[3,false,0,"unused","unused"]]'
is "by its pid" "$(json '[.data.workers[].pid] | sort | join(" ")')" "$(worker_pids)"
is "nor has this" "$(connections_made)" 0
wait_until_ready
is "ready" "$status $(json -cS .)" '200 {"data":{"status":"ready"},"success":true}'
get /api/health
is "health: what there is in it" "$status $(json -c '[.success, (.data | keys), (.data.databases | map_values(.state))]')" \
    '200 [true,["databases","status","uptime","version","workers"],{"dataAgents":"ok","milesRepublic":"unused"}]'
is "health: all well" "$(json '"\(.data.status) \(.data.workers)"')" "ok 3"
is "health: the program's version" "$(json .data.version)" "$("$program" --version | grep -oE '[0-9]+\.[0-9]+[^ ]*')"
before=$(json .data.uptime)
ok "health: time passes" eval '[[ $(health ".uptime > $before") == true ]]'
ok "health: since the start ($before s)" eval '[[ $(health ".uptime < 60") == true ]]'
is "Miles Republic has not been asked for that" "$(connections_made miles_republic)" 0
for path in /api/health /api/health/live /api/health/ready /api/health/workers /metrics; do
    get "$path"
    is "$path is never kept" "$status $(header Cache-Control)" "200 no-store"
done
get /api/health/none
is "there are no others" "$status $(json .error.code)" "404 NOT_FOUND"

get '/api/proposals?limit=20'
is "after a page: Miles Republic is well" "$(health '"\(.databases.milesRepublic.state) \(.databases.milesRepublic.connections)"')" "ok 1"
get /api/health/workers
is "after a page: one worker has served and connected" "$(json -c '[.data.workers[] | select(.requests == 1) | [.milesRepublic.state, .milesRepublic.connected, .milesRepublic.opened, .dataAgents.connected]]')" \
    '[["ok",true,1,true]]'
sql data_agents "UPDATE database_connections SET \"isActive\" = false WHERE id = 'conn-miles'"
ok "nobody says where Miles Republic is: unconfigured" stack_until 5 eval '[[ $(health .databases.milesRepublic.state) == unconfigured ]]'
sql data_agents "UPDATE database_connections SET \"isActive\" = true WHERE id = 'conn-miles'"
locate_miles "$(proxy_url none miles_republic)"
for _ in {1..6}; do get '/api/proposals?limit=20'; done
ok "Miles Republic is gone: said so" stack_until 5 eval '[[ $(health "\"\(.status) \(.databases.milesRepublic.state) \(.databases.dataAgents.state)\"") == "degraded unavailable ok" ]]'
get /api/health/ready
is "and ready all the same" "$status" 200
locate_miles "$(stack_url miles_republic)"

# ---- Server-Timing

# timed NAME: it parses, and the parts are no more than the whole as the client saw it
timed() {
    like "$1 ($status): Server-Timing parses" "$(timings)" '^data_agents [0-9.]+ miles_republic [0-9.]+ render [0-9.]+$'
    ok "$1: and is no longer than it took" awk -v most="$milliseconds" '{ exit !($2 + $4 + $6 <= most) }' <<<"$(timings)"
}

for path in '/api/proposals?limit=100' /api/proposals/p20-edu-prev-races /api/proposals/group/100-2001 /api/proposals/eligible-count \
    '/api/proposals?limit=x' /api/proposals/none /api/proposals/group/unknown /api/proposals/a/b /api/health /api/health/live /api/health/ready /metrics; do
    measure_time get "$path"
    timed "$path"
done
measure_time get /api/proposals -X POST
timed "a method that is not allowed"
measure_time get /api/proposals -X OPTIONS
timed "OPTIONS"
measure_time ask HEAD /api/proposals
timed "HEAD"
measure_time get '/api/proposals?limit=100' -H 'Accept-Encoding: gzip'
timed "compressed"
stack_until 10 eval 'get /api/proposals/p20-edu-prev-races; [[ $(timing miles_republic) != 0.000 ]]'
is "an enriched answer has taken some time of each" "$(timings | tr ' ' '\n' | grep -c '^0\.000$')" 0
get /api/proposals/p50-rac-plain
is "what needs no enrichment has taken none of Miles Republic" "$(timing miles_republic)" 0.000
get '/api/proposals?limit=x'
is "what is refused has taken none of any database" "$(timing data_agents) $(timing miles_republic)" "0.000 0.000"

# slow DATABASE TABLE: a request waits 300 ms for a lock
slow() {
    hold_lock "$1" "$2"
    get /api/proposals/p20-edu-prev-races &
    waiting=$!
    stack_until 5 is_waiting
    sleep 0.3
    release_lock
    wait "$waiting"
}

slow data_agents agents
ok "slow is data_agents: it is said ($(timings))" awk '{ exit !($2 >= 290 && $4 < 200) }' <<<"$(timings)"
slow miles_republic Race
ok "slow is Miles Republic: it is said ($(timings))" awk '{ exit !($4 >= 290 && $2 < 200) }' <<<"$(timings)"

# ---- every worker held

# Milliseconds of five answers in a row, fastest first: times PATH
times() {
    local i

    for i in 1 2 3 4 5; do
        curl -q -s --noproxy '*' --max-time 20 -o "$folder/none" -w '%{http_code} %{time_total}\n' "http://127.0.0.1:$port$1"
    done | awk '$1 != 200 { print 99999; next } { printf "%d\n", $2 * 1000 }' | sort -n | paste -sd ' '
}

is_held() {
    [[ $(get /api/health/workers; json '[.data.workers[] | select(.busy)] | length') == 3 ]]
}

hold_lock data_agents proposals
held=()
for i in 1 2 3 4 5; do
    curl -q -s --noproxy '*' --max-time 20 -o "$folder/held.$i" -w '%{http_code}\n' "http://127.0.0.1:$port/api/proposals" >"$folder/held.status.$i" &
    held+=($!)
done
ok "every worker is held by a slow query" stack_until 10 is_held
for path in /api/health/live /api/health/ready /api/health /api/health/workers /metrics; do
    took=$(times "$path")
    ok "$path answers within 100 ms beside that, never late ($took ms)" test "${took%% *}" -lt 100 -a "${took##* }" -lt 500
done
get /api/health/workers
is "what the workers do is said" "$(json -c '[.data.workers[] | .busy and .busyFor > 0] | all')" true
is "health has not changed by it" "$(health '"\(.status) \(.workers)"')" "ok 3"
is "they are held still" "$(cat "$folder"/held.status.*)" ""
release_lock
wait "${held[@]}"
is "then all are answered" "$(sort "$folder"/held.status.* | uniq -c | tr -s ' ')" " 5 200"

# ---- without data_agents

# A table that ready looks into.
sleep 1.1
wait_until_ready # by an answer of now, none that is remembered
hold_lock data_agents database_connections
sleep 1.1
get /api/health/ready
is "one late answer is no reason not to be ready" "$status" 200
sleep 2.2
measure_time get /api/health/ready
ok "a locked table does not hold ready for long ($milliseconds ms)" test "$milliseconds" -lt 2500
is "and it is not ready" "$status $(json .error.code)" "503 DATABASE_UNAVAILABLE"
release_lock
ok "the table is free: ready" stack_until 5 eval 'get /api/health/ready; [[ $status == 200 ]]'

kill -STOP "${STACK_PIDS[ours]}"
sleep 3.2
measure_time get /api/health/ready
ok "a frozen data_agents does not hold ready for long ($milliseconds ms)" test "$milliseconds" -lt 2500
refused "a frozen data_agents" 503 DATABASE_UNAVAILABLE
like "with a time to try again" "$(header Retry-After)" '^[1-9][0-9]*$'
measure_time get /api/health
ok "nor health ($milliseconds ms)" test "$milliseconds" -lt 2500
like "which says that it is down" "$status $(json '"\(.data.status) \(.data.databases.dataAgents.state)"')" '^200 down (unavailable|timeout)$'
kill -CONT "${STACK_PIDS[ours]}"
ok "it goes on: ready" stack_until 5 eval 'get /api/health/ready; [[ $status == 200 ]]'

stack_stop ours
ok "data_agents is gone: within two seconds it is not ready" stack_until 2 eval 'get /api/health/ready; [[ $status == 503 ]]'
refused "not ready" 503 DATABASE_UNAVAILABLE
like "with a time to try again" "$(header Retry-After)" '^[1-9][0-9]*$'
timed "not ready"
took=$(for _ in {1..10}; do measure_time get /api/health/ready; echo "$milliseconds"; done | sort -n | tail -n 1)
ok "it is quickly said ($took ms at most)" test "$took" -lt 1500
is "health says that it is down" "$(health '"\(.status) \(.databases.dataAgents.state)"')" "down unavailable"
get /api/health/live
is "alive all the same" "$status" 200
get /metrics
is "and metrics are there" "$status $(grep -c '^proposals_workers{' "$body")" "200 2"
get /api/proposals
refused "a page" 503 DATABASE_UNAVAILABLE
timed "a page without a database"
get /api/proposals -I
is "HEAD of it is too" "$status" 503
start_proxy ours
ok "data_agents is back: ready" stack_until 5 eval 'get /api/health/ready; [[ $status == 200 ]]'
ok "and well" stack_until 5 eval '[[ $(health .databases.dataAgents.state) == ok ]]'
get /api/proposals
is "the next page is answered" "$status" 200

# The status process's requests are many and of little interest.
is "nobody's look at the health is in the log" "$(logged 'GET /(api/health(/live|/ready|/workers)?|metrics) ')" 0

done_testing
