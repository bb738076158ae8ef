/*
 * race_updates: which shapes of changes.racesToUpdate.new are updates, which are none, and which
 * are odd; and which update of a race counts.
 */
#include "buffer.h"
#include "race_updates.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

struct fixture {
    struct arena arena;
    struct race_updates updates;
};

ARENA_FIXTURE

static enum race_updates_result read_changes(struct fixture *fixture, const char *changes)
{
    return race_updates_read(slice_of(changes), &fixture->arena, &fixture->updates);
}

/* What comes of `changes` with `value` as racesToUpdate.new; it must stand until the end. */
static enum race_updates_result read_new(struct fixture *fixture, const char *value)
{
    struct buffer changes = {0};
    buffer_append_format(&changes, "{\"races\": {\"new\": [1]}, \"racesToUpdate\": {\"new\": %s}}",
                         value);
    char *kept = arena_copy(&fixture->arena, changes.data, changes.length);
    buffer_free(&changes);
    assert_non_null(kept);
    return read_changes(fixture, kept);
}

static void assert_slice(struct slice slice, const char *expected)
{
    if (!slice_equals(slice, expected))
        fail_msg("\"%.*s\" is not \"%s\"", (int)slice.length, slice.start, expected);
}

static void changes_without_updates_have_none(void **state)
{
    struct fixture *fixture = *state;
    static const char *const CHANGES[] = {
        "{}",
        "null",
        "[]",
        "\"racesToUpdate\"",
        "7",
        "[{\"racesToUpdate\": {\"new\": 1}}]",
        "{\"racesToUpdate\": null}",
        "{\"racesToUpdate\": []}",
        "{\"racesToUpdate\": [{\"new\": 1}]}",
        "{\"racesToUpdate\": \"new\"}",
        "{\"racesToUpdate\": {}}",
        "{\"racesToUpdate\": {\"old\": [{}]}}",
        "{\"racesToUpdate\": {\"old\": 1}, \"new\": [1]}",
        "{\"new\": [1]}",
        "{\"edition\": {\"racesToUpdate\": {\"new\": 1}}}",
    };
    for (size_t i = 0; i < COUNT_OF(CHANGES); i++) {
        if (read_changes(fixture, CHANGES[i]) != RACE_UPDATES_OK)
            fail_msg("%s", CHANGES[i]);
        assert_int_equal(fixture->updates.count, 0);
    }
}

static void absent_changes_have_none(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(race_updates_read((struct slice){NULL, 0}, &fixture->arena, &fixture->updates),
                     RACE_UPDATES_OK);
    assert_int_equal(fixture->updates.count, 0);
}

static void a_falsy_new_has_none(void **state)
{
    struct fixture *fixture = *state;
    static const char *const VALUES[] = {"null", "false", "0", "-0.0", "\"\"", "1e-400"};
    for (size_t i = 0; i < COUNT_OF(VALUES); i++) {
        if (read_new(fixture, VALUES[i]) != RACE_UPDATES_OK)
            fail_msg("%s", VALUES[i]);
        assert_int_equal(fixture->updates.count, 0);
    }
}

static void an_empty_array_has_none(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(read_new(fixture, "[]"), RACE_UPDATES_OK);
    assert_int_equal(fixture->updates.count, 0);
}

static void what_is_truthy_but_no_array_is_odd(void **state)
{
    static const char *const VALUES[] = {
        "true", "1", "\"a\"", "{}", "{\"raceId\": 1}", "{\"0\": {\"raceId\": 1}}", "\"[]\""};
    for (size_t i = 0; i < COUNT_OF(VALUES); i++)
        if (read_new(*state, VALUES[i]) != RACE_UPDATES_ODD)
            fail_msg("%s", VALUES[i]);
}

static void an_element_that_is_no_object_is_odd(void **state)
{
    static const char *const VALUES[] = {"[null]",
                                         "[1]",
                                         "[\"a\"]",
                                         "[[]]",
                                         "[true]",
                                         "[{\"raceId\": 1}, null]",
                                         "[{}, [], {}]",
                                         "[{\"raceId\": 1}, \"{\"]",
                                         "[[{\"raceId\": 1}]]"};
    for (size_t i = 0; i < COUNT_OF(VALUES); i++)
        if (read_new(*state, VALUES[i]) != RACE_UPDATES_ODD)
            fail_msg("%s", VALUES[i]);
}

static void an_odd_shape_leaves_no_updates(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(read_new(fixture, "[{\"raceId\": 1}, 2]"), RACE_UPDATES_ODD);
    assert_int_equal(fixture->updates.count, 0);
    assert_null(race_updates_find(&fixture->updates, 1));
}

static void an_update_is_read_part_by_part(void **state)
{
    struct fixture *fixture = *state;
    static const char UPDATE[] =
        "{\"raceId\": 30003, \"updates\": {\"startDate\": {\"new\": \"x\"}}, "
        "\"raceName\": \"10 km\", \"currentData\": {\"name\": \"old\"}}";
    char array[256];
    snprintf(array, sizeof(array), "[%s]", UPDATE);
    assert_int_equal(read_new(fixture, array), RACE_UPDATES_OK);
    assert_int_equal(fixture->updates.count, 1);
    const struct race_update *update = &fixture->updates.items[0];
    assert_true(update->has_race_id);
    assert_int_equal(update->race_id, 30003);
    assert_slice(update->element, UPDATE);
    assert_slice(update->updates, "{\"startDate\": {\"new\": \"x\"}}");
    assert_slice(update->current_data, "{\"name\": \"old\"}");
}

static void absent_parts_are_empty(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(read_new(fixture, "[{}, {\"raceId\": 7}]"), RACE_UPDATES_OK);
    assert_int_equal(fixture->updates.count, 2);
    assert_false(fixture->updates.items[0].has_race_id);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(fixture->updates.items[i].updates.length, 0);
        assert_int_equal(fixture->updates.items[i].current_data.length, 0);
    }
}

static void parts_inside_parts_do_not_count(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(read_new(fixture,
                              "[{\"a\": {\"raceId\": 7, \"updates\": 1}, "
                              "\"b\": \"\\\"currentData\\\": 1\"}]"),
                     RACE_UPDATES_OK);
    const struct race_update *update = &fixture->updates.items[0];
    assert_false(update->has_race_id);
    assert_int_equal(update->updates.length, 0);
    assert_int_equal(update->current_data.length, 0);
}

static void falsy_parts_are_kept_as_they_are(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(read_new(fixture, "[{\"updates\": null, \"currentData\": false}]"),
                     RACE_UPDATES_OK);
    assert_slice(fixture->updates.items[0].updates, "null");
    assert_slice(fixture->updates.items[0].current_data, "false");
}

static void race_ids_are_numbers_or_leading_integers(void **state)
{
    struct fixture *fixture = *state;
    static const char *const IDS[] = {"30003",      "\"30003\"",  "\"30003abc\"",
                                      "\" 30003\"", "\"+30003\"", "\"0030003\""};
    for (size_t i = 0; i < COUNT_OF(IDS); i++) {
        char array[64];
        snprintf(array, sizeof(array), "[{\"raceId\": %s}]", IDS[i]);
        assert_int_equal(read_new(fixture, array), RACE_UPDATES_OK);
        if (race_updates_find(&fixture->updates, 30003) == NULL)
            fail_msg("%s", IDS[i]);
        assert_null(race_updates_find(&fixture->updates, 3000));
    }
}

static void a_race_id_that_is_none_leaves_the_update(void **state)
{
    struct fixture *fixture = *state;
    static const char *const IDS[] = {
        "null", "\"\"",       "\"abc\"",    "true",
        "[7]",  "{\"a\": 7}", "4294967296", "\"99999999999999999999\""};
    for (size_t i = 0; i < COUNT_OF(IDS); i++) {
        char array[64];
        snprintf(array, sizeof(array), "[{\"raceId\": %s}]", IDS[i]);
        assert_int_equal(read_new(fixture, array), RACE_UPDATES_OK);
        assert_int_equal(fixture->updates.count, 1);
        assert_false(fixture->updates.items[0].has_race_id);
        assert_null(race_updates_find(&fixture->updates, 0));
        assert_null(race_updates_find(&fixture->updates, 7));
    }
}

static void the_last_update_of_a_race_wins(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(read_new(fixture,
                              "[{\"raceId\": 1, \"updates\": \"a\"}, "
                              "{\"raceId\": 2, \"updates\": \"b\"}, "
                              "{\"raceId\": \"1x\", \"updates\": \"c\"}, "
                              "{\"raceId\": \"x\", \"updates\": \"d\"}]"),
                     RACE_UPDATES_OK);
    assert_int_equal(fixture->updates.count, 4);
    assert_slice(race_updates_find(&fixture->updates, 1)->updates, "\"c\"");
    assert_slice(race_updates_find(&fixture->updates, 2)->updates, "\"b\"");
    assert_null(race_updates_find(&fixture->updates, 3));
}

static void thousands_of_updates_are_read(void **state)
{
    struct fixture *fixture = *state;
    struct buffer array = {0};
    buffer_append_char(&array, '[');
    for (int i = 0; i < 3000; i++)
        buffer_append_format(&array, "%s{\"raceId\": %d}", i > 0 ? ", " : "", i);
    buffer_append_char(&array, ']');
    assert_int_equal(read_new(fixture, buffer_text(&array)), RACE_UPDATES_OK);
    buffer_free(&array);
    assert_int_equal(fixture->updates.count, 3000);
    assert_ptr_equal(race_updates_find(&fixture->updates, 2999), &fixture->updates.items[2999]);
    assert_ptr_equal(race_updates_find(&fixture->updates, 0), &fixture->updates.items[0]);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

static const struct CMUnitTest TESTS[] = {
    TEST(changes_without_updates_have_none),
    TEST(absent_changes_have_none),
    TEST(a_falsy_new_has_none),
    TEST(an_empty_array_has_none),
    TEST(what_is_truthy_but_no_array_is_odd),
    TEST(an_element_that_is_no_object_is_odd),
    TEST(an_odd_shape_leaves_no_updates),
    TEST(an_update_is_read_part_by_part),
    TEST(absent_parts_are_empty),
    TEST(parts_inside_parts_do_not_count),
    TEST(falsy_parts_are_kept_as_they_are),
    TEST(race_ids_are_numbers_or_leading_integers),
    TEST(a_race_id_that_is_none_leaves_the_update),
    TEST(the_last_update_of_a_race_wins),
    TEST(thousands_of_updates_are_read),
};

RUN_TESTS(TESTS)
