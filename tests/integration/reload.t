#!/usr/bin/env bash
# SIGHUP: new workers, of the program and the configuration that are on disk now, take over from the old ones without a
# failed request; those that do not come up change nothing.
# shellcheck disable=SC2016,SC2034,SC2119,SC2317 # conditions that are waited for are texts, for eval
# shellcheck source=tests/lib/harness.sh
. "$(dirname "$0")/../lib/harness.sh"
# shellcheck source=tests/lib/processes.sh
. "$tests/lib/processes.sh"

page='/api/proposals?limit=20'
unset WORKERS
export CONFIG_FILE=$folder/settings

# settings LINE...: what is in CONFIG_FILE from now on
settings() {
    printf '%s\n' "$@" >"$CONFIG_FILE.new"
    mv "$CONFIG_FILE.new" "$CONFIG_FILE"
}

reload() {
    kill -HUP "$(master_pid)"
}

# Whether COUNT workers run, none of which is of OLD: are_new COUNT OLD
are_new() {
    workers_are "$1" && [[ " $(worker_pids) " == " $(without "$(worker_pids)" "$2")" ]]
}

lines() {
    wc -l <"$folder/workers.log"
}

# Whether the log has a line that matches, since it had so many: said_since LINES REGULAR_EXPRESSION
said_since() {
    # shellcheck disable=SC2143 # with -q, tail may die of the closed pipe
    [[ $(tail -n +$(($1 + 1)) "$folder/workers.log" | grep -E -- "$2") ]]
}

copy_program
start_postgres
settings 'WORKERS=3' "LISTEN=$socket" "STATUS_LISTEN=$socket.status"
unset DATABASE_URL
DATABASE_URL=$(stack_url data_agents)
export DATABASE_URL
stack_spawn workers TERM 15 "$folder/workers.log" "$program"
stack_ready workers 10 "$folder/workers.log" stack_workers_listen "$socket" || bail "no workers"
ok "the number of workers is that of CONFIG_FILE" stack_until 5 workers_are 3
start_nginx
inode=$(stat -c %i "$socket")
master=$(master_pid)

# ---- ten times, under load

get "$page"
size=$(stat -c %s "$body")
stack_until 20 eval 'storm 20 20 "$page" >/dev/null; [[ $(backends miles_republic | wc -l) == 3 ]]'
start_load 6 "$page"
for _ in {1..10}; do
    old=$(worker_pids)
    count=$(load_count)
    reload
    # Each of the ten is under load: answers go on coming.
    stack_until 10 are_new 3 "$old" && stack_until 5 eval '(($(load_count) > count))' && echo replaced
done >"$folder/replaced"
stop_load
is "ten times SIGHUP: all workers are new each time" "$(grep -c replaced "$folder/replaced")" 10
is "ten times SIGHUP: all requests are answered in full ($(load_count) of them)" "$(load_outcomes "$size")" "200 0 whole"
is "ten times SIGHUP: the master and its socket are the same" "$(master_pid) $(stat -c %i "$socket")" "$master $inode"
stack_until 2 eval '(($(backends miles_republic | wc -l) <= 3 && $(backends data_agents | wc -l) <= 4))'
ours=$(backends data_agents | wc -l)
miles=$(backends miles_republic | wc -l)
ok "ten times SIGHUP: the old ones closed their connections ($ours, $miles)" test "$miles" -le 3 -a "$ours" -le 4
is "ten times SIGHUP: restarts are counted, the status process among them" "$(metric 'restarts_total{cause="reload"}')" 40
is "ten times SIGHUP: none for another cause" "$(look /metrics | awk '/^proposals_restarts_total/ && !/reload/ { sum += $2 } END { print sum }')" 0

# ---- what is in hand is finished

hold_lock data_agents proposals
slow_get held "$page"
stack_until 3 eval 'busy_are 1 && is_waiting'
holder=$(busy_pids)
old=$(worker_pids)
reload
ok "the new workers are there while an old one has work in hand" stack_until 5 eval '[[ $(pgrep -c -P "$(master_pid)" -f -- --worker) == 4 ]] && log_line "new workers serve"'
ok "the old one is still at it" is_alive "$holder"
slow_get new "$page"
release_lock
slow_end
is "what it had in hand is answered in full" "$(slow_got held) $(jq '.data | length' "$folder/held.body")" "200 0 20"
is "so is what came after" "$(slow_got new)" "200 0"
ok "then it is gone" stack_until 2 are_new 3 "$old"

# ---- the configuration on disk

# reload_to COUNT: SIGHUP, and all workers are new
reload_to() {
    local old

    old=$(worker_pids)
    reload
    stack_until 5 are_new "$1" "$old"
}

settings 'WORKERS=5' "LISTEN=$socket" "STATUS_LISTEN=$socket.status"
ok "a higher number of workers is taken over" reload_to 5
is "and they serve" "$(storm_summary 20 10 "$page")" "20 200"
settings 'WORKERS=2' "LISTEN=$socket" "STATUS_LISTEN=$socket.status" 'MILES_TIMEOUT_MS=100' 'REQUEST_TIMEOUT_MS=300'
hold_lock data_agents proposals
slow_get patient "$page"
stack_until 3 eval 'busy_are 1 && is_waiting'
holder=$(busy_pids)
old=$(worker_pids)
reload
sleep 2
ok "a request of before has the time that it was given then" is_alive "$holder"
release_lock
slow_end
is "and is answered in full" "$(slow_got patient) $(jq '.data | length' "$folder/patient.body")" "200 0 20"
ok "a lower one too" stack_until 5 are_new 2 "$old"
hold_lock data_agents proposals
measure_time get "$page"
release_lock
ok "other settings too: the new time limit ($milliseconds ms)" test "$status" = 504 -a "$milliseconds" -ge 280 -a "$milliseconds" -lt 1500
unset milliseconds

# not_taken NAME TEXT: SIGHUP changes nothing, and the log says why in lines with TEXT
not_taken() {
    local before count

    before=$(worker_pids)
    count=$(lines)
    reload
    ok "$1: said in the log" stack_until 5 said_since "$count" 'error: the new workers do not come up .*the old ones serve on'
    ok "$1: and why" said_since "$count" "$2"
    sleep 0.2
    is "$1: the old workers are left" "$(worker_pids)" "$before"
    is "$1: and serve" "$(storm_summary 20 4 "$page")" "20 200"
    ok "$1: so does the status process" eval '[[ $(look /api/health/ready) == *ready* ]]'
}

settings 'WORKERS=none' "LISTEN=$socket" "STATUS_LISTEN=$socket.status"
not_taken "a faulty number" 'WORKERS: must be a whole number'
settings 'WORKERS=2' 'a line that is canary'
not_taken "a line that is no setting" 'CONFIG_FILE: line 2 '
is "a line that is no setting: its text is not in the log" "$(logged canary)" 0
rm "$CONFIG_FILE"
not_taken "no file" 'CONFIG_FILE'
settings 'WORKERS=3' "LISTEN=$socket" "STATUS_LISTEN=$socket.status"
ok "once the file is mended, it is taken over" reload_to 3

# ---- the program on disk

put_script 'echo a canary in its cage >&2' 'exit 1'
not_taken "a program that ends" 'a canary in its cage'
put_script 'exit 2'
not_taken "a program that refuses its configuration" 'ended before all were ready'
rm "$program"
not_taken "no program" "$program cannot be run"
echo 'nothing to run' >"$folder/nothing"
put_program "$folder/nothing"
not_taken "a program that is none" "$program cannot be run"
put_program "$original"
ok "once the program is mended, it is taken over" reload_to 3
is "its workers are those of the file that is there now" \
    "$(for pid in $(worker_pids); do stat -L -c %i "/proc/$pid/exe"; done | sort -u)" "$(stat -c %i "$program")"

# A second change while the first is still being taken over: the last one counts.
put_script 'sleep 0.7' "exec $original \"\$@\""
old=$(worker_pids)
reload
sleep 0.3
settings 'WORKERS=4' "LISTEN=$socket" "STATUS_LISTEN=$socket.status"
reload
ok "SIGHUP during a take-over is not lost: what is on disk then runs in the end" stack_until 6 are_new 4 "$old"
put_program "$original"
settings 'WORKERS=2' "LISTEN=$socket" "STATUS_LISTEN=$socket.status"
stack_until 5 eval '[[ $(logged "new workers take over") == $(logged "new workers serve|do not come up") ]]'
ok "and the next works as ever" reload_to 2

# ---- the end

kill -TERM "$(master_pid)"
wait "$(master_pid)"
is "after all that it ends with 0" $? 0
ok "and takes its sockets away, whose names were in the file" test ! -e "$socket" -a ! -e "$socket.status"

done_testing
