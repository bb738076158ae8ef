#!/usr/bin/env bash
# `make run` and, with --dev, `make dev`: everything that a page of proposals needs, in the foreground, until Ctrl-C.
# Owns the variables PORT, WORKERS, DATABASE_URL and DASHBOARD and the folder .run. Knows nothing of how the processes
# are made (stack.sh), nor of the variables of the program and of nginx/render.sh, which pass.

set -euo pipefail

# A `make` that is killed could not stop us. The kernel can.
if [[ ! ${RUN_TIED:-} && $(cat "/proc/$PPID/comm" 2>/dev/null) == make ]]; then
    RUN_TIED=1 exec setpriv --pdeathsig TERM -- "$BASH" "$0" "$@"
fi
unset RUN_TIED

here=$(realpath "$(dirname "$0")")
# shellcheck source=src/run/stack.sh
. "$here/stack.sh"

root=$STACK_ROOT
state=$root/.run
program=$root/build/proposals-fcgi

fail() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# ---- what the caller wants

check_settings() {
    [[ $# == 0 || ($# == 1 && $1 == --dev) ]] || fail "usage: run.sh [--dev]"
    mode=run
    [[ $# == 0 ]] || mode=dev
    port=${PORT:-8080}
    [[ $port =~ ^[1-9][0-9]{0,4}$ && $port -le 65535 ]] || fail "PORT must be a number from 1 to 65535, not '$port'"
    export WORKERS=${WORKERS:-4}
    [[ $WORKERS =~ ^[1-9][0-9]{0,2}$ && $WORKERS -le 256 ]] || fail "WORKERS must be a number from 1 to 256, not '$WORKERS'"
    dashboard=${DASHBOARD:-$root/nginx/dashboard}
    [[ -f $dashboard/index.html ]] || fail "DASHBOARD has no index.html: $dashboard"
    dashboard=$(realpath "$dashboard")
}

# Two runs in one checkout would share data and sockets.
take_lock() {
    mkdir -p "$state" || fail "cannot write in $root"
    exec {STACK_LOCK}<>"$state/lock" || fail "cannot write in $state"
    flock -n "$STACK_LOCK" || fail "already running in this checkout: $(<"$state/lock")"
    locked=1
    echo "process $$, http://127.0.0.1:$port" >"$state/lock"
}

check_port() {
    ! stack_port_is_taken "$port" || fail "port $port is in use, choose another: make run PORT=8081"
    ((EUID == 0 || port >= $(</proc/sys/net/ipv4/ip_unprivileged_port_start))) || fail "port $port is for root only"
}

build() {
    env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -s -C "$root" -j "$(nproc)" build/proposals-fcgi || fail "the build failed"
}

# The program knows its settings best. It prints a line for each fault.
check_program() {
    local faults

    faults=$(LISTEN=$socket STATUS_LISTEN=$socket.status stack_as "$program" --check 2>&1 >/dev/null) ||
        fail "${faults:-the settings are not valid}"
}

# ---- the private databases

fill_cluster() {
    echo "Creating the demo databases in .run/postgres"
    stack_databases_create &&
        stack_psql data_agents -v miles_url="$(stack_url miles_republic)" -f "$root/src/sql/demo.sql" >/dev/null
}

# The row says where Miles Republic is, and the socket's folder is another one in each run. A row that was made to point
# elsewhere stays as it is.
start_cluster() {
    local data=$state/postgres log=$state/postgres.log

    [[ -d $data ]] || stack_cluster_create "$data" "$log" fill_cluster || fail "the demo databases could not be created"
    stack_postgres_start PostgreSQL "$data" "$log" || exit 1
    stack_psql data_agents -v url="$(stack_url miles_republic)" <<-'SQL' || fail "the demo databases are not usable, remove $data"
	UPDATE database_connections SET "connectionUrl" = :'url', "updatedAt" = now()
	WHERE type = 'MILES_REPUBLIC' AND "connectionUrl" LIKE '%host=/tmp/proposals.%'
	SQL
}

# A page that asks data_agents and needs nothing of Miles Republic.
check_page() {
    local answer

    answer=$(stack_get "$port" '/api/proposals?limit=1&type=RACE_UPDATE' 20) || fail "no answer from http://127.0.0.1:$port"
    [[ $answer == 200* ]] || fail "the page of proposals does not work: $answer"
}

# ---- the run

finish() {
    local status=$?

    trap '' INT TERM HUP
    trap - EXIT
    stack_end
    [[ ! ${locked:-} ]] || : >"$state/lock"
    exit $status
}

start_watcher() {
    local STACK_PRIVILEGES=(--no-new-privs)

    # It compiles, so it runs as who started us.
    stack_spawn "dev.sh" TERM 5 "" "$BASH" "$here/dev.sh" "${STACK_PIDS[workers]}" "$program"
}

check_settings "$@"
trap finish EXIT
trap 'trap "" INT TERM HUP; exit 0' INT TERM HUP
take_lock
check_port
"$here/packages.sh" "$mode" || exit 1
build
stack_begin "$state" "$root" "$root/src/sql/demo.sql" "$dashboard" "$dashboard/index.html" "$root/nginx/render.sh" "$program" ||
    exit 1
socket=$STACK_SOCKETS/workers.sock
if [[ ! ${DATABASE_URL:-} ]]; then
    own_cluster=1
    DATABASE_URL=$(stack_url data_agents)
fi
export DATABASE_URL
check_program
[[ ! ${own_cluster:-} ]] || start_cluster
stack_workers_start workers "$program" "$socket" || exit 1
stack_nginx_start nginx "$port" "$socket" "$dashboard" || exit 1
check_page
[[ $mode == run ]] || start_watcher
echo "Ready: http://127.0.0.1:$port (Ctrl-C ends it)"
stack_wait || exit 1
