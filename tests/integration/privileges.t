#!/usr/bin/env bash
# Started as root: another user, all groups set, no way back; and no new privileges for anybody, ever.
# shellcheck disable=SC2016,SC2034,SC2119,SC2317 # conditions that are waited for are texts, for eval
# shellcheck source=tests/lib/harness.sh
. "$(dirname "$0")/../lib/harness.sh"
# shellcheck source=tests/lib/processes.sh
. "$tests/lib/processes.sh"

page='/api/proposals?limit=20'
stacks_own=("${STACK_PRIVILEGES[@]}")

# status_of PID FIELD: of /proc/PID/status, with single spaces
status_of() {
    sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status" | xargs
}

# The different values of a field in all processes of the program.
all_have() {
    local pid

    for pid in $(master_pid) $(status_pid) $(worker_pids); do
        status_of "$pid" "$1"
    done | sort -u
}

start_postgres
begin_workers 2
start_nginx
is "whoever starts it: no new privileges" "$(all_have NoNewPrivs)" 1
stack_stop workers

if ((EUID != 0)); then
    USER_NAME=root stack_as env LISTEN="$socket" STATUS_LISTEN="$socket.status" timeout 5 "$program" >"$folder/out" 2>&1
    ok "without root it cannot become another user, and says so" grep -q 'cannot become user root' "$folder/out"
    skip "started as root it changes its user" "this is not root"
    done_testing
fi

# As root, with all that root may: begin_as_root NAME=VALUE...
begin_as_root() {
    STACK_PRIVILEGES=(--clear-groups)
    LISTEN=$socket STATUS_LISTEN=$socket.status stack_spawn workers TERM 15 "$folder/workers.log" env "$@" "$program"
    STACK_PRIVILEGES=("${stacks_own[@]}")
    stack_ready workers 5 "$folder/workers.log" stack_workers_listen "$socket" || bail "no workers as root"
    stack_until 5 workers_are 2 || bail "no 2 workers as root"
}

# refused NAME TEXT NAME=VALUE...: as root it does not start, and says TEXT
refused() {
    local name=$1 text=$2

    shift 2
    env LISTEN="$socket" STATUS_LISTEN="$socket.status" "$@" timeout 5 "$program" >"$folder/out" 2>&1 </dev/null
    is "$name: it does not start" "$?" 2
    like "$name: and says why" "$(<"$folder/out")" "$text"
    ok "$name: no socket is left" test ! -e "$socket"
}

user=$STACK_USER
uid=$(id -u "$user")
gid=$(id -g "$user")
begin_as_root USER_NAME="$user"
is "the user, in all four places, of every process" "$(all_have Uid)" "$uid $uid $uid $uid"
is "the group, likewise" "$(all_have Gid)" "$gid $gid $gid $gid"
is "the user's groups and no others" "$(all_have Groups)" "$(id -G "$user" | tr ' ' '\n' | sort -n | xargs)"
is "no capability that works, could be made to work, or is handed on" \
    "$(for field in CapInh CapPrm CapEff CapAmb; do all_have "$field"; done | sort -u)" 0000000000000000
is "no new privileges" "$(all_have NoNewPrivs)" 1
is "the sockets are that user's, for it and its group" "$(stat -c '%U %G %a' "$socket" "$socket.status" | sort -u)" "$user $(id -gn "$user") 660"
is "requests are answered" "$(storm_summary 20 4 "$page")" "20 200"
before=$(worker_pids)
kill -KILL "${before%% *}"
stack_until 2 eval 'workers_are 2 && [[ $(worker_pids) != "$before" ]]'
is "workers of later on are no other" "$(all_have Uid) $(all_have CapPrm) $(all_have NoNewPrivs)" "$uid $uid $uid $uid 0000000000000000 1"
before=$(worker_pids)
kill -HUP "$(master_pid)"
ok "SIGHUP works without root" stack_until 5 eval 'workers_are 2 && [[ $(without "$(worker_pids)" "$before" | wc -w) == 2 ]]'
is "its workers are no other" "$(all_have Uid) $(all_have Groups)" "$uid $uid $uid $uid $(id -G "$user" | tr ' ' '\n' | sort -n | xargs)"
kill -TERM "$(master_pid)"
wait "$(master_pid)"
is "it ends with 0" $? 0
ok "and takes its sockets away" test ! -e "$socket" -a ! -e "$socket.status"
stack_stop workers

group=www-data
other=$(getent group "$group" | cut -d : -f 3)
if [[ $other && $other != "$gid" ]]; then
    begin_as_root USER_NAME="$user" GROUP_NAME="$group"
    is "GROUP_NAME: the group, in all four places" "$(all_have Gid)" "$other $other $other $other"
    is "GROUP_NAME: it is among the groups" "$(all_have Groups | tr ' ' '\n' | grep -cx "$other")" 1
    is "GROUP_NAME: root's is not" "$(all_have Groups | tr ' ' '\n' | grep -cx 0)" 0
    is "GROUP_NAME: the sockets are that group's" "$(stat -c '%U %G %a' "$socket" "$socket.status" | sort -u)" "$user $group 660"
    is "GROUP_NAME: requests are answered" "$(storm_summary 20 4 "$page")" "20 200"
    stack_stop workers
    begin_as_root GROUP_NAME="$group"
    is "GROUP_NAME alone: the group of the sockets" "$(stat -c '%U %G %a' "$socket" "$socket.status" | sort -u)" "root $group 660"
    is "GROUP_NAME alone: and of the processes" "$(all_have Gid)" "$other $other $other $other"
    stack_stop workers
else
    skip "GROUP_NAME" "there is no group $group here"
fi

begin_as_root USER_NAME=
is "without USER_NAME it stays root" "$(all_have Uid)" "0 0 0 0"
is "but without new privileges" "$(all_have NoNewPrivs)" 1
stack_stop workers

refused "a user that there is not" 'USER_NAME: there is no such user' USER_NAME=nobody-of-that-name
refused "a group that there is not" 'GROUP_NAME: there is no such group' USER_NAME="$user" GROUP_NAME=none-of-that-name
USER_NAME=root stack_as env LISTEN="$socket" STATUS_LISTEN="$socket.status" timeout 5 "$program" >"$folder/out" 2>&1 </dev/null
code=$?
like "without root it cannot become another user, and says so" "$code $(<"$folder/out")" '^1 .*cannot become user root'
ok "and leaves no socket" test ! -e "$socket"

done_testing
