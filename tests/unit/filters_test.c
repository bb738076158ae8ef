/*
 * filters: every parameter of GET /api/proposals, its values, its default, what is refused, and
 * that a refusal repeats nothing the client sent.
 */
#include "filters.h"
#include "timestamp.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

struct fixture {
    struct arena arena;
    struct query_string query;
    struct filters filters;
    char problem[FILTERS_PROBLEM_SIZE];
};

ARENA_FIXTURE

static bool parse(struct fixture *fixture, const char *text)
{
    assert_int_equal(query_string_parse(text, &fixture->arena, &fixture->query), QUERY_OK);
    memset(&fixture->filters, 0x55, sizeof(fixture->filters));
    snprintf(fixture->problem, sizeof(fixture->problem), "(none)");
    return filters_parse(&fixture->query, &fixture->filters, fixture->problem);
}

static const struct filters *accept(struct fixture *fixture, const char *text)
{
    if (!parse(fixture, text))
        fail_msg("%s: %s", text, fixture->problem);
    return &fixture->filters;
}

/* `name=value` is refused, in a message that starts with the name. */
static void refuse(struct fixture *fixture, const char *name, const char *value)
{
    char text[256];
    char start[64];
    snprintf(text, sizeof(text), "%s=%s", name, value);
    snprintf(start, sizeof(start), "%s: ", name);
    if (parse(fixture, text))
        fail_msg("%s is taken", text);
    if (strncmp(fixture->problem, start, strlen(start)) != 0)
        fail_msg("%s: \"%s\"", text, fixture->problem);
}

static void assert_no_filter(const struct filters *filters)
{
    assert_null(filters->status);
    assert_null(filters->type);
    assert_null(filters->event_id);
    assert_null(filters->edition_id);
    assert_null(filters->agent_name);
    assert_null(filters->category_level1);
    assert_null(filters->category_level2);
    assert_null(filters->search);
    assert_false(filters->has_start_date_from);
    assert_false(filters->has_start_date_to);
}

static void without_parameters_the_defaults_hold(void **state)
{
    const struct filters *filters = accept(*state, "");
    assert_no_filter(filters);
    assert_int_equal(filters->sort, SORT_CREATED_DESC);
    assert_int_equal(filters->limit, 20);
    assert_int_equal(filters->offset, 0);
}

static void every_status_is_taken(void **state)
{
    static const char *const STATUSES[] = {"PENDING", "APPROVED", "REJECTED", "ARCHIVED",
                                           "PARTIALLY_APPROVED"};
    for (size_t i = 0; i < COUNT_OF(STATUSES); i++) {
        char text[64];
        snprintf(text, sizeof(text), "status=%s", STATUSES[i]);
        assert_string_equal(accept(*state, text)->status, STATUSES[i]);
    }
}

static void no_other_status_is_taken(void **state)
{
    static const char *const VALUES[] = {"",          "pending",         "PENDING ", "%20PENDING",
                                         "PEND",      "PENDINGX",        "ALL",      "NEW_EVENT",
                                         "'PENDING'", "PENDING,APPROVED"};
    for (size_t i = 0; i < COUNT_OF(VALUES); i++)
        refuse(*state, "status", VALUES[i]);
}

static void every_type_is_taken(void **state)
{
    static const char *const TYPES[] = {"NEW_EVENT", "EVENT_UPDATE", "EDITION_UPDATE",
                                        "RACE_UPDATE", "EVENT_MERGE"};
    for (size_t i = 0; i < COUNT_OF(TYPES); i++) {
        char text[64];
        snprintf(text, sizeof(text), "type=%s", TYPES[i]);
        assert_string_equal(accept(*state, text)->type, TYPES[i]);
    }
}

static void no_other_type_is_taken(void **state)
{
    static const char *const VALUES[] = {"", "new_event", "EVENT", "PENDING", "EVENT_MERGE%0A"};
    for (size_t i = 0; i < COUNT_OF(VALUES); i++)
        refuse(*state, "type", VALUES[i]);
}

static void every_sort_is_taken(void **state)
{
    assert_int_equal(accept(*state, "sort=created-desc")->sort, SORT_CREATED_DESC);
    assert_int_equal(accept(*state, "sort=date-asc")->sort, SORT_DATE_ASC);
    assert_int_equal(accept(*state, "sort=date-desc")->sort, SORT_DATE_DESC);
}

static void no_other_sort_is_taken(void **state)
{
    static const char *const VALUES[] = {"", "created-asc", "date", "DATE-ASC", "date_asc", "0"};
    for (size_t i = 0; i < COUNT_OF(VALUES); i++)
        refuse(*state, "sort", VALUES[i]);
}

static void texts_are_taken_as_they_are(void **state)
{
    const struct filters *filters =
        accept(*state,
               "eventId=+12&editionId=x%27y&agentName=FFA+Scraper+&categoryLevel1=TRAIL"
               "&categoryLevel2=%22%5C");
    assert_string_equal(filters->event_id, " 12");
    assert_string_equal(filters->edition_id, "x'y");
    assert_string_equal(filters->agent_name, "FFA Scraper ");
    assert_string_equal(filters->category_level1, "TRAIL");
    assert_string_equal(filters->category_level2, "\"\\");
}

static void empty_texts_are_no_filter(void **state)
{
    assert_no_filter(accept(*state,
                            "eventId=&editionId=&agentName=&search=&categoryLevel1="
                            "&categoryLevel2="));
    assert_no_filter(accept(*state, "eventId&editionId&agentName&search&categoryLevel1"));
}

static void search_is_trimmed(void **state)
{
    assert_string_equal(accept(*state, "search=++trail+noir%09")->search, "trail noir");
    assert_string_equal(accept(*state, "search=%C2%A0%C3%A9%E3%80%80")->search, "\xc3\xa9");
}

static void search_of_white_space_is_no_filter(void **state)
{
    assert_null(accept(*state, "search=+%09%0A%C2%A0")->search);
}

static void search_may_be_anything(void **state)
{
    assert_string_equal(accept(*state, "search=%25_%5C'--;")->search, "%_\\'--;");
    assert_string_equal(accept(*state, "search=99999999999999999999")->search,
                        "99999999999999999999");
}

static void limits_from_1_to_100_are_taken(void **state)
{
    static const struct {
        const char *text;
        int64_t limit;
    } ROWS[] = {{"limit=1", 1},   {"limit=100", 100},  {"limit=%2B5", 5},
                {"limit=007", 7}, {"limit=0100", 100}, {"limit=%2B007", 7}};
    for (size_t i = 0; i < COUNT_OF(ROWS); i++)
        assert_int_equal(accept(*state, ROWS[i].text)->limit, ROWS[i].limit);
}

static void limit_zero_is_refused(void **state)
{
    refuse(*state, "limit", "0");
    refuse(*state, "limit", "000");
    refuse(*state, "limit", "%2B0");
}

static void limit_above_100_is_refused(void **state)
{
    refuse(*state, "limit", "101");
    refuse(*state, "limit", "4294967297");
    refuse(*state, "limit", "18446744073709551617");
}

/* What is no integer, for limit and offset alike. */
static const char *const NO_INTEGERS[] = {
    "",     "-1",  "-0", "10.0", "1e1",     "+5",  " 5",       "5+",    "5%09",
    "0x10", "abc", "5a", "%2B",  "%2B%2B5", "NaN", "Infinity", "1,000", "%D9%A5",
};

static void a_limit_that_is_no_integer_is_refused(void **state)
{
    for (size_t i = 0; i < COUNT_OF(NO_INTEGERS); i++)
        refuse(*state, "limit", NO_INTEGERS[i]);
}

static void an_offset_that_is_no_integer_is_refused(void **state)
{
    for (size_t i = 0; i < COUNT_OF(NO_INTEGERS); i++)
        refuse(*state, "offset", NO_INTEGERS[i]);
}

static void offsets_from_0_are_taken(void **state)
{
    assert_int_equal(accept(*state, "offset=0")->offset, 0);
    assert_int_equal(accept(*state, "offset=%2B0040")->offset, 40);
    assert_int_equal(accept(*state, "offset=4294967297")->offset, INT64_C(4294967297));
    assert_int_equal(accept(*state, "offset=9007199254740991")->offset, INT64_C(9007199254740991));
}

static void an_offset_that_javascript_cannot_count_is_refused(void **state)
{
    refuse(*state, "offset", "9007199254740992");
    refuse(*state, "offset", "99999999999999999999999");
}

static const int64_t DAY = MILLISECONDS_A_DAY;
static const int64_t MAY_17_2026 = INT64_C(20590) * 24 * 3600 * 1000;

static void start_date_from_is_inclusive(void **state)
{
    const struct filters *filters = accept(*state, "startDateFrom=2026-05-17");
    assert_true(filters->has_start_date_from);
    assert_false(filters->has_start_date_to);
    assert_true(filters->start_date_from == MAY_17_2026);
}

static void start_date_to_takes_in_the_day_behind(void **state)
{
    const struct filters *filters = accept(*state, "startDateTo=2026-05-17");
    assert_true(filters->has_start_date_to);
    assert_false(filters->has_start_date_from);
    assert_true(filters->start_date_before == MAY_17_2026 + DAY);
    filters = accept(*state, "startDateTo=2026-05-17T07:30:00Z");
    assert_true(filters->start_date_before == MAY_17_2026 + DAY + 27000000);
}

static void start_dates_may_have_offsets_from_utc(void **state)
{
    const struct filters *filters =
        accept(*state, "startDateFrom=2026-05-17T00:00:00%2B02:00&startDateTo=2026-05-17+00:00");
    assert_true(filters->start_date_from == MAY_17_2026 - 7200000);
    assert_true(filters->start_date_before == MAY_17_2026 + DAY);
}

static void what_is_no_date_is_refused(void **state)
{
    static const char *const VALUES[] = {"",
                                         "today",
                                         "2026-02-29",
                                         "2026-13",
                                         "2026-05-32",
                                         "17/05/2026",
                                         "2026-5-7",
                                         "1779001200000",
                                         "2026-05-17T",
                                         "2026-05-17T25:00",
                                         "infinity",
                                         "2026-05-17T09:30:00+02:00"};
    for (size_t i = 0; i < COUNT_OF(VALUES); i++) {
        refuse(*state, "startDateFrom", VALUES[i]);
        refuse(*state, "startDateTo", VALUES[i]);
    }
}

static void unknown_parameters_are_ignored(void **state)
{
    const struct filters *filters =
        accept(*state, "Status=x&statuses=x&limits=0&status[]=x&a=1&a=2&=&%F0%9F%98%80=1&limit=7");
    assert_no_filter(filters);
    assert_int_equal(filters->limit, 7);
}

static void every_parameter_given_twice_is_refused(void **state)
{
    static const char *const VALID[] = {
        "status=PENDING",     "type=NEW_EVENT",   "eventId=1",        "editionId=1",
        "agentName=a",        "categoryLevel1=a", "categoryLevel2=a", "search=a",
        "startDateFrom=2026", "startDateTo=2026", "sort=date-asc",    "limit=1",
        "offset=1",
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < COUNT_OF(VALID); i++) {
        char text[128];
        size_t name = strcspn(VALID[i], "=");
        snprintf(text, sizeof(text), "%s&x=y&%s", VALID[i], VALID[i]);
        accept(fixture, VALID[i]);
        if (parse(fixture, text))
            fail_msg("%s is taken", text);
        assert_memory_equal(fixture->problem, VALID[i], name);
        assert_string_equal(fixture->problem + name, ": is given more than once");
    }
}

static void repeated_empty_parameters_are_refused_too(void **state)
{
    struct fixture *fixture = *state;
    assert_false(parse(fixture, "eventId=&eventId="));
    assert_string_equal(fixture->problem, "eventId: is given more than once");
}

static void messages_say_what_is_allowed(void **state)
{
    struct fixture *fixture = *state;
    refuse(fixture, "limit", "0");
    assert_string_equal(fixture->problem, "limit: must be an integer from 1 to 100");
    refuse(fixture, "status", "x");
    assert_non_null(strstr(fixture->problem,
                           "PENDING, APPROVED, REJECTED, ARCHIVED, "
                           "PARTIALLY_APPROVED"));
    refuse(fixture, "type", "x");
    assert_non_null(strstr(fixture->problem,
                           "NEW_EVENT, EVENT_UPDATE, EDITION_UPDATE, "
                           "RACE_UPDATE, EVENT_MERGE"));
    refuse(fixture, "sort", "x");
    assert_non_null(strstr(fixture->problem, "created-desc, date-asc, date-desc"));
}

static void messages_repeat_nothing_the_client_sent(void **state)
{
    static const char *const NAMES[] = {"status", "type",  "startDateFrom", "startDateTo",
                                        "sort",   "limit", "offset"};
    struct fixture *fixture = *state;
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        refuse(fixture, NAMES[i], "canary<script>%25s%25n");
        assert_null(strstr(fixture->problem, "canary"));
        assert_null(strchr(fixture->problem, '<'));
        assert_true(strlen(fixture->problem) < FILTERS_PROBLEM_SIZE - 1);
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

static const struct CMUnitTest TESTS[] = {
    TEST(without_parameters_the_defaults_hold),
    TEST(every_status_is_taken),
    TEST(no_other_status_is_taken),
    TEST(every_type_is_taken),
    TEST(no_other_type_is_taken),
    TEST(every_sort_is_taken),
    TEST(no_other_sort_is_taken),
    TEST(texts_are_taken_as_they_are),
    TEST(empty_texts_are_no_filter),
    TEST(search_is_trimmed),
    TEST(search_of_white_space_is_no_filter),
    TEST(search_may_be_anything),
    TEST(limits_from_1_to_100_are_taken),
    TEST(limit_zero_is_refused),
    TEST(limit_above_100_is_refused),
    TEST(a_limit_that_is_no_integer_is_refused),
    TEST(an_offset_that_is_no_integer_is_refused),
    TEST(offsets_from_0_are_taken),
    TEST(an_offset_that_javascript_cannot_count_is_refused),
    TEST(start_date_from_is_inclusive),
    TEST(start_date_to_takes_in_the_day_behind),
    TEST(start_dates_may_have_offsets_from_utc),
    TEST(what_is_no_date_is_refused),
    TEST(unknown_parameters_are_ignored),
    TEST(every_parameter_given_twice_is_refused),
    TEST(repeated_empty_parameters_are_refused_too),
    TEST(messages_say_what_is_allowed),
    TEST(messages_repeat_nothing_the_client_sent),
};

RUN_TESTS(TESTS)
