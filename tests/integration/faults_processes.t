#!/usr/bin/env bash
# Workers that are killed, crash, are stopped or hang, and programs that do not come up: who notices, what clients see, and
# how soon all is as before.
# shellcheck disable=SC2016,SC2034,SC2119,SC2317 # conditions that are waited for are texts, for eval
# shellcheck source=tests/lib/harness.sh
. "$(dirname "$0")/../lib/harness.sh"
# shellcheck source=tests/lib/processes.sh
. "$tests/lib/processes.sh"

page='/api/proposals?limit=50'
copy_program
start_postgres
export REQUEST_TIMEOUT_MS=3000
begin_workers 3
start_nginx

# ---- in mid-request: killed, crashed, stopped

# A request that waits for the lock; sets $victim to its worker.
catch_worker() {
    hold_lock data_agents proposals
    slow_get caught "$page"
    stack_until 5 eval 'busy_are 1 && is_waiting' || bail "no worker is caught"
    victim=$(busy_pids)
}

# The number of a worker, by its pid.
number_of() {
    tr '\0' ' ' <"/proc/$1/cmdline" | awk '{ print $3 }'
}

is_replaced() {
    workers_are 3 && [[ " $(worker_pids) " != *" $victim "* ]]
}

# What a client got is an answer, or an error in the envelope: nginx may have asked another worker.
is_honest() {
    case $(slow_got "$1") in
    "200 0") jq -e '.success and (.data | length > 0)' "$folder/$1.body" >"$folder/jq" ;;
    "502 0" | "503 0" | "504 0") jq -e '.success == false and .error.code' "$folder/$1.body" >"$folder/jq" ;;
    *) false ;;
    esac
}

for signal in KILL SEGV ABRT; do
    catch_worker
    number=$(number_of "$victim")
    kill -"$signal" "$victim"
    ok "SIG$signal in mid-request: replaced within 1 s" stack_until 1 is_replaced
    is "SIG$signal in mid-request: by one of its number" "$(pgrep -c -P "$(master_pid)" -f -- "--worker $number ")" 1
    release_lock
    slow_end
    ok "SIG$signal in mid-request: that client gets an error, or another worker's answer" is_honest caught
    is "SIG$signal in mid-request: the others are served" "$(storm_summary 30 6 "$page")" "30 200"
    ok "SIG$signal in mid-request: the log says so" log_line "\(pid $victim\) was ended by signal $(kill -l "$signal")\$"
done

catch_worker
kill -STOP "$victim"
release_lock
is "stopped in mid-request: the others are served meanwhile" "$(storm_summary 30 6 "$page")" "30 200"
ok "stopped in mid-request: the worker is there until its time is over" test "$(is_alive "$victim" && echo there)"
ok "stopped in mid-request: ended by the master once that is so" stack_until 6 is_gone "$victim"
slow_end
ok "stopped in mid-request: that client gets an error, or another worker's answer" is_honest caught
ok "stopped in mid-request: replaced within 1 s of its end" stack_until 1 is_replaced
ok "stopped in mid-request: the log says that it was over its time" log_line "\(pid $victim\) is over its time and is killed"
is "stopped in mid-request: counted as hung" "$(metric 'restarts_total{cause="hung"}')" 1

# A worker in time is left alone: the deadline is the program's own to notice.
hold_lock data_agents proposals
before=$(worker_pids)
slow_get late "$page"
slow_end
release_lock
is "a request over its time is a 504, and its worker's own work" "$(slow_got late) $(worker_pids)" "504 0 $before"

# ---- at random, under load

get "$page"
size=$(stat -c %s "$body")
storm 30 6 "$page&n=0" >/dev/null
start_load 6 "$page"
for _ in {1..15}; do
    mapfile -t pids < <(worker_pids | tr ' ' '\n')
    kill -KILL "${pids[RANDOM % ${#pids[@]}]}"
    sleep 0.05
done
ok "after 15 kills at random there are all workers again within 1 s" stack_until 1 workers_are 3
stop_load
# One that is cut tells the client so: the length that it was promised is missing (18 of curl).
unlike "under kills at random no answer is a cut 200 that looks whole" "$(load_outcomes "$size")" '200 0 cut'
like "under kills at random there are whole answers" "$(load_outcomes "$size")" '200 0 whole'
is "under kills at random there is nothing else but errors that say so" \
    "$(cut -d ' ' -f 1,2 "$folder/load.log" | sort -u | grep -vxE '200 0|200 18|50[234] 0')" ""
is "then all is as before" "$(storm_summary 30 6 "$page")" "30 200"

# All at once, and again.
for _ in 1 2 3; do
    mapfile -t pids < <(worker_pids | tr ' ' '\n')
    kill -KILL "${pids[@]}"
    stack_until 1 eval 'workers_are 3 && [[ " $(worker_pids) " != *" ${pids[0]} "* ]]' && echo replaced
done >"$folder/replaced"
is "all killed at once, three times: there again within 1 s each time" "$(wc -l <"$folder/replaced")" 3
stack_until 3 eval '[[ $(storm_summary 12 12 "$page") == "12 200" ]]'
count=$(backends miles_republic | wc -l)
ok "and at most one connection a worker" test "$count" -le 3

# The status process is one of them.
victim=$(status_pid)
kill -KILL "$victim"
ok "the status process is replaced too" stack_until 1 eval '[[ $(status_pid) && $(status_pid) != "$victim" ]]'
ok "and answers" stack_until 1 eval '[[ $(look /api/health/live) == *live* ]]'

# ---- before their first request

stack_stop workers
begin_workers 2
like "a question about the service is not yet service" "$(look /api/health/live)" live
put_script 'echo started' 'exit 1'
victim=$(worker_pids | cut -d ' ' -f 1)
survivor=$(worker_pids | cut -d ' ' -f 2)
start=${EPOCHREALTIME/[.,]/}
kill -KILL "$victim"
ok "a worker that dies before its first request: the log says when the next is started" stack_until 1 log_line 'warn: .* before its first request; the next is started in 1 s'
ok "its successor dies: 2 s" stack_until 2 log_line 'the next is started in 2 s'
ok "the third: 4 s" stack_until 3 log_line 'the next is started in 4 s'
elapsed=$(((${EPOCHREALTIME/[.,]/} - start) / 1000))
ok "these times are kept ($elapsed ms for 1 s and 2 s)" test "$elapsed" -ge 2900 -a "$elapsed" -le 4000
is "no others were started" "$(logged '^started$')" 2
is "the other worker is as it was" "$(worker_pids)" "$survivor"
is "and serves" "$(storm_summary 10 2 "$page")" "10 200"
put_program "$original"
ok "once the program is mended, there are all workers again" stack_until 5 workers_are 2

# Now it has served: what kills workers now may be over in a second.
put_script 'exit 1'
mapfile -t pids < <(worker_pids | tr ' ' '\n')
kill -KILL "${pids[@]}"
sleep 2
is "a service that has worked goes on trying" "$(worker_pids)$(is_alive "$(master_pid)" && echo ' there')" " there"
ok "without filling the log" test "$(wc -l <"$folder/workers.log")" -lt 500
put_program "$original"
ok "and is there within 1 s of its mending, however often it failed" stack_until 1 workers_are 2
is "and serves" "$(storm_summary 10 2 "$page")" "10 200"

# ---- exit status 2

stack_stop workers
begin_workers 2
put_script 'echo refused' 'exit 2'
kill -KILL "$(worker_pids | cut -d ' ' -f 1)"
ok "a process that ends with status 2 before the service has worked ends it" stack_until 3 stack_stopped workers
wait "$(master_pid)"
is "with status 2" $? 2
is "it was not started again" "$(logged '^refused$')" 1
stack_stop workers
put_program "$original"

# ---- a configuration that became unusable since

# Nobody has sent SIGHUP: the file is being edited, say.
export CONFIG_FILE=$folder/settings
echo 'MAX_REQUESTS=0' >"$CONFIG_FILE"
begin_workers 2
is "with a CONFIG_FILE" "$(storm_summary 10 2 "$page")" "10 200"
echo 'MAX_REQ' >"$CONFIG_FILE"
kill -KILL "$(worker_pids | cut -d ' ' -f 1)"
sleep 1
ok "a service that has worked outlives a worker that dies while CONFIG_FILE is half written" stack_running workers
is "and serves" "$(storm_summary 10 2 "$page")" "10 200"
echo 'MAX_REQUESTS=0' >"$CONFIG_FILE"
ok "and has all workers again once the file is whole" stack_until 2 eval 'stack_running workers && workers_are 2'

done_testing
