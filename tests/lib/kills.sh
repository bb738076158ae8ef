# shellcheck shell=bash disable=SC2154 # the variables of harness.sh
# Workers killed at random under load, and what becomes of the connections: for a test that has sourced harness.sh.
# Owns the kills, the load and the counts; the figures that are right are those of the callers.

# One session to look by, for a look takes no connection then: look STATEMENT prints its one line.
open_watch() {
    coproc WATCH { stack_psql postgres -A -t 2>&1; }
}

look() {
    local line

    echo "$1" >&"${WATCH[1]}"
    read -r -t 10 line <&"${WATCH[0]}" || line="no answer"
    echo "$line"
}

# The most connections that one database has, and that one worker has to one database.
look_at_backends() {
    look "SELECT coalesce(max(of_database), 0) || ' ' || coalesce(max(of_worker), 0) FROM (
        SELECT sum(count(*)) OVER (PARTITION BY datname) AS of_database, count(*) AS of_worker FROM pg_stat_activity
        WHERE application_name LIKE 'proposals-fcgi worker %' GROUP BY datname, application_name) counted;"
}

start_load() {
    {
        while [[ ! -e $folder/enough ]]; do
            curl -q -s --noproxy '*' --max-time 20 -Z --parallel-immediate --parallel-max 8 -o /dev/null -w '%{http_code} %{exitcode}\n' \
                "http://127.0.0.1:$port/api/proposals?limit=50&n=[1-100]" 2>/dev/null
        done
    } >"$folder/answers" &
    load=$!
}

end_load() {
    touch "$folder/enough"
    wait "$load"
}

# kill_workers COUNT: at random, one after another, as fast as they are replaced. What it saw is in
#     $folder/seen      a line for each look: connections of one database, of one worker, and kills in the last second
#     $folder/missing   a line for each time that not all workers were there again within 2 s
kill_workers() {
    local count=$1 pids victim="" now kills=() i

    : >"$folder/seen"
    : >"$folder/missing"
    for ((i = 0; i < count; i++)); do
        stack_until 2 workers_are_back "$victim" || echo "kill $i: $(worker_pids)" >>"$folder/missing"
        read -r -a pids <<<"$(worker_pids)"
        ((${#pids[@]})) || continue
        victim=${pids[RANDOM % ${#pids[@]}]}
        # A pause in which it comes to work, or does not.
        sleep "0.0$((RANDOM % 60 + 10))"
        kill -KILL "$victim"
        now=${EPOCHREALTIME/[.,]/}
        kills+=("$now")
        while ((kills[0] < now - 1000000)); do
            kills=("${kills[@]:1}")
        done
        echo "$(look_at_backends) ${#kills[@]}" >>"$folder/seen"
    done
}

# workers_are_back VICTIM: as many as should be, and not that one
workers_are_back() {
    local pids

    pids=$(worker_pids)
    [[ $(wc -w <<<"$pids") == "$WORKERS" && " $pids " != *" $1 "* ]]
}

backends_are_few() {
    read -r of_database of_worker <<<"$(look_at_backends)"
    ((of_database <= WORKERS && of_worker <= 1))
}

# test_kills COUNT: the whole test
test_kills() {
    start_postgres
    start_workers
    start_nginx
    open_watch
    start_load
    stack_until 10 workers_are_back none
    measure_time kill_workers "$1"
    diag "$1 kills in $milliseconds ms, $(wc -l <"$folder/answers") requests"
    ok "all workers were killed and replaced, $1 times" test "$(wc -l <"$folder/seen")" -eq "$1"
    is "each was replaced within 2 s" "$(<"$folder/missing")" ""
    is "never were there more connections to a database than workers and those killed in the last second" \
        "$(awk -v workers="$WORKERS" '!($1 <= workers + $3)' "$folder/seen")" ""
    is "nor of one worker more than one and those killed" "$(awk '!($2 <= 1 + $3)' "$folder/seen")" ""
    diag "at most $(sort -n "$folder/seen" | tail -n 1 | cut -d ' ' -f 1) connections to a database"
    ok "2 s after the last each worker has one to each database at most" stack_until 2 backends_are_few
    end_load
    ok "requests were answered all the while" test "$(grep -c '^200 0$' "$folder/answers")" -ge "$1"
    is "a client got an answer in full, or an error" "$(grep -vE '^(200|502|504) 0$' "$folder/answers" | sort | uniq -c)" ""
    is "each kill is counted" "$(curl -q -s --noproxy '*' "http://127.0.0.1:$port/metrics" | sed -n 's/^proposals_restarts_total{cause="signal"} //p')" "$1"
    is "then requests are answered" "$(storm_summary 100 8 '/api/proposals?limit=50')" "100 200"
    ok "and in the end there are as many connections as workers at most" backends_are_few
}
