#!/usr/bin/env bash
# What runs out: standard error, descriptors, memory, a worker's time. An error answer where one is possible, no spin, no
# silent end; and a worker that has had its time leaves only once its successor is there.
# shellcheck disable=SC2016,SC2128,SC2178,SC2034,SC2119,SC2317 # conditions that are waited for are texts, for eval
# shellcheck source=tests/lib/harness.sh
. "$(dirname "$0")/../lib/harness.sh"
# shellcheck source=tests/lib/processes.sh
. "$tests/lib/processes.sh"

page='/api/proposals?limit=20'
copy_program
start_postgres
sql data_agents "INSERT INTO proposals (id, \"agentId\", type, changes, justification, \"createdAt\", \"updatedAt\")
    SELECT 'big-' || n, 'agent-ffa', 'RACE_UPDATE', jsonb_build_object('text', repeat(md5(n::text), 4000)), '[]', '2000-01-01', now()
    FROM generate_series(1, 200) n"
big='/api/proposals?type=RACE_UPDATE&limit=100'
begin_workers 2
start_nginx

# ---- standard error

# serves_on NAME: requests, a worker's death and a reload are as ever
serves_on() {
    local before

    is "$1: requests are answered" "$(storm_summary 300 6 "$page")" "300 200"
    before=$(worker_pids)
    kill -KILL "${before%% *}"
    ok "$1: a killed worker is replaced" stack_until 2 eval 'workers_are 2 && [[ $(worker_pids) != "'"$before"'" ]]'
    before=$(worker_pids)
    kill -HUP "$(master_pid)"
    ok "$1: SIGHUP replaces all" stack_until 4 eval 'workers_are 2 && [[ $(without "$(worker_pids)" "'"$before"'" | wc -w) == 2 ]]'
    is "$1: they serve" "$(storm_summary 40 4 "$page")" "40 200"
}

# restart_with NAME REDIRECTION: the program with its standard error elsewhere
restart_with() {
    stack_stop workers
    LISTEN=$socket STATUS_LISTEN=$socket.status stack_spawn workers TERM 15 "$folder/workers.log" bash -c "exec $program $2"
    stack_ready workers 10 "$folder/workers.log" stack_workers_listen "$socket" || bail "no workers with $1"
    stack_until 5 workers_are 2 || bail "no 2 workers with $1"
}

restart_with "standard error closed" '2>&-'
serves_on "standard error closed"
restart_with "all descriptors closed" '0<&- 1>&- 2>&-'
serves_on "all descriptors closed"
is "all descriptors closed: no connection has got the number of one" \
    "$(for pid in $(worker_pids); do readlink "/proc/$pid/fd/1" "/proc/$pid/fd/2"; done | sort -u)" /dev/null
restart_with "standard error on a full disk" '2>/dev/full'
serves_on "standard error on a full disk"

# A pipe that is full, for nobody reads it.
full=$STACK_SOCKETS/full
stack_as mkfifo "$full"
exec {pipe}<>"$full"
export CONFIG_FILE=$folder/settings
: >"$CONFIG_FILE"
restart_with "standard error a pipe that nobody reads" "2>$full"
dd if=/dev/zero of="$full" bs=4096 oflag=nonblock count=100 status=none 2>"$folder/none"
serves_on "standard error full"
echo 'WORKERS' >"$CONFIG_FILE"
kill -HUP "$(master_pid)"
sleep 0.3
echo 'LOG_LEVEL=info' >"$CONFIG_FILE"
before=$(worker_pids)
kill -KILL "${before%% *}"
ok "standard error full: the master looks after its workers also when a configuration is refused" \
    stack_until 3 eval 'workers_are 2 && [[ $(worker_pids) != "$before" ]]'
kill -TERM "$(master_pid)"
ok "standard error full: it ends when told to" stack_until 3 stack_stopped workers
stack_stop workers
exec {pipe}>&-
unset CONFIG_FILE

# Its reader has gone.
restart_with "standard error a pipe without a reader" '2> >(exec true)'
serves_on "standard error a pipe without a reader"

# ---- descriptors

# limit PIDS OPTION...: soft limits, by the processes' own user
limit() {
    local pid pids=$1

    shift
    for pid in $pids; do
        stack_as prlimit --pid "$pid" "$@" || bail "no limits can be set"
    done
}

# Prints how many hundredths of a second of processor time the workers and their master use in one second.
processor_time() {
    local pid sum=0

    for pid in $(worker_pids) $(master_pid); do
        sum=$((sum - $(used_time "$pid")))
    done
    sleep 1
    for pid in $(worker_pids) $(master_pid); do
        sum=$((sum + $(used_time "$pid")))
    done
    echo "$sum"
}

begin_again 2
before=$(worker_pids)
# 0, 1, 2 and the client's; none for a database.
limit "$before" --nofile=4:
get "$page"
like "no descriptor for a database: an error in the envelope" "$status $(json .error.code)" '^503 DATABASE_UNAVAILABLE$'
ok "no descriptor for a database: the log says why" log_line 'error: data_agents.*Too many open files'
limit "$before" --nofile=3:
slow_get waits "$page"
used=$(processor_time)
ok "no descriptor for a client: no spin ($used hundredths in a second)" test "$used" -lt 20
ok "no descriptor for a client: the log says so" log_line 'no connection can be accepted: Too many open files'
count=$(logged 'no connection can be accepted')
ok "no descriptor for a client: but not too often ($count lines)" test "$count" -lt 60
limit "$before" --nofile=1024:
slow_end
is "once there are descriptors, who waited is served" "$(slow_got waits)" "200 0"
is "so are all" "$(storm_summary 20 4 "$page")" "20 200"
is "by the same workers" "$(worker_pids)" "$before"

# The master, whose next worker cannot be started.
limit "$(master_pid)" --nofile=3:
kill -KILL "${before%% *}"
used=$(processor_time)
ok "no descriptor for the master: no spin ($used hundredths)" test "$used" -lt 40
is "no descriptor for the master: the other worker serves" "$(storm_summary 20 4 "$page")" "20 200"
limit "$(master_pid)" --nofile=1024:
ok "once there are, there are all workers again" stack_until 2 workers_are 2

# ---- memory

begin_again 2
is "before the limit both workers are warm" "$(storm_summary 40 8 "$page")" "40 200"
before=$(worker_pids)
get "$big"
is "without a limit an answer of some megabytes is one" "$status $(($(stat -c %s "$body") > 10000000))" "200 1"
begin_again 2
storm 40 8 "$page" >"$folder/none"
before=$(worker_pids)
for pid in $before; do
    limit "$pid" --as=$((($(awk '/^VmSize/ { print $2 }' "/proc/$pid/status") + 4096) * 1024)):
done
statuses=""
for _ in 1 2 3 4; do
    get "$big"
    statuses+="$status "
    [[ $status == 200 ]] || like "no memory for an answer: an error in the envelope" "$(json .error.code)" '^[A-Z_]+$'
done
like "no memory for an answer: it is an error, not a cut answer" "$statuses" '^(50[0-4] ){4}$'
ok "no memory for an answer: the log says why" log_line '(error|warn): .*(data_agents|[Mm]emory|could not be sent)'
is "no memory for an answer: others are served" "$(storm_summary 40 4 "$page")" "40 200"
is "no memory for an answer: by the same workers" "$(worker_pids)" "$before"
limit "$before" --as=unlimited:
get "$big"
is "once there is memory, it is answered" "$status" 200

# ---- MAX_REQUESTS and WORKER_MEMORY_MB

# watch_workers FILE: notes the number of workers, again and again, until the file FILE.end is there. As the scoreboard
# has it, in one look: a list of processes may miss some while others come and go.
watch_workers() {
    while [[ ! -e $1.end ]]; do
        look /api/health | jq .data.workers
        sleep 0.02
    done >"$1"
}

# Successors take their time to come.
MAX_REQUESTS=40 begin_again 2
put_script 'sleep 0.5' "exec $original \"\$@\""
before=$(worker_pids)
get "$page"
size=$(stat -c %s "$body")
watch_workers "$folder/watched" &
watch=$!
start_load 4 "$page"
ok "MAX_REQUESTS: a worker that has had so many is replaced" stack_until 10 eval '[[ $(without "$before" "$(worker_pids)" | wc -w) == 2 ]]'
stack_until 10 eval '(($(metric "restarts_total{cause=\"retired\"}") >= 4))'
stop_load
touch "$folder/watched.end"
wait "$watch"
is "MAX_REQUESTS: under load no request fails ($(load_count))" "$(load_outcomes "$size")" "200 0 whole"
is "MAX_REQUESTS: its successor is there first, there are never fewer workers" "$(sort -n "$folder/watched" | head -n 1)" 2
ok "MAX_REQUESTS: the log says so" log_line 'worker [12] \(pid [0-9]+\) has served its time and is replaced'
ok "MAX_REQUESTS: restarts are counted so" test "$(metric 'restarts_total{cause="retired"}')" -ge 4
is "MAX_REQUESTS: and not as faults" "$(metric 'restarts_total{cause="exit"}') $(metric 'restarts_total{cause="signal"}')" "0 0"
stack_until 2 eval '(($(backends miles_republic | wc -l) <= 2))'
ok "MAX_REQUESTS: those that left took their connections along" test "$(backends miles_republic | wc -l)" -le 2

# Between requests: one in hand is finished.
put_program "$original"
MAX_REQUESTS=1 begin_again 1
hold_lock data_agents proposals
slow_get held "$page"
stack_until 3 eval 'busy_are 1 && is_waiting'
sleep 0.7
is "MAX_REQUESTS: a worker in mid-request stays" "$(busy_pids)" "$(worker_pids)"
release_lock
slow_end
is "MAX_REQUESTS: and finishes it" "$(slow_got held)" "200 0"

begin_again 2
before=$(worker_pids)
storm 100 4 "$page" >"$folder/none"
sleep 1.2
is "MAX_REQUESTS=0: never" "$(worker_pids)" "$before"
unset MAX_REQUESTS

WORKER_MEMORY_MB=1 begin_again 2
before=$(worker_pids)
is "WORKER_MEMORY_MB: no request fails" "$(storm_summary 400 4 "$page")" "400 200"
ok "WORKER_MEMORY_MB: a worker above it is replaced" stack_until 4 eval '[[ $(without "$before" "$(worker_pids)") ]]'
ok "WORKER_MEMORY_MB: counted as retired" test "$(metric 'restarts_total{cause="retired"}')" -ge 1
WORKER_MEMORY_MB=200 begin_again 2
before=$(worker_pids)
storm 300 4 "$page" >"$folder/none"
sleep 1.2
is "WORKER_MEMORY_MB: one below it is not" "$(worker_pids)" "$before"

done_testing
