#!/usr/bin/env bash
# A page costs one round trip to each database, and as many statements for 100 rows as for one. Round trips and
# preparations are counted on the wire by a proxy in front of each database, executions by PostgreSQL itself.
# shellcheck disable=SC2016,SC2034,SC2119,SC2317 # conditions that are waited for are texts, for eval
# shellcheck source=tests/lib/harness.sh
. "$(dirname "$0")/../lib/harness.sh"

# Remembered totals would make the same page cost less the second time.
export WORKERS=1 COUNT_MAX_AGE_MS=0
start_postgres
start_proxy ours
start_proxy miles
DATABASE_URL=$(proxy_url ours data_agents)
locate_miles "$(proxy_url miles miles_republic)"

# A hundred proposals of every type, all that can be enriched in need of it, with events and editions of their own.
stack_psql miles_republic <<-'SQL'
	INSERT INTO "Event" (id, name, city, status) SELECT 5000 + n, 'Course ' || n, 'Ville', 'LIVE' FROM generate_series(1, 100) n;
	INSERT INTO "Edition" (id, "eventId", year) SELECT 5000 + n, 5000 + n, '2026' FROM generate_series(1, 100) n;
	INSERT INTO "Edition" (id, "eventId", year) SELECT 6000 + n, 5000 + n, '2025' FROM generate_series(1, 100) n;
	INSERT INTO "Race" (name, "editionId", "eventId")
	    SELECT 'Course de ' || km, 5000 + n, 5000 + n FROM generate_series(1, 100) n, generate_series(1, 5) km;
SQL
stack_psql data_agents <<-'SQL'
	SET client_min_messages = warning;
	TRUNCATE proposals CASCADE;
	INSERT INTO proposals (id, "agentId", type, "eventId", "editionId", "editionYear", changes, justification, "updatedAt")
	    SELECT 'p' || n, 'agent-ffa', (ARRAY['EDITION_UPDATE', 'EVENT_UPDATE', 'NEW_EVENT', 'RACE_UPDATE'])[1 + n % 4]::"ProposalType",
	        5000 + n, 5000 + n, 2026, '{"racesToUpdate": {"new": [{"raceId": 1}]}}', '[]', now()
	    FROM generate_series(1, 100) n;
SQL
start_workers
start_nginx

# trips NAME, statements and so on: what the worker has sent through the proxy.
trips() {
    echo $(($(proxied "$1" sync) + $(proxied "$1" query) + $(proxied "$1" flush)))
}

statements() {
    echo $(($(proxied "$1" execute) + $(proxied "$1" query)))
}

# Asks for a page and sets what it cost: measure PATH
measure() {
    local before_ours before_miles parsed

    before_ours="$(trips ours) $(statements ours)"
    before_miles="$(trips miles) $(statements miles)"
    parsed=$(($(proxied ours parse) + $(proxied miles parse)))
    forget_statements
    get "$1"
    cost_ours="$(($(trips ours) - ${before_ours% *})) $(($(statements ours) - ${before_ours#* }))"
    cost_miles="$(($(trips miles) - ${before_miles% *})) $(($(statements miles) - ${before_miles#* }))"
    prepared=$(($(proxied ours parse) + $(proxied miles parse) - parsed))
    executed_ours=$(statements_executed data_agents)
    executed_miles=$(statements_executed miles_republic)
}

measure '/api/proposals?limit=20'
is "the first page is enriched" "$status $(json .meta.enrichment) $(json '.data | length')" "200 ok 20"
is "the first page opens one connection to each database" "$(proxied ours connections) $(proxied miles connections)" "1 1"
is "the first page costs one round trip to data_agents, sessions' settings included" "${cost_ours% *}" 1
is "the first page costs one round trip to Miles Republic, sessions' settings included" "${cost_miles% *}" 1
ok "the first page prepares its statements" test "$prepared" -ge 1

declare -A seen
for limit in 1 20 100; do
    measure "/api/proposals?limit=$limit"
    is "a page of $limit has $limit rows" "$status $(json '.data | length')" "200 $limit"
    is "a page of $limit costs one round trip to data_agents" "${cost_ours% *}" 1
    [[ $limit == 1 ]] || is "a page of $limit costs one round trip to Miles Republic" "${cost_miles% *}" 1
    is "a page of $limit prepares nothing anew" "$prepared" 0
    is "PostgreSQL executes for a page of $limit what was sent to data_agents" "$executed_ours" "${cost_ours#* }"
    is "PostgreSQL executes for a page of $limit what was sent to Miles Republic" "$executed_miles" "${cost_miles#* }"
    seen[$limit]="$executed_ours $executed_miles"
done
is "a page of 100 executes as many statements as one of 20" "${seen[100]}" "${seen[20]}"
is "a page of 1 executes as many in data_agents as one of 100" "${seen[1]% *}" "${seen[100]% *}"
ok "a page executes at most 3 statements in data_agents" test "${seen[100]% *}" -le 3
ok "a page executes at most 4 statements in Miles Republic" test "${seen[100]#* }" -le 4
is "all rows of the page of 100 that can be are enriched" "$(json '[.data[] | select(has("eventSlug"))] | length')" 75
is "all editions have their races" "$(json '[.data[] | select(.existingRaces | length == 5)] | length')" 25

declare -A needed=([EDITION_UPDATE]=2 [EVENT_UPDATE]=1 [NEW_EVENT]=2)
for type in EDITION_UPDATE EVENT_UPDATE NEW_EVENT; do
    measure "/api/proposals?limit=1&type=$type"
    is "a page of one $type costs one round trip to Miles Republic" "$(json .meta.enrichment) ${cost_miles% *}" "ok 1"
    is "a page of one $type asks Miles Republic for nothing else" "$executed_miles" "${needed[$type]}"
    one="$executed_ours $executed_miles"
    measure "/api/proposals?limit=100&type=$type"
    is "all $type execute as many statements as one" "$(json '.data | length') $executed_ours $executed_miles" "25 $one"
    measure "/api/proposals?limit=100&type=$type"
    is "another page of $type prepares nothing anew" "$prepared" 0
done

measure '/api/proposals?type=RACE_UPDATE&limit=100'
is "a page that needs no enrichment asks nothing of Miles Republic" "$(json .meta.enrichment) $cost_miles" "not_needed 0 0"
measure '/api/proposals?status=WRONG'
is "a page that does not validate asks nothing" "$cost_ours $cost_miles" "0 0 0 0"
measure '/api/proposals?offset=1000'
is "a page behind the end asks nothing of Miles Republic" "$(json .meta.enrichment) $cost_miles" "not_needed 0 0"

measure '/api/proposals?status=PENDING&type=EDITION_UPDATE&eventId=5004&editionId=5004&agentName=FFA+Scraper+Agent&categoryLevel1=x&categoryLevel2=y&search=2026&startDateFrom=2026&startDateTo=2027&sort=date-asc'
is "with every filter at once it is one round trip too" "$status ${cost_ours% *}" "200 1"
is "with every filter at once it is one statement more, which has them planned for their values" \
    "$executed_ours" "$((${seen[100]% *} + 1))"
is "in all this there was one connection to each database" "$(proxied ours connections) $(proxied miles connections) $(connections_made)" "1 1 2"

# ---- totals, which one worker counts and all remember

stack_stop workers
export WORKERS=4 COUNT_MAX_AGE_MS=3600000
start_workers
measure '/api/proposals?limit=20'
is "a page that counts executes three statements in data_agents" "$executed_ours" 3
forget_statements
is "then 80 pages are asked of four workers" "$(storm_summary 80 8 '/api/proposals?limit=20')" "80 200"
ok "by more than one of them" test "$(connections_made)" -ge 6
is "and none of them counts again" "$(statements_executed data_agents)" 160

done_testing
