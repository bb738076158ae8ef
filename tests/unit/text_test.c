/*
 * text: UTF-8, white space, digits and percent-encoding, from tables of what is and is not one.
 */
#include "text.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

static bool utf8(const char *text)
{
    return text_is_utf8(text, strlen(text));
}

static void slices_compare_by_length_and_bytes(void **state)
{
    (void)state;
    assert_true(slice_equals(slice_of("eventId"), "eventId"));
    assert_true(slice_equals(slice_of(""), ""));
    assert_false(slice_equals(slice_of("eventId"), "event"));
    assert_false(slice_equals(slice_of("event"), "eventId"));
    assert_false(slice_equals(slice_of("eventID"), "eventId"));
}

static void slice_of_a_part_equals_that_part(void **state)
{
    (void)state;
    assert_true(slice_equals((struct slice){"a=b", 1}, "a"));
}

static void every_well_formed_sequence_is_utf8(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {
        "",
        "plain",
        "\x7f",
        "\xc2\x80",         /* U+0080, the first of two bytes */
        "\xdf\xbf",         /* U+07FF, the last */
        "\xe0\xa0\x80",     /* U+0800 */
        "\xed\x9f\xbf",     /* U+D7FF, just below the surrogates */
        "\xee\x80\x80",     /* U+E000, just above */
        "\xef\xbf\xbf",     /* U+FFFF */
        "\xf0\x90\x80\x80", /* U+10000 */
        "\xf4\x8f\xbf\xbf", /* U+10FFFF */
        "Trail de la V\xc3\xa9z\xc3\xa8re",
    };
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++)
        if (!utf8(TEXTS[i]))
            fail_msg("row %zu is UTF-8", i);
}

static void every_malformed_sequence_is_refused(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {
        "\x80",             /* a continuation byte alone */
        "a\xbf",            /* likewise, at the end */
        "\xc3",             /* cut short */
        "\xe2\x82",         /* likewise */
        "\xf0\x9f\x98",     /* likewise */
        "\xc3(",            /* not continued */
        "\xe2(\xa1",        /* likewise, in the second byte */
        "\xe2\x82(",        /* likewise, in the third */
        "\xc0\xaf",         /* overlong '/' */
        "\xc1\xbf",         /* overlong U+007F */
        "\xe0\x9f\xbf",     /* overlong U+07FF */
        "\xf0\x8f\xbf\xbf", /* overlong U+FFFF */
        "\xed\xa0\x80",     /* a surrogate, U+D800 */
        "\xed\xbf\xbf",     /* a surrogate, U+DFFF */
        "\xf4\x90\x80\x80", /* U+110000 */
        "\xf8\x88\x80\x80", /* five bytes long */
        "\xfe",
        "\xff",
    };
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++)
        if (utf8(TEXTS[i]))
            fail_msg("row %zu is not UTF-8", i);
}

static void a_character_has_as_many_bytes_as_its_sequence(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t length;
    } ROWS[] = {{"a", 1},
                {"a\xc3\xa9", 1},
                {"\x7f", 1},
                {"\xc2\x80", 2},
                {"\xc3\xa9"
                 "a",
                 2},
                {"\xdf\xbf\xdf\xbf", 2},
                {"\xe0\xa0\x80", 3},
                {"\xef\xbf\xbf"
                 "a",
                 3},
                {"\xf0\x90\x80\x80", 4},
                {"\xf4\x8f\xbf\xbf\xc3\xa9", 4}};
    for (size_t i = 0; i < COUNT_OF(ROWS); i++)
        assert_int_equal(text_character_length(ROWS[i].text), ROWS[i].length);
}

/* So that a walk over any text comes to its end, and not behind it. */
static void what_is_no_character_counts_as_one_byte(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {"\xc3", "\xe2\x82", "\x80", "\xff", "\xc0\xaf", "\xc3("};
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++)
        assert_int_equal(text_character_length(TEXTS[i]), 1);
}

static void a_sequence_cut_by_the_length_is_refused(void **state)
{
    (void)state;
    assert_true(text_is_utf8("\xc3\xa9", 2));
    assert_false(text_is_utf8("\xc3\xa9", 1));
}

static void nul_bytes_inside_the_length_are_utf8(void **state)
{
    (void)state;
    assert_true(text_is_utf8("a\0b", 3));
}

/* `expected` is what text_trim leaves of `text`. */
static void assert_trimmed(const char *text, const char *expected)
{
    struct slice trimmed = text_trim(slice_of(text));
    if (!slice_equals(trimmed, expected))
        fail_msg("\"%s\" became \"%.*s\"", text, (int)trimmed.length, trimmed.start);
}

static void white_space_goes_at_both_ends_only(void **state)
{
    (void)state;
    assert_trimmed("  a b\t ", "a b");
    assert_trimmed("a", "a");
    assert_trimmed("", "");
    assert_trimmed("\t\n\v\f\r a", "a");
    assert_trimmed("a\t\n\v\f\r ", "a");
}

static void only_white_space_leaves_nothing(void **state)
{
    (void)state;
    assert_trimmed(" ", "");
    assert_trimmed(" \t\n \xc2\xa0 ", "");
}

static void unicode_white_space_goes_as_in_javascript(void **state)
{
    (void)state;
    static const char *const SPACES[] = {
        "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x8a", "\xe2\x80\xa8",
        "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80", "\xef\xbb\xbf",
    };
    for (size_t i = 0; i < COUNT_OF(SPACES); i++) {
        char text[16];
        snprintf(text, sizeof(text), "%s\xc3\xa9%s", SPACES[i], SPACES[i]);
        assert_trimmed(text, "\xc3\xa9");
    }
}

static void what_only_looks_like_white_space_stays(void **state)
{
    (void)state;
    assert_trimmed("\xe2\x80\x8b", "\xe2\x80\x8b"); /* U+200B */
    assert_trimmed("\xe1\xa0\x8e", "\xe1\xa0\x8e"); /* U+180E */
    assert_trimmed("\xc2\x85", "\xc2\x85");         /* U+0085 */
    assert_trimmed("\x1f", "\x1f");
}

static void only_digits_are_digits(void **state)
{
    (void)state;
    static const char *const OTHERS[] = {"",   "+1", "-1",  "1.0", "1e1",
                                         " 1", "1 ", "0x1", "a",   "1a"};
    assert_true(text_is_digits("0"));
    assert_true(text_is_digits("0123456789"));
    for (size_t i = 0; i < COUNT_OF(OTHERS); i++)
        assert_false(text_is_digits(OTHERS[i]));
}

static void ids_are_digits_that_fit_an_int4(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int32_t value;
    } ROWS[] = {
        {"0", 0},
        {"7", 7},
        {"007", 7},
        {"2147483647", INT32_MAX},
        {"000000000000000000000000000002147483647", INT32_MAX},
    };
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        int32_t value = -1;
        assert_true(text_to_int4(ROWS[i].text, &value));
        assert_int_equal(value, ROWS[i].value);
    }
}

static void what_is_no_id_is_refused(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {
        "",
        "-1",
        "+1",
        "1.5",
        "12a",
        " 12",
        "abc",
        "2147483648",
        "4294967297",
        "9223372036854775808",
        "18446744073709551617",
        "99999999999999999999999999",
    };
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
        int32_t value = 42;
        if (text_to_int4(TEXTS[i], &value))
            fail_msg("%s", TEXTS[i]);
        assert_int_equal(value, 42);
    }
}

static void counts_take_one_plus_and_leading_zeros(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t value;
    } ROWS[] = {{"5", 5}, {"+5", 5}, {"007", 7}, {"+007", 7}, {"0", 0}, {"100", 100}};
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        int64_t value = -1;
        assert_true(text_to_count(ROWS[i].text, 100, &value));
        assert_int_equal(value, ROWS[i].value);
    }
}

static void what_is_no_count_is_refused(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {"",
                                        "+",
                                        "-1",
                                        "++5",
                                        "+-5",
                                        "10.0",
                                        "1e1",
                                        " 5",
                                        "5 ",
                                        "0x10",
                                        "abc",
                                        "101",
                                        "+101",
                                        "1000000000000",
                                        "99999999999999999999"};
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
        int64_t value;
        if (text_to_count(TEXTS[i], 100, &value))
            fail_msg("%s", TEXTS[i]);
    }
}

static void counts_reach_the_largest_integer(void **state)
{
    (void)state;
    int64_t value;
    assert_true(text_to_count("9223372036854775807", INT64_MAX, &value));
    assert_true(value == INT64_MAX);
    assert_false(text_to_count("9223372036854775808", INT64_MAX, &value));
}

static void counts_keep_to_every_small_maximum(void **state)
{
    (void)state;
    for (int maximum = 0; maximum < 30; maximum++) {
        for (int number = 0; number < 40; number++) {
            char text[8];
            int64_t value;
            snprintf(text, sizeof(text), "%d", number);
            if (text_to_count(text, maximum, &value) != (number <= maximum))
                fail_msg("%d of at most %d", number, maximum);
        }
    }
}

static void assert_decoded(const char *text, bool plus_is_space, const char *expected)
{
    char decoded[64];
    assert_true(strlen(text) < sizeof(decoded));
    assert_true(text_percent_decode(slice_of(text), plus_is_space, decoded));
    assert_string_equal(decoded, expected);
}

static void percent_encoding_is_decoded(void **state)
{
    (void)state;
    assert_decoded("", true, "");
    assert_decoded("plain-._~", true, "plain-._~");
    assert_decoded("%41%42", true, "AB");
    assert_decoded("%c3%A9", true, "\xc3\xa9");
    assert_decoded("%25%32%35", true, "%25");
    assert_decoded("a%20b%0a", true, "a b\n");
    assert_decoded("%e2%82%ac", true, "\xe2\x82\xac");
}

static void plus_is_a_space_only_where_asked(void **state)
{
    (void)state;
    assert_decoded("a+b", true, "a b");
    assert_decoded("a+b", false, "a+b");
    assert_decoded("a%2bb", true, "a+b");
}

static void broken_escapes_nul_and_bad_utf8_are_refused(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {"%",    "%4",     "%zz",    "%4g",       "%g4",  "a%",
                                        "a%4",  "%%41",   "%00",    "a%00b",     "%ff",  "%c3",
                                        "\xff", "%c0%af", "%C3%28", "%ed%a0%80", "% 41", "%+1"};
    char decoded[64];
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++)
        if (text_percent_decode(slice_of(TEXTS[i]), true, decoded))
            fail_msg("%s", TEXTS[i]);
}

static void nul_bytes_in_the_text_are_refused(void **state)
{
    (void)state;
    char decoded[8];
    assert_false(text_percent_decode((struct slice){"a\0b", 3}, true, decoded));
}

static void escape_behind_the_slice_is_not_read(void **state)
{
    (void)state;
    char decoded[8];
    assert_false(text_percent_decode((struct slice){"a%41", 3}, true, decoded));
    assert_true(text_percent_decode((struct slice){"a%41", 1}, true, decoded));
    assert_string_equal(decoded, "a");
}

static void text_is_decoded_in_place(void **state)
{
    (void)state;
    char text[] = "%41b%43";
    assert_true(text_percent_decode(slice_of(text), true, text));
    assert_string_equal(text, "AbC");
}

static void every_byte_survives_encoding_and_decoding(void **state)
{
    (void)state;
    for (int byte = 1; byte < 0x80; byte++) {
        char encoded[4];
        char decoded[4];
        snprintf(encoded, sizeof(encoded), "%%%02x", (unsigned)byte);
        assert_true(text_percent_decode(slice_of(encoded), true, decoded));
        assert_int_equal(decoded[0], byte);
        assert_int_equal(decoded[1], '\0');
    }
}

static const struct CMUnitTest TESTS[] = {
    cmocka_unit_test(slices_compare_by_length_and_bytes),
    cmocka_unit_test(slice_of_a_part_equals_that_part),
    cmocka_unit_test(every_well_formed_sequence_is_utf8),
    cmocka_unit_test(every_malformed_sequence_is_refused),
    cmocka_unit_test(a_character_has_as_many_bytes_as_its_sequence),
    cmocka_unit_test(what_is_no_character_counts_as_one_byte),
    cmocka_unit_test(a_sequence_cut_by_the_length_is_refused),
    cmocka_unit_test(nul_bytes_inside_the_length_are_utf8),
    cmocka_unit_test(white_space_goes_at_both_ends_only),
    cmocka_unit_test(only_white_space_leaves_nothing),
    cmocka_unit_test(unicode_white_space_goes_as_in_javascript),
    cmocka_unit_test(what_only_looks_like_white_space_stays),
    cmocka_unit_test(only_digits_are_digits),
    cmocka_unit_test(ids_are_digits_that_fit_an_int4),
    cmocka_unit_test(what_is_no_id_is_refused),
    cmocka_unit_test(counts_take_one_plus_and_leading_zeros),
    cmocka_unit_test(what_is_no_count_is_refused),
    cmocka_unit_test(counts_reach_the_largest_integer),
    cmocka_unit_test(counts_keep_to_every_small_maximum),
    cmocka_unit_test(percent_encoding_is_decoded),
    cmocka_unit_test(plus_is_a_space_only_where_asked),
    cmocka_unit_test(broken_escapes_nul_and_bad_utf8_are_refused),
    cmocka_unit_test(nul_bytes_in_the_text_are_refused),
    cmocka_unit_test(escape_behind_the_slice_is_not_read),
    cmocka_unit_test(text_is_decoded_in_place),
    cmocka_unit_test(every_byte_survives_encoding_and_decoding),
};

RUN_TESTS(TESTS)
