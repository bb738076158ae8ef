/*
 * enrich_proposal: which proposals need Miles Republic. Nobody has said where it is, so that a
 * proposal in need of it shows in the state of the answer, and nothing is ever enriched.
 */
#include "enrich_proposal.h"
#include "proposals_sql.h"
#include "results.h"
#include "unit.h"

enum { COLUMNS = PROPOSAL_AGENT_TYPE + 1 };

struct fixture {
    struct arena arena;
    PGresult *proposals;
    struct enrichments enrichments;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){.proposals = make_result(COLUMNS, 1)};
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    enrichments_free(&fixture->enrichments);
    PQclear(fixture->proposals);
    arena_free(&fixture->arena);
    return 0;
}

/* What of a proposal decides. NULL is SQL's NULL. */
struct proposal {
    const char *type;
    const char *event_id;
    const char *edition_id;
    const char *event_name;
    const char *changes;
};

static void set_proposal(struct fixture *fixture, int row, const struct proposal *proposal)
{
    const char *changes = proposal->changes != NULL ? proposal->changes : "{}";
    set_value(fixture->proposals, row, PROPOSAL_TYPE, proposal->type);
    set_value(fixture->proposals, row, PROPOSAL_EVENT_ID, proposal->event_id);
    set_value(fixture->proposals, row, PROPOSAL_EDITION_ID, proposal->edition_id);
    set_value(fixture->proposals, row, PROPOSAL_EVENT_NAME, proposal->event_name);
    set_value(fixture->proposals, row, PROPOSAL_CHANGES, changes);
    set_value(fixture->proposals, row, PROPOSAL_EDITION_YEAR, "2026");
}

static enum scoreboard_enrichment enrich(struct fixture *fixture)
{
    struct deadline deadline = deadline_in(5000, -1);
    enrichments_free(&fixture->enrichments);
    assert_int_equal(
        enrich_proposals(fixture->proposals, &fixture->arena, &deadline, &fixture->enrichments),
        DATABASE_OK);
    return fixture->enrichments.state;
}

static void assert_needs(struct fixture *fixture, const struct proposal *proposals, size_t count,
                         bool needs)
{
    for (size_t i = 0; i < count; i++) {
        set_proposal(fixture, 0, &proposals[i]);
        enum scoreboard_enrichment expected =
            needs ? ENRICHMENT_UNCONFIGURED : ENRICHMENT_NOT_NEEDED;
        if (enrich(fixture) != expected)
            fail_msg("proposal %zu: %s", i, enrichment_state_name(fixture->enrichments.state));
        const struct enrichment *each = fixture->enrichments.each;
        assert_false(each->has_event || each->drops_event_names || each->has_edition_year ||
                     each->has_previous || each->has_races);
    }
}

static void event_updates_need_their_event_named_or_not(void **state)
{
    static const struct proposal PROPOSALS[] = {
        {"EVENT_UPDATE", "12", NULL, NULL, NULL},   {"EVENT_UPDATE", "12", "34", "named", NULL},
        {"EVENT_UPDATE", "0012", NULL, "", NULL},   {"EVENT_UPDATE", "2147483647", "", NULL, NULL},
        {"EVENT_UPDATE", "12", NULL, NULL, "null"},
    };
    assert_needs(*state, PROPOSALS, COUNT_OF(PROPOSALS), true);
}

static void unnamed_new_events_need_their_event(void **state)
{
    static const struct proposal PROPOSALS[] = {
        {"NEW_EVENT", "12", NULL, NULL, NULL},
        {"NEW_EVENT", "12", NULL, "", NULL},
        {"NEW_EVENT", "12", "odd", NULL, NULL},
        {"NEW_EVENT", "12", NULL, NULL, "{\"racesToUpdate\": {\"new\": 1}}"},
    };
    assert_needs(*state, PROPOSALS, COUNT_OF(PROPOSALS), true);
}

static void unnamed_edition_updates_need_edition_or_event(void **state)
{
    static const struct proposal PROPOSALS[] = {
        {"EDITION_UPDATE", NULL, "34", NULL, NULL},
        {"EDITION_UPDATE", "odd", "34", "", NULL},
        {"EDITION_UPDATE", "12", NULL, NULL, NULL},
        {"EDITION_UPDATE", "12", "", NULL, NULL},
        {"EDITION_UPDATE", NULL, "0", NULL, NULL},
        {"EDITION_UPDATE", NULL, "34", NULL, "{\"racesToUpdate\": {\"new\": [{}]}}"},
        {"EDITION_UPDATE", NULL, "34", NULL, "{\"racesToUpdate\": {\"new\": 0}}"},
        {"EDITION_UPDATE", "12", NULL, NULL, "{\"racesToUpdate\": {\"new\": 1}}"},
    };
    assert_needs(*state, PROPOSALS, COUNT_OF(PROPOSALS), true);
}

static void named_proposals_need_nothing(void **state)
{
    static const struct proposal PROPOSALS[] = {
        {"NEW_EVENT", "12", "34", "named", NULL},
        {"EDITION_UPDATE", "12", "34", "named", NULL},
        {"EDITION_UPDATE", "12", NULL, " ", NULL},
    };
    assert_needs(*state, PROPOSALS, COUNT_OF(PROPOSALS), false);
}

static void other_types_need_nothing(void **state)
{
    static const struct proposal PROPOSALS[] = {
        {"EVENT_MERGE", "12", "34", NULL, NULL},
        {"RACE_UPDATE", "12", "34", NULL, NULL},
        {"", "12", "34", NULL, NULL},
        {"EVENT_UPDATES", "12", "34", NULL, NULL},
    };
    assert_needs(*state, PROPOSALS, COUNT_OF(PROPOSALS), false);
}

static void odd_ids_need_nothing(void **state)
{
    static const char *const IDS[] = {NULL, "",    "abc",     "12abc",      "-1",
                                      "+1", " 12", "1.0",     "2147483648", "99999999999999999999",
                                      "{1", "1,2", "\xd9\xa1"};
    for (size_t i = 0; i < COUNT_OF(IDS); i++) {
        const struct proposal proposals[] = {
            {"EVENT_UPDATE", IDS[i], NULL, NULL, NULL},
            {"NEW_EVENT", IDS[i], NULL, NULL, NULL},
            {"EDITION_UPDATE", IDS[i], NULL, NULL, NULL},
            {"EDITION_UPDATE", NULL, IDS[i], NULL, NULL},
        };
        assert_needs(*state, proposals, COUNT_OF(proposals), false);
    }
}

static void an_odd_edition_is_not_made_up_for_by_the_event(void **state)
{
    static const struct proposal PROPOSALS[] = {
        {"EDITION_UPDATE", "12", "odd", NULL, NULL},
        {"EDITION_UPDATE", "12", "34", NULL, "{\"racesToUpdate\": {\"new\": 1}}"},
        {"EDITION_UPDATE", "12", "34", NULL, "{\"racesToUpdate\": {\"new\": [7]}}"},
        {"EDITION_UPDATE", "12", "34", NULL, "{\"racesToUpdate\": {\"new\": {}}}"},
    };
    assert_needs(*state, PROPOSALS, COUNT_OF(PROPOSALS), false);
}

static void an_event_of_id_zero_is_none(void **state)
{
    static const struct proposal NONE[] = {{"NEW_EVENT", "0", NULL, NULL, NULL},
                                           {"EDITION_UPDATE", "000", NULL, NULL, NULL}};
    assert_needs(*state, NONE, COUNT_OF(NONE), false);
}

static void one_in_need_is_enough_for_the_answer(void **state)
{
    struct fixture *fixture = *state;
    static const struct proposal NAMED = {"NEW_EVENT", "12", "34", "named", NULL};
    static const struct proposal UNNAMED = {"NEW_EVENT", "12", "34", NULL, NULL};
    for (int row = 1; row < 100; row++)
        for (int column = 0; column < COLUMNS; column++)
            set_value(fixture->proposals, row, column, NULL);
    for (int row = 0; row < 100; row++)
        set_proposal(fixture, row, &NAMED);
    assert_int_equal(enrich(fixture), ENRICHMENT_NOT_NEEDED);
    set_proposal(fixture, 99, &UNNAMED);
    assert_int_equal(enrich(fixture), ENRICHMENT_UNCONFIGURED);
}

static void no_proposals_need_nothing(void **state)
{
    struct fixture *fixture = *state;
    PQclear(fixture->proposals);
    fixture->proposals = make_result(COLUMNS, 0);
    assert_int_equal(enrich(fixture), ENRICHMENT_NOT_NEEDED);
}

static void every_state_has_its_name(void **state)
{
    (void)state;
    assert_string_equal(enrichment_state_name(ENRICHMENT_NOT_NEEDED), "not_needed");
    assert_string_equal(enrichment_state_name(ENRICHMENT_OK), "ok");
    assert_string_equal(enrichment_state_name(ENRICHMENT_UNCONFIGURED), "unconfigured");
    assert_string_equal(enrichment_state_name(ENRICHMENT_UNAVAILABLE), "unavailable");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

static const struct CMUnitTest TESTS[] = {
    TEST(event_updates_need_their_event_named_or_not),
    TEST(unnamed_new_events_need_their_event),
    TEST(unnamed_edition_updates_need_edition_or_event),
    TEST(named_proposals_need_nothing),
    TEST(other_types_need_nothing),
    TEST(odd_ids_need_nothing),
    TEST(an_odd_edition_is_not_made_up_for_by_the_event),
    TEST(an_event_of_id_zero_is_none),
    TEST(one_in_need_is_enough_for_the_answer),
    TEST(no_proposals_need_nothing),
    TEST(every_state_has_its_name),
};

RUN_TESTS(TESTS)
