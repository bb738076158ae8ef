#!/usr/bin/env bash
# Every parameter of GET /api/proposals: what it filters, how it sorts, its default, what does not validate; and what the
# list says of itself: total, hasMore, groupCount. Against a small set of rows, cases/parameters.sql.
# shellcheck disable=SC2016,SC2034,SC2119,SC2317 # conditions that are waited for are texts, for eval
# shellcheck source=tests/lib/harness.sh
. "$(dirname "$0")/../lib/harness.sh"

start_stack
stack_psql data_agents -f "$tests/cases/parameters.sql" || bail "no rows"

# gives NAME QUERY IDS: the ids of the rows in their order, or the error
gives() {
    get "/api/proposals?$2"
    is "$1: $2" "$(json 'if .success then [.data[].id] | join(" ") else .error.code end')" "$3"
}

# invalid PARAMETER VALUE...
invalid() {
    local value

    for value in "${@:2}"; do
        get "/api/proposals?$1=$value"
        like "$1 does not take \"$value\"" "$status $(json '.error | "\(.code) \(.message)"')" "^400 VALIDATION_ERROR .*$1"
    done
}

all="i h g f e d c b a"

# ---- filters

gives "all, newest first" "" "$all"
gives "a status" "status=PENDING" "h g c a"
gives "a status" "status=APPROVED" "i b"
gives "a status" "status=REJECTED" "d"
gives "a status" "status=ARCHIVED" "e"
gives "a status the old API refused" "status=PARTIALLY_APPROVED" "f"
gives "a type" "type=RACE_UPDATE" "f c b a"
gives "a type" "type=NEW_EVENT" "d"
gives "a type" "type=EDITION_UPDATE" "i h g"
gives "a type" "type=EVENT_UPDATE" ""
gives "a type the old API refused" "type=EVENT_MERGE" "e"
gives "an event id is a text" "eventId=1" "g f e d c b a"
gives "an event id with a zero in front is another" "eventId=01" "i"
gives "no event id" "eventId=" "$all"
gives "an edition id" "editionId=10" "i h e d c b a"
gives "an edition id is no pattern" "editionId=%25" ""
gives "no edition id" "editionId=" "$all"
gives "an agent" "agentName=Agent+Un" "i g f e b a"
gives "an agent with characters that need encoding" "agentName=Agent%20%22Deux%22%20%26%20Cie" "h d c"
gives "a part of an agent's name" "agentName=Agent" ""
gives "an agent's name in another case" "agentName=agent+un" ""
gives "no agent" "agentName=" "$all"
gives "two filters, both hold" "status=PENDING&type=RACE_UPDATE" "c a"
gives "all filters" "status=PENDING&type=RACE_UPDATE&eventId=1&editionId=10&agentName=Agent+Un&categoryLevel1=TRAIL&categoryLevel2=SHORT&search=crêtes&startDateFrom=2026&startDateTo=2026-12-31&sort=date-desc&limit=5&offset=0" "a"
gives "unknown parameters are ignored" "unknown=1&Status=FOO&unknown=2&LIMIT=x&status=REJECTED" "d"

gives "a category in its four places" "categoryLevel1=TRAIL" "c b a"
gives "a category in some other element" "categoryLevel1=WALK" "b"
gives "a category of level 2" "categoryLevel2=SHORT" "a"
gives "both levels" "categoryLevel1=TRAIL&categoryLevel2=LONG" "b"
gives "a category with quotes, backslash and accents" "categoryLevel1=say%20%22hi%22%20%5C%20%C3%89t%C3%A9" "d"
gives "a category in another case" "categoryLevel1=trail" ""
gives "a category with a type, an agent and a status" "categoryLevel1=TRAIL&type=RACE_UPDATE&agentName=Agent+Un&status=PENDING" "a"
gives "no category" "categoryLevel1=&categoryLevel2=" "$all"

gives "a search in the name or the city" "search=trail" "f a"
gives "a search in any case" "search=TRAIL" "f a"
gives "a search with accents" "search=cr%C3%AAtes" "a"
gives "a search with accents in capitals" "search=CR%C3%8ATES" "a"
gives "a search without the accents is another" "search=cretes" ""
gives "a search in the city" "search=besan" "a"
gives "a search is trimmed" "search=%20%09trail%0A+" "f a"
gives "a search of spaces is none" "search=%20%20" "$all"
gives "no search" "search=" "$all"
gives "a percent sign is a percent sign" "search=%25" "b"
gives "an underscore is an underscore" "search=_" "b"
gives "a backslash is a backslash" "search=%5C" "c"
gives "wildcards within a word" "search=100%25%20n" "b"
gives "a wildcard does not stand for others" "search=T%25l" ""
gives "an emoji" "search=%F0%9F%8E%84" "d"
gives "digits also match the year" "search=2026" "h d a"
gives "digits with zeros in front match the year" "search=02026" "d a"
gives "zero matches the year zero, and a zero in a name" "search=0" "i h b"
gives "digits and letters match no year" "search=2026abc" ""
gives "digits beyond an int4 match no year" "search=99999999999999999999" ""
gives "the largest int4 is searched" "search=2147483647" ""
gives "a sign makes it a text" "search=%2B2026" ""

# ---- dates

gives "from a day" "startDateFrom=2026-05-10" "h g c b a"
gives "from the next day" "startDateFrom=2026-05-11" "g c"
gives "to a day, all of it" "startDateTo=2026-05-10" "i h f b a"
gives "to the day before" "startDateTo=2026-05-09" "i f"
gives "one day" "startDateFrom=2026-05-10&startDateTo=2026-05-10" "h b a"
gives "to a time, plus a day" "startDateTo=2026-05-10T00:00:00.001Z" "i h f c b a"
gives "from a millisecond" "startDateFrom=2026-05-10T23:59:59.999Z" "g c b"
gives "from one millisecond later" "startDateFrom=2026-05-11T00:00:00.000Z" "g c"
gives "a year" "startDateFrom=2026" "h g c b a"
gives "a year and a month" "startDateFrom=2026-12" "g"
gives "no zone is UTC" "startDateFrom=2026-05-11T00:00" "g c"
gives "seconds" "startDateFrom=2026-05-11T00:00:01" "g"
gives "a zone ahead" "startDateFrom=2026-05-11T02:00:00%2B02:00" "g c"
gives "a zone ahead, without a colon" "startDateFrom=2026-05-11T02:00:01%2B0200" "g"
gives "a zone behind" "startDateFrom=2026-05-10T19:00:00-05:00" "g c"
gives "a space for the T" "startDateFrom=2026-05-11%2000:00:01" "g"
gives "a plus for the space for the T" "startDateFrom=2026-05-11+00:00:01" "g"
gives "a day that only leap years have" "startDateFrom=2024-02-29&startDateTo=2024-02-29" "i"
gives "before 1970" "startDateTo=1969-12-31" "f"
gives "the first and the last year there are" "startDateFrom=0001-01-01&startDateTo=9999-12-31" "i h g f c b a"
invalid startDateFrom "" 2026-02-30 2025-02-29 1900-02-29 2026-13 2026-00 2026-01-00 2026-04-31 2026-1-1 26 20260510x x \
    2026-05-10T 2026-05-10T24:01 2026-05-10T25:00 2026-05-10T10:60 2026-05-10T10:00:60 2026-05-10T10 2026-05-10T10:00:00. \
    2026-05-10T10:00Zx 2026-05-10T10:00%2B 2026-05-10T10:00%2B99:00 infinity now -2026 %202026
invalid startDateTo "" 2026-02-30 tomorrow 2026-05-10T10:00:00%2B2

# ---- sorts and pages

gives "newest first" "sort=created-desc" "$all"
gives "by date, rows without one last and newest of these first" "sort=date-asc" "f i a h b c g e d"
gives "by date, latest first, rows without one last" "sort=date-desc" "g c b h a i f e d"
gives "a limit" "limit=2" "i h"
gives "an offset" "limit=2&offset=3" "f e"
gives "an offset in another sort" "limit=3&offset=1&sort=date-asc" "i a h"
gives "the last page" "limit=5&offset=5" "d c b a"
gives "behind the end" "offset=9" ""
gives "a plus is fine" "limit=%2B2&offset=%2B1" "h g"
gives "zeros in front are fine" "limit=002&offset=0001" "h g"
gives "the largest limit" "limit=100" "$all"
gives "a huge offset" "offset=99999999999" ""
gives "the largest whole number of JavaScript" "offset=9007199254740991" ""
invalid limit "" 0 -1 101 1000 99999999999999999999 abc 10.0 1e1 0x10 %205 5%20 %2B %2B%2B5 -0 5,5 ٥
invalid offset "" -1 abc 1.5 1e3 %201 9007199254740992 99999999999999999999999999
invalid status "" FOO pending PENDING%20 PENDING,APPROVED
invalid type "" FOO new_event NEW_EVENT%20
invalid sort "" created-asc date DATE-ASC created-desc,id

# meta TOTAL LIMIT OFFSET HAS_MORE, of QUERY
meta() {
    get "/api/proposals?$1"
    is "meta of \"$1\"" "$(json '.meta | "\(.total) \(.limit) \(.offset) \(.hasMore) \(.enrichment)"')" "$2"
}

meta "" "9 20 0 false ok"
meta "status=PENDING&limit=3" "4 3 0 true not_needed"
meta "status=PENDING&limit=3&offset=1" "4 3 1 false not_needed"
meta "status=PENDING&limit=2&offset=1" "4 2 1 true not_needed"
meta "limit=4&offset=5" "9 4 5 false not_needed"
meta "limit=4&offset=50" "9 4 50 false not_needed"
meta "search=nothing" "0 20 0 false not_needed"
get /api/proposals
is "meta has these keys and no other" "$(json '.meta | keys | join(" ")')" "enrichment hasMore limit offset total"
is "the answer has these keys and no other" "$(json 'keys | join(" ")')" "data meta success"
is "a row has every column, its agent and groupCount" "$(json '.data[0] | keys_unsorted | sort | join(" ")')" \
    "$( (sql data_agents "SELECT column_name FROM information_schema.columns WHERE table_name = 'proposals'"; echo agent; echo groupCount) | LC_ALL=C sort | paste -sd ' ')"
is "an agent has a name and a type" "$(json '.data[1].agent | tojson')" '{"name":"Agent \"Deux\" & Cie","type":"ANALYZER"}'
is "dates have three decimals and a Z" "$(json '.data[] | select(.id == "b") | .proposedStartDate + " " + .createdAt')" "2026-05-10T23:59:59.999Z 2026-01-03T00:00:00.000Z"

# ---- groupCount: "a b c" share both ids and are of a type that is grouped

groups() {
    get "/api/proposals?$2"
    is "groupCount $1: $2" "$(json '[.data[] | "\(.id)\(.groupCount)"] | join(" ")')" "$3"
}

groups "of all" "" "i1 h1 g1 f1 e1 d1 c3 b3 a3"
groups "within a status" "status=PENDING" "h1 g1 c2 a2"
groups "within an agent" "agentName=Agent+Un" "i1 g1 f1 e1 b2 a2"
groups "within both" "status=PENDING&agentName=Agent+Un" "g1 a1"
groups "whatever the type filter" "type=RACE_UPDATE&limit=1&offset=1" "c3"
groups "whatever the search" "search=besan" "a3"
groups "whatever the dates" "startDateFrom=2026-05-11" "g1 c3"
groups "whatever the page" "limit=1&offset=8" "a3"
groups "whatever the category" "categoryLevel2=SHORT" "a3"

# ---- pages never overlap, however many rows tie

stack_psql data_agents <<-'SQL'
	INSERT INTO proposals (id, "agentId", type, "eventName", changes, justification, "proposedStartDate", "createdAt", "updatedAt")
	    SELECT md5(n::text), 'two', 'RACE_UPDATE', 'exaequo', '{}', '[]', CASE WHEN n % 2 = 0 THEN timestamp '2026-07-01' END,
	        timestamp '2026-02-01', now() FROM generate_series(1, 60) n;
SQL
declare -A orders=(
    [created-desc]='"createdAt" DESC, id'
    [date-asc]='"proposedStartDate" ASC NULLS LAST, "createdAt" DESC, id'
    [date-desc]='"proposedStartDate" DESC NULLS LAST, "createdAt" DESC, id'
)
for sort in created-desc date-asc date-desc; do
    expected=$(sql data_agents "SELECT id FROM proposals WHERE \"eventName\" = 'exaequo' ORDER BY ${orders[$sort]}" | paste -sd ' ')
    got=""
    for offset in 0 7 14 21 28 35 42 49 56; do
        get "/api/proposals?search=exaequo&sort=$sort&limit=7&offset=$offset"
        got+=" $(json '[.data[].id] | join(" ")')"
    done
    is "pages of 7 by $sort give every tied row once, by id" "${got# }" "$expected"
    get "/api/proposals?search=exaequo&sort=$sort&limit=100"
    is "one page by $sort gives the same" "$(json '[.data[].id] | join(" ")')" "$expected"
done

done_testing
