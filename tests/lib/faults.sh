# shellcheck shell=bash disable=SC2034,SC2119,SC2154 # the variables are for the tests, and from harness.sh
# Faults of databases, for tests that have sourced harness.sh: a second PostgreSQL, so that one can fail without the other,
# bad networks in front of them, and clocks. Owns no process: all that it starts is the harness's.

# ---- a PostgreSQL of Miles Republic's own, on 127.0.0.1:$miles_port and on the socket of that port

miles_port=""

start_miles() {
    find_template
    cp -a "$template/postgres" "$folder/miles"
    for _ in {1..3}; do
        miles_port=$(free_port)
        stack_postgres_start miles "$folder/miles" "$folder/miles.log" "$miles_port" && break
        stack_running miles || miles_port=""
    done
    [[ $miles_port ]] || bail "no second PostgreSQL"
    # The other server's copy must not be what answers.
    sql postgres 'DROP DATABASE miles_republic' >/dev/null
}

# Its log goes on in the same file.
restart_miles() {
    stack_stop miles
    mv "$folder/miles.log" "$folder/miles.log.before"
    stack_postgres_start miles "$folder/miles" "$folder/miles.log" "$miles_port" || bail "Miles Republic does not come back"
}

# A command of the harness, with that server in mind: on_miles sql miles_republic 'SELECT 1'
on_miles() {
    local STACK_PGPORT=$miles_port

    "$@"
}

miles_url() {
    on_miles stack_url miles_republic
}

miles_socket() {
    echo "$STACK_SOCKETS/.s.PGSQL.$miles_port"
}

# Sends a signal to all processes of that server.
signal_miles() {
    local pids

    mapfile -t pids < <(pgrep -s "${STACK_PIDS[miles]}")
    # Each backend is in a session of its own.
    mapfile -t -O "${#pids[@]}" pids < <(pgrep -P "${STACK_PIDS[miles]}")
    kill -"$1" "${pids[@]}" 2>/dev/null || :
}

# ---- a bad network: start_faulty NAME SERVER_SOCKET, then tell NAME COMMAND; see faulty_proxy.pl

declare -A faulty_port=() faulty_control=()

start_faulty() {
    local name=$1 ports=$STACK_SOCKETS/$1.ports

    stack_spawn "$name" TERM 5 "$folder/$name.log" perl "$tests/lib/faulty_proxy.pl" "$2" "$ports"
    stack_ready "$name" 10 "$folder/$name.log" test -s "$ports" || bail "no proxy"
    read -r "faulty_port[$name]" "faulty_control[$name]" <"$ports"
}

faulty_url() {
    echo "postgresql://proposals@127.0.0.1:${faulty_port[$1]}/$2"
}

# Prints the answer, where it is not just "done".
tell() {
    local connection answer=""

    { exec {connection}<>"/dev/tcp/127.0.0.1/${faulty_control[$1]}"; } 2>/dev/null || bail "proxy $1 is gone"
    echo "${*:2}" >&"$connection"
    read -r -t 10 answer <&"$connection" || bail "proxy $1 does not answer"
    exec {connection}>&-
    [[ $answer == "done" ]] || echo "$answer"
}

# One of its counts: seen NAME attempts|connections|questions|named
seen() {
    tell "$1" counts | grep -oP "\b$2 \K[0-9]+"
}

# ---- requests

# Status and enrichment of a page: enrichment [PATH]
enrichment() {
    get "${1:-/api/proposals?limit=100}"
    echo "$status $(json .meta.enrichment)"
}

# Whether a page is enriched, found out quickly.
is_enriched() {
    curl -q -s --noproxy '*' --max-time 30 "http://127.0.0.1:$port/api/proposals?limit=20" | grep -q '"enrichment":"ok"'
}

# What a page has of proposals without what only the list adds.
rows() {
    jq -cS '.data[] | del(.agent, .groupCount, .createdAt, .updatedAt, .proposedStartDate, .reviewedAt, .modifiedAt)' "$body"
}

rows_stored() {
    sql data_agents "SELECT to_jsonb(p) - '{createdAt,updatedAt,proposedStartDate,reviewedAt,modifiedAt}'::text[]
        FROM proposals p ORDER BY \"createdAt\" DESC, id" | jq -cS .
}

# as_stored NAME: the last answer is a page without anything of Miles Republic; $stored is from rows_stored
as_stored() {
    ok "$1: the rows are as stored" test "$(rows)" = "$stored"
}

# The times of requests made one after another, in milliseconds, a line each: times COUNT [PATH]
times() {
    local path=${2:-/api/proposals?limit=20}

    curl -q -s --noproxy '*' --max-time 30 -o /dev/null -w '%{time_total}\n' "http://127.0.0.1:$port$path&n=[1-$1]" |
        awk '{ printf "%.1f\n", $1 * 1000 }'
}

# Of such times, what a quarter stays below: the machine may be busy with other things meanwhile.
usual() {
    sort -n | awk '{ value[NR] = $1 } END { print value[int((NR + 3) / 4)] }'
}

# less A B: numbers with decimals
less() {
    awk -v a="$1" -v b="$2" 'BEGIN { exit !(a < b) }'
}

# A count in /metrics; 0 if it is not there: metric 'NAME{LABELS}'
metric() {
    curl -q -s --noproxy '*' "http://127.0.0.1:$port/metrics" |
        awk -v name="proposals_$1" 'index($0, name " ") == 1 { value = $NF } END { print value + 0 }'
}

# What the workers say of a database, in one line: reported milesRepublic .reconnects
reported() {
    curl -q -s --noproxy '*' "http://127.0.0.1:$port/api/health/workers" | jq -r "[.data.workers[].$1 | $2] | join(\" \")"
}

# error_is NAME STATUS CODE: the last answer is the envelope of an error, and says nothing of the database
error_is() {
    is "$1" "$status $(json 'if keys == ["error","success"] and .success == false then .error.code else . end')" "$2 $3"
    unlike "$1, and nothing about the database" "$(<"$body")" 'proposals"|permission|relation|SELECT|socket|/tmp|FATAL|psql'
}

# Lines of the workers' log since the last mark, that match: logged_since REGULAR_EXPRESSION
log_mark=0
mark_log() {
    log_mark=$(wc -l <"$folder/workers.log")
}
lines_since() {
    tail -n +$((log_mark + 1)) "$folder/workers.log" | grep -E -- "$1"
}
logged_since() {
    lines_since "$1" | wc -l
}

# Children that a worker has not looked after.
zombies() {
    local pid

    for pid in $(worker_pids); do
        ps -o stat= --ppid "$pid"
    done | awk '/^Z/ { count++ } END { print count + 0 }'
}
