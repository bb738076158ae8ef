/*
 * query_string: pieces, names and values; what is decoded, what is refused, and how many.
 */
#include "query_string.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

struct fixture {
    struct arena arena;
    struct query_string query;
};

ARENA_FIXTURE

static enum query_error parse(struct fixture *fixture, const char *text)
{
    return query_string_parse(text, &fixture->arena, &fixture->query);
}

static void assert_parameter(const struct fixture *fixture, size_t number, const char *name,
                             const char *value)
{
    assert_true(number < fixture->query.count);
    assert_string_equal(fixture->query.parameters[number].name, name);
    assert_string_equal(fixture->query.parameters[number].value, value);
}

static void no_text_has_no_parameters(void **state)
{
    struct fixture *fixture = *state;
    fixture->query.count = 7;
    assert_int_equal(parse(fixture, ""), QUERY_OK);
    assert_int_equal(fixture->query.count, 0);
}

static void parameters_come_in_order(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(parse(fixture, "status=PENDING&limit=5&x=y"), QUERY_OK);
    assert_int_equal(fixture->query.count, 3);
    assert_parameter(fixture, 0, "status", "PENDING");
    assert_parameter(fixture, 1, "limit", "5");
    assert_parameter(fixture, 2, "x", "y");
}

static void a_parameter_without_equals_is_empty(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(parse(fixture, "status&limit="), QUERY_OK);
    assert_parameter(fixture, 0, "status", "");
    assert_parameter(fixture, 1, "limit", "");
}

static void a_parameter_may_have_no_name(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(parse(fixture, "=a&="), QUERY_OK);
    assert_int_equal(fixture->query.count, 2);
    assert_parameter(fixture, 0, "", "a");
    assert_parameter(fixture, 1, "", "");
}

static void only_the_first_equals_ends_the_name(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(parse(fixture, "search=a=b=&c==d"), QUERY_OK);
    assert_parameter(fixture, 0, "search", "a=b=");
    assert_parameter(fixture, 1, "c", "=d");
}

static void empty_pieces_are_skipped(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(parse(fixture, "&&a=1&&&b=2&&"), QUERY_OK);
    assert_int_equal(fixture->query.count, 2);
    assert_parameter(fixture, 0, "a", "1");
    assert_parameter(fixture, 1, "b", "2");
    assert_int_equal(parse(fixture, "&&&"), QUERY_OK);
    assert_int_equal(fixture->query.count, 0);
}

static void names_and_values_are_decoded(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(parse(fixture, "se%61rch=V%C3%A9z%c3%a8re+%2B+1%26%3D%25"), QUERY_OK);
    assert_parameter(fixture, 0, "search", "V\xc3\xa9z\xc3\xa8re + 1&=%");
}

static void plus_is_a_space_in_names_too(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(parse(fixture, "a+b=+c+"), QUERY_OK);
    assert_parameter(fixture, 0, "a b", " c ");
}

static void semicolons_and_brackets_are_letters(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(parse(fixture, "a[]=1;b=2"), QUERY_OK);
    assert_int_equal(fixture->query.count, 1);
    assert_parameter(fixture, 0, "a[]", "1;b=2");
}

static void utf8_may_stand_undecoded(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(parse(fixture, "search=\xc3\xa9"), QUERY_OK);
    assert_parameter(fixture, 0, "search", "\xc3\xa9");
}

static void bad_encoding_is_refused_wherever_it_stands(void **state)
{
    struct fixture *fixture = *state;
    static const char *const TEXTS[] = {
        "a=%",       "a=%4",     "a=%zz",        "%zz=a",    "%=a",         "a=%00",
        "a%00b=1",   "a=x%00",   "a=%ff",        "%ff=a",    "a=%c3&b=%a9", "a=\xff",
        "\xff=a",    "a=%c0%80", "a=%ed%a0%80",  "x=1&a=%",  "unknown=%00", "a=%f4%90%80%80",
        "a=1&b=%&c", "%",        "a=%E2%82&b=1", "a=%u00e9", "a=%e9",
    };
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++)
        if (parse(fixture, TEXTS[i]) != QUERY_BAD_ENCODING)
            fail_msg("%s", TEXTS[i]);
}

static void write_parameters(char *text, size_t size, int count)
{
    size_t length = 0;
    for (int i = 0; i < count; i++)
        length += (size_t)snprintf(text + length, size - length, "p%d=%d&&", i, i);
}

static void a_hundred_parameters_are_taken(void **state)
{
    struct fixture *fixture = *state;
    char text[4096];
    write_parameters(text, sizeof(text), 100);
    assert_int_equal(parse(fixture, text), QUERY_OK);
    assert_int_equal(fixture->query.count, 100);
    assert_parameter(fixture, 99, "p99", "99");
}

static void more_than_a_hundred_are_refused(void **state)
{
    struct fixture *fixture = *state;
    static char text[200000];
    write_parameters(text, sizeof(text), 101);
    assert_int_equal(parse(fixture, text), QUERY_TOO_MANY);
    write_parameters(text, sizeof(text), 10000);
    assert_int_equal(parse(fixture, text), QUERY_TOO_MANY);
}

static void eight_kilobytes_of_value_are_taken(void **state)
{
    struct fixture *fixture = *state;
    char text[8192] = "search=";
    memset(text + 7, 'x', sizeof(text) - 8);
    text[sizeof(text) - 1] = '\0';
    assert_int_equal(parse(fixture, text), QUERY_OK);
    assert_int_equal(strlen(fixture->query.parameters[0].value), sizeof(text) - 8);
}

static void values_may_be_changed_in_place(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(parse(fixture, "a=12&b=3"), QUERY_OK);
    memcpy(fixture->query.parameters[0].value, "xy", 2);
    assert_parameter(fixture, 0, "a", "xy");
    assert_parameter(fixture, 1, "b", "3");
}

static void find_counts_and_gives_the_first(void **state)
{
    struct fixture *fixture = *state;
    char *value = NULL;
    assert_int_equal(parse(fixture, "limit=1&a=x&limit=2&l%69mit=3"), QUERY_OK);
    assert_int_equal(query_string_find(&fixture->query, "limit", &value), 3);
    assert_string_equal(value, "1");
    assert_int_equal(query_string_find(&fixture->query, "a", &value), 1);
    assert_string_equal(value, "x");
}

static void find_leaves_the_value_where_there_is_none(void **state)
{
    struct fixture *fixture = *state;
    char *value = NULL;
    assert_int_equal(parse(fixture, "limit=1"), QUERY_OK);
    assert_int_equal(query_string_find(&fixture->query, "offset", &value), 0);
    assert_null(value);
}

static void find_compares_names_exactly(void **state)
{
    struct fixture *fixture = *state;
    char *value = NULL;
    assert_int_equal(parse(fixture, "Limit=1&limit[]=2&limits=3&limi=4& limit=5"), QUERY_OK);
    assert_int_equal(query_string_find(&fixture->query, "limit", &value), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

static const struct CMUnitTest TESTS[] = {
    TEST(no_text_has_no_parameters),
    TEST(parameters_come_in_order),
    TEST(a_parameter_without_equals_is_empty),
    TEST(a_parameter_may_have_no_name),
    TEST(only_the_first_equals_ends_the_name),
    TEST(empty_pieces_are_skipped),
    TEST(names_and_values_are_decoded),
    TEST(plus_is_a_space_in_names_too),
    TEST(semicolons_and_brackets_are_letters),
    TEST(utf8_may_stand_undecoded),
    TEST(bad_encoding_is_refused_wherever_it_stands),
    TEST(a_hundred_parameters_are_taken),
    TEST(more_than_a_hundred_are_refused),
    TEST(eight_kilobytes_of_value_are_taken),
    TEST(values_may_be_changed_in_place),
    TEST(find_counts_and_gives_the_first),
    TEST(find_leaves_the_value_where_there_is_none),
    TEST(find_compares_names_exactly),
};

RUN_TESTS(TESTS)
