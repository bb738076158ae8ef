#!/usr/bin/env bash
# What a service manager is told and hands over: READY, RELOADING, STOPPING and WATCHDOG by sd_notify, sockets by LISTEN_FDS,
# and the unit in src/.
# shellcheck disable=SC2016,SC2128,SC2178,SC2034,SC2119,SC2317 # conditions that are waited for are texts, for eval
# shellcheck source=tests/lib/harness.sh
. "$(dirname "$0")/../lib/harness.sh"
# shellcheck source=tests/lib/processes.sh
. "$tests/lib/processes.sh"

page='/api/proposals?limit=20'
notify=$STACK_SOCKETS/notify
told=$STACK_SOCKETS/told

# told_lines REGULAR_EXPRESSION: how often that has been said
told_lines() {
    grep -cE -- "$1" "$told"
}

was_told() {
    grep -qE -- "$1" "$told"
}

# When something was first said, in milliseconds of the clock.
told_at() {
    grep -E -m 1 -- "$1" "$told" | cut -d ' ' -f 1
}

copy_program
start_postgres
stack_spawn notified TERM 5 "$folder/notified.log" perl "$tests/lib/notified.pl" "$notify" "$told"
stack_ready notified 5 "$folder/notified.log" test -S "$notify" -a -e "$told" || bail "nobody to notify"

# ---- the start: a worker counts as ready when it says so

export NOTIFY_SOCKET=$notify CONFIG_FILE=$folder/settings
: >"$CONFIG_FILE"
begin_workers 2
ok "READY is said" stack_until 5 was_told 'READY=1'
start_nginx
ok "WATCHDOG is said again and again" stack_until 3 eval '(($(told_lines "WATCHDOG=1") >= 3))'
is "READY is said once" "$(told_lines 'READY=1')" 1
is "nothing is said of a reload or an end" "$(told_lines 'RELOADING|STOPPING')" 0
is "processes of the master know nothing of the manager" \
    "$(for pid in $(worker_pids) $(status_pid); do tr '\0' '\n' <"/proc/$pid/environ"; done | grep -cE '^(NOTIFY_SOCKET|WATCHDOG|LISTEN_)')" 0

# ---- WATCHDOG stops with the master

kill -STOP "$(master_pid)"
sleep 0.2
count=$(told_lines WATCHDOG)
sleep 1.2
is "a stopped master says no WATCHDOG" "$(told_lines WATCHDOG)" "$count"
kill -CONT "$(master_pid)"
ok "it does again when it goes on" stack_until 2 eval '(($(told_lines WATCHDOG) > count))'

# ---- reload

count=$(told_lines 'READY=1')
put_script 'sleep 0.6' "exec $original \"\$@\""
kill -HUP "$(master_pid)"
ok "SIGHUP: RELOADING is said, with the time" stack_until 2 was_told 'RELOADING=1\|MONOTONIC_USEC=[0-9]+'
sleep 0.3
is "SIGHUP: READY not before the new workers are" "$(told_lines 'READY=1')" "$count"
ok "SIGHUP: then it is" stack_until 3 eval '(($(told_lines "READY=1") == count + 1))'
milliseconds=$(($(grep -E 'READY=1' "$told" | tail -n 1 | cut -d ' ' -f 1) - $(told_at RELOADING)))
ok "SIGHUP: after RELOADING ($milliseconds ms)" test "$milliseconds" -ge 550
put_script 'exit 1'
kill -HUP "$(master_pid)"
ok "a reload that fails: RELOADING again" stack_until 2 eval '(($(told_lines RELOADING) == 2))'
ok "a reload that fails: READY again, for the old ones serve" stack_until 3 eval '(($(told_lines "READY=1") == count + 2))'
ok "a reload that fails: the state says so" was_told 'STATUS=.*reload failed'
put_program "$original"
echo nonsense >"$CONFIG_FILE"
kill -HUP "$(master_pid)"
ok "a configuration that is refused: likewise" stack_until 3 eval '(($(told_lines RELOADING) == 3 && $(told_lines "READY=1") == count + 3))'
: >"$CONFIG_FILE"

# ---- the end

hold_lock data_agents proposals
slow_get held "$page"
stack_until 3 is_waiting
kill -TERM "$(master_pid)"
ok "SIGTERM: STOPPING is said while work is in hand" stack_until 2 was_told 'STOPPING=1'
ok "SIGTERM: the master is there yet" stack_running workers
release_lock
slow_end
wait "$(master_pid)"
is "SIGTERM: STOPPING is said once, and nothing after it" "$(told_lines STOPPING) $(tail -n 1 "$told" | cut -d ' ' -f 2)" "1 STOPPING=1"
stack_stop workers

# A start that does not come up is never called ready.
# Here no process gets the descriptors that it needs.
cp "$original" "$folder/bin/late"
chmod 755 "$folder/bin/late"
lines=$(told_lines 'READY=1')
LISTEN=$socket STATUS_LISTEN=$socket.status stack_spawn late TERM 5 "$folder/late.log" bash -c "ulimit -S -n 5; exec $folder/bin/late"
stack_until 2 test -S "$socket"
sleep 1
is "workers that cannot come up: READY is not said" "$(told_lines 'READY=1')" "$lines"
stack_stop late

# ---- LISTEN_FDS

unset NOTIFY_SOCKET
# start_held PATH...: sockets as systemd would make them, then the program
start_held() {
    LISTEN=$STACK_SOCKETS/not/used STATUS_LISTEN=$STACK_SOCKETS/nor/this stack_spawn workers TERM 10 "$folder/workers.log" \
        perl -MIO::Socket::UNIX -e '
            $^F = 9;
            my $program = shift;
            my @sockets = map { unlink; IO::Socket::UNIX->new(Local => $_, Listen => 128) or die "$_: $!\n" } @ARGV;
            fileno $sockets[$_] == 3 + $_ or die "descriptor ", fileno $sockets[$_], "\n" for 0 .. $#sockets;
            @ENV{"LISTEN_FDS", "LISTEN_PID"} = (scalar @sockets, $$);
            exec $program or die' "$program" "$@"
    stack_ready workers 5 "$folder/workers.log" stack_listens "$1" || bail "no workers on a socket that was handed over"
    stack_until 5 workers_are 2 || bail "no workers"
}
start_held "$socket" "$socket.status"
inode=$(stat -c %i "$socket")
is "sockets of the manager: requests are answered" "$(storm_summary 30 6 "$page")" "30 200"
is "sockets of the manager: the second is the status process's" "$(look /api/health | jq .data.workers)" 2
ok "sockets of the manager: no others are made" test ! -e "$STACK_SOCKETS/not"
is "sockets of the manager: workers inherit only their own, on 0" \
    "$(for pid in $(worker_pids); do find "/proc/$pid/fd" -lname 'socket:*' -printf '%f %l\n' | grep -c "$(readlink "/proc/$(status_pid)/fd/0")"; done | sort -u)" 0
before=$(worker_pids)
start_load 4 "$page"
kill -HUP "$(master_pid)"
ok "sockets of the manager: SIGHUP works" stack_until 5 eval 'workers_are 2 && [[ $(without "$(worker_pids)" "$before" | wc -w) == 2 ]]'
stop_load
is "sockets of the manager: without a failed request" "$(cut -d ' ' -f 1,2 "$folder/load.log" | sort -u)" "200 0"
kill -TERM "$(master_pid)"
wait "$(master_pid)"
is "sockets of the manager: SIGTERM ends with 0" $? 0
is "sockets of the manager: they are left alone" "$(stat -c %i "$socket")" "$inode"
stack_stop workers
rm -f "$socket" "$socket.status"

# ---- process 1, as in a container without an init

if ((EUID == 0)) && unshare --pid --fork --kill-child true 2>"$folder/none"; then
    LISTEN=$socket STATUS_LISTEN=$socket.status
    export LISTEN STATUS_LISTEN
    local_privileges=("${STACK_PRIVILEGES[@]}")
    STACK_PRIVILEGES=()
    stack_spawn first TERM 5 "$folder/first.log" unshare --pid --fork --kill-child \
        setpriv "${local_privileges[@]}" -- "$program"
    STACK_PRIVILEGES=("${local_privileges[@]}")
    stack_until 5 stack_workers_listen "$socket"
    is "as process 1 it serves" "$(curl -q -s --noproxy '*' --max-time 3 -o "$body" -w '%{http_code}' "http://127.0.0.1:$port$page")" 200
    first=$(pgrep -P "${STACK_PIDS[first]}")
    kill -TERM "$first"
    ok "as process 1 it ends when told to" stack_until 4 stack_stopped first
    stack_stop first
    unset LISTEN STATUS_LISTEN
else
    skip "as process 1 it serves" "no namespace of processes can be made here"
    skip "as process 1 it ends when told to" "no namespace of processes can be made here"
fi

# ---- the units

# How much of the machine a unit leaves open, as systemd reckons: exposure UNIT
exposure() {
    systemd-analyze security --offline=true --no-pager "$1" 2>&1 | sed -n 's/.*Overall exposure level[^0-9]*: \([0-9.]*\).*/\1/p'
}

unit=$root/src/proposals-fcgi.service
nginx_unit=$root/src/proposals-nginx.service
if type -p systemd-analyze >/dev/null; then
    mkdir "$folder/units"
    sed "s|^ExecStart=.*|ExecStart=$program|" "$unit" >"$folder/units/proposals-fcgi.service"
    cp "$root/src/proposals-fcgi.socket" "$folder/units/"
    is "the unit is valid, and its socket's" "$(systemd-analyze verify "$folder/units/proposals-fcgi.service" 2>&1 | grep -F proposals-fcgi; echo "${PIPESTATUS[0]}")" 0
    is "so is nginx's" "$(systemd-analyze verify "$nginx_unit" 2>&1 | grep -F proposals-; echo "${PIPESTATUS[0]}")" 0
    for file in "$unit" "$nginx_unit"; do
        exposed=$(exposure "$file")
        ok "$(basename "$file"): its exposure is below 2.0 (${exposed:-none})" awk -v exposed="${exposed:-10}" 'BEGIN { exit !(exposed < 2) }'
    done
else
    skip "the unit is valid, and its socket's" "no systemd-analyze here"
    skip "their exposure is below 2.0" "no systemd-analyze here"
fi
like "the sockets are in the order in which the program takes them" "$(grep ^ListenStream= "$root/src/proposals-fcgi.socket" | xargs)" '/proposals\.sock ListenStream=.*/status\.sock$'

done_testing
