# shellcheck shell=bash disable=SC2016,SC2034,SC2119,SC2154,SC2317 # variables are the harness's and the tests'; conditions are for eval
# What the tests of processes share: the program's processes seen from outside, load that goes on while something is done
# to them, and a program on disk that can be changed. Sourced after harness.sh.
# Owns only what it starts, through the harness, which ends it.

# ---- the program on disk

original=$program

# From here on the test runs a copy of the program, which it may replace.
copy_program() {
    mkdir -p "$folder/bin"
    program=$folder/bin/proposals-fcgi
    put_program "$original"
}

# put_program FILE: what is on disk from now on. As an upgrade does it: at once, the running one keeps its file.
put_program() {
    cp "$1" "$program.new" && chmod 755 "$program.new" && mv "$program.new" "$program"
}

# put_script LINE...: likewise, a program that is a shell script
put_script() {
    printf '%s\n' '#!/bin/sh' "$@" >"$folder/script"
    put_program "$folder/script"
}

# ---- processes

master_pid() {
    echo "${STACK_PIDS[workers]}"
}

status_pid() {
    pgrep -P "${STACK_PIDS[workers]}" -f -- --status | head -n 1
}

workers_are() {
    [[ $(worker_pids | wc -w) == "$1" ]]
}

# Starts the workers under the test's settings and waits until all are there: begin_workers COUNT [LOG]
begin_workers() {
    export WORKERS=$1
    rm -f "$folder/workers.log"
    start_workers "${2:-$folder/workers.log}"
    stack_until 5 workers_are "$1" || bail "there are no $1 workers"
}

# begin_again COUNT: the same, in place of those that run
begin_again() {
    stack_stop workers
    begin_workers "$1"
}

is_alive() {
    local state

    state=$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null)
    [[ $state && $state != [ZX]* ]]
}

is_gone() {
    ! is_alive "$1"
}

# Whether none of the processes is left; one that only waits to be reaped, by whoever is process 1, is gone.
all_gone() {
    local pid

    for pid; do
        ! is_alive "$pid" || return 1
    done
}

# Seconds of processor time that a process has used, in hundredths.
used_time() {
    awk '{ print $14 + $15 }' "/proc/$1/stat" 2>/dev/null || echo 0
}

# Which of the pids of a line are not in another: without "1 2 3" "2 3"
without() {
    local pid

    for pid in $1; do
        [[ " $2 " == *" $pid "* ]] || printf '%s ' "$pid"
    done
}

log_line() {
    grep -qE -- "$1" "$folder/workers.log"
}

# ---- what the status process says

look() {
    curl -q -s --noproxy '*' --max-time 5 "http://127.0.0.1:$port$1"
}

# metric 'NAME{LABELS}': its value, 0 where there is none. That labels may end in a comma, or be none, means nothing.
metric() {
    look /metrics | sed 's/,} /} /; s/{} / /' | awk -v name="proposals_$1" '$1 == name { value = $2 } END { print value + 0 }'
}

busy_pids() {
    look /api/health/workers | jq -r '.data.workers[] | select(.busy) | .pid' | sort -n | paste -sd ' '
}

busy_are() {
    [[ $(busy_pids | wc -w) == "$1" ]]
}

# ---- requests that take long, and load

slow_jobs=()

# slow_get NAME PATH: a request in the background; the files NAME.status and NAME.body
slow_get() {
    curl -q -s --noproxy '*' --max-time 30 -o "$folder/$1.body" -w '%{http_code} %{exitcode}' "http://127.0.0.1:$port$2" \
        >"$folder/$1.status" &
    slow_jobs+=($!)
}

# Waits for all of them.
slow_end() {
    wait "${slow_jobs[@]}" 2>/dev/null
    slow_jobs=()
}

# What a slow request got: its status and curl's exit code, 0 where the answer was whole.
slow_got() {
    cat "$folder/$1.status" 2>/dev/null
}

# start_load CONCURRENCY PATH: requests in the background until stop_load. Each leaves a line: status, curl's exit code,
# size of the body.
start_load() {
    local join='?'

    [[ $2 != *\?* ]] || join='&'
    touch "$folder/load"
    : >"$folder/load.log"
    while [[ -e $folder/load ]]; do
        curl -q -s --noproxy '*' --max-time 20 -Z --parallel-immediate --parallel-max "$1" -o /dev/null \
            -w '%{http_code} %{exitcode} %{size_download}\n' "http://127.0.0.1:$port$2${join}n=[1-200]" >>"$folder/load.log" 2>/dev/null
    done &
    load_job=$!
    stack_until 5 test -s "$folder/load.log" || bail "no load"
}

stop_load() {
    rm -f "$folder/load"
    wait "$load_job" 2>/dev/null
}

load_count() {
    wc -l <"$folder/load.log"
}

# The different outcomes of the load, without their numbers, and whether the 200s had one size.
load_outcomes() {
    awk '{ print $1, $2, $1 == 200 ? $3 == '"${1:-0}"' ? "whole" : "cut" : "" }' "$folder/load.log" | sort -u | xargs
}

# ---- FastCGI without a web server, see fastcgi.pl

# fastcgi STEP...: its steps on one connection to the workers
fastcgi() {
    perl "$tests/lib/fastcgi.pl" "$socket" "$@"
}

# start_fastcgi NAME STEP...: likewise, in the background until slow_end; what it prints is in the file NAME
start_fastcgi() {
    local name=$1

    shift
    (exec perl "$tests/lib/fastcgi.pl" "$socket" "$@" >"$folder/$name" 2>&1) &
    slow_jobs+=($!)
}
