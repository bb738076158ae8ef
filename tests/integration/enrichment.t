#!/usr/bin/env bash
# What becomes of a page when Miles Republic is there, moved, unknown, down, frozen or slow, and when data_agents is not
# there. Miles Republic is reached through a proxy that can be killed and stopped.
# shellcheck disable=SC2016,SC2034,SC2119,SC2317 # conditions that are waited for are texts, for eval
# shellcheck source=tests/lib/harness.sh
. "$(dirname "$0")/../lib/harness.sh"

export WORKERS=1 MILES_TIMEOUT_MS=600 REQUEST_TIMEOUT_MS=2500
start_postgres
start_proxy miles
through_proxy="$(proxy_url miles miles_republic)"
locate_miles "$through_proxy"
start_workers
start_nginx
stack_until 5 eval '[[ $(worker_pids | wc -w) == 1 ]]'
worker=$(worker_pids)
page='/api/proposals?limit=100'

enrichment() {
    get "${1:-$page}"
    echo "$status $(json .meta.enrichment)"
}

# The rows without what only the list has: those of a page, and those stored.
rows() {
    jq -cS '.data[] | del(.agent, .groupCount, .createdAt, .updatedAt, .proposedStartDate, .reviewedAt, .modifiedAt)' "$body"
}

stored=$(sql data_agents "SELECT to_jsonb(p) - '{createdAt,updatedAt,proposedStartDate,reviewedAt,modifiedAt}'::text[]
    FROM proposals p ORDER BY \"createdAt\" DESC, id" | jq -cS .)

# as_stored NAME: the last answer is a page without anything of Miles Republic
as_stored() {
    ok "$1: the rows are as stored" test "$(rows)" = "$stored"
}

# ---- as it should be

is "a page without rows needs nothing" "$(enrichment '/api/proposals?offset=1000')" "200 not_needed"
is "rows of other types need nothing" "$(enrichment '/api/proposals?type=RACE_UPDATE')" "200 not_needed"
is "an id that is none needs nothing" "$(enrichment '/api/proposals?eventId=0&type=NEW_EVENT')" "200 not_needed"
is "rows that have a name need nothing" "$(enrichment '/api/proposals?search=Trail+des&type=EDITION_UPDATE')" "200 not_needed"
is "until here nobody asked for Miles Republic" "$(connections_made miles_republic)" 0
is "rows that need it are enriched" "$(enrichment)" "200 ok"
is "an EVENT_UPDATE takes its event's name though it has one" "$(json '.data[] | select(.id == "p03-evu-named") | .eventName')" 'Foulées "Vertes" & Cie'
sql miles_republic "UPDATE \"Event\" SET name = 'Renommé' WHERE id = 101" >/dev/null
get "$page"
is "a change in Miles Republic shows at once" "$(json '.data[] | select(.id == "p03-evu-named") | .eventName')" Renommé
good=$(rows)

# ---- no row, other rows

sql data_agents "UPDATE database_connections SET \"isActive\" = false WHERE id = 'conn-miles'" >/dev/null
is "no active row: unconfigured" "$(enrichment)" "200 unconfigured"
as_stored "no active row"
sql data_agents "UPDATE database_connections SET type = 'POSTGRESQL', \"isActive\" = true WHERE id = 'conn-miles'" >/dev/null
is "no row of the type: unconfigured" "$(enrichment)" "200 unconfigured"
is "a page that needs nothing says so then too" "$(enrichment '/api/proposals?type=RACE_UPDATE')" "200 not_needed"
sql data_agents "UPDATE database_connections SET type = 'MILES_REPUBLIC' WHERE id = 'conn-miles'" >/dev/null
is "the row is back: the next request is enriched" "$(enrichment)" "200 ok"
ok "as before" test "$(rows)" = "$good"

sql postgres "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'miles_republic'" >/dev/null
stack_until 5 eval '[[ ! $(backends miles_republic) ]]'
sql postgres "CREATE DATABASE miles_two TEMPLATE miles_republic" >/dev/null
sql miles_two "GRANT SELECT ON ALL TABLES IN SCHEMA public TO proposals" "UPDATE \"Event\" SET name = 'Deux' WHERE id = 101" >/dev/null
event_name() {
    get '/api/proposals?eventId=101&type=EVENT_UPDATE'
    echo "$(json .meta.enrichment) $(json '.data[0].eventName')"
}
is "a killed backend is replaced within the request" "$(event_name)" "ok Renommé"
locate_miles "$(stack_url miles_two)"
is "a changed row is used by the next request" "$(event_name)" "ok Deux"
is "the connection to the old place is closed" "$(backends miles_republic)" ""
sql data_agents "INSERT INTO database_connections (id, name, type, host, port, database, username, \"sslMode\", \"createdAt\", \"updatedAt\")
    VALUES ('older', 'Ailleurs', 'MILES_REPUBLIC', '$STACK_SOCKETS', 5432, 'miles_republic', 'proposals', 'prefer', '2020-01-01', now())" >/dev/null
is "of several rows the oldest counts, by its fields where it has no URL" "$(event_name)" "ok Renommé"
is "its name is in the log" "$(logged 'Connexion établie à la base de données: Ailleurs$')" 1
sql data_agents "INSERT INTO database_connections (id, name, type, \"connectionUrl\", \"createdAt\", \"updatedAt\")
    VALUES ('olden', 'Encore', 'MILES_REPUBLIC', '$(stack_url miles_two)', '2020-01-01', now())" >/dev/null
is "of two as old, the one with the smaller id" "$(event_name)" "ok Deux"
sql data_agents "DELETE FROM database_connections WHERE id IN ('older', 'olden')" >/dev/null
locate_miles "$(stack_url miles_two)&schema=public&connection_limit=5&pool_timeout=10&socket_timeout=10&sslmode=prefer"
is "a URL as Prisma has them works" "$(event_name)" "ok Deux"
sql miles_two 'CREATE SCHEMA other' 'CREATE TABLE other."Event" AS SELECT * FROM "Event"' 'GRANT USAGE ON SCHEMA other TO proposals' \
    'GRANT SELECT ON other."Event" TO proposals' "UPDATE other.\"Event\" SET name = 'Trois'" >/dev/null
sql miles_two 'CREATE TABLE other."Edition" AS SELECT * FROM public."Edition"' 'CREATE TABLE other."Race" AS SELECT * FROM public."Race"' \
    'GRANT SELECT ON ALL TABLES IN SCHEMA other TO proposals' >/dev/null
locate_miles "$(stack_url miles_two)&schema=other"
is "its schema is the search path" "$(event_name)" "ok Trois"
locate_miles "postgresql://%zz:secret@/x"
is "a URL that is none is unavailable" "$(enrichment)" "200 unavailable"
as_stored "a URL that is none"
locate_miles "$through_proxy"
is "a right URL is used at once, whatever was before" "$(enrichment)" "200 ok"

# ---- down, frozen, slow

stack_stop miles
is "Miles Republic is gone: unavailable" "$(enrichment)" "200 unavailable"
as_stored "Miles Republic gone"
is "a page that needs nothing does not notice" "$(enrichment '/api/proposals?type=RACE_UPDATE')" "200 not_needed"
is "requests go on being answered" "$(storm_summary 40 4 "$page")" "40 200"
rm -f "$STACK_SOCKETS/miles/.s.PGSQL.5432"
start_proxy miles
ok "Miles Republic is back: enriched again by itself" stack_until 8 eval '[[ $(enrichment) == "200 ok" ]]'
ok "as before" test "$(rows)" = "$good"

kill -STOP "${STACK_PIDS[miles]}"
measure_time enrichment
ok "a frozen Miles Republic costs its time limit and no more ($milliseconds ms)" test "$milliseconds" -ge 500 -a "$milliseconds" -lt 1800
get "$page"
is "a frozen Miles Republic: unavailable" "$status $(json .meta.enrichment)" "200 unavailable"
as_stored "Miles Republic frozen"
measure_time storm 50 1 "$page"
ok "it is not waited for by every request ($milliseconds ms for 50)" test "$milliseconds" -lt 6000
kill -CONT "${STACK_PIDS[miles]}"
ok "Miles Republic goes on: enriched again by itself" stack_until 8 eval '[[ $(enrichment) == "200 ok" ]]'

hold_lock miles_republic Event
measure_time enrichment
ok "a slow Miles Republic costs its time limit and no more ($milliseconds ms)" test "$milliseconds" -ge 500 -a "$milliseconds" -lt 1800
get "$page"
is "a slow Miles Republic: unavailable" "$status $(json .meta.enrichment)" "200 unavailable"
as_stored "Miles Republic slow"
ok "nothing of ours waits there any more" stack_until 3 eval '! is_waiting'
release_lock
ok "Miles Republic is fast again: enriched again by itself" stack_until 8 eval '[[ $(enrichment) == "200 ok" ]]'

sql miles_republic 'REVOKE SELECT ON "Race" FROM proposals' >/dev/null
is "a table that may not be read: unavailable" "$(enrichment)" "200 unavailable"
as_stored "a table that may not be read"
sql miles_republic 'GRANT SELECT ON "Race" TO proposals' >/dev/null
ok "it may be read again: enriched again by itself" stack_until 8 eval '[[ $(enrichment) == "200 ok" ]]'
ok "as before all this" test "$(rows)" = "$good"

# ---- data_agents

# error_is NAME STATUS CODE: the last answer
error_is() {
    is "$1" "$status $(json 'if keys == ["error","success"] and .success == false then .error.code else . end')" "$2 $3"
    unlike "$1, and nothing about the database" "$(<"$body")" 'proposals"|permission|relation|SELECT|socket|/tmp|FATAL|psql'
}

sql postgres "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'proposals'" >/dev/null
is "killed backends of both are replaced within the request" "$(enrichment)" "200 ok"
hold_lock data_agents proposals
measure_time get "$page"
ok "a slow data_agents costs the request's time limit and no more ($milliseconds ms)" test "$milliseconds" -ge 2300 -a "$milliseconds" -lt 4500
error_is "a slow data_agents: TIMEOUT" 504 TIMEOUT
release_lock
is "it is fast again: the next request is answered" "$(enrichment)" "200 ok"
sql data_agents 'REVOKE SELECT ON proposals FROM proposals' >/dev/null
get "$page"
error_is "a table of ours that may not be read: INTERNAL_ERROR" 500 INTERNAL_ERROR
sql data_agents 'GRANT SELECT ON proposals TO proposals' >/dev/null
is "it may be read again: the next request is answered" "$(enrichment)" "200 ok"
sql data_agents 'ALTER TABLE proposals ALTER "editionYear" TYPE bigint' >/dev/null
is "a column of another type: the next request is answered" "$(enrichment)" "200 ok"

stack_stop PostgreSQL
get "$page"
error_is "data_agents is down: DATABASE_UNAVAILABLE" 503 DATABASE_UNAVAILABLE
like "with a time to try again" "$(header Retry-After)" '^[1-9][0-9]*$'
is "as JSON" "$(header Content-Type)" "application/json; charset=utf-8"
stack_postgres_start PostgreSQL "$folder/postgres" "$folder/postgres2.log"
get "$page"
is "data_agents is back: the first request is answered" "$status" 200
ok "and enriched soon" stack_until 8 eval '[[ $(enrichment) == "200 ok" ]]'
is "the same worker served all this" "$(worker_pids)" "$worker"

done_testing
