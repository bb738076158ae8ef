#!/usr/bin/env bash
# What a client sees of data_agents' faults: restarted, cut off in mid-query, down, starting up, out of connections, slow,
# late. Miles Republic is a PostgreSQL of its own.
# shellcheck disable=SC2016,SC2034,SC2119,SC2317 # conditions that are waited for are texts, for eval
# shellcheck source=tests/lib/harness.sh
. "$(dirname "$0")/../lib/harness.sh"
# shellcheck source=tests/lib/faults.sh
. "$tests/lib/faults.sh"

page='/api/proposals?limit=20'
export WORKERS=1 COUNT_MAX_AGE_MS=0
start_postgres
start_miles
locate_miles "$(miles_url)"
start_faulty ours "$STACK_SOCKETS/.s.PGSQL.5432"
start_faulty frozen "$STACK_SOCKETS/.s.PGSQL.5432"

# A worker of its own, with the default time limit, whose data_agents is frozen: its request is looked at in the end.
patient=$STACK_SOCKETS/patient.sock
LOG_LEVEL=debug DATABASE_URL=$(faulty_url frozen data_agents) stack_workers_start patient "$program" "$patient" "$folder/patient.log" || bail "no workers"
tell frozen freeze
{
    start=${EPOCHREALTIME/[.,]/}
    env -i REQUEST_METHOD=GET REQUEST_URI="$page" "$(type -p timeout)" 15 "$(type -p cgi-fcgi)" -bind -connect "$patient" </dev/null >"$folder/patient.answer" 2>/dev/null
    echo $(((${EPOCHREALTIME/[.,]/} - start) / 1000)) >"$folder/patient.milliseconds"
} &
patient_request=$!

export REQUEST_TIMEOUT_MS=1500
start_workers
start_nginx
stack_until 5 eval '[[ $(worker_pids | wc -w) == 1 ]]'
worker=$(worker_pids)

restart_postgres() {
    stack_postgres_start PostgreSQL "$folder/postgres" "$folder/postgres.log" || bail "data_agents does not come back"
}

# ---- restarted

is "a page is enriched" "$(enrichment)" "200 ok"
for _ in 1 2; do
    stack_stop PostgreSQL
    restart_postgres
    is "data_agents restarted: the first request is answered" "$(enrichment)" "200 ok"
done
is "restarted: two reconnects are counted" "$(reported dataAgents .reconnects)" 2
is "restarted: nothing to complain of" "$(logged ' (warn|error): ')" 0

# ---- cut off in mid-query

hold_lock data_agents proposals
enrichment >"$folder/answer" &
request=$!
ok "a request is in mid-query" stack_until 5 is_waiting
sql postgres "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'proposals' AND wait_event_type = 'Lock'" >/dev/null
release_lock
wait "$request"
is "its backend is terminated: the request is answered" "$(<"$folder/answer")" "200 ok"

# ---- down, starting up, out of connections

# Each of ten requests is an error, soon: refused NAME
refused() {
    local slow

    get "$page"
    error_is "$1" 503 DATABASE_UNAVAILABLE
    like "$1: with a time to try again" "$(header Retry-After)" '^[1-9][0-9]*$'
    is "$1: as JSON" "$(header Content-Type)" "application/json; charset=utf-8"
    slow=$(times 15 | usual)
    ok "$1: within 100 ms ($slow ms)" less "$slow" 100
}

stack_stop PostgreSQL
refused "down"
restart_postgres
is "back: the first request is answered" "$(enrichment)" "200 ok"

sql postgres 'ALTER ROLE proposals CONNECTION LIMIT 0' "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'proposals'" >/dev/null
mark_log
refused "out of connections"
like "out of connections: the log says so" "$(lines_since ' error: ' | head -n 1)" 'too many connections'
sql postgres 'ALTER ROLE proposals CONNECTION LIMIT -1' >/dev/null
is "connections are to be had: the first request is answered" "$(enrichment)" "200 ok"
is "in all this the same worker served" "$(worker_pids)" "$worker"

# The rest by way of the proxy.
stack_stop workers
DATABASE_URL=$(faulty_url ours data_agents)
export DATABASE_URL
start_workers
is "through the proxy it is the same" "$(enrichment)" "200 ok"
tell ours fatal 57P03 the database system is starting up
tell ours cut
refused "starting up"
tell ours pass
is "started: the first request is answered" "$(enrichment)" "200 ok"
tell ours refuse
tell ours cut
refused "refused"
tell ours slam
refused "cut off when connecting"
tell ours pass
is "no longer: the first request is answered" "$(enrichment)" "200 ok"
for bytes in 0 1 1000; do
    tell ours forget
    tell ours cut_next 1 $bytes
    is "the connection is reset after $bytes bytes of the answer: the request is answered" "$(enrichment)" "200 ok"
    is "reset after $bytes bytes: asked twice, over one new connection" "$(seen ours questions) $(seen ours attempts)" "2 1"
done
tell ours forget
tell ours cut_next 1000
refused "reset each time"
is "reset each time: each of 16 requests is tried twice, never a third time" "$(seen ours questions)" 32
tell ours cut_next 0

# ---- slow

hold_lock data_agents proposals
measure_time get "$page"
ok "a lock: the answer comes at the limit ($milliseconds ms)" test "$milliseconds" -ge 1450 -a "$milliseconds" -le 2700
error_is "a lock" 504 TIMEOUT
ok "a lock: the query is cancelled on the server" stack_until 1 eval '! is_waiting'
release_lock
is "no lock: the next request is answered" "$(enrichment)" "200 ok"
tell ours freeze
measure_time get "$page"
ok "frozen: the answer comes at the limit ($milliseconds ms)" test "$milliseconds" -ge 1450 -a "$milliseconds" -le 2700
error_is "frozen" 504 TIMEOUT
tell ours pass
is "no longer frozen: the next request is answered" "$(enrichment)" "200 ok"

# One budget for both: data_agents takes 0.9 of the 1.5 s, and Miles Republic may have 2 s of its own.
tell ours delay 900
on_miles hold_lock miles_republic Event
mark=$(wc -l <"$folder/miles.log")
measure_time enrichment
ok "both slow: one budget for the whole request ($milliseconds ms)" test "$milliseconds" -ge 1450 -a "$milliseconds" -le 2700
is "both slow: as stored" "$status $(json .meta.enrichment)" "200 unavailable"
ok "both slow: the query is cancelled on the server at once" stack_until 1 eval '! on_miles is_waiting'
is "both slow: by us and not by its own time limit" \
    "$(tail -n +$((mark + 1)) "$folder/miles.log" | grep -oE 'canceling statement due to .*')" "canceling statement due to user request"
release_lock
tell ours pass
is "fast again: the next request is answered" "$(enrichment | cut -d ' ' -f 1)" 200

# ---- late answers

# ids TYPE: the status and the ids of a page
ids() {
    get "/api/proposals?type=$1"
    echo "$status $(json '[.data[]?.id | .[0:3]] | unique | join(" ")')"
}

races=$(ids RACE_UPDATE)
merges=$(ids EVENT_MERGE)
is "two pages that differ" "$races, $merges" "200 p50 p51 p52 p70 p71 p72 p73, 200 p60 p61"
for _ in 1 2; do
    tell ours delay 1900
    is "an answer after the limit" "$(ids RACE_UPDATE)" "504 "
    tell ours pass
    is "a late answer is never another request's" "$(ids EVENT_MERGE)" "$merges"
    sleep 0.5
    is "nor is it the next one's" "$(ids EVENT_MERGE), $(ids RACE_UPDATE)" "$merges, $races"
done

# ---- a limit for connecting, from the URL

stack_stop workers
DATABASE_URL+='?connect_timeout=1&sslmod=require'
REQUEST_TIMEOUT_MS=5000
start_workers
ok "a parameter that means nothing is said in the log" stack_until 2 eval '(($(logged "warn: ignored in DATABASE_URL: sslmod$")))'
tell ours freeze
measure_time get "$page"
ok "no connection in connect_timeout: the answer comes then ($milliseconds ms)" test "$milliseconds" -ge 950 -a "$milliseconds" -le 2500
error_is "no connection in connect_timeout" 503 DATABASE_UNAVAILABLE
tell ours pass
is "no longer frozen: the first request is answered" "$(enrichment)" "200 ok"

# ---- the default limit

wait "$patient_request"
is "with the default limit: $(<"$folder/patient.milliseconds") ms" "$(($(<"$folder/patient.milliseconds") / 1000))" 10
like "and the error" "$(tr -d '\r\n' <"$folder/patient.answer")" '^Status: 504 .*"TIMEOUT"'

done_testing
