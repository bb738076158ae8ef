#!/usr/bin/env bash
# Both databases behind PgBouncer in transaction mode, with a pool of 2 for 4 workers: the same answers for all cases, and
# nothing of ours that outlives a transaction on a connection which others use next.
# shellcheck disable=SC2016,SC2034,SC2119,SC2317 # conditions that are waited for are texts, for eval
# shellcheck source=tests/lib/harness.sh
. "$(dirname "$0")/../lib/harness.sh"
# shellcheck source=tests/lib/faults.sh
. "$tests/lib/faults.sh"

export WORKERS=4 COUNT_MAX_AGE_MS=0
start_postgres

# Behind it the workers' own role, as which the server knows the stack's user.
start_pgbouncer() {
    local pooler=$STACK_SOCKETS/pooler

    stack_mkdir "$pooler"
    stack_as tee "$pooler/ini" >/dev/null <<-INI
		[databases]
		* = host=$STACK_SOCKETS port=5432
		[pgbouncer]
		listen_addr =
		unix_socket_dir = $pooler
		listen_port = 6432
		auth_type = trust
		auth_file = $pooler/users
		pool_mode = transaction
		default_pool_size = 2
		max_client_conn = 100
	INI
    echo '"proposals" ""' | stack_as tee "$pooler/users" >/dev/null
    stack_spawn pgbouncer INT 5 "$folder/pgbouncer.log" "$(PATH=$PATH:/usr/sbin type -p pgbouncer)" "$pooler/ini"
    stack_ready pgbouncer 10 "$folder/pgbouncer.log" stack_listens "$pooler/.s.PGSQL.6432" || bail "no PgBouncer"
}

# Settings that would show in answers, and that ours must not replace for anybody else.
sql postgres "ALTER SYSTEM SET timezone = 'Asia/Tokyo'" "ALTER SYSTEM SET extra_float_digits = -2" "ALTER SYSTEM SET jit = on" "SELECT pg_reload_conf()" >/dev/null
start_pgbouncer
start_faulty wire "$STACK_SOCKETS/pooler/.s.PGSQL.6432"
export DATABASE_URL
DATABASE_URL="$(faulty_url wire data_agents)?pgbouncer=true&connection_limit=1"
locate_miles "$(faulty_url wire miles_republic)?pgbouncer=true&schema=public"
start_workers
start_nginx

# ---- the same answers

"$tests/cases/compare.py" "http://127.0.0.1:$port" "$tests/cases/answers.jsonl" >"$folder/differences" 2>&1
is "all cases are answered as recorded" "$(tail -n 1 "$folder/differences")" "$(wc -l <"$tests/cases/answers.jsonl") passed, 0 failed"
diag "$(grep -A 1 ': GET' "$folder/differences" | head -n 20)"
is "a page is enriched" "$(enrichment)" "200 ok"
is "so are many at once" "$(storm_summary 300 16 '/api/proposals?limit=20')" "300 200"
is "and all of them" "$(metric 'enrichments_total{outcome="unavailable"}')" 0
ok "PgBouncer has two connections to each database at most" test "$(backends data_agents | wc -l)" -le 2 -a "$(backends miles_republic | wc -l)" -le 2
ok "every worker has its own to PgBouncer" test "$(seen wire connections)" -ge 5
is "no statement has ever been given a name" "$(seen wire named)" 0
is "nothing to complain of" "$(logged ' (warn|error): ')" "$(logged 'ignored in its connectionUrl')"

# ---- nothing that leaks

settings='TimeZone DateStyle extra_float_digits jit statement_timeout search_path default_transaction_read_only plan_cache_mode client_encoding'

# What a new client finds: its settings, and the statements that are prepared on the server: found ARGUMENT OF PSQL...
found() {
    local list=""

    for name in $settings; do
        list+="${list:+, }current_setting('$name')"
    done
    stack_as "$STACK_BIN/psql" -X -q -A -t "$@" -U proposals -c "SELECT $list, (SELECT count(*) FROM pg_prepared_statements)"
}

# In a schema of their own, so that a trace of it would show.
stack_stop workers
sql data_agents 'CREATE SCHEMA ours' 'GRANT USAGE ON SCHEMA ours TO proposals' >/dev/null
for table in $(sql data_agents "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"); do
    sql data_agents "ALTER TABLE \"$table\" SET SCHEMA ours" >/dev/null
done
DATABASE_URL+="&schema=ours"
start_workers
is "a schema is searched, whoever had the connection before" "$(storm_summary 200 8 '/api/proposals?limit=20')" "200 200"
get '/api/proposals?limit=100'
is "and times and numbers are as ever, whatever the server is set to" \
    "$(json '.data[] | select(.id == "p71-float") | "\(.confidence) \(.proposedStartDate)"')" "0.30000000000000004 2026-03-29T01:30:00.007Z"
for database in data_agents miles_republic; do
    expected=$(found -h "$STACK_SOCKETS" -p 5432 -d $database)
    # Two at once, to see both of the pool's connections.
    for _ in 1 2 3 4 5; do
        found -h "$STACK_SOCKETS/pooler" -p 6432 -d $database &
        found -h "$STACK_SOCKETS/pooler" -p 6432 -d $database
        wait $!
    done >"$folder/found"
    is "who uses a connection of $database next finds nothing of ours" "$(sort -u "$folder/found")" "$expected"
done

# ---- faults behind PgBouncer

sql postgres "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'proposals'" >/dev/null
is "its connections are terminated: the next request is answered" "$(enrichment)" "200 ok"
stack_stop workers
export REQUEST_TIMEOUT_MS=600
start_workers
hold_lock miles_republic Event
is "a lock: as stored" "$(enrichment)" "200 unavailable"
ok "a lock: the query is cancelled on the server" stack_until 1 eval '! is_waiting'
release_lock
ok "no lock: enriched again by itself" stack_until 5 eval '[[ $(enrichment) == "200 ok" ]]'
for database in data_agents miles_republic; do
    is "and still there is nothing of ours in $database" "$(found -h "$STACK_SOCKETS/pooler" -p 6432 -d $database)" "$(found -h "$STACK_SOCKETS" -p 5432 -d $database)"
done
stack_stop pgbouncer
get '/api/proposals'
error_is "PgBouncer is down" 503 DATABASE_UNAVAILABLE
start_pgbouncer
get '/api/proposals'
is "PgBouncer is back: the first request is answered" "$status" 200

done_testing
