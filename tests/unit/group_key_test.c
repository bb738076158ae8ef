/*
 * group_key: the contract's table of keys, "GET /api/proposals/group/:groupKey".
 */
#include "group_key.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

struct row {
    const char *key;
    const char *first;  /* the proposal's or the event's id */
    const char *second; /* the edition's */
};

static bool parse(const char *text, char kept[64], struct group_key *key)
{
    snprintf(kept, 64, "%s", text);
    return group_key_parse(kept, key);
}

static void assert_text(const char *key, const char *text, const char *expected)
{
    if (text == NULL || strcmp(text, expected) != 0)
        fail_msg("%s: \"%s\" is not \"%s\"", key, text != NULL ? text : "(none)", expected);
}

static void a_prefix_names_one_proposal(void **state)
{
    (void)state;
    static const struct row ROWS[] = {
        {"new-event-cm1abc", "cm1abc", NULL},
        {"event-merge-cm1abc", "cm1abc", NULL},
        {"new-event-a-b-c", "a-b-c", NULL},
        {"event-merge-12-34", "12-34", NULL},
        {"new-event-unknown", "unknown", NULL},
        {"new-event-new-event-1", "new-event-1", NULL},
        {"new-event-event-merge-1", "event-merge-1", NULL},
        {"event-merge-", "", NULL},
        {"new-event-", "", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        char kept[64];
        struct group_key key;
        assert_true(parse(ROWS[i].key, kept, &key));
        assert_int_equal(key.kind, GROUP_OF_ONE);
        assert_text(ROWS[i].key, key.proposal_id, ROWS[i].first);
    }
}

static void event_and_edition_name_a_group(void **state)
{
    (void)state;
    static const struct row ROWS[] = {
        {"12-34", "12", "34"},
        {"0-0", "0", "0"},
        {"abc-def", "abc", "def"},
        {"12-34-56", "12", "34"},
        {"12-34-", "12", "34"},
        {"12-34-unknown", "12", "34"},
        {"12-NULL", "12", "NULL"},
        {"12-unknown2", "12", "unknown2"},
        {"12- ", "12", " "},
        {"Unknown-34", "Unknown", "34"},
        {"null-34", "null", "34"},
        {"undefined-34", "undefined", "34"},
        {"unknown2-34", "unknown2", "34"},
        {"new-event", "new", "event"},
        {"event-merge", "event", "merge"},
        {"NEW-EVENT-1", "NEW", "EVENT"},
        {"new-events-1", "new", "events"},
        {" -34", " ", "34"},
        {"\xc3\xa9-\xc3\xa8", "\xc3\xa9", "\xc3\xa8"},
    };
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        char kept[64];
        struct group_key key;
        assert_true(parse(ROWS[i].key, kept, &key));
        if (key.kind != GROUP_OF_EDITION)
            fail_msg("%s", ROWS[i].key);
        assert_text(ROWS[i].key, key.event_id, ROWS[i].first);
        assert_text(ROWS[i].key, key.edition_id, ROWS[i].second);
    }
}

static void an_event_without_edition_names_those_without_edition(void **state)
{
    (void)state;
    static const struct row ROWS[] = {
        {"12", "12", NULL},
        {"12-", "12", NULL},
        {"12--", "12", NULL},
        {"12--34", "12", NULL},
        {"12-null", "12", NULL},
        {"12-undefined", "12", NULL},
        {"12-unknown", "12", NULL},
        {"12-null-34", "12", NULL},
        {"null", "null", NULL},
        {"undefined", "undefined", NULL},
        {"newevent", "newevent", NULL},
        {"Unknown", "Unknown", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        char kept[64];
        struct group_key key;
        assert_true(parse(ROWS[i].key, kept, &key));
        if (key.kind != GROUP_WITHOUT_EDITION)
            fail_msg("%s", ROWS[i].key);
        assert_text(ROWS[i].key, key.event_id, ROWS[i].first);
    }
}

static void a_key_without_event_is_refused(void **state)
{
    (void)state;
    static const char *const KEYS[] = {
        "",         "-",          "--",        "-34",          "--34",     "unknown",
        "unknown-", "unknown-34", "unknown--", "unknown-null", "-unknown", "-new-event-1",
        "-34-12"};
    for (size_t i = 0; i < COUNT_OF(KEYS); i++) {
        char kept[64];
        struct group_key key;
        if (parse(KEYS[i], kept, &key))
            fail_msg("\"%s\" is taken", KEYS[i]);
    }
}

static void nothing_is_left_of_an_earlier_key(void **state)
{
    (void)state;
    char kept[64];
    struct group_key key;
    assert_true(parse("12-34", kept, &key));
    assert_null(key.proposal_id);
    assert_true(parse("new-event-1", kept, &key));
    assert_null(key.event_id);
    assert_null(key.edition_id);
    assert_true(parse("12", kept, &key));
    assert_null(key.proposal_id);
    assert_null(key.edition_id);
}

static const struct CMUnitTest TESTS[] = {
    cmocka_unit_test(a_prefix_names_one_proposal),
    cmocka_unit_test(event_and_edition_name_a_group),
    cmocka_unit_test(an_event_without_edition_names_those_without_edition),
    cmocka_unit_test(a_key_without_event_is_refused),
    cmocka_unit_test(nothing_is_left_of_an_earlier_key),
};

RUN_TESTS(TESTS)
