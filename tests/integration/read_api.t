#!/usr/bin/env bash
# The rest of the read API: every recorded case, and what the contract says of one proposal, of a group and of the eligible
# ones, odd rows and odd ids included; each of them costs one round trip to each database.
# shellcheck disable=SC2016,SC2034,SC2119,SC2317 # conditions that are waited for are texts, for eval
# shellcheck source=tests/lib/harness.sh
. "$(dirname "$0")/../lib/harness.sh"

cases=$tests/cases
export WORKERS=1
start_postgres
start_proxy ours
start_proxy miles
DATABASE_URL=$(proxy_url ours data_agents)
locate_miles "$(proxy_url miles miles_republic)"
start_workers
start_nginx

# ---- the contract's cases

"$cases/compare.py" "http://127.0.0.1:$port" "$cases/answers.jsonl" >"$folder/differences" 2>&1
is "all recorded cases: no difference" "$(tail -n 1 "$folder/differences")" "$(wc -l <"$cases/answers.jsonl") passed, 0 failed"
mapfile -t names < <(jq -r '.name | select(test("^(id|group|eligible)_"))' "$cases/answers.jsonl")
ok "there are cases of these routes" test ${#names[@]} -ge 24
for name in "${names[@]}"; do
    is "case $name is answered as recorded" "$(grep -A 1 "^$name: " "$folder/differences")" ""
done

# ---- every row, odd ones too: the detail and the group say what the list says

stack_psql miles_republic -f "$cases/odd_miles_republic.sql" >/dev/null || bail "the odd rows of Miles Republic"
stack_psql data_agents -f "$cases/odd_data_agents.sql" >/dev/null || bail "the odd rows of data_agents"
# Ids that are hard to write into an address, and proposals related by one id each.
stack_psql data_agents <<-'SQL' || bail "the rows of this test"
	INSERT INTO proposals (id, "agentId", type, changes, justification, "createdAt", "updatedAt")
	    SELECT id, 'agent-manual', 'RACE_UPDATE', '{}', '[]', timestamp '2027-01-01' + n * interval '7 seconds', '2027-01-01'
	    FROM unnest(ARRAY['a/b', '/', 'été 🎄', ' a b ', '50%', '%2F', 'a+b', '?#&=;"''\\', 'group', 'new-event-x',
	        '''; DROP TABLE proposals --', repeat('long', 1700)]) WITH ORDINALITY AS v(id, n);
	INSERT INTO proposals (id, "agentId", type, status, "eventId", "editionId", "raceId", changes, justification, "createdAt", "updatedAt") VALUES
	    ('r-centre', 'agent-ffa', 'EDITION_UPDATE', 'PENDING', 'ev', 'ed', 'ra', '{}', '[]', '2027-02-01', '2027-01-01'),
	    ('r-event', 'agent-ffa', 'NEW_EVENT', 'ARCHIVED', 'ev', 'other', NULL, '{}', '[]', '2027-02-02', '2027-01-01'),
	    ('r-edition', 'agent-ffa', 'EDITION_UPDATE', 'REJECTED', NULL, 'ed', NULL, '{}', '[]', '2027-02-03', '2027-01-01'),
	    ('r-race', 'agent-manual', 'RACE_UPDATE', 'PARTIALLY_APPROVED', NULL, NULL, 'ra', '{}', '[]', '2027-02-04', '2027-01-01'),
	    ('r-all', 'agent-dup', 'EVENT_MERGE', 'APPROVED', 'ev', 'ed', 'ra', '{}', '[]', '2027-02-05', '2027-01-01'),
	    ('r-none', 'agent-ffa', 'EDITION_UPDATE', 'PENDING', 'ed', 'ra', 'ev', '{}', '[]', '2027-02-06', '2027-01-01'),
	    ('r-empty-1', 'agent-ffa', 'EVENT_UPDATE', 'PENDING', '', NULL, NULL, '{}', '[]', '2027-02-07', '2027-01-01'),
	    ('r-empty-2', 'agent-ffa', 'EVENT_UPDATE', 'PENDING', '', NULL, NULL, '{}', '[]', '2027-02-08', '2027-01-01');
SQL

# All rows as the list has them, without what only the list has, a line each: fetch_list FILE
fetch_list() {
    local offset

    : >"$1"
    for offset in 0 100 200; do
        get "/api/proposals?limit=100&offset=$offset"
        jq -c '.data[] | del(.groupCount)' "$body" >>"$1"
    done
}

# The `data` of many addresses, a line each: fetch_all PATH... >FILE
fetch_all() {
    local path n=0

    rm -f "$folder"/answer.*
    for path; do
        printf 'url = "http://127.0.0.1:%s%s"\noutput = "%s/answer.%06d"\n' "$port" "$path" "$folder" $((n++))
    done >"$folder/addresses"
    curl -q -s -g --noproxy '*' --path-as-is --max-time 30 -K "$folder/addresses"
    jq -c . "$folder"/answer.*
}

sql data_agents "UPDATE database_connections SET \"isActive\" = false WHERE id = 'conn-miles'"
fetch_list "$folder/stored"
sql data_agents "UPDATE database_connections SET \"isActive\" = true WHERE id = 'conn-miles'"
fetch_list "$folder/enriched"
total=$(sql data_agents "SELECT count(*) FROM proposals")
is "all rows are listed" "$(wc -l <"$folder/stored") $(wc -l <"$folder/enriched")" "$total $total"
ok "and enrichment makes a difference" eval '! cmp -s "$folder/stored" "$folder/enriched"'

mapfile -t ids < <(jq -r '.id | @uri' "$folder/enriched")
fetch_all "${ids[@]/#//api/proposals/}" >"$folder/details"
sql data_agents "SELECT json_build_object('id', p.id, 'related', coalesce((SELECT json_agg(q.id ORDER BY q.\"createdAt\" DESC, q.id) FROM proposals q
    WHERE q.id <> p.id AND (q.\"eventId\" = p.\"eventId\" OR q.\"editionId\" = p.\"editionId\" OR q.\"raceId\" = p.\"raceId\")), '[]')) FROM proposals p" >"$folder/related"

# Ids of details for which a condition fails: details_without JQ-CONDITION, where $row, $stored and $related are of all ids
details_without() {
    jq -n -r --slurpfile details "$folder/details" --slurpfile rows "$folder/enriched" --slurpfile storeds "$folder/stored" --slurpfile relations "$folder/related" \
        '($rows | INDEX(.id)) as $row | ($storeds | INDEX(.id)) as $stored | ($relations | INDEX(.id)) as $related |
        $details[] | select(('"$1"') | not) | .data.id? // .error.code' 2>&1
}

is "each has a detail" "$(jq -s '[length, (map(.data.id) | unique | length)] | join(" ")' -r "$folder/details")" "$total $total"
is "each detail is the enriched row of the list" "$(details_without '(.data | del(.relatedProposals) | .agent |= del(.id)) == $row[.data.id]')" ""
is "each detail has its agent's id, name and type" "$(details_without '.data.agent | keys == ["id", "name", "type"]')$(details_without '.data.agent.id == .data.agentId')" ""
is "each detail is success and data alone" "$(details_without 'keys == ["data", "success"] and .success == true')" ""
is "each has related proposals: who shares an id, newest first" "$(details_without '[.data.relatedProposals[].id] == $related[.data.id].related')" ""
is "related ones are as stored" "$(details_without 'all(.data.relatedProposals[]; . == $stored[.id])')" ""
is "their agents have a name and a type" "$(details_without 'all(.data.relatedProposals[].agent; keys == ["name", "type"])')" ""
is "a detail has no groupCount" "$(details_without '(.data | has("groupCount") | not)')" ""
is "there are proposals with many related ones" "$(jq -s 'map(.data.relatedProposals | length) | max > 20' "$folder/details")" true

# related ID: the ids of what is related
related() {
    jq -r --arg id "$1" 'select(.data.id == $id) | [.data.relatedProposals[].id] | sort | join(" ")' "$folder/details"
}

is "related is who shares the event, the edition or the race, any type and status, once" "$(related r-centre)" "r-all r-edition r-event r-race"
is "an event's id is not an edition's" "$(related r-none)" ""
is "ids that are NULL are shared with nobody" "$(related a/b)" ""
like "an empty id is one that can be shared" "$(related r-empty-1)" '^p07-evu-emptyid r-empty-2$'

# A group of each pair of ids that there is.
jq -r 'select(.eventId != null and .eventId != "" and .eventId != "unknown" and (.eventId | contains("-") | not)) | select(.editionId == null or .editionId != "" and (.editionId | contains("-") | not)) |
    "\(.eventId)-\(.editionId)" | @uri' "$folder/enriched" | sort -u >"$folder/keys"
mapfile -t keys <"$folder/keys"
fetch_all "${keys[@]/#//api/proposals/group/}" >"$folder/groups"

groups_without() {
    jq -n -r --slurpfile groups "$folder/groups" --slurpfile rows "$folder/enriched" '
        def key: "\(.eventId)-\(.editionId)";
        ($rows | map(select(.eventId != null and .editionId != "")) | group_by(key) | INDEX(.[0] | key)) as $pairs |
        $groups[] | select(('"$1"') | not) | .meta.groupKey? // .error.code' 2>&1
}

ok "there are groups" test ${#keys[@]} -ge 40
is "each pair of ids has a group" "$(jq -s length "$folder/groups")" ${#keys[@]}
is "a group is who has both ids and is not archived or rejected, newest first, enriched" \
    "$(groups_without '[.data[] | del(.applications)] == ([$pairs[.meta.groupKey][] | select(.status != "ARCHIVED" and .status != "REJECTED")] | sort_by(.createdAt) | reverse)')" ""
is "each says total, key and enrichment alone" "$(groups_without '(.meta | keys) == ["enrichment", "groupKey", "total"] and .meta.total == (.data | length) and .success')" ""
is "the key is that of the address" "$(jq -r '.meta.groupKey | @uri' "$folder/groups" | sort)" "$(<"$folder/keys")"
is "all have applications, a list; none has a groupCount" "$(groups_without 'all(.data[]; (.applications | type == "array") and (has("groupCount") | not) and (.agent | keys == ["name", "type"]))')" ""

# ---- one proposal: ids

# detail PATH: the status, and the id or the code
detail() {
    get "/api/proposals/$1"
    echo "$status $(json '.data.id? // .error.code')"
}

is "a slash in an id" "$(detail a%2Fb)" "200 a/b"
is "a slash that is not encoded is none" "$(detail a/b)" "404 NOT_FOUND"
is "an id that is a slash" "$(detail %2f)" "200 /"
is "letters beyond ASCII" "$(detail %C3%A9t%C3%A9%20%F0%9F%8E%84)" "200 été 🎄"
is "an id beyond ASCII that there is not" "$(detail %C3%A9)" "404 PROPOSAL_NOT_FOUND"
is "spaces count" "$(detail %20a%20b%20)" "200  a b "
is "an id is not trimmed" "$(detail a%20b)" "404 PROPOSAL_NOT_FOUND"
is "a plus is a plus" "$(detail a+b)" "200 a+b"
is "a percent sign" "$(detail 50%25)" "200 50%"
is "nothing is decoded twice" "$(detail %252F)" "200 %2F"
is "a trailing slash" "$(detail p37-edu-approved/)" "200 p37-edu-approved"
is "two are none" "$(detail p37-edu-approved//)" "404 NOT_FOUND"
is "a query does not matter" "$(detail 'p37-edu-approved?limit=0&status=x')" "200 p37-edu-approved"
is "letter case counts" "$(detail P37-EDU-APPROVED)" "404 PROPOSAL_NOT_FOUND"
is "group is an id like any other" "$(detail group)" "200 group"
is "also with a trailing slash" "$(detail group/)" "200 group"
is "what an id says is no SQL" "$(detail "%27%3B%20DROP%20TABLE%20proposals%20--")" "200 '; DROP TABLE proposals --"
long=$(printf 'long%.0s' {1..1700})
is "an id of 6,800 bytes" "$(detail "$long")" "200 $long"
is "one that there is not" "$(detail "${long}x")" "404 PROPOSAL_NOT_FOUND"
is "an id too long for an address" "$(detail "$long${long:0:1300}")" "414 URI_TOO_LONG"
is "an id much too long" "$(detail "$long$long")" "414 URI_TOO_LONG"
for id in %ff %C3 a%ED%A0%80 %zz %; do
    get "/api/proposals/$id"
    is "what is no UTF-8, or not encoded: $id" "$status $(json .success)" "400 false"
    get "/api/proposals/group/100-$id"
    is "nor in a group key: $id" "$status $(json .success)" "400 false"
done
is "a byte that ends texts" "$(detail a%00b | cut -c 1-3)" 400

# ---- a group: keys

# group KEY: the status, and the ids in their order or the code
group() {
    get "/api/proposals/group/$1"
    echo "$status $(json 'if .success then ([.data[].id] | join(" ")) else .error.code end')"
}

both=$(sql data_agents "SELECT string_agg(id, ' ' ORDER BY \"createdAt\" DESC) FROM proposals WHERE \"eventId\" = '100' AND \"editionId\" = '2001' AND status NOT IN ('ARCHIVED', 'REJECTED')")
none=$(sql data_agents "SELECT string_agg(id, ' ' ORDER BY \"createdAt\" DESC) FROM proposals WHERE \"eventId\" = '100' AND \"editionId\" IS NULL AND status NOT IN ('ARCHIVED', 'REJECTED')")
ok "there are proposals of either kind" test -n "$both" -a -n "$none"
is "event and edition" "$(group 100-2001)" "200 $both"
is "a trailing slash does not matter" "$(group 100-2001/)" "200 $both"
is "what follows a second dash is ignored" "$(group 100-2001-9-9)" "200 $both"
is "and still said" "$(json .meta.groupKey)" 100-2001-9-9
is "encoded it is the same key" "$(group %31%30%30%2D2001)" "200 $both"
is "and said decoded" "$(json .meta.groupKey)" 100-2001
for key in 100 100- 100-null 100-undefined 100-unknown 100-null-2001 100--2001; do
    is "no edition: $key" "$(group $key)" "200 $none"
done
is "an edition by another name is one that there is not" "$(group 100-NULL)" "200 "
is "an archived proposal is not in its group" "$(grep -c p38-edu-archived <<<"$both")" 0
for key in unknown unknown-2001 -2001 - -- -null unknown-; do
    is "no event: $key" "$(group $key)" "400 INVALID_GROUP_KEY"
done
is "unknown is so as a whole word" "$(group unknown1-2001)" "200 "
is "null is an event's id like any other" "$(group null-2001)" "200 "
is "a new event's own" "$(group new-event-p40-new-noevent)" "200 p40-new-noevent"
is "of whatever status" "$(group new-event-p49-new-rejected)" "200 p49-new-rejected"
is "of whatever type" "$(group new-event-p20-edu-prev-races)" "200 p20-edu-prev-races"
is "it is enriched" "$(json '"\(.meta.enrichment) \(.data[0].eventName) \(.data[0].existingRaces | length)"')" "ok Trail des Crêtes 6"
is "a merge's own" "$(group event-merge-p60-mrg)" "200 p60-mrg"
is "also of an archived one" "$(group event-merge-p38-edu-archived)" "200 p38-edu-archived"
is "an id with a slash" "$(group new-event-a%2Fb)" "200 a/b"
is "an id that starts like a key" "$(group new-event-new-event-x)" "200 new-event-x"
is "one that there is not" "$(group new-event-none)" "200 "
is "its meta" "$(jq -cS .meta "$body")" '{"enrichment":"not_needed","groupKey":"new-event-none","total":0}'
is "one without an id" "$(group event-merge-)" "200 "
is "one by another case" "$(group NEW-EVENT-p40)" "200 "
is "no key at all is the detail of an id" "$(group '' | cut -c 1-3)" 200
is "a key of two segments is no route" "$(group 100/2001)" "404 NOT_FOUND"

is "applications, oldest first" "$(group 100-2001 >/dev/null; json -c '[.data[] | select(.id == "p37-edu-approved") | .applications[]]')" \
    '[{"id":"app-1","blockType":"edition","status":"PENDING"},{"id":"app-2","blockType":null,"status":"APPLIED"}]'
is "only its own" "$(json -c '[.data[] | select(.id != "p37-edu-approved") | .applications] | unique')" '[[]]'
sql data_agents "INSERT INTO proposal_applications (id, \"proposalId\", status, logs, \"createdAt\", \"updatedAt\", \"proposalIds\", \"blockType\")
    VALUES ('app \"3\" \\ é', 'p60-mrg', 'FAILED', '{}', '2026-02-03', '2026-02-03', '{p37-edu-approved}', 'a\"b\\c')"
is "odd ones as they are, by the proposal that they are of" "$(group event-merge-p60-mrg >/dev/null; json -c '.data[0].applications')" \
    '[{"id":"app \"3\" \\ é","blockType":"a\"b\\c","status":"FAILED"}]'

# ---- the eligible ones

eligible() {
    get "/api/proposals/eligible-count${1:-}"
    json -cS .
}

expected=$(sql data_agents "SELECT count(*) FROM proposals WHERE \"agentId\" = 'agent-ffa' AND status = 'PENDING' AND type = 'EDITION_UPDATE'")
is "the scraper's pending edition updates" "$(eligible)" "{\"data\":{\"count\":$expected},\"success\":true}"
is "with a trailing slash" "$(eligible /)" "{\"data\":{\"count\":$expected},\"success\":true}"
sql data_agents "UPDATE proposals SET status = 'APPROVED' WHERE id = 'p20-edu-prev-races'" \
    "INSERT INTO agents (id, name, type, frequency, config, \"createdAt\", \"updatedAt\") VALUES ('agent-second', 'Second', 'EXTRACTOR', '{}', '{\"agentType\":\"FFA_SCRAPER\"}', '2025-12-01', '2025-12-01'),
        ('agent-text', 'Text', 'EXTRACTOR', '{}', '\"FFA_SCRAPER\"', '2020-01-01', '2025-12-01'), ('agent-list', 'List', 'EXTRACTOR', '{}', '[{\"agentType\":\"FFA_SCRAPER\"}]', '2020-01-01', '2025-12-01')"
is "counted anew each time, of the first such agent" "$(eligible)" "{\"data\":{\"count\":$((expected - 1))},\"success\":true}"
sql data_agents "UPDATE agents SET config = '{}' WHERE id = 'agent-ffa'"
is "of the next one where the first is none any more" "$(eligible)" '{"data":{"count":0},"success":true}'
sql data_agents "UPDATE agents SET config = '{\"agentType\":\"ffa_scraper\"}' WHERE id = 'agent-second'"
is "without such an agent" "$(eligible)" '{"data":{"count":0,"message":"FFA Scraper agent not found"},"success":true}'
is "that is a 200" "$(get /api/proposals/eligible-count; echo "$status")" 200
sql data_agents "UPDATE agents SET config = '{\"agentType\":\"FFA_SCRAPER\"}' WHERE id = 'agent-ffa'"

# ---- round trips

# A group of a hundred, all in need of enrichment, each the others' related one; and one all by itself.
stack_psql miles_republic -c "INSERT INTO \"Event\" (id, name, city, status) SELECT 5000 + n, 'Course ' || n, 'Ville', 'LIVE' FROM generate_series(0, 1) n" \
    -c "INSERT INTO \"Edition\" (id, \"eventId\", year) VALUES (5000, 5000, '2026'), (5001, 5001, '2026'), (6000, 5000, '2025')" \
    -c "INSERT INTO \"Race\" (name, \"editionId\", \"eventId\") SELECT 'Course de ' || km, 5000, 5000 FROM generate_series(1, 5) km"
stack_psql data_agents -c "INSERT INTO proposals (id, \"agentId\", type, \"eventId\", \"editionId\", changes, justification, \"updatedAt\")
    SELECT 'many-' || n, 'agent-ffa', 'EDITION_UPDATE'::\"ProposalType\", 5000, 5000, '{\"racesToUpdate\": {\"new\": [{\"raceId\": 1}]}}'::jsonb, '[]'::jsonb, now() FROM generate_series(1, 100) n
    UNION ALL SELECT 'alone', 'agent-ffa', 'EDITION_UPDATE'::\"ProposalType\", 5001, 5001, '{}'::jsonb, '[]'::jsonb, now()"

# What it has cost so far: round trips and statements of each, and preparations.
costs() {
    echo "$(($(proxied ours sync) + $(proxied ours query) + $(proxied ours flush)))" "$(($(proxied ours execute) + $(proxied ours query)))" \
        "$(($(proxied miles sync) + $(proxied miles query) + $(proxied miles flush)))" "$(($(proxied miles execute) + $(proxied miles query)))" \
        "$(($(proxied ours parse) + $(proxied miles parse)))"
}

# measure PATH: sets trips (ours, miles), sent and executed (likewise), prepared
measure() {
    local before after

    read -ra before <<<"$(costs)"
    forget_statements
    get "$1"
    read -ra after <<<"$(costs)"
    trips="$((after[0] - before[0])) $((after[2] - before[2]))"
    sent="$((after[1] - before[1])) $((after[3] - before[3]))"
    prepared=$((after[4] - before[4]))
    executed="$(statements_executed data_agents) $(statements_executed miles_republic)"
}

# A worker that has done nothing yet, so the first of all prepares and connects too.
stack_stop nginx
stack_stop workers
start_workers
start_nginx
measure /api/proposals/many-7
is "the first detail is enriched, with all that is related" "$status $(json '"\(.data.eventName) \(.data.existingRaces | length) \(.data.relatedProposals | length)"')" "200 Course 0 5 99"
is "the first detail costs one round trip to each database, sessions' settings included" "$trips" "1 1"
declare -A seen
for path in many-7 alone group/5000-5000 group/5001-5001; do
    get "/api/proposals/$path"
    measure "/api/proposals/$path"
    is "$path costs one round trip to each database" "$status $trips" "200 1 1"
    is "$path prepares nothing anew" "$prepared" 0
    is "PostgreSQL executes for $path what was sent" "$executed" "$sent"
    seen[$path]=$executed
done
is "a detail with 99 related ones executes as much as one with none" "${seen[many-7]}" "${seen[alone]}"
get /api/proposals/group/5000-5000
is "the group of 100 is enriched" "$(json '"\(.data | length) \([.data[] | select(.existingRaces | length == 5)] | length)"')" "100 100"
is "a group of 100 executes as much as one of 1" "${seen[group/5000-5000]}" "${seen[group/5001-5001]}"
ok "a detail executes at most 3 statements in data_agents, 4 in Miles Republic (${seen[alone]})" test "${seen[alone]% *}" -le 3 -a "${seen[alone]#* }" -le 4
ok "a group executes at most 2 statements in data_agents, 4 in Miles Republic (${seen[group/5001-5001]})" \
    test "${seen[group/5001-5001]% *}" -le 2 -a "${seen[group/5001-5001]#* }" -le 4
for path in eligible-count p60-mrg p51-rac-named group/event-merge-p60-mrg group/none-none none; do
    measure "/api/proposals/$path"
    is "$path costs one round trip, and none to Miles Republic" "$trips $executed" "1 0 ${executed% *} 0"
done
measure /api/proposals/group/unknown
is "a bad group key costs none" "$status $trips" "400 0 0"
measure '/api/proposals/%ff'
is "nor does a bad id" "$status $trips" "400 0 0"

# ---- without Miles Republic

locate_miles "$(proxy_url none miles_republic)"
get /api/proposals/many-7
is "Miles Republic is gone: the detail is as stored" "$status $(json '"\(.data.eventName) \(.data | has("existingRaces"))"')" "200 null false"
get /api/proposals/group/5000-5000
is "so is the group, and says so" "$status $(json '"\(.data | length) \(.meta.enrichment)"')" "200 100 unavailable"
sql data_agents "UPDATE database_connections SET \"isActive\" = false WHERE id = 'conn-miles'"
get /api/proposals/group/5000-5000
is "nobody says where it is: likewise" "$status $(json .meta.enrichment)" "200 unconfigured"

done_testing
