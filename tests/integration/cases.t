#!/usr/bin/env bash
# The recorded cases of the contract, and rows odder than those: each answer is valid JSON, and an odd row disturbs no other.
# shellcheck disable=SC2016,SC2034,SC2119,SC2317 # conditions that are waited for are texts, for eval
# shellcheck source=tests/lib/harness.sh
. "$(dirname "$0")/../lib/harness.sh"

cases=$tests/cases

# The cases of the routes that are there; those of the others are named id_, group_ and eligible_.
served='list_|val_|odd_|id_|group_|eligible_'

start_stack

# ---- the contract's cases

grep -E "^\{\"name\": ?\"($served)" "$cases/answers.jsonl" >"$folder/served.jsonl"
mapfile -t names < <(jq -r .name "$folder/served.jsonl")
"$cases/compare.py" "http://127.0.0.1:$port" "$folder/served.jsonl" >"$folder/differences" 2>&1
ok "there are cases to compare" test ${#names[@]} -ge 62
like "all cases have been compared" "$(tail -n 1 "$folder/differences")" "^[0-9]+ passed, [0-9]+ failed$"
for name in "${names[@]}"; do
    is "case $name is answered as recorded" "$(grep -A 1 "^$name: " "$folder/differences")" ""
done

# ---- odd rows

# Strict, which jq is not: UTF-8 as such, no NaN, no Infinity.
is_valid_json() {
    python3 - "$body" <<-'PYTHON'
	import json, sys
	def refuse(name): raise ValueError(name)
	sys.setrecursionlimit(100000)
	json.loads(open(sys.argv[1], "rb").read().decode("utf-8"), parse_constant=refuse)
	PYTHON
}

# All rows by a sort, from pages of 100, a line each: [id, row].
fetch_rows() {
    local offset

    : >"$folder/rows"
    for offset in 0 100; do
        get "/api/proposals?limit=100&offset=$offset&sort=$1"
        ok "page $offset by $1 is valid JSON" is_valid_json
        is "page $offset by $1 is enriched" "$status $(json .meta.enrichment)" "200 ok"
        jq -cS '.data[] | [.id, .]' "$body" >>"$folder/rows"
    done
}

# field ID FILTER: a part of a row
field() {
    grep -F "[\"$1\"," "$folder/rows" | jq -cS ".[1] | $2"
}

everyone_else() {
    grep -v '^\["x-' "$folder/rows"
}

get '/api/proposals?limit=100'
jq -cS '.data[] | [.id, .]' "$body" >"$folder/undisturbed"
stack_psql miles_republic -f "$cases/odd_miles_republic.sql" >/dev/null || bail "the odd rows of Miles Republic"
stack_psql data_agents -f "$cases/odd_data_agents.sql" >/dev/null || bail "the odd rows of data_agents"
odd=$(sql data_agents "SELECT count(*) FROM proposals WHERE id LIKE 'x-%'")
for sort in date-asc date-desc created-desc; do
    fetch_rows $sort
    is "odd rows by $sort are all there" "$(grep -c '^\["x-' "$folder/rows")" "$odd"
done
ok "no other row is any different" cmp "$folder/undisturbed" <(everyone_else)

# What is stored, but for the columns that the API prints in another way than the database, or adds.
sql data_agents "SELECT jsonb_build_array(id, to_jsonb(p) - '{createdAt,updatedAt,proposedStartDate,confidence}'::text[]) FROM proposals p" |
    jq -cS . >"$folder/stored"
jq -cS '.[1] |= del(.agent, .groupCount, .createdAt, .updatedAt, .proposedStartDate, .confidence)' "$folder/rows" >"$folder/plain"
jq -cS '[.[0], .[1].changes]' "$folder/stored" >"$folder/stored_changes"
jq -cS '[.[0], .[1].changes]' "$folder/rows" >"$folder/changes"
jq -r '"\(.[0]) \(.[1].existingRaces | length) \(.[1].eventName)"' "$folder/rows" >"$folder/gains"

# row ID FILE: the line of a row in one of these
row() {
    grep -F "[\"$1\"," "$folder/$2"
}

mapfile -t untouched < <(sql data_agents "SELECT id FROM proposals WHERE id LIKE 'x-stored-%' ORDER BY id")
ok "there are rows that cannot be enriched" test ${#untouched[@]} -ge 25
for id in "${untouched[@]}"; do
    is "$id is as stored" "$(row "$id" plain)" "$(row "$id" stored)"
done

mapfile -t enriched < <(sql data_agents "SELECT id FROM proposals WHERE id LIKE 'x-races-%' ORDER BY id")
ok "there are rows that are enriched in spite of odd changes" test ${#enriched[@]} -ge 8
for id in "${enriched[@]}"; do
    is "$id has its event and the races of its edition" "$(grep "^$id " "$folder/gains")" "$id 6 Trail des Crêtes"
done
for id in x-races-null x-races-text x-races-number x-races-array x-races-deep x-races-update-null x-races-update-false \
    x-races-update-zero x-races-update-empty-text x-races-update-tiny; do
    is "$id keeps its changes" "$(row "$id" changes)" "$(row "$id" stored_changes)"
done

digits=$(printf '7%.0s' {1..400})
is "numbers of 400 digits go out digit by digit" "$(curl -q -s "http://127.0.0.1:$port/api/proposals?limit=100&agentName=Odd+Agent" | grep -o "$digits" | wc -l)" \
    "$(sql data_agents "SELECT changes FROM proposals" | grep -o "$digits" | wc -l)"
is "an update beside 120 levels of arrays gains currentData" "$(field x-races-update-deep '.changes.racesToUpdate.new[0].currentData.name')" '"Trail 21 km"'
is "a text full of brackets does not end an update early" "$(field x-races-update-brackets '[.changes.racesToUpdate.new[] | [.currentData.name, .note]]')" \
    '[["Trail 21 km","}]\\\"{[,"],["10 km","\\"]]'
is "a race id of 400 digits is nobody's" "$(field x-races-update-long-id '.changes.racesToUpdate.new[0].currentData')" null
is "an update without members gains null" "$(field x-races-update-bare '.changes.racesToUpdate.new')" '[{"currentData":null}]'
is "a falsy currentData is replaced, a truthy one is not" "$(field x-races-update-current '[.changes.racesToUpdate.new[].currentData | if type == "object" then .name else . end]')" \
    '["Trail 21 km","Trail 21 km","Trail 21 km","Trail 21 km","Trail 21 km",null,[],true,"own"]'

is "an edition whose year is a word has no year" "$(field x-year-word '[.editionYear, .eventName, (.existingRaces | length)]')" '[null,"Trail des Crêtes",0]'
is "an edition whose year has 400 digits has no year" "$(field x-year-400-digits '[.editionYear, .eventName, has("previousEditionYear")]')" '[null,"Trail des Crêtes",false]'
is "an edition whose year starts as a number has that year" "$(field x-year-range .editionYear)" 2031
is "an edition of a negative year has it" "$(field x-year-negative .editionYear)" -44
is "its zeros in front do not count" "$(field x-year-zeros .editionYear)" -7
is "a year with spaces in front counts" "$(field x-year-spaces .editionYear)" 2033
is "a year with a plus in front counts" "$(field x-year-plus .editionYear)" 2034
is "a distance that is no number is null" "$(field x-race-infinite '[.existingRaces[] | [.distance, .elevation]]')" '[[null,null],[null,1]]'
is "a confidence that is no number is null" "$(field x-valid-nan .confidence),$(field x-valid-infinity .confidence)" null,null
is "control characters and quotes come back as stored" "$(field x-valid-controls '[.eventName, .eventCity]')" \
    "$(sql data_agents "SELECT jsonb_build_array(\"eventName\", \"eventCity\") FROM proposals WHERE id = 'x-valid-controls'" | jq -c .)"

# Odd rows under the filters that look inside `changes`.
get '/api/proposals?limit=100&categoryLevel1=TRAIL&agentName=Odd+Agent'
is "a category is found among odd rows" "$status,$(json '[.data[].id] | sort | join(" ")')" "200,x-category-add x-category-edition x-category-races x-category-update"
get '/api/proposals?limit=100&categoryLevel1=TRAIL%22%20%7C%7C%20%22%22%20%3D%3D%20%22'
is "a category is a value, not a part of a path expression" "$status,$(json .meta.total)" 200,0

done_testing
