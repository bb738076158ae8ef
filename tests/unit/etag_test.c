/*
 * etag: the form of a tag, and If-None-Match fields as clients, proxies and mischief send them.
 */
#include "etag.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

static void a_tag_is_weak_and_quoted(void **state)
{
    (void)state;
    char etag[ETAG_SIZE];
    etag_make("{}", 2, etag);
    assert_int_equal(strlen(etag), 20);
    assert_int_equal(strncmp(etag, "W/\"", 3), 0);
    assert_int_equal(strspn(etag + 3, "0123456789abcdef"), 16);
    assert_string_equal(etag + 19, "\"");
}

static void the_same_body_has_the_same_tag(void **state)
{
    (void)state;
    char first[ETAG_SIZE];
    char second[ETAG_SIZE];
    etag_make("{\"a\":1}", 7, first);
    etag_make("{\"a\":1} ", 7, second);
    assert_string_equal(first, second);
}

static void bodies_that_differ_have_different_tags(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        size_t length;
    } BODIES[] = {{"", 0},      {"a", 1},     {"b", 1},         {"ab", 2},       {"ab\0", 3},
                  {"ab\0c", 4}, {"ab\0d", 4}, {"{\"a\":1}", 7}, {"{\"a\":2}", 7}};
    char tags[COUNT_OF(BODIES)][ETAG_SIZE];
    for (size_t i = 0; i < COUNT_OF(BODIES); i++) {
        etag_make(BODIES[i].body, BODIES[i].length, tags[i]);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(tags[i], tags[j]);
    }
}

static void a_tag_matches_itself(void **state)
{
    (void)state;
    char etag[ETAG_SIZE];
    for (int i = 0; i < 100; i++) {
        char body[16];
        etag_make(body, (size_t)snprintf(body, sizeof(body), "%d", i), etag);
        assert_true(etag_matches(etag, etag));
    }
}

static const char TAG[] = "W/\"0123456789abcdef\"";

static void assert_matches(const char *const *fields, size_t count, bool expected)
{
    for (size_t i = 0; i < count; i++)
        if (etag_matches(fields[i], TAG) != expected)
            fail_msg("%s%s", fields[i], expected ? " does not match" : " matches");
}

/* gzip in front makes a strong tag weak; a weak comparison does not mind. */
static void weak_and_strong_forms_match(void **state)
{
    (void)state;
    static const char *const FIELDS[] = {"W/\"0123456789abcdef\"", "\"0123456789abcdef\""};
    assert_matches(FIELDS, COUNT_OF(FIELDS), true);
    assert_true(etag_matches(TAG, "\"0123456789abcdef\""));
    assert_true(etag_matches("\"0123456789abcdef\"", "\"0123456789abcdef\""));
}

static void a_list_matches_where_one_of_it_does(void **state)
{
    (void)state;
    static const char *const FIELDS[] = {
        "\"a\", W/\"0123456789abcdef\"",
        "W/\"0123456789abcdef\", \"a\"",
        "\"a\",\"b\",\"0123456789abcdef\",\"c\"",
        "W/\"a\" , W/\"b\"\t,\tW/\"0123456789abcdef\"",
        "\"\", \"0123456789abcdef\"",
        "\"a,b\", \"0123456789abcdef\"",
        "\"W/\", \"0123456789abcdef\"",
        ", ,\"a\",, \"0123456789abcdef\",",
    };
    assert_matches(FIELDS, COUNT_OF(FIELDS), true);
}

static void white_space_around_does_not_matter(void **state)
{
    (void)state;
    static const char *const FIELDS[] = {" \"0123456789abcdef\"", "\t\"0123456789abcdef\"",
                                         "\"0123456789abcdef\" ", "  W/\"0123456789abcdef\"\t "};
    assert_matches(FIELDS, COUNT_OF(FIELDS), true);
}

static void a_star_matches_everything(void **state)
{
    (void)state;
    static const char *const FIELDS[] = {"*", " *", "* ", "\t * \t"};
    assert_matches(FIELDS, COUNT_OF(FIELDS), true);
}

static void a_star_among_others_is_none(void **state)
{
    (void)state;
    static const char *const FIELDS[] = {"**",  "*, \"a\"", "\"a\", *", "*a", "\"*\"",
                                         "W/*", "W/\"*\"",  "* \"a\"",  "*,", ",*"};
    assert_matches(FIELDS, COUNT_OF(FIELDS), false);
}

static void other_tags_do_not_match(void **state)
{
    (void)state;
    static const char *const FIELDS[] = {
        "\"a\"",
        "W/\"a\", \"b\"",
        "\"\"",
        "W/\"\"",
        "\"0123456789abcde\"",
        "\"0123456789abcdef0\"",
        "\"0123456789ABCDEF\"",
        "\"0123456789abcdee\"",
        "\" 0123456789abcdef\"",
        "\"W/0123456789abcdef\"",
        "\"a\"\"b\"",
    };
    assert_matches(FIELDS, COUNT_OF(FIELDS), false);
}

static void no_field_matches_nothing(void **state)
{
    (void)state;
    static const char *const FIELDS[] = {"", " ", "\t", ",", " , ,"};
    assert_matches(FIELDS, COUNT_OF(FIELDS), false);
}

/* What is malformed ends the list. An answer too many does no harm; a 304 too many would. */
static void malformed_fields_do_not_match(void **state)
{
    (void)state;
    static const char *const FIELDS[] = {
        "0123456789abcdef",
        "'0123456789abcdef'",
        "\"0123456789abcdef",
        "0123456789abcdef\"",
        "W/",
        "W/0123456789abcdef",
        "w/\"0123456789abcdef\"",
        "W\"0123456789abcdef\"",
        "W/ \"0123456789abcdef\"",
        "W/W/\"0123456789abcdef\"",
        "\"",
        "\"a\", \"",
        "a, \"0123456789abcdef\"",
        "\"a, \"0123456789abcdef\"",
        "\"a\"; \"0123456789abcdef\"",
        "\xff\"0123456789abcdef\"",
        "x\", \"0123456789abcdef\"",
    };
    assert_matches(FIELDS, COUNT_OF(FIELDS), false);
}

static const struct CMUnitTest TESTS[] = {
    cmocka_unit_test(a_tag_is_weak_and_quoted),
    cmocka_unit_test(the_same_body_has_the_same_tag),
    cmocka_unit_test(bodies_that_differ_have_different_tags),
    cmocka_unit_test(a_tag_matches_itself),
    cmocka_unit_test(weak_and_strong_forms_match),
    cmocka_unit_test(a_list_matches_where_one_of_it_does),
    cmocka_unit_test(white_space_around_does_not_matter),
    cmocka_unit_test(a_star_matches_everything),
    cmocka_unit_test(a_star_among_others_is_none),
    cmocka_unit_test(other_tags_do_not_match),
    cmocka_unit_test(no_field_matches_nothing),
    cmocka_unit_test(malformed_fields_do_not_match),
};

RUN_TESTS(TESTS)
