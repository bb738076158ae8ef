/*
 * json_scan: finding parts of JSON text in place, at any depth; truth and integers as JavaScript
 * has them.
 */
#include "json_scan.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void assert_slice(struct slice slice, const char *expected)
{
    if (!slice_equals(slice, expected))
        fail_msg("\"%.*s\" is not \"%s\"", (int)slice.length, slice.start, expected);
}

/* `expected`: the elements, each with a '|' behind it. */
static void assert_elements(const char *array, const char *expected)
{
    char found[512] = "";
    size_t length = 0;
    struct slice element;
    struct json_walk walk = json_walk_start(slice_of(array));
    while (json_next_element(&walk, &element))
        length += (size_t)snprintf(found + length, sizeof(found) - length, "%.*s|",
                                   (int)element.length, element.start);
    assert_string_equal(found, expected);
    assert_false(json_next_element(&walk, &element));
}

/* `expected`: the members as key=value, each with a '|' behind it. */
static void assert_members(const char *object, const char *expected)
{
    char found[512] = "";
    size_t length = 0;
    struct slice key;
    struct slice value;
    struct json_walk walk = json_walk_start(slice_of(object));
    while (json_next_member(&walk, &key, &value))
        length += (size_t)snprintf(found + length, sizeof(found) - length, "%.*s=%.*s|",
                                   (int)key.length, key.start, (int)value.length, value.start);
    assert_string_equal(found, expected);
}

static void kinds_are_told_by_the_first_byte(void **state)
{
    (void)state;
    static const char *const OTHERS[] = {"1", "\"{\"", "\"[\"", "true", "null", ""};
    assert_true(json_is_object(slice_of("{}")));
    assert_false(json_is_array(slice_of("{}")));
    assert_true(json_is_array(slice_of("[]")));
    assert_false(json_is_object(slice_of("[]")));
    for (size_t i = 0; i < COUNT_OF(OTHERS); i++) {
        assert_false(json_is_object(slice_of(OTHERS[i])));
        assert_false(json_is_array(slice_of(OTHERS[i])));
    }
    assert_false(json_is_object((struct slice){NULL, 0}));
    assert_false(json_is_array((struct slice){NULL, 0}));
}

static void elements_come_in_order(void **state)
{
    (void)state;
    assert_elements("[]", "");
    assert_elements("[ ]", "");
    assert_elements("[1]", "1|");
    assert_elements("[1, \"a\", null, true, false, -2.5e10]", "1|\"a\"|null|true|false|-2.5e10|");
    assert_elements("[1,2,3]", "1|2|3|");
    assert_elements("[\n 1 ,\t2\r\n]", "1|2|");
}

static void containers_are_elements_as_a_whole(void **state)
{
    (void)state;
    assert_elements("[[], {}, [1, [2]], {\"a\": {\"b\": [3]}}]",
                    "[]|{}|[1, [2]]|{\"a\": {\"b\": [3]}}|");
}

static void brackets_and_quotes_in_strings_do_not_count(void **state)
{
    (void)state;
    assert_elements("[\"]\", \"}\", \"[{\", \",\", \"\\\"]\", \"\\\\\"]",
                    "\"]\"|\"}\"|\"[{\"|\",\"|\"\\\"]\"|\"\\\\\"|");
    assert_elements("[{\"a}\": \"]}\"}, [\"\\\"]\", \"\\\\\"], 1]",
                    "{\"a}\": \"]}\"}|[\"\\\"]\", \"\\\\\"]|1|");
    assert_elements("[\"\\\\\\\"\", 2]", "\"\\\\\\\"\"|2|");
}

static void members_come_in_order(void **state)
{
    (void)state;
    assert_members("{}", "");
    assert_members("{\"a\": 1}", "a=1|");
    assert_members("{\"a\": 1, \"b\": \"x\", \"c\": [1, 2], \"d\": {\"e\": null}}",
                   "a=1|b=\"x\"|c=[1, 2]|d={\"e\": null}|");
    assert_members("{\"a\":1,\"b\":2}", "a=1|b=2|");
    assert_members("{ \"a\" : 1 , \"b\" : 2 }", "a=1|b=2|");
}

static void keys_may_hold_anything(void **state)
{
    (void)state;
    assert_members("{\"\": 1, \"a:b\": 2, \"{\": 3, \"\\\"\": 4, \"\\\\\": 5, \",\": \":\"}",
                   "=1|a:b=2|{=3|\\\"=4|\\\\=5|,=\":\"|");
}

static void a_member_is_found_by_its_whole_key(void **state)
{
    (void)state;
    struct slice object = slice_of("{\"new\": 1, \"newer\": 2, \"ne\": 3, \"\": 4}");
    assert_slice(json_member(object, "new"), "1");
    assert_slice(json_member(object, "newer"), "2");
    assert_slice(json_member(object, "ne"), "3");
    assert_slice(json_member(object, ""), "4");
    assert_int_equal(json_member(object, "old").length, 0);
    assert_int_equal(json_member(object, "New").length, 0);
}

static void an_open_member_starts_with_its_value(void **state)
{
    (void)state;
    struct slice object = slice_of("{\"a\": 1, \"new\" : [1, 2], \"old\": [3]}");
    struct slice open = json_open_member(object, "new");
    struct slice element;
    assert_true(json_is_array(open));
    struct json_walk walk = json_walk_start(open);
    assert_true(json_next_element(&walk, &element));
    assert_slice(element, "1");
    assert_true(json_next_element(&walk, &element));
    assert_slice(element, "2");
    assert_false(json_next_element(&walk, &element));
    assert_int_equal(json_open_member(object, "ne").length, 0);
    assert_int_equal(json_open_member(slice_of("[\"new\", 1]"), "new").length, 0);
    assert_int_equal(json_open_member(json_open_member(object, "new"), "old").length, 0);
}

static void a_member_of_a_member_is_not_found(void **state)
{
    (void)state;
    struct slice object =
        slice_of("{\"a\": {\"new\": 1}, \"b\": \"\\\"new\\\": 2\", \"c\": \"new\"}");
    assert_int_equal(json_member(object, "new").length, 0);
    assert_slice(json_member(json_member(object, "a"), "new"), "1");
}

static void what_is_no_object_has_no_members(void **state)
{
    (void)state;
    static const char *const VALUES[] = {"[\"new\", 1]", "\"new\"", "1", "null", "true", ""};
    for (size_t i = 0; i < COUNT_OF(VALUES); i++)
        assert_int_equal(json_member(slice_of(VALUES[i]), "new").length, 0);
    assert_int_equal(json_member((struct slice){NULL, 0}, "new").length, 0);
}

/* `depth` times `open`, then `middle`, then as often `close`. */
static char *nest(size_t depth, const char *open, const char *middle, const char *close)
{
    size_t size = depth * (strlen(open) + strlen(close)) + strlen(middle) + 32;
    char *text = malloc(size);
    assert_non_null(text);
    char *end = text;
    for (size_t i = 0; i < depth; i++)
        end = stpcpy(end, open);
    end = stpcpy(end, middle);
    for (size_t i = 0; i < depth; i++)
        end = stpcpy(end, close);
    return text;
}

static void arrays_nest_10000_deep(void **state)
{
    (void)state;
    char *array = nest(10000, "[", "7", "]");
    struct slice value = slice_of(array);
    for (int i = 0; i < 10000; i++) {
        struct json_walk walk = json_walk_start(value);
        assert_true(json_is_array(value));
        assert_true(json_next_element(&walk, &value));
        struct slice other;
        assert_false(json_next_element(&walk, &other));
    }
    assert_slice(value, "7");
    free(array);
}

static void objects_nest_10000_deep(void **state)
{
    (void)state;
    char *object = nest(10000, "{\"}\": ", "\"]\"", "}");
    struct slice value = slice_of(object);
    for (int i = 0; i < 10000; i++)
        value = json_member(value, "}");
    assert_slice(value, "\"]\"");
    free(object);
}

static void what_stands_behind_deep_values_is_found(void **state)
{
    (void)state;
    char *deep = nest(10000, "[{\"a\": ", "null", "}]");
    char *object = NULL;
    assert_true(asprintf(&object, "{\"first\": %s, \"second\": 2}", deep) > 0);
    assert_slice(json_member(slice_of(object), "second"), "2");
    assert_slice(json_member(slice_of(object), "first"), deep);
    free(object);
    free(deep);
}

static void the_slice_ends_the_walk(void **state)
{
    (void)state;
    struct slice element;
    struct json_walk walk = json_walk_start((struct slice){"[1], [2]", 3});
    assert_true(json_next_element(&walk, &element));
    assert_slice(element, "1");
    assert_false(json_next_element(&walk, &element));
}

/* Cut anywhere, on memory of just that size: nothing behind it may be read. */
static void cut_text_is_not_read_past_its_end(void **state)
{
    (void)state;
    static const char TEXT[] = "{\"a\": [1, \"\\\"x\\\\\"], \"b\": {\"c\": null}, \"d\": -1.5}";
    for (size_t length = 1; length < sizeof(TEXT); length++) {
        char *copy = malloc(length);
        assert_non_null(copy);
        memcpy(copy, TEXT, length);
        json_member((struct slice){copy, length}, "d");
        free(copy);
    }
}

static void truth_is_that_of_javascript(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        bool truthy;
    } ROWS[] = {
        {"", false},
        {"null", false},
        {"false", false},
        {"true", true},
        {"\"\"", false},
        {"\" \"", true},
        {"\"0\"", true},
        {"\"false\"", true},
        {"[]", true},
        {"{}", true},
        {"[0]", true},
        {"0", false},
        {"-0", false},
        {"0.0", false},
        {"-0.0", false},
        {"0e10", false},
        {"0.000", false},
        {"1", true},
        {"-1", true},
        {"0.1", true},
        {"1e-400", false},
        {"-1e-400", false},
        {"1e400", true},
        {"-1e400", true},
        {"5e-324", true},
        {"2e-324", false},
        {"3e-324", true},
        {"\"\\u0000\"", true},
        {"10", true},
        {"0.00000001", true},
        {"123456789012345678901234567890", true},
    };
    for (size_t i = 0; i < COUNT_OF(ROWS); i++)
        if (json_is_truthy(slice_of(ROWS[i].value)) != ROWS[i].truthy)
            fail_msg("%s", ROWS[i].value);
    assert_false(json_is_truthy((struct slice){NULL, 0}));
}

static void numbers_of_400_digits_have_truth_too(void **state)
{
    (void)state;
    char digits[404];
    memset(digits, '0', sizeof(digits));
    digits[1] = '.';
    assert_false(json_is_truthy((struct slice){digits, 402}));
    digits[401] = '7'; /* 7e-400 */
    assert_false(json_is_truthy((struct slice){digits, 402}));
    digits[300] = '7'; /* 7e-299 */
    assert_true(json_is_truthy((struct slice){digits, 402}));
    memset(digits, '9', sizeof(digits));
    assert_true(json_is_truthy((struct slice){digits, 400}));
}

static void numbers_of_every_length_have_truth(void **state)
{
    (void)state;
    char digits[200];
    memset(digits, '0', sizeof(digits));
    digits[1] = '.';
    for (size_t length = 3; length < sizeof(digits); length++) {
        assert_false(json_is_truthy((struct slice){digits, length}));
        digits[length - 1] = '1';
        assert_true(json_is_truthy((struct slice){digits, length}));
        digits[length - 1] = '0';
    }
}

static void a_number_ends_with_its_slice(void **state)
{
    (void)state;
    assert_false(json_is_truthy((struct slice){"01", 1}));
    assert_false(json_is_truthy((struct slice){"0.05", 3}));
}

static void leading_integers_are_found(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        int32_t integer;
    } ROWS[] = {
        {"30003", 30003},
        {"\"30003\"", 30003},
        {"\"30003abc\"", 30003},
        {"0", 0},
        {"-7", -7},
        {"\"-7\"", -7},
        {"\"+7\"", 7},
        {"\"007\"", 7},
        {"\"  42 \"", 42},
        {"\"\xc2\xa0"
         "42\"",
         42},
        {"12.9", 12},
        {"\"12.9\"", 12},
        {"-12.9", -12},
        {"\"2026-2027\"", 2026},
        {"\"1e3\"", 1},
        {"\"0x10\"", 0},
        {"2147483647", INT32_MAX},
        {"-2147483648", INT32_MIN},
        {"\"7 8\"", 7},
        {"\"00000000000000000000001\"", 1},
    };
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        int32_t integer = -1;
        if (!json_leading_integer(slice_of(ROWS[i].value), &integer))
            fail_msg("%s", ROWS[i].value);
        assert_int_equal(integer, ROWS[i].integer);
    }
}

static void what_has_no_leading_integer_is_refused(void **state)
{
    (void)state;
    static const char *const VALUES[] = {
        "",
        "null",
        "true",
        "[7]",
        "{\"a\": 7}",
        "\"\"",
        "\"abc\"",
        "\"a7\"",
        "\"-\"",
        "\"+-7\"",
        "\"- 7\"",
        "\".5\"",
        "\" \"",
        "\"\\\"7\"",
        "2147483648",
        "-2147483649",
        "\"4294967303\"",
        "99999999999999999999999999999999999999",
        "\"18446744073709551623\"",
    };
    for (size_t i = 0; i < COUNT_OF(VALUES); i++) {
        int32_t integer = 42;
        if (json_leading_integer(slice_of(VALUES[i]), &integer))
            fail_msg("%s", VALUES[i]);
        assert_int_equal(integer, 42);
    }
    int32_t integer;
    assert_false(json_leading_integer((struct slice){NULL, 0}, &integer));
}

static void a_leading_integer_ends_with_its_slice(void **state)
{
    (void)state;
    int32_t integer = 0;
    assert_true(json_leading_integer((struct slice){"1234", 2}, &integer));
    assert_int_equal(integer, 12);
}

static const struct CMUnitTest TESTS[] = {
    cmocka_unit_test(kinds_are_told_by_the_first_byte),
    cmocka_unit_test(elements_come_in_order),
    cmocka_unit_test(containers_are_elements_as_a_whole),
    cmocka_unit_test(brackets_and_quotes_in_strings_do_not_count),
    cmocka_unit_test(members_come_in_order),
    cmocka_unit_test(keys_may_hold_anything),
    cmocka_unit_test(a_member_is_found_by_its_whole_key),
    cmocka_unit_test(an_open_member_starts_with_its_value),
    cmocka_unit_test(a_member_of_a_member_is_not_found),
    cmocka_unit_test(what_is_no_object_has_no_members),
    cmocka_unit_test(arrays_nest_10000_deep),
    cmocka_unit_test(objects_nest_10000_deep),
    cmocka_unit_test(what_stands_behind_deep_values_is_found),
    cmocka_unit_test(the_slice_ends_the_walk),
    cmocka_unit_test(cut_text_is_not_read_past_its_end),
    cmocka_unit_test(truth_is_that_of_javascript),
    cmocka_unit_test(numbers_of_400_digits_have_truth_too),
    cmocka_unit_test(numbers_of_every_length_have_truth),
    cmocka_unit_test(a_number_ends_with_its_slice),
    cmocka_unit_test(leading_integers_are_found),
    cmocka_unit_test(what_has_no_leading_integer_is_refused),
    cmocka_unit_test(a_leading_integer_ends_with_its_slice),
};

RUN_TESTS(TESTS)
