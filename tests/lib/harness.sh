# shellcheck shell=bash disable=SC2034,SC2119,SC2120 # the variables and arguments are for the tests
# What each test of tests/integration stands on: TAP, a stack of its own, and eyes to look at it with.
# Owns the test's temporary folder and all that runs, and ends both whatever happens. Knows nothing of what is tested.
#
#     . "$(dirname "$0")/../lib/harness.sh"
#     start_stack
#     get '/api/proposals?limit=1'
#     is "a page of one has one row" "$(json '.data | length')" 1
#     done_testing
#
# PROGRAM is the program under test; TEST_TEMPLATE, if set, a folder where a cluster once made is kept for other tests.
# Also set for a test: $folder (temporary, readable for the stack), $port, $socket, and after a request $status, $headers,
# $body (the last two are files).

set -uo pipefail

# The caller's settings are about another stack.
unset DATABASE_URL LISTEN STATUS_LISTEN CONFIG_FILE LISTEN_BACKLOG WORKERS REQUEST_TIMEOUT_MS MILES_TIMEOUT_MS LOG_LEVEL
unset SHUTDOWN_TIMEOUT_S CONNECTION_MAX_AGE_S COUNT_MAX_AGE_MS MAX_REQUESTS WORKER_MEMORY_MB USER_NAME GROUP_NAME
unset WORKERS_ADDRESS STATUS_ADDRESS LEGACY_API RESOLVER RATE_LIMIT TRUSTED_PROXIES METRICS_ALLOW CONTENT_SECURITY_POLICY
unset PORT DASHBOARD "${!MAKE@}" MFLAGS

tests=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")
# shellcheck source=src/run/stack.sh
. "$tests/../src/run/stack.sh"

root=$STACK_ROOT
program=$(realpath "${PROGRAM:-$root/build/proposals-fcgi}" 2>/dev/null)
folder=""
port=""
socket=""
status=""
headers=""
body=""
milliseconds=""
lock_input=""  # a descriptor that keeps a lock held
lock_holder="" # and the psql that holds it

# ---- TAP

tap_count=0
tap_failed=0

diag() {
    local line

    while IFS= read -r line; do
        echo "# ${line:0:2000}"
    done <<<"$*"
}

bail() {
    diag "$*"
    exit 1
}

tap_result() {
    local word=$1 name=$2

    tap_count=$((tap_count + 1))
    echo "$word $tap_count - ${name//#/}"
    [[ $word == ok ]] && return
    tap_failed=$((tap_failed + 1))
    diag "    in line ${BASH_LINENO[1]}"
    return 1
}

pass() {
    tap_result ok "$1"
}

fail() {
    tap_result "not ok" "$1"
}

# ok NAME COMMAND...: passes where the command succeeds
ok() {
    local name=$1

    shift
    if "$@"; then
        tap_result ok "$name"
    else
        tap_result "not ok" "$name"
        diag "    false: $*"
    fi
}

# is NAME GOT EXPECTED
is() {
    if [[ $2 == "$3" ]]; then
        tap_result ok "$1"
    else
        tap_result "not ok" "$1"
        diag "    got:      $2"
        diag "    expected: $3"
    fi
}

# like NAME GOT REGULAR_EXPRESSION
like() {
    if [[ $2 =~ $3 ]]; then
        tap_result ok "$1"
    else
        tap_result "not ok" "$1"
        diag "    got:             $2"
        diag "    does not match:  $3"
    fi
}

unlike() {
    if [[ $2 =~ $3 ]]; then
        tap_result "not ok" "$1"
        diag "    got:                 $2"
        diag "    should not match:    $3"
    else
        tap_result ok "$1"
    fi
}

# skip NAME WHY
skip() {
    tap_count=$((tap_count + 1))
    echo "ok $tap_count - $1 # SKIP $2"
}

# Ends all, and looks whether it did.
done_testing() {
    local sockets=$STACK_SOCKETS

    end_jobs
    stack_end
    is "no sanitizer has found anything" "$(cat "$folder"/*.log 2>/dev/null | grep -E 'Sanitizer|runtime error:' | head -n 5)" ""
    is "at the end no process of the stack is left" "$(pgrep -af "$folder|${sockets:-$folder}" || :)" ""
    ok "at the end no socket of the stack is left" test ! -e "${sockets:-$folder/none}"
    echo "1..$tap_count"
    exit $((tap_failed > 0))
}

# ---- the end, however it comes

end_jobs() {
    local pids

    release_lock
    mapfile -t pids < <(jobs -pr | grep -vxFf <(printf '%s\n' none "${STACK_PIDS[@]}"))
    if ((${#pids[@]})); then
        kill "${pids[@]}" 2>/dev/null
        wait "${pids[@]}" 2>/dev/null
    fi
}

finish() {
    local code=$?

    # Whoever read the results may be gone.
    trap '' INT TERM HUP PIPE
    exec >/dev/null 2>&1
    trap - EXIT
    end_jobs
    stack_end
    rm -rf "$folder"
    exit $code
}

# ---- the stack

# sql DATABASE STATEMENT...: what it answers, a line a row; as superuser
sql() {
    local database=$1 commands=() statement

    shift
    for statement; do
        commands+=(-c "$statement")
    done
    stack_psql "$database" -A -t "${commands[@]}"
}

fill_template() {
    stack_databases_create &&
        stack_psql postgres -v da=data_agents -v mr=miles_republic -v miles_url=unset -f "$tests/cases/seed.sql" &&
        stack_psql postgres -c "CREATE EXTENSION pg_stat_statements"
}

# The contract's rows in both databases. What the server is asked and who connects can be read back exactly: statements
# from pg_stat_statements, connections from the log.
make_template() {
    local data=$1

    stack_cluster_create "$data" "$folder/template.log" fill_template >/dev/null || return
    stack_as tee -a "$data/postgresql.conf" >/dev/null <<-'CONF'
	shared_preload_libraries = 'pg_stat_statements'
	log_connections = on
	CONF
}

# Makes the template where there is none yet; tests that run side by side wait for each other.
find_template() {
    local guard

    template=${TEST_TEMPLATE:-$folder/template}
    mkdir -p "$template" && chmod 755 "$template"
    exec {guard}>"$template/lock"
    flock "$guard"
    [[ -d $template/postgres ]] || make_template "$template/postgres" || bail "no template of the databases"
    exec {guard}>&-
}

# The row in data_agents that says where Miles Republic is: locate_miles URL
locate_miles() {
    sql data_agents "UPDATE database_connections SET \"connectionUrl\" = '$1' WHERE id = 'conn-miles'"
}

start_postgres() {
    find_template
    cp -a "$template/postgres" "$folder/postgres"
    stack_postgres_start PostgreSQL "$folder/postgres" "$folder/postgres.log" || bail "no PostgreSQL"
    locate_miles "$(stack_url miles_republic)"
}

# start_workers [LOG]; the program's settings are those that the test exports
start_workers() {
    export DATABASE_URL=${DATABASE_URL:-$(stack_url data_agents)}
    stack_workers_start workers "$program" "$socket" "${1:-$folder/workers.log}" || bail "no workers"
}

free_port() {
    local candidate

    for _ in {1..50}; do
        candidate=$((20000 + RANDOM % 12000))
        if ! stack_port_is_taken "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    return 1
}

start_nginx() {
    for _ in {1..3}; do
        port=$(free_port)
        stack_nginx_start nginx "$port" "$socket" "$folder/dashboard" "$folder/nginx.log" && return
    done
    bail "no nginx"
}

start_stack() {
    start_postgres
    start_workers
    start_nginx
}

# start_proxy NAME: a PostgreSQL in between, reached by proxy_url NAME DATABASE; see proxy.pl for what it counts
start_proxy() {
    local name=$1

    stack_mkdir "$STACK_SOCKETS/$name"
    stack_spawn "$name" TERM 5 "$folder/$name.log" \
        perl "$tests/lib/proxy.pl" "$STACK_SOCKETS/$name/.s.PGSQL.5432" "$STACK_SOCKETS/.s.PGSQL.5432" "$STACK_SOCKETS/$name/counts"
    stack_ready "$name" 10 "$folder/$name.log" stack_listens "$STACK_SOCKETS/$name/.s.PGSQL.5432" || bail "no proxy"
}

proxy_url() {
    echo "postgresql://proposals@localhost:5432/$2?host=$STACK_SOCKETS/$1"
}

# proxied NAME COUNTER
proxied() {
    awk -v name="$2" '$1 == name { print $2 }' "$STACK_SOCKETS/$1/counts"
}

# ---- requests

# Kept in $status (000: no answer), $headers and $body: get PATH [ARGUMENT OF CURL...]
get() {
    local path=$1

    shift
    : >"$headers"
    : >"$body"
    status=$(curl -q -s -g --noproxy '*' --path-as-is --max-time 30 -D "$headers" -o "$body" -w '%{http_code}' "$@" \
        "http://127.0.0.1:$port$path")
}

# What jq makes of the body: json FILTER [ARGUMENT OF JQ...]
json() {
    jq -r "$@" "$body" 2>&1
}

# header NAME: its value, or nothing
header() {
    tr -d '\r' <"$headers" | awk -v name="${1,,}" 'BEGIN { FS = ": *" } tolower($1) == name { sub(/^[^:]*: */, ""); print }'
}

# Sends bytes as they are and keeps what comes back in $headers and $body: raw FORMAT OF PRINTF
raw() {
    local connection

    # shellcheck disable=SC2059 # a format is what it takes
    {
        exec {connection}<>"/dev/tcp/127.0.0.1/$port"
        printf "$1" >&"$connection"
        timeout 10 cat <&"$connection" >"$folder/raw"
        exec {connection}>&-
    } 2>/dev/null
    split_answer "$folder/raw"
    status=$(sed -n '1s/^HTTP[^ ]* \([0-9]*\).*/\1/p' "$headers" | tr -d '\r')
}

split_answer() {
    sed '/^\r$/q' "$1" >"$headers"
    sed '1,/^\r$/d' "$1" >"$body"
}

# A request that no web server has seen: ask_worker NAME=VALUE...
ask_worker() {
    env -i "$@" "$(type -p timeout)" 15 "$(type -p cgi-fcgi)" -bind -connect "$socket" </dev/null >"$folder/raw" 2>/dev/null
    split_answer "$folder/raw"
    status=$(header Status)
    status=${status%% *}
}

# Prints the status of each of COUNT requests at once, CONCURRENCY at a time: storm COUNT CONCURRENCY PATH
storm() {
    local join='?'

    [[ $3 != *\?* ]] || join='&'
    curl -q -s --noproxy '*' --max-time 60 -Z --parallel-immediate --parallel-max "$2" -o /dev/null -w '%{http_code}\n' \
        "http://127.0.0.1:$port$3${join}n=[1-$1]" 2>/dev/null
}

# Its statuses, each once, with their number: "200 200" is two hundred times 200
storm_summary() {
    storm "$@" | sort | uniq -c | awk '{ printf "%s%s %s", (NR > 1 ? ", " : ""), $1, $2 }'
}

# ---- what can be seen from outside

# The pids of the workers, in one line; the master's other child is the status process.
worker_pids() {
    pgrep -P "${STACK_PIDS[workers]}" -f -- --worker | sort -n | paste -sd ' '
}

# How often a line of the workers' log matches: logged REGULAR_EXPRESSION
logged() {
    grep -cE -- "$1" "$folder/workers.log"
}

# The workers' connections to a database that there are, a line each: pid, start, name.
backends() {
    sql postgres "SELECT pid, backend_start, application_name FROM pg_stat_activity
        WHERE usename = 'proposals' AND datname = '$1' ORDER BY pid"
}

# How many connections of the workers to a database (all: empty) there have ever been.
connections_made() {
    grep -cE "connection authorized: user=proposals database=${1:-}" "$folder/postgres.log"
}

# How many statements the workers have had executed in a database (all: empty) since the counters were last cleared.
statements_executed() {
    sql postgres "SELECT coalesce(sum(calls), 0) FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
        WHERE userid = 'proposals'::regrole AND datname LIKE '${1:-%}'"
}

forget_statements() {
    sql postgres "SELECT pg_stat_statements_reset()" >/dev/null
}

# The status process waits 50 ms for data_agents: on a busy machine it is not connected at once.
wait_until_ready() {
    stack_until 10 service_is_ready || bail "it does not become ready"
}

service_is_ready() {
    get /api/health/ready
    [[ $status == 200 ]]
}

# ---- slowness on purpose

# hold_lock DATABASE TABLE: nobody else reads the table until release_lock
hold_lock() {
    mkfifo "$folder/lock"
    stack_psql "$1" <"$folder/lock" >/dev/null 2>&1 &
    lock_holder=$!
    exec {lock_input}>"$folder/lock"
    echo "BEGIN; LOCK TABLE \"$2\" IN ACCESS EXCLUSIVE MODE;" >&"$lock_input"
    stack_until 10 is_locked "$1" "$2" || bail "no lock on $2"
}

is_locked() {
    [[ $(sql "$1" "SELECT 1 FROM pg_locks WHERE relation = '\"$2\"'::regclass AND granted AND mode = 'AccessExclusiveLock'") ]]
}

# Whether a worker waits for the lock that is held.
is_waiting() {
    [[ $(sql postgres "SELECT 1 FROM pg_stat_activity WHERE usename = 'proposals' AND wait_event_type = 'Lock' LIMIT 1") ]]
}

release_lock() {
    [[ $lock_input ]] || return 0
    printf 'COMMIT;\n\\q\n' >&"$lock_input"
    exec {lock_input}>&-
    lock_input=""
    wait "$lock_holder" 2>/dev/null
    rm -f "$folder/lock"
}

# Sets $milliseconds to what a command takes: measure_time COMMAND...
measure_time() {
    local start=${EPOCHREALTIME/[.,]/}

    "$@" >/dev/null
    milliseconds=$(((${EPOCHREALTIME/[.,]/} - start) / 1000))
}

# ---- the beginning, now that there is an end to it

[[ -x $program ]] || bail "${PROGRAM:-build/proposals-fcgi} is not built"
folder=$(mktemp -d /tmp/proposals-test.XXXXXX) || bail "no temporary folder"
trap finish EXIT
# A signal may come twice, and the second must not end the end.
trap 'trap "" INT TERM HUP PIPE; exit 130' INT TERM HUP PIPE
chmod 755 "$folder"
headers=$folder/headers
body=$folder/body
mkdir "$folder/dashboard"
echo '<!doctype html><html lang="fr"><title>Test</title>' >"$folder/dashboard/index.html"
stack_begin "$folder/state" "$folder" "$tests/cases/seed.sql" "$root/nginx/render.sh" "$program" || bail "no stack"
socket=$STACK_SOCKETS/workers.sock
