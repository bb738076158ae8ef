# shellcheck shell=bash
# Starts and stops a private PostgreSQL, the workers and nginx; sourced by run.sh and by the tests.
# Owns how the processes are made: their user, their ties to the caller, when they count as ready, the order of their end.
# Reads no variable of `make run` and installs nothing. On failure a function says why in one line and returns 1.
#
#     stack_begin STATE PATH...                 first of all; PATHs must be readable for the stack
#     stack_cluster_create DATA LOG FILL...     initdb, then the command FILL on the running server
#     stack_databases_create                    the role and the two empty databases (within FILL)
#     stack_postgres_start NAME DATA LOG [PORT]
#     stack_workers_start NAME PROGRAM SOCKET [LOG]    the status process listens on SOCKET.status
#     stack_nginx_start NAME PORT SOCKET DASHBOARD [LOG]
#     stack_wait                                until one of them ends
#     stack_stop NAME; stack_end                one; all, and what stack_begin made
#
# Call them in the shell that is to own the processes, not in a subshell, and with job control off: they end with it.

STACK_ROOT=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
STACK_USER=""         # who the processes run as
STACK_SOCKETS=""      # the private folder of the unix sockets
STACK_BIN=""          # PostgreSQL's programs
STACK_PRIVILEGES=()   # the arguments of setpriv that make a process one of the stack
STACK_CAPABILITIES=() # what it may beyond its user, usually nothing
STACK_LOCK=""         # a descriptor of the caller's that no process of the stack may inherit
STACK_NAMES=()        # in the order of their start
declare -gA STACK_PIDS=() STACK_SIGNALS=() STACK_SECONDS=()

stack_fail() {
    echo "${0##*/}: $*" >&2
    return 1
}

# Calls a condition until it holds: stack_until SECONDS CONDITION...
stack_until() {
    local end=$((${EPOCHREALTIME/[.,]/} + $1 * 1000000))

    shift
    until "$@"; do
        ((${EPOCHREALTIME/[.,]/} < end)) || return 1
        sleep 0.02
    done
}

# ---- user and folders

# stack_exec SIGNAL COMMAND...: turns this shell into a process of the stack, in a folder that every user may be in and
# in a session of its own, so that a terminal's Ctrl-C reaches only the caller, who ends all in order. When the caller
# dies without having come to that, the kernel sends SIGNAL.
stack_exec() {
    local signal=$1

    shift
    cd / || exit
    export HOME LC_ALL=C.UTF-8 PATH="$PATH:/usr/sbin:/sbin"
    HOME=$(getent passwd "$STACK_USER" | cut -d: -f6)
    exec setsid setpriv "${STACK_PRIVILEGES[@]}" --pdeathsig "$signal" -- "$@"
}

# Runs a command as the stack's user.
stack_as() {
    (stack_exec TERM "$@")
}

# Sets STACK_PRIVILEGES: the stack's user with no capability but the given ones.
stack_privileges() {
    local cap list=-all ambient=()

    STACK_PRIVILEGES=(--no-new-privs)
    ((EUID == 0)) || return 0
    for cap; do
        list+=,+$cap
    done
    [[ $list == -all ]] || ambient=(--ambient-caps "$list")
    STACK_PRIVILEGES+=(--reuid "$STACK_USER" --regid "$(id -g "$STACK_USER")" --init-groups --inh-caps "$list" "${ambient[@]}")
}

# Whether the stack's user can read all of the paths, and enter or execute those that have such a bit.
stack_can_read() {
    # shellcheck disable=SC2016 # for the inner shell
    stack_as bash -c 'for path; do
        [[ -r $path ]] || exit 1
        [[ -x $path ]] || [[ ! -d $path && $(stat -c %A "$path") != *x* ]] || exit 1
    done' bash "$@" 2>/dev/null
}

# PostgreSQL refuses to run as root, so root's stack runs as the user that its package brings. A checkout in a folder
# closed to that user (/root has mode 0700) would be out of its reach: only then the stack may read past such modes,
# by the weaker of two capabilities where the system has left it to us.
stack_choose_user() {
    local cap

    STACK_USER=$(id -un)
    if ((EUID == 0)); then
        STACK_USER=postgres
        id "$STACK_USER" >/dev/null 2>&1 || stack_fail "there is no user $STACK_USER: is postgresql-15 installed?" || return
    fi
    stack_privileges
    stack_can_read "$@" && return
    if ((EUID == 0)); then
        for cap in dac_read_search dac_override; do
            STACK_CAPABILITIES=("$cap")
            stack_privileges "$cap"
            stack_can_read "$@" && return
        done
    fi
    stack_fail "the user $STACK_USER cannot read all of: $*"
}

stack_find_postgres() {
    local dir

    for dir in "$(pg_config --bindir 2>/dev/null)" /usr/lib/postgresql/*/bin; do
        [[ -x $dir/initdb && -x $dir/postgres && -x $dir/psql ]] && STACK_BIN=$dir && return
    done
    stack_fail "PostgreSQL's initdb, postgres and psql are not to be found: is postgresql-15 installed?"
}

# Makes a folder for the stack's user alone.
stack_mkdir() {
    mkdir -p "$1" && chmod 700 "$1" && { ((EUID)) || chown "$STACK_USER:" "$1"; }
}

# The path of a unix socket has 107 bytes at most, and a checkout may lie deep: sockets get a short folder of their own.
# STATE/sockets leads there, for people, and for the next start to clear what a killed run left.
stack_make_sockets() {
    local link=$1/sockets old

    old=$(readlink "$link") || :
    if [[ $old == /tmp/proposals.?????? && -d $old && ! -L $old && $(stat -c %U "$old") == "$STACK_USER" ]]; then
        rm -rf "$old"
    fi
    STACK_SOCKETS=$(mktemp -d /tmp/proposals.XXXXXX) &&
        stack_mkdir "$STACK_SOCKETS" && ln -sfn "$STACK_SOCKETS" "$link"
}

stack_begin() {
    STACK_STATE=$(realpath -m "$1")
    shift
    # What the caller's environment says of PostgreSQL is about other servers.
    unset "${!PG@}"
    mkdir -p "$STACK_STATE" && stack_find_postgres && stack_choose_user "$STACK_STATE" "$@" && stack_make_sockets "$STACK_STATE"
}

# ---- processes

# stack_spawn NAME SIGNAL SECONDS LOG COMMAND...: starts a process that ends on SIGNAL, within SECONDS. All it prints goes
# to LOG, or to the caller's stderr if that is empty.
stack_spawn() {
    local name=$1 signal=$2 seconds=$3 log=$4

    shift 4
    # Now, or what the last one said is taken for this one's.
    [[ ! -f $log ]] || : >"$log"
    (
        [[ ! $STACK_LOCK ]] || exec {STACK_LOCK}>&-
        [[ ! $log ]] || exec 2>"$log"
        stack_exec "$signal" "$@" </dev/null >&2
    ) &
    STACK_PIDS[$name]=$!
    STACK_SIGNALS[$name]=$signal
    STACK_SECONDS[$name]=$seconds
    STACK_NAMES+=("$name")
}

stack_running() {
    [[ ${STACK_PIDS[$1]:-} ]] && kill -0 "${STACK_PIDS[$1]}" 2>/dev/null
}

stack_stopped() {
    ! stack_running "$1"
}

# Holds once the process is ready or has died: stack_settled NAME CONDITION...
stack_settled() {
    stack_stopped "$1" || "${@:2}"
}

# Prints what a log says of a failure: what calls itself fatal, or the last line.
stack_why() {
    [[ ! -s $1 ]] || { grep -E 'FATAL|PANIC|emerg' "$1" || cat "$1"; } | tail -n 1 | sed 's/^/: /'
}

# Waits until a new process is ready; if that fails it is ended: stack_ready NAME SECONDS LOG CONDITION...
stack_ready() {
    local name=$1 seconds=$2 log=$3 what="is not ready after $2 s"

    shift 3
    if stack_until "$seconds" stack_settled "$name" "$@" && stack_running "$name" && "$@"; then
        return 0
    fi
    stack_running "$name" || what="did not start"
    stack_stop "$name"
    stack_fail "$name $what$(stack_why "$log")"
}

# The end of one process: its own way first, and after its time is up by force, along with what it left in its session.
stack_stop() {
    local name=$1 pid=${STACK_PIDS[$1]:-} other kept=()

    [[ $pid ]] || return 0
    kill -"${STACK_SIGNALS[$name]}" "$pid" 2>/dev/null || :
    stack_until "${STACK_SECONDS[$name]}" stack_stopped "$name" || echo "${0##*/}: $name had to be killed" >&2
    kill -KILL -- "-$pid" 2>/dev/null || :
    wait "$pid" 2>/dev/null || :
    unset "STACK_PIDS[$name]"
    for other in "${STACK_NAMES[@]}"; do
        [[ $other == "$name" ]] || kept+=("$other")
    done
    STACK_NAMES=("${kept[@]}")
}

# Waits until one of the processes ends by itself, and says which.
stack_wait() {
    local name status=0

    wait -n "${STACK_PIDS[@]}" || status=$?
    for name in "${STACK_NAMES[@]}"; do
        stack_running "$name" || stack_fail "$name ended by itself with status $status" || :
    done
    return 1
}

# Last started, first stopped: nginx sends nothing more to the workers, these finish, then PostgreSQL goes.
stack_end() {
    while ((${#STACK_NAMES[@]})); do
        stack_stop "${STACK_NAMES[-1]}"
    done
    if [[ $STACK_SOCKETS ]]; then
        rm -rf "$STACK_SOCKETS" "$STACK_STATE/sockets"
        STACK_SOCKETS=""
    fi
}

# ---- PostgreSQL

# As the server's superuser: stack_psql DATABASE ARGUMENT... (STACK_PGPORT where it is not the default)
stack_psql() {
    stack_as "$STACK_BIN/psql" -X -q -v ON_ERROR_STOP=1 -h "$STACK_SOCKETS" -p "${STACK_PGPORT:-5432}" -U postgres -d "$@"
}

# The URL of a database on the socket, as the workers' own role: stack_url DATABASE
stack_url() {
    echo "postgresql://proposals@localhost:${STACK_PGPORT:-5432}/$1?host=$STACK_SOCKETS"
}

# The settings of a small server. Its data can be made anew, and the machine's fall is all that fsync is for: without it
# the first start and the tests are several times faster.
stack_settings() {
    cat <<-CONF
	shared_buffers = 64MB
	max_connections = 100
	fsync = off
	synchronous_commit = off
	full_page_writes = off
	wal_level = minimal
	max_wal_senders = 0
	min_wal_size = 32MB
	max_wal_size = 256MB
	jit = off
	timezone = UTC
	log_timezone = UTC
	lc_messages = C
	log_line_prefix = '%m [%p] %q%u@%d %a '
	CONF
}

# Nobody else reaches the socket's folder; inside, the stack's user and root are known by their uid. Over TCP, which only
# tests switch on, a password is needed.
stack_access() {
    local user

    for user in "$STACK_USER" root; do
        printf 'stack %s postgres\nstack %s proposals\n' "$user" "$user"
    done | stack_as tee "$1/pg_ident.conf" >/dev/null
    printf '%s\n' "local all all peer map=stack" "host all all 127.0.0.1/32 scram-sha-256" |
        stack_as tee "$1/pg_hba.conf" >/dev/null
}

# The cluster comes to be under another name, so that one with its right name is always complete.
stack_cluster_create() {
    local data=$1 log=$2 new=$1.new

    shift 2
    rm -rf "$new" && stack_mkdir "$new" || return
    stack_as "$STACK_BIN/initdb" -D "$new" -U postgres -E UTF8 --locale=C.UTF-8 --auth-local=peer --auth-host=scram-sha-256 \
        --no-sync --no-instructions >"$log" 2>&1 || stack_fail "initdb failed: $(tail -n 1 "$log")" || return
    stack_settings | stack_as tee -a "$new/postgresql.conf" >/dev/null && stack_access "$new" || return
    stack_postgres_start "PostgreSQL" "$new" "$log" || return
    if ! "$@"; then
        stack_stop "PostgreSQL"
        return 1
    fi
    stack_stop "PostgreSQL"
    mv "$new" "$data"
}

stack_databases_create() {
    stack_psql postgres -f "$STACK_ROOT/src/sql/databases.sql"
}

# A killed caller leaves a server that is on its way out, or its pid file. PostgreSQL takes over a stale file itself,
# unless another process of the same user has got that pid since.
stack_clear_postmaster() {
    local data=$1 pid=""

    { read -r pid <"$data/postmaster.pid"; } 2>/dev/null || return 0
    [[ $pid =~ ^[0-9]+$ && -d /proc/$pid ]] || return 0
    if [[ $(readlink "/proc/$pid/cwd") == "$data" ]]; then
        kill -INT "$pid" 2>/dev/null
        stack_until 30 test ! -d "/proc/$pid" || stack_fail "a PostgreSQL of an earlier run (pid $pid) does not end in $data"
    else
        stack_as rm -f "$data/postmaster.pid"
    fi
}

# The eighth line of the pid file is the server's state.
stack_postgres_is_ready() {
    local lines=()

    { mapfile -t lines <"$2/postmaster.pid"; } 2>/dev/null || return 1
    [[ ${lines[0]:-} == "${STACK_PIDS[$1]}" && ${lines[7]:-} == ready* ]]
}

stack_postgres_start() {
    local name=$1 data log=$3 port=${4:-} listen=""

    data=$(realpath "$2")
    [[ $(stat -c %U "$data") == "$STACK_USER" ]] ||
        stack_fail "$data belongs to $(stat -c %U "$data"), but PostgreSQL would run as $STACK_USER" || return
    [[ $(<"$data/PG_VERSION") == "$("$STACK_BIN/postgres" --version | grep -oE '[0-9]+' | head -n 1)" ]] ||
        stack_fail "$data was made by another version of PostgreSQL, remove it" || return
    stack_clear_postmaster "$data" || return
    [[ ! $port ]] || listen=127.0.0.1
    stack_spawn "$name" INT 30 "$log" "$STACK_BIN/postgres" -D "$data" -k "$STACK_SOCKETS" -p "${port:-5432}" \
        -c listen_addresses="$listen"
    stack_ready "$name" 60 "$log" stack_postgres_is_ready "$name" "$data"
}

# ---- workers and nginx

# Whether somebody listens on this unix socket, without disturbing who does.
stack_listens() {
    grep -qE "^([^ ]+ ){3}00010000 .* $1\$" /proc/net/unix
}

stack_workers_listen() {
    stack_listens "$1" && stack_listens "$1.status"
}

# The program takes its other settings from the environment that the caller exports.
stack_workers_start() {
    local name=$1 program=$2 socket=$3 log=${4:-}

    LISTEN=$socket STATUS_LISTEN=$socket.status \
        stack_spawn "$name" TERM "$((${SHUTDOWN_TIMEOUT_S:-10} + 5))" "$log" "$program"
    stack_ready "$name" 10 "$log" stack_workers_listen "$socket"
}

# Prints the status and the body's first line of GET PATH on 127.0.0.1: stack_get PORT PATH SECONDS
stack_get() {
    local connection status="" line="" body=""

    { exec {connection}<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null || return 1
    printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$2" >&"$connection"
    if read -r -t "$3" _ status _ <&"$connection"; then
        while read -r -t "$3" line <&"$connection" && [[ $line != $'\r' ]]; do :; done
        read -r -t "$3" body <&"$connection" || :
    fi
    exec {connection}>&-
    [[ $status ]] && echo "$status $body"
}

stack_port_is_taken() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# The pid file is written once the port is bound: an answer alone might be somebody else's.
stack_nginx_is_ready() {
    [[ $(cat "$1/nginx.pid" 2>/dev/null) == "${STACK_PIDS[$2]}" ]] && stack_get "$3" / 5 >/dev/null
}

# nginx finds the dashboard by a link, for its path may hold what a configuration cannot quote. Its other variables come
# from the environment; only this machine's users can ask, so they are not limited unless that says so.
stack_nginx_start() {
    local name=$1 port=$2 socket=$3 dashboard=$4 log=${5:-} runtime=$STACK_SOCKETS/$1 processors
    local STACK_PRIVILEGES=("${STACK_PRIVILEGES[@]}")

    processors=$(nproc)
    stack_mkdir "$runtime" && stack_as ln -sfn "$dashboard" "$runtime/dashboard" || return
    stack_as env LISTEN="127.0.0.1:$port" WORKERS_ADDRESS="unix:$socket" STATUS_ADDRESS="unix:$socket.status" \
        DASHBOARD="$runtime/dashboard" RUNTIME="$runtime" RATE_LIMIT="${RATE_LIMIT:-0}" \
        WORKER_PROCESSES=$((processors < 4 ? processors : 4)) "$STACK_ROOT/nginx/render.sh" "$runtime" || return
    if ((port < $(</proc/sys/net/ipv4/ip_unprivileged_port_start))); then
        stack_privileges "${STACK_CAPABILITIES[@]}" net_bind_service
    fi
    stack_spawn "$name" QUIT 7 "$log" nginx -e stderr -p "$runtime" -c "$runtime/nginx.conf"
    stack_ready "$name" 10 "$log" stack_nginx_is_ready "$runtime" "$name" "$port"
}
