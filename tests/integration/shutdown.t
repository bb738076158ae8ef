#!/usr/bin/env bash
# The end: SIGTERM under load, what is in hand by then, a second SIGTERM, a master that is killed, and who may start next.
# shellcheck disable=SC2016,SC2046,SC2086,SC2128,SC2178,SC2034,SC2119,SC2317 # conditions that are waited for are texts, for eval; pids are words
# shellcheck source=tests/lib/harness.sh
. "$(dirname "$0")/../lib/harness.sh"
# shellcheck source=tests/lib/processes.sh
. "$tests/lib/processes.sh"

page='/api/proposals?limit=20'
copy_program
start_postgres
# Answers of some megabytes, to be caught in the middle of being sent.
sql data_agents "INSERT INTO proposals (id, \"agentId\", type, changes, justification, \"createdAt\", \"updatedAt\")
    SELECT 'big-' || n, 'agent-ffa', 'RACE_UPDATE', jsonb_build_object('text', repeat(md5(n::text), 1000)), '[]', '2000-01-01', now()
    FROM generate_series(1, 100) n"
big='/api/proposals?type=RACE_UPDATE&limit=100'
begin_workers 3
start_nginx
get "$page"
size=$(stat -c %s "$body")

# Sets $code to the master's exit status and $milliseconds to the time until then, SIGTERM has been sent.
wait_for_end() {
    local start=${EPOCHREALTIME/[.,]/}

    wait "$(master_pid)"
    code=$?
    milliseconds=$(((${EPOCHREALTIME/[.,]/} - start) / 1000))
}

# ---- under load

start_load 8 "$page"
sleep 0.5
pids="$(worker_pids) $(status_pid)"
kill -TERM "$(master_pid)"
wait_for_end
stop_load
is "SIGTERM under load: exit status 0" "$code" 0
ok "SIGTERM under load: soon ($milliseconds ms)" test "$milliseconds" -lt 2000
unlike "SIGTERM under load: no answer that had begun is cut" "$(load_outcomes "$size")" '200 [0-9]+ cut|200 [1-9]'
is "SIGTERM under load: nothing but whole answers and errors that say so" \
    "$(cut -d ' ' -f 1,2 "$folder/load.log" | sort -u | grep -vxE '200 0|50[234] 0')" ""
ok "SIGTERM under load: there were both" grep -q '^50' "$folder/load.log"
ok "SIGTERM under load: no process is left" stack_until 1 all_gone $pids
ok "SIGTERM under load: nor a socket" test ! -e "$socket" -a ! -e "$socket.status"
stack_stop workers

# ---- what is in hand

begin_workers 3
# One waits for the database, one is in the middle of an answer of which nobody has read anything yet.
start_fastcgi written "request:$big" pause:1.5 read:10
stack_until 3 busy_are 1
sleep 0.3
hold_lock data_agents proposals
slow_get held "$page"
stack_until 3 eval 'busy_are 2 && is_waiting'
kill -TERM "$(master_pid)"
ok "SIGTERM: the sockets go at once" stack_until 1 test ! -e "$socket" -a ! -e "$socket.status"
sleep 0.5
ok "SIGTERM: the master waits for what is in hand" stack_running workers
release_lock
slow_end
is "SIGTERM: a request that waited for the database is answered in full" "$(slow_got held) $(jq '.data | length' "$folder/held.body")" "200 0 20"
like "SIGTERM: an answer that was being written is written to its end" "$(<"$folder/written")" '^closed [0-9]+ 3[0-9]{6} Status: 200'
wait_for_end
is "SIGTERM: then it ends, with 0" "$code" 0
stack_stop workers

# ---- time limits

export SHUTDOWN_TIMEOUT_S=1
begin_workers 2
hold_lock data_agents proposals
slow_get held "$page"
stack_until 3 eval 'busy_are 1 && is_waiting'
pids="$(worker_pids) $(status_pid)"
kill -TERM "$(master_pid)"
wait_for_end
ok "what takes longer than SHUTDOWN_TIMEOUT_S is ended then ($milliseconds ms)" test "$milliseconds" -ge 900 -a "$milliseconds" -lt 1500
is "the exit status is 0 all the same" "$code" 0
ok "the log says so" log_line '1 processes did not end in time and are killed'
slow_end
like "that client gets an error" "$(slow_got held)" '^50[234] 0$'
ok "no process is left" stack_until 1 all_gone $pids
stack_stop workers
release_lock
export SHUTDOWN_TIMEOUT_S=20

begin_workers 2
hold_lock data_agents proposals
slow_get held "$page"
stack_until 3 eval 'busy_are 1 && is_waiting'
kill -STOP "$(without "$(worker_pids)" "$(busy_pids)")"
pids="$(worker_pids) $(status_pid)"
kill -TERM "$(master_pid)"
sleep 0.5
ok "without a second SIGTERM it waits" stack_running workers
kill -TERM "$(master_pid)"
wait_for_end
ok "a second SIGTERM ends all at once ($milliseconds ms)" test "$milliseconds" -lt 500
is "with 0" "$code" 0
ok "no process is left, not even a stopped one" stack_until 1 all_gone $pids
stack_stop workers
slow_end
release_lock
unset SHUTDOWN_TIMEOUT_S

# SIGINT is the same; a take-over in progress does not hold it up.
begin_workers 2
put_script 'trap "" TERM; sleep 3; exit 1'
kill -HUP "$(master_pid)"
stack_until 2 log_line 'new workers take over'
hold_lock data_agents proposals
slow_get held "$page"
stack_until 3 is_waiting
kill -INT "$(master_pid)"
sleep 0.2
release_lock
slow_end
is "SIGINT in a take-over: what is in hand is answered" "$(slow_got held)" "200 0"
kill -INT "$(master_pid)"
wait_for_end
ok "SIGINT in a take-over: a second one ends it ($milliseconds ms)" test "$code" = 0 -a "$milliseconds" -lt 500
put_program "$original"
stack_stop workers

# ---- a master that is killed

# In hand, as well: a worker that waits for a database must hear of it.
begin_workers 3
hold_lock data_agents proposals
slow_get held "$page"
stack_until 3 eval 'busy_are 1 && is_waiting'
pids="$(worker_pids) $(status_pid)"
disown "$(master_pid)" # or the shell would tell of its end
start=${EPOCHREALTIME/[.,]/}
kill -KILL "$(master_pid)"
ok "no worker outlives a killed master" stack_until 3 all_gone $pids
milliseconds=$(((${EPOCHREALTIME/[.,]/} - start) / 1000))
ok "for longer than 1 s ($milliseconds ms)" test "$milliseconds" -lt 1300
release_lock
slow_end
stack_stop workers
ok "its sockets are left behind" test -S "$socket" -a -S "$socket.status"
begin_workers 3
get "$page"
is "the next start takes them over" "$status" 200

# At any moment: while it starts its workers, too.
stack_mkdir "$STACK_SOCKETS/early"
for delay in 0 0.01 0.02 0.03; do
    LISTEN=$STACK_SOCKETS/early/sock STATUS_LISTEN=$STACK_SOCKETS/early/status stack_spawn early TERM 5 "$folder/early.log" "$program"
    stack_until 2 test -e "$STACK_SOCKETS/early/status"
    sleep "$delay"
    early=${STACK_PIDS[early]}
    pgrep -P "$early" >>"$folder/early.pids"
    disown "$early"
    kill -KILL "$early"
    stack_stop early
done
ok "nor of one that is killed while it starts them" stack_until 2 all_gone $(<"$folder/early.pids")

# ---- a second start

inode=$(stat -c %i "$socket")
pids=$(worker_pids)
run_second() {
    LISTEN=$1 STATUS_LISTEN=$2 stack_as timeout 5 "$program" >"$folder/second" 2>&1 </dev/null
    code=$?
}
run_second "$socket" "$STACK_SOCKETS/other"
like "a second start on the same socket is refused" "$code $(<"$folder/second")" "^1 .*cannot listen on $socket: another process is listening there"
run_second "$STACK_SOCKETS/other" "$socket.status"
like "a second start on the same status socket is refused" "$code $(<"$folder/second")" "^1 .*cannot listen on $socket.status: another"
ok "it takes away only what it made" test -S "$socket" -a -S "$socket.status" -a ! -e "$STACK_SOCKETS/other"
# A full queue looks different: connect() says EAGAIN.
is "the first serves on, with the same workers" "$(storm_summary 20 4 "$page") $(worker_pids) $(stat -c %i "$socket")" "20 200 $pids $inode"
stack_stop workers
LISTEN_BACKLOG=1 begin_workers 1
hold_lock data_agents proposals
for _ in {1..5}; do
    start_fastcgi queued "request:$page" pause:3
done
stack_until 3 is_waiting
sleep 0.3
run_second "$socket" "$STACK_SOCKETS/other"
like "a second start is refused also where the queue of the first is full" "$code $(<"$folder/second")" '^1 .*another process is listening there'
release_lock
kill "${slow_jobs[@]}" 2>/dev/null
slow_end
ok "and the first serves on" stack_until 5 eval 'get "$page"; [[ $status == 200 ]]'

done_testing
