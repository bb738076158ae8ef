/*
 * render: a proposal's columns as JSON, and what it gains: byte for byte where it must be the
 * stored text, and read by another parser each time.
 */
#include "json_scan.h"
#include "proposals_sql.h"
#include "render.h"
#include "results.h"
#include "unit.h"

#include <json-c/json.h>
#include <stdio.h>

enum {
    COLUMNS = PROPOSAL_AGENT_TYPE + 1,
    RACE_COLUMNS = RACE_CATEGORY_LEVEL2 + 1,
    DEPTH_MAX = 900
};

struct fixture {
    PGresult *proposals; /* one row, all NULL but the id */
    struct enrichments enrichments;
    struct enrichment enrichment;
    struct arena arena;
    struct buffer out;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){.proposals = make_result(COLUMNS, 1)};
    fixture.enrichments.each = &fixture.enrichment;
    set_value(fixture.proposals, 0, PROPOSAL_ID, "cm1");
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    PQclear(fixture->proposals);
    enrichments_free(&fixture->enrichments);
    arena_free(&fixture->arena);
    buffer_free(&fixture->out);
    return 0;
}

static void set(struct fixture *fixture, enum proposal_column column, const char *text)
{
    set_value(fixture->proposals, 0, (int)column, text);
}

static void assert_valid(struct buffer *json)
{
    struct json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX);
    struct json_object *value =
        json_tokener_parse_ex(tokener, buffer_text(json), (int)json->length + 1);
    if (json_tokener_get_error(tokener) != json_tokener_success)
        fail_msg("not JSON: %s", buffer_text(json));
    json_object_put(value);
    json_tokener_free(tokener);
}

/* The whole object; it stays until the next rendering. */
static const char *render(struct fixture *fixture, const struct enrichments *enrichments,
                          enum agent_form agent)
{
    buffer_reset(&fixture->out, fixture->out.capacity);
    render_proposal(&fixture->out, fixture->proposals, 0, enrichments, agent);
    buffer_append_char(&fixture->out, '}');
    assert_valid(&fixture->out);
    return buffer_text(&fixture->out);
}

/* What `key` has in the row as it is enriched; `expected` NULL: there is no such key. */
static void assert_member(struct fixture *fixture, const char *key, const char *expected)
{
    const char *text = render(fixture, &fixture->enrichments, AGENT_WITHOUT_ID);
    struct slice value = json_member(slice_of(text), key);
    if (expected == NULL) {
        assert_int_equal(value.length, 0);
        return;
    }
    if (!slice_equals(value, expected))
        fail_msg("%s: %.*s\nis not %s", key, (int)value.length, value.start, expected);
}

static void assert_column(struct fixture *fixture, enum proposal_column column, const char *key,
                          const char *text, const char *expected)
{
    set(fixture, column, text);
    assert_member(fixture, key, expected);
}

static void a_row_of_nulls_has_every_key(void **state)
{
    struct fixture *fixture = *state;
    set(fixture, PROPOSAL_ID, NULL);
    assert_string_equal(
        render(fixture, NULL, AGENT_WITHOUT_ID),
        "{\"id\":null,\"agentId\":null,\"type\":null,\"status\":null,\"eventId\":null,"
        "\"editionId\":null,\"raceId\":null,\"changes\":null,\"justification\":null,"
        "\"confidence\":null,\"eventName\":null,\"eventCity\":null,\"editionYear\":null,"
        "\"raceName\":null,\"proposedStartDate\":null,\"createdAt\":null,\"updatedAt\":null,"
        "\"reviewedAt\":null,\"reviewedBy\":null,\"appliedBy\":null,\"modificationReason\":null,"
        "\"modifiedAt\":null,\"modifiedBy\":null,\"userModifiedChanges\":null,"
        "\"approvedBlocks\":null,\"sourceMetadata\":null,"
        "\"agent\":{\"name\":null,\"type\":null}}");
}

static void an_empty_enrichment_is_none(void **state)
{
    struct fixture *fixture = *state;
    char stored[2048];
    snprintf(stored, sizeof(stored), "%s", render(fixture, NULL, AGENT_WITHOUT_ID));
    assert_string_equal(render(fixture, &fixture->enrichments, AGENT_WITHOUT_ID), stored);
}

static void the_agent_has_an_id_where_asked(void **state)
{
    struct fixture *fixture = *state;
    set(fixture, PROPOSAL_AGENT_ID, "ag1");
    set(fixture, PROPOSAL_AGENT_NAME, "Agent \"FFA\"");
    set(fixture, PROPOSAL_AGENT_TYPE, "EXTRACTOR");
    assert_member(fixture, "agentId", "\"ag1\"");
    assert_member(fixture, "agent", "{\"name\":\"Agent \\\"FFA\\\"\",\"type\":\"EXTRACTOR\"}");
    const char *text = render(fixture, NULL, AGENT_WITH_ID);
    assert_true(slice_equals(json_member(slice_of(text), "agent"),
                             "{\"id\":\"ag1\",\"name\":\"Agent \\\"FFA\\\"\","
                             "\"type\":\"EXTRACTOR\"}"));
}

static void texts_are_quoted_and_escaped(void **state)
{
    struct fixture *fixture = *state;
    assert_column(fixture, PROPOSAL_EVENT_NAME, "eventName", "", "\"\"");
    assert_column(fixture, PROPOSAL_EVENT_NAME, "eventName", "null", "\"null\"");
    assert_column(fixture, PROPOSAL_EVENT_NAME, "eventName", "L'\xc3\x89preuve \"1\"\\\n",
                  "\"L'\xc3\x89preuve \\\"1\\\"\\\\\\n\"");
    assert_column(fixture, PROPOSAL_EVENT_ID, "eventId", "12345", "\"12345\"");
}

static void numbers_go_out_as_they_are(void **state)
{
    struct fixture *fixture = *state;
    assert_column(fixture, PROPOSAL_CONFIDENCE, "confidence", "0.95", "0.95");
    assert_column(fixture, PROPOSAL_CONFIDENCE, "confidence", "1e-07", "1e-07");
    assert_column(fixture, PROPOSAL_CONFIDENCE, "confidence", "NaN", "null");
    assert_column(fixture, PROPOSAL_CONFIDENCE, "confidence", "-Infinity", "null");
    assert_column(fixture, PROPOSAL_EDITION_YEAR, "editionYear", "2026", "2026");
    assert_column(fixture, PROPOSAL_EDITION_YEAR, "editionYear", "0", "0");
}

static void dates_have_three_decimals(void **state)
{
    struct fixture *fixture = *state;
    assert_column(fixture, PROPOSAL_CREATED_AT, "createdAt", "2026-05-10 07:30:00",
                  "\"2026-05-10T07:30:00.000Z\"");
    assert_column(fixture, PROPOSAL_MODIFIED_AT, "modifiedAt", "2026-05-10 07:30:00.1",
                  "\"2026-05-10T07:30:00.100Z\"");
    assert_column(fixture, PROPOSAL_REVIEWED_AT, "reviewedAt", "infinity", "null");
}

static void json_columns_go_out_byte_for_byte(void **state)
{
    struct fixture *fixture = *state;
    static const char *const VALUES[] = {
        "{}",
        "[]",
        "null",
        "\"text\"",
        "7",
        "{\"a\": 1.10, \"b\": 12345678901234567890123, \"c\": \"\xc3\xa9\\u0001\\\"\"}",
        "[{\"racesToUpdate\": {\"new\": [{\"raceId\": 1}]}}]"};
    for (size_t i = 0; i < COUNT_OF(VALUES); i++) {
        assert_column(fixture, PROPOSAL_CHANGES, "changes", VALUES[i], VALUES[i]);
        assert_column(fixture, PROPOSAL_JUSTIFICATION, "justification", VALUES[i], VALUES[i]);
        assert_column(fixture, PROPOSAL_APPROVED_BLOCKS, "approvedBlocks", VALUES[i], VALUES[i]);
    }
}

/* ---- events and editions */

static void an_event_replaces_name_and_city(void **state)
{
    struct fixture *fixture = *state;
    set(fixture, PROPOSAL_EVENT_NAME, "stored");
    set(fixture, PROPOSAL_EVENT_CITY, "stored");
    fixture->enrichment.has_event = true;
    fixture->enrichment.event =
        (struct event_facts){"Trail \"X\"", "Paris", "LIVE", "trail-x", "t"};
    assert_member(fixture, "eventName", "\"Trail \\\"X\\\"\"");
    assert_member(fixture, "eventCity", "\"Paris\"");
    assert_member(fixture, "eventStatus", "\"LIVE\"");
    assert_member(fixture, "eventSlug", "\"trail-x\"");
    assert_member(fixture, "isFeatured", "true");
}

static void an_event_of_nulls_is_null(void **state)
{
    struct fixture *fixture = *state;
    static const char *const KEYS[] = {"eventName", "eventCity", "eventStatus", "eventSlug",
                                       "isFeatured"};
    set(fixture, PROPOSAL_EVENT_NAME, "stored");
    set(fixture, PROPOSAL_EVENT_CITY, "stored");
    fixture->enrichment.has_event = true;
    for (size_t i = 0; i < COUNT_OF(KEYS); i++)
        assert_member(fixture, KEYS[i], "null");
    fixture->enrichment.event.is_featured = "f";
    assert_member(fixture, "isFeatured", "false");
}

static void keys_that_are_not_gained_are_absent(void **state)
{
    static const char *const KEYS[] = {"eventStatus",
                                       "eventSlug",
                                       "isFeatured",
                                       "existingRaces",
                                       "previousEditionCalendarStatus",
                                       "previousEditionYear",
                                       "previousEditionStartDate",
                                       "groupCount",
                                       "applications"};
    for (size_t i = 0; i < COUNT_OF(KEYS); i++)
        assert_member(*state, KEYS[i], NULL);
}

static void a_missing_event_takes_name_and_city_away(void **state)
{
    struct fixture *fixture = *state;
    set(fixture, PROPOSAL_EVENT_CITY, "stored");
    fixture->enrichment.drops_event_names = true;
    assert_member(fixture, "eventName", NULL);
    assert_member(fixture, "eventCity", NULL);
    assert_member(fixture, "eventId", "null");
    assert_member(fixture, "raceName", "null");
}

static void the_edition_says_the_year(void **state)
{
    struct fixture *fixture = *state;
    set(fixture, PROPOSAL_EDITION_YEAR, "1999");
    fixture->enrichment.has_edition_year = true;
    fixture->enrichment.edition_year = slice_of("2026");
    assert_member(fixture, "editionYear", "2026");
    fixture->enrichment.edition_year = (struct slice){"2026-2027", 4};
    assert_member(fixture, "editionYear", "2026");
    fixture->enrichment.edition_year = (struct slice){NULL, 0};
    assert_member(fixture, "editionYear", "null");
}

static void the_previous_edition_has_three_keys(void **state)
{
    struct fixture *fixture = *state;
    fixture->enrichment.has_previous = true;
    fixture->enrichment.previous =
        (struct previous_edition){"CONFIRMED", "2025", "2025-05-11 08:00:00"};
    assert_member(fixture, "previousEditionCalendarStatus", "\"CONFIRMED\"");
    assert_member(fixture, "previousEditionYear", "\"2025\"");
    assert_member(fixture, "previousEditionStartDate", "\"2025-05-11T08:00:00.000Z\"");
    fixture->enrichment.previous = (struct previous_edition){NULL, NULL, NULL};
    assert_member(fixture, "previousEditionCalendarStatus", "null");
    assert_member(fixture, "previousEditionYear", "null");
    assert_member(fixture, "previousEditionStartDate", "null");
}

/* ---- races */

/* Race 7 with every value, between one of another edition and race 8, all NULL but its id. */
static void make_races(struct fixture *fixture)
{
    static const char *const VALUES[RACE_COLUMNS] = {
        [RACE_EDITION_ID] = "5",
        [RACE_ID] = "7",
        [RACE_NAME] = "10 \"km\"",
        [RACE_START_DATE] = "2026-05-10 07:30:00",
        [RACE_RUN_DISTANCE] = "10",
        [RACE_WALK_DISTANCE] = "0.5",
        [RACE_SWIM_DISTANCE] = "0.25",
        [RACE_BIKE_DISTANCE] = "1.5",
        [RACE_RUN_POSITIVE_ELEVATION] = "250.5",
        [RACE_CATEGORY_LEVEL1] = "RUNNING",
        [RACE_CATEGORY_LEVEL2] = "KM10",
    };
    PGresult *races = make_result(RACE_COLUMNS, 3);
    for (int i = 0; i < RACE_COLUMNS; i++)
        set_value(races, 1, i, VALUES[i]);
    set_value(races, 0, RACE_ID, "6");
    set_value(races, 2, RACE_ID, "8");
    static const int32_t IDS[] = {6, 7, 8};
    fixture->enrichments.races = races;
    fixture->enrichments.race_ids = (struct id_column){IDS, COUNT_OF(IDS)};
    fixture->enrichment.has_races = true;
    fixture->enrichment.first_race = 1;
    fixture->enrichment.race_count = 2;
}

#define DATA_7                                                                                     \
    "{\"name\":\"10 \\\"km\\\"\",\"runDistance\":10,\"walkDistance\":0.5,\"swimDistance\":0.25,"   \
    "\"bikeDistance\":1.5,\"runPositiveElevation\":250.5,"                                         \
    "\"startDate\":\"2026-05-10T07:30:00.000Z\",\"categoryLevel1\":\"RUNNING\","                   \
    "\"categoryLevel2\":\"KM10\"}"

#define DATA_8                                                                                     \
    "{\"name\":null,\"runDistance\":null,\"walkDistance\":null,\"swimDistance\":null,"             \
    "\"bikeDistance\":null,\"runPositiveElevation\":null,\"startDate\":null,"                      \
    "\"categoryLevel1\":null,\"categoryLevel2\":null}"

/* Stores `changes` and reads its updates; the races are made anew. */
static void change(struct fixture *fixture, const char *changes)
{
    PQclear(fixture->enrichments.races);
    make_races(fixture);
    set(fixture, PROPOSAL_CHANGES, changes);
    struct slice stored = {PQgetvalue(fixture->proposals, 0, PROPOSAL_CHANGES), strlen(changes)};
    assert_int_equal(race_updates_read(stored, &fixture->arena, &fixture->enrichment.race_updates),
                     RACE_UPDATES_OK);
}

static void assert_changes(struct fixture *fixture, const char *changes, const char *expected)
{
    change(fixture, changes);
    assert_member(fixture, "changes", expected);
}

#define UPDATES(updates) "{\"racesToUpdate\": {\"new\": [" updates "]}}"

static void an_update_gains_the_data_of_its_race(void **state)
{
    assert_changes(*state, UPDATES("{\"raceId\": 7, \"updates\": {}}"),
                   UPDATES("{\"raceId\": 7, \"updates\": {},\"currentData\":" DATA_7 "}"));
    assert_changes(*state, UPDATES("{\"raceId\": \"7abc\"}"),
                   UPDATES("{\"raceId\": \"7abc\",\"currentData\":" DATA_7 "}"));
    assert_changes(*state, UPDATES("{\"raceId\": 8}"),
                   UPDATES("{\"raceId\": 8,\"currentData\":" DATA_8 "}"));
}

static void an_empty_update_gains_its_first_member(void **state)
{
    assert_changes(*state, UPDATES("{}"), UPDATES("{\"currentData\":null}"));
    assert_changes(*state, UPDATES("{ }"), UPDATES("{ \"currentData\":null}"));
}

static void an_update_of_no_known_race_gains_null(void **state)
{
    static const char *const IDS[] = {"9", "null", "\"abc\"", "[7]", "6", "70", "-7", "true"};
    for (size_t i = 0; i < COUNT_OF(IDS); i++) {
        char changes[128];
        char expected[160];
        snprintf(changes, sizeof(changes), UPDATES("{\"raceId\": %s}"), IDS[i]);
        snprintf(expected, sizeof(expected), UPDATES("{\"raceId\": %s,\"currentData\":null}"),
                 IDS[i]);
        assert_changes(*state, changes, expected);
    }
}

static void a_falsy_value_is_replaced_where_it_stands(void **state)
{
    static const char *const FALSY[] = {"null", "false", "0", "-0.0", "\"\"", "0e5"};
    for (size_t i = 0; i < COUNT_OF(FALSY); i++) {
        char changes[128];
        snprintf(changes, sizeof(changes),
                 UPDATES("{\"raceId\": 7, \"currentData\": %s, \"x\": 1}"), FALSY[i]);
        assert_changes(*state, changes,
                       UPDATES("{\"raceId\": 7, \"currentData\": " DATA_7 ", \"x\": 1}"));
    }
    assert_changes(*state, UPDATES("{\"currentData\": 0}"), UPDATES("{\"currentData\": null}"));
}

static void a_truthy_value_stays(void **state)
{
    static const char *const TRUTHY[] = {"{}",      "[]",    "{\"name\": \"own\"}", "true", "1",
                                         "\"own\"", "1e-300"};
    for (size_t i = 0; i < COUNT_OF(TRUTHY); i++) {
        char changes[128];
        snprintf(changes, sizeof(changes), UPDATES("{\"raceId\": 7, \"currentData\": %s}"),
                 TRUTHY[i]);
        assert_changes(*state, changes, changes);
    }
}

static void every_update_gains_its_own(void **state)
{
    assert_changes(
        *state,
        UPDATES("{\"raceId\": 8}, {\"raceId\": 7, \"currentData\": 1}, {}, {\"raceId\": 7}"),
        UPDATES("{\"raceId\": 8,\"currentData\":" DATA_8 "}, {\"raceId\": 7, \"currentData\": 1},"
                " {\"currentData\":null}, {\"raceId\": 7,\"currentData\":" DATA_7 "}"));
}

static void everything_around_stays_byte_for_byte(void **state)
{
    static const char AROUND[] =
        "{\"a\": [1.10, 1e400, \"}]{[\\\"\", {\"currentData\": null}], \"racesToUpdate\": {\"old\":"
        " [{\"raceId\": 7}], \"new\": [{\"deep\": {\"raceId\": 8, \"currentData\": null},"
        " \"raceId\": 7%s}], \"confidence\": 0.10}, \"z\": {\"racesToUpdate\": {\"new\":"
        " [{\"raceId\": 7}]}}, \"\xc3\xa9\": \"\\\\\"}";
    struct buffer changes = {0};
    struct buffer expected = {0};
    const char *hole = strstr(AROUND, "%s");
    buffer_append(&changes, AROUND, (size_t)(hole - AROUND));
    buffer_append(&expected, AROUND, (size_t)(hole - AROUND));
    buffer_append_literal(&expected, ",\"currentData\":" DATA_7);
    buffer_append_text(&changes, hole + 2);
    buffer_append_text(&expected, hole + 2);
    assert_changes(*state, buffer_text(&changes), buffer_text(&expected));
    buffer_free(&changes);
    buffer_free(&expected);
}

/* Deeper than parsers go by default. */
static void depth_does_not_matter(void **state)
{
    enum { DEPTH = 400 };
    struct buffer changes = {0};
    struct buffer expected = {0};
    buffer_append_literal(&changes, "{\"racesToUpdate\": {\"new\": [{\"raceId\": 7, \"x\": ");
    for (int i = 0; i < DEPTH; i++)
        buffer_append_text(&changes, i % 2 == 0 ? "[" : "{\"currentData\": ");
    buffer_append_literal(&changes, "null");
    for (int i = DEPTH - 1; i >= 0; i--)
        buffer_append_char(&changes, i % 2 == 0 ? ']' : '}');
    buffer_append(&expected, changes.data, changes.length);
    buffer_append_literal(&changes, "}]}}");
    buffer_append_literal(&expected, ",\"currentData\":" DATA_7 "}]}}");
    assert_changes(*state, buffer_text(&changes), buffer_text(&expected));
    buffer_free(&changes);
    buffer_free(&expected);
}

static void without_updates_changes_stay(void **state)
{
    static const char *const CHANGES[] = {"{}", "null", "[]", "{\"racesToUpdate\": null}",
                                          UPDATES("")};
    for (size_t i = 0; i < COUNT_OF(CHANGES); i++)
        assert_changes(*state, CHANGES[i], CHANGES[i]);
}

#define RACE_7(start, has_update)                                                                  \
    "{\"id\":7,\"name\":\"10 "                                                                     \
    "\\\"km\\\"\",\"distance\":12.25,\"elevation\":250.5,\"startDate\":" start                     \
    ",\"categoryLevel1\":\"RUNNING\",\"categoryLevel2\":\"KM10\","                                 \
    "\"_current\":{\"startDate\":\"2026-05-10T07:30:00.000Z\"},\"_hasUpdate\":" has_update "}"

#define RACE_8                                                                                     \
    "{\"id\":8,\"name\":null,\"distance\":0,\"elevation\":null,\"startDate\":null,"                \
    "\"categoryLevel1\":null,\"categoryLevel2\":null,\"_current\":{\"startDate\":null},"           \
    "\"_hasUpdate\":false}"

#define STORED "\"2026-05-10T07:30:00.000Z\""

static void assert_races(struct fixture *fixture, const char *changes, const char *expected)
{
    change(fixture, changes);
    assert_member(fixture, "existingRaces", expected);
}

static void existing_races_are_those_of_the_edition(void **state)
{
    assert_races(*state, "{}", "[" RACE_7(STORED, "false") "," RACE_8 "]");
}

static void an_edition_without_races_has_an_empty_list(void **state)
{
    struct fixture *fixture = *state;
    change(fixture, "{}");
    fixture->enrichment.race_count = 0;
    assert_member(fixture, "existingRaces", "[]");
}

static void a_truthy_proposed_start_is_shown(void **state)
{
    assert_races(
        *state, UPDATES("{\"raceId\": 7, \"updates\": {\"startDate\": {\"new\": \"2026-06-01\"}}}"),
        "[" RACE_7("\"2026-06-01\"", "true") "," RACE_8 "]");
    assert_races(*state, UPDATES("{\"raceId\": 7, \"updates\": {\"startDate\": {\"new\": 17}}}"),
                 "[" RACE_7("17", "true") "," RACE_8 "]");
}

static void any_other_start_is_that_of_the_race(void **state)
{
    static const char *const UPDATES_OF_7[] = {"{\"startDate\": {\"new\": null}}",
                                               "{\"startDate\": {\"new\": \"\"}}",
                                               "{\"startDate\": {\"new\": 0}}",
                                               "{\"startDate\": {\"old\": \"2026-06-01\"}}",
                                               "{\"startDate\": \"2026-06-01\"}",
                                               "{\"startDate\": null}",
                                               "{\"x\": {\"new\": 1}}",
                                               "{}",
                                               "[]",
                                               "\"startDate\"",
                                               "1"};
    for (size_t i = 0; i < COUNT_OF(UPDATES_OF_7); i++) {
        char changes[160];
        snprintf(changes, sizeof(changes), UPDATES("{\"raceId\": 7, \"updates\": %s}"),
                 UPDATES_OF_7[i]);
        assert_races(*state, changes, "[" RACE_7(STORED, "true") "," RACE_8 "]");
    }
}

static void a_falsy_update_is_none(void **state)
{
    static const char *const FALSY[] = {"", ", \"updates\": null", ", \"updates\": 0",
                                        ", \"updates\": \"\"", ", \"updates\": false"};
    for (size_t i = 0; i < COUNT_OF(FALSY); i++) {
        char changes[128];
        snprintf(changes, sizeof(changes), UPDATES("{\"raceId\": 7%s}"), FALSY[i]);
        assert_races(*state, changes, "[" RACE_7(STORED, "false") "," RACE_8 "]");
    }
}

static void the_last_update_of_a_race_counts(void **state)
{
    assert_races(*state,
                 UPDATES("{\"raceId\": 7, \"updates\": {\"startDate\": {\"new\": \"a\"}}},"
                         " {\"raceId\": \"7\", \"updates\": {\"startDate\": {\"new\": \"b\"}}}"),
                 "[" RACE_7("\"b\"", "true") "," RACE_8 "]");
    assert_races(*state,
                 UPDATES("{\"raceId\": 7, \"updates\": {\"startDate\": {\"new\": \"a\"}}},"
                         " {\"raceId\": 7}"),
                 "[" RACE_7(STORED, "false") "," RACE_8 "]");
}

/* 0.1 + 0.2 in doubles, added in the contract's order. */
static void distances_are_added_in_order(void **state)
{
    static const struct {
        const char *run, *walk, *swim, *bike, *sum;
    } ROWS[] = {{"0.1", "0.2", NULL, NULL, "0.30000000000000004"},
                {"0.1", "0.2", "0.3", NULL, "0.6000000000000001"},
                {"0.3", "0.2", "0.1", NULL, "0.6"},
                {"1e16", "1", "-1e16", NULL, "0"},
                {NULL, NULL, NULL, "40", "40"},
                {"NaN", "1", NULL, NULL, "null"},
                {"1", NULL, "Infinity", NULL, "null"}};
    struct fixture *fixture = *state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        change(fixture, "{}");
        PGresult *races = fixture->enrichments.races;
        set_value(races, 1, RACE_RUN_DISTANCE, ROWS[i].run);
        set_value(races, 1, RACE_WALK_DISTANCE, ROWS[i].walk);
        set_value(races, 1, RACE_SWIM_DISTANCE, ROWS[i].swim);
        set_value(races, 1, RACE_BIKE_DISTANCE, ROWS[i].bike);
        const char *text = render(fixture, &fixture->enrichments, AGENT_WITHOUT_ID);
        struct slice race;
        struct json_walk walk = json_walk_start(json_member(slice_of(text), "existingRaces"));
        assert_true(json_next_element(&walk, &race));
        struct slice distance = json_member(race, "distance");
        if (!slice_equals(distance, ROWS[i].sum))
            fail_msg("%.*s is not %s", (int)distance.length, distance.start, ROWS[i].sum);
    }
}

static void each_row_has_an_enrichment_of_its_own(void **state)
{
    struct fixture *fixture = *state;
    struct enrichment each[2] = {{.has_event = true, .event = {.slug = "first"}},
                                 {.has_event = true, .event = {.slug = "second"}}};
    struct enrichments enrichments = {.each = each};
    set_value(fixture->proposals, 1, PROPOSAL_ID, "cm2");
    for (int i = 1; i < COLUMNS; i++)
        set_value(fixture->proposals, 1, i, NULL);
    render_proposal(&fixture->out, fixture->proposals, 1, &enrichments, AGENT_WITHOUT_ID);
    buffer_append_char(&fixture->out, '}');
    struct slice row = {fixture->out.data, fixture->out.length};
    assert_true(slice_equals(json_member(row, "id"), "\"cm2\""));
    assert_true(slice_equals(json_member(row, "eventSlug"), "\"second\""));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

static const struct CMUnitTest TESTS[] = {
    TEST(a_row_of_nulls_has_every_key),
    TEST(an_empty_enrichment_is_none),
    TEST(the_agent_has_an_id_where_asked),
    TEST(texts_are_quoted_and_escaped),
    TEST(numbers_go_out_as_they_are),
    TEST(dates_have_three_decimals),
    TEST(json_columns_go_out_byte_for_byte),
    TEST(an_event_replaces_name_and_city),
    TEST(an_event_of_nulls_is_null),
    TEST(keys_that_are_not_gained_are_absent),
    TEST(a_missing_event_takes_name_and_city_away),
    TEST(the_edition_says_the_year),
    TEST(the_previous_edition_has_three_keys),
    TEST(an_update_gains_the_data_of_its_race),
    TEST(an_empty_update_gains_its_first_member),
    TEST(an_update_of_no_known_race_gains_null),
    TEST(a_falsy_value_is_replaced_where_it_stands),
    TEST(a_truthy_value_stays),
    TEST(every_update_gains_its_own),
    TEST(everything_around_stays_byte_for_byte),
    TEST(depth_does_not_matter),
    TEST(without_updates_changes_stay),
    TEST(existing_races_are_those_of_the_edition),
    TEST(an_edition_without_races_has_an_empty_list),
    TEST(a_truthy_proposed_start_is_shown),
    TEST(any_other_start_is_that_of_the_race),
    TEST(a_falsy_update_is_none),
    TEST(the_last_update_of_a_race_counts),
    TEST(distances_are_added_in_order),
    TEST(each_row_has_an_enrichment_of_its_own),
};

RUN_TESTS(TESTS)
