#!/usr/bin/env bash
# The claim this project exists for: one Miles Republic connection a worker, opened by the first request that needs it and
# kept. Connections are counted by PostgreSQL: those there are in pg_stat_activity, those there ever were in its log.
# shellcheck disable=SC2016,SC2034,SC2119,SC2317 # conditions that are waited for are texts, for eval
# shellcheck source=tests/lib/harness.sh
. "$(dirname "$0")/../lib/harness.sh"

created='info: Connexion créée pour: localhost$'
established='info: Connexion établie à la base de données: localhost$'

export WORKERS=4
start_stack
sql data_agents "UPDATE database_connections SET name = 'localhost' WHERE id = 'conn-miles'"

# One line for each worker that logged a connection: its name, and which of the two lines in which order.
connection_lines() {
    sed -nE 's/^[^ ]+ \[(worker [0-9]+)\].* info: Connexion (créée|établie) .*/\1 \2/p' "$folder/workers.log" |
        sort -s -k 1,2 | awk '{ seen[$1 " " $2] = seen[$1 " " $2] " " $3 } END { for (w in seen) print w ":" seen[w] }' | sort
}

# ---- when nothing is needed

ok "four workers run" stack_until 5 eval '[[ $(worker_pids | wc -w) == 4 ]]'
is "no connection is made before the first request" "$(connections_made)" 0
get '/api/proposals?status=WRONG'
is "a request that does not validate is refused" "$status" 400
get '/api/nothing'
get '/api/proposals/a/b/c'
is "bad requests make no connection" "$(connections_made)" 0
is "requests that need no enrichment are answered" "$(storm_summary 40 8 '/api/proposals?type=RACE_UPDATE')" "40 200"
is "requests that need no enrichment make no connection to Miles Republic" "$(connections_made miles_republic)" 0
ok "they make at most one to data_agents for each worker" test "$(connections_made data_agents)" -le 4
is "nothing is logged of connections that were not made" "$(logged 'Connexion')" 0

# ---- 200 cold requests at once

is "200 cold requests at once are all answered" "$(storm_summary 200 200 '/api/proposals?limit=20')" "200 200"
miles=$(backends miles_republic)
count=$(wc -l <<<"$miles")
ok "at most 4 Miles Republic connections are open after them" test "$count" -le 4
ok "at least one is" test "$count" -ge 1
is "no others have ever been made" "$(connections_made miles_republic)" "$count"
is "each is another worker's" "$(cut -d '|' -f 3 <<<"$miles" | sort -u | grep -cE '^proposals-fcgi worker [1-4]$')" "$count"
is "a pair of lines was logged for each connection" "$(logged "$created") $(logged "$established")" "$count $count"
is "each worker that opened one logged its pair once, in order" \
    "$(connection_lines)" "$(cut -d '|' -f 3 <<<"$miles" | sed 's/^proposals-fcgi //; s/$/: créée établie/' | sort)"
ok "each worker has one connection to data_agents" test "$(backends data_agents | wc -l)" -le 4
is "no worker made a second one to data_agents" "$(connections_made data_agents)" "$(backends data_agents | wc -l)"

# ---- 1,000 requests later

# Every worker has had its turn before the count.
stack_until 20 eval 'storm 40 40 "/api/proposals?limit=100" >/dev/null; [[ $(backends miles_republic | wc -l) == 4 ]]'
miles=$(backends miles_republic)
ours=$(backends data_agents)
is "in the end each of the four workers has its connection" "$(wc -l <<<"$miles")" 4
is "1,000 requests are all answered" "$(storm_summary 1000 16 '/api/proposals?limit=5')" "1000 200"
is "1,000 requests later Miles Republic has the same backends" "$(backends miles_republic)" "$miles"
is "1,000 requests later data_agents has the same backends" "$(backends data_agents)" "$ours"
is "reuse made no connection" "$(connections_made miles_republic)" 4
is "reuse logged nothing" "$(logged "$created") $(logged "$established")" "4 4"

# ---- after a reload the connections start out empty

before=$(worker_pids)
kill -HUP "${STACK_PIDS[workers]}"
ok "a reload replaces the workers" stack_until 10 eval '[[ $(worker_pids | wc -w) == 4 && ! $(worker_pids) =~ ${before// /|} ]]'
ok "the connections of the old workers are closed" stack_until 5 eval '[[ ! $(backends miles_republic) ]]'
is "the new workers open none by themselves" "$(connections_made miles_republic)" 4
get '/api/proposals?limit=20'
is "the first request that needs one opens one" "$(json .meta.enrichment) $(connections_made miles_republic)" "ok 5"

# ---- the session, as the server sees it

# A view in the table's place, read through a function that tells the server's log what it runs under, and tries to write.
# The role's own setting is taken away: the program must not rely on it.
stack_psql miles_republic <<-'SQL'
	ALTER ROLE proposals IN DATABASE miles_republic RESET ALL;
	CREATE TABLE written (n integer);
	GRANT ALL ON written TO proposals;
	CREATE FUNCTION watch() RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
	DECLARE name text;
	BEGIN
	    FOREACH name IN ARRAY '{application_name,client_encoding,TimeZone,DateStyle,extra_float_digits,statement_timeout,default_transaction_read_only,transaction_read_only}'::text[] LOOP
	        RAISE LOG 'watched %=%', name, current_setting(name);
	    END LOOP;
	    INSERT INTO written VALUES (1);
	    RETURN true;
	EXCEPTION WHEN read_only_sql_transaction THEN
	    RAISE LOG 'watched write refused';
	    RETURN true;
	END $$;
	ALTER TABLE "Event" RENAME TO event_rows;
	CREATE VIEW "Event" AS SELECT e.* FROM event_rows e WHERE watch();
	GRANT SELECT ON "Event" TO proposals;
SQL
sql postgres "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'proposals' AND datname = 'miles_republic'" >/dev/null
sql postgres "ALTER SYSTEM SET timezone = 'Asia/Tokyo'" "ALTER SYSTEM SET datestyle = 'German'" "ALTER SYSTEM SET extra_float_digits = -2" "SELECT pg_reload_conf()" >/dev/null
get '/api/proposals?type=EVENT_UPDATE'
is "the page is enriched through the watched view" "$status $(json .meta.enrichment)" "200 ok"

watched() {
    sed -n "s/.*LOG:  watched $1=//p" "$folder/postgres.log" | sort -u
}

like "a session says which program and worker it is" "$(watched application_name)" '^proposals-fcgi worker [1-4]$'
is "a session is in UTF-8" "$(watched client_encoding)" UTF8
is "a session is in UTC, whatever the server is set to" "$(watched TimeZone)" UTC
like "a session prints ISO dates, whatever the server is set to" "$(watched DateStyle)" '^ISO'
is "a session prints floats that round-trip" "$(watched extra_float_digits)" 1
like "a session has a time limit for statements" "$(watched statement_timeout)" '^[1-9][0-9]*(ms|s)$'
is "a session is read-only by default" "$(watched default_transaction_read_only)" on
is "a transaction is read-only" "$(watched transaction_read_only)" on
ok "the server refuses to write for it" grep -q 'watched write refused' "$folder/postgres.log"
is "nothing was written" "$(sql miles_republic 'SELECT count(*) FROM written')" 0

done_testing
