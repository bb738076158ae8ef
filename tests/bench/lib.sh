# shellcheck shell=bash disable=SC2034,SC2119,SC2120,SC2154 # variables and arguments of those who source it, and the harness's
# What the bench, the count of instructions and tests/integration/cost.t share; sourced after tests/lib/harness.sh.
# Owns the bench's databases, and one worker under callgrind. Judges nothing.

bench=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
PAGE='/api/proposals?status=PENDING&limit=20'

# ---- the databases

# start_bench_postgres [LINE OF postgresql.conf...]
start_bench_postgres() {
    stack_cluster_create "$folder/postgres" "$folder/postgres.log" stack_databases_create || bail "no cluster"
    printf '%s\n' "autovacuum = off" "$@" | stack_as tee -a "$folder/postgres/postgresql.conf" >/dev/null
    stack_postgres_start PostgreSQL "$folder/postgres" "$folder/postgres.log" || bail "no PostgreSQL"
}

# fill DATABASE PROPOSALS
fill() {
    stack_psql "$1" -v proposals="$2" -v miles_url="$(stack_url miles_republic)" -f - <"$bench/data.sql" || bail "no data"
}

# As a database is that has its indexes and has been vacuumed: settle DATABASE
settle() {
    stack_psql "$1" -c "SET client_min_messages = warning" -f - <"$root/src/sql/indexes.sql" || bail "no indexes"
    stack_psql "$1" -c "VACUUM ANALYZE"
    stack_psql miles_republic -c "VACUUM ANALYZE"
}

# ---- instructions

# One worker on a socket that it is given, behind an nginx of its own on $callgrind_port. Each time that it turns to a
# request callgrind writes what was executed since: start-up, preparing and planning are in other files than a page.
start_callgrind() {
    local COUNT_MAX_AGE_MS=3600000 DATABASE_URL

    DATABASE_URL=${1:-$(stack_url data_agents)}
    export COUNT_MAX_AGE_MS DATABASE_URL
    callgrind_files=$STACK_SOCKETS/callgrind
    stack_mkdir "$callgrind_files"
    stack_spawn callgrind TERM 60 "$folder/callgrind.log" "$(type -p spawn-fcgi)" -n -s "$STACK_SOCKETS/callgrind.sock" -- \
        "$(type -p valgrind)" --tool=callgrind --dump-before=FCGX_Accept_r --callgrind-out-file="$callgrind_files/out" "$program"
    stack_ready callgrind 30 "$folder/callgrind.log" stack_listens "$STACK_SOCKETS/callgrind.sock" || bail "no callgrind"
    callgrind_port=$(free_port)
    stack_nginx_start nginx-callgrind "$callgrind_port" "$STACK_SOCKETS/callgrind.sock" "$folder/dashboard" "$folder/nginx.log" ||
        bail "no nginx"
}

stop_callgrind() {
    stack_stop nginx-callgrind
    stack_stop callgrind
}

# Sets $instructions to those of a page, the median of several: count_instructions PAGES PATH
count_instructions() {
    local before last page

    for page in 1 2 3; do
        port=$callgrind_port get "$2"
        [[ $status == 200 ]] || bail "no page under callgrind: $status $(head -c 300 "$body")"
    done
    before=$(callgrind_files_written)
    for ((page = 0; page < $1; page++)); do
        port=$callgrind_port get "$2"
    done
    [[ $status == 200 ]] || bail "no page under callgrind: $status"
    last=$(callgrind_files_written)
    # A page is one file, and so is the end of its connection, which is next to nothing.
    instructions=$(for ((page = before + 1; page <= last; page++)); do
        sed -n 's/^totals: //p' "$callgrind_files/out.$page"
    done | sort -nr | sed -n "$(($1 / 2 + 1))p")
    [[ $instructions ]] || bail "callgrind has counted nothing"
}

# The number of the last file. nginx closes a connection after the answer, which the worker turns to as well: a moment later.
callgrind_files_written() {
    local number before=-1

    until ((number = $(find "$callgrind_files" -name 'out.*' | wc -l), number == before)); do
        before=$number
        sleep 0.3
    done
    echo "$number"
}
