/*
 * json_writer: every value it writes is read back by json-c, another parser, as what it was.
 */
#include "json_writer.h"
#include "unit.h"

#include <float.h>
#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* json-c's reading of what is in `out`, which must be one whole value and nothing else. */
static struct json_object *read_back(struct buffer *out)
{
    struct json_tokener *tokener = json_tokener_new();
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    struct json_object *value = json_tokener_parse_ex(tokener, out->data, (int)out->length);
    if (json_tokener_get_error(tokener) == json_tokener_continue)
        value = json_tokener_parse_ex(tokener, "", 1); /* a number ends where the text does */
    enum json_tokener_error error = json_tokener_get_error(tokener);
    if (error != json_tokener_success)
        fail_msg("%s: %s", json_tokener_error_desc(error), buffer_text(out));
    json_tokener_free(tokener);
    return value;
}

static void assert_survives(const char *bytes, size_t length)
{
    struct buffer out = {0};
    json_write_bytes(&out, bytes, length);
    struct json_object *value = read_back(&out);
    assert_true(json_object_is_type(value, json_type_string));
    assert_int_equal(json_object_get_string_len(value), length);
    assert_memory_equal(json_object_get_string(value), bytes, length);
    json_object_put(value);
    buffer_free(&out);
}

static void assert_string_json(const char *text, const char *expected)
{
    struct buffer out = {0};
    json_write_string(&out, text);
    assert_string_equal(buffer_text(&out), expected);
    buffer_free(&out);
}

static void plain_text_is_quoted(void **state)
{
    (void)state;
    assert_string_json("", "\"\"");
    assert_string_json("Trail de la Loue", "\"Trail de la Loue\"");
}

static void every_ascii_character_survives(void **state)
{
    (void)state;
    for (int byte = 0; byte < 0x80; byte++) {
        char text[3] = {'a', (char)byte, 'z'};
        assert_survives(text, 3);
        assert_survives(text + 1, 1);
    }
}

static void only_what_must_be_escaped_is(void **state)
{
    (void)state;
    for (int byte = 1; byte < 0x80; byte++) {
        char text[2] = {(char)byte, '\0'};
        struct buffer out = {0};
        json_write_string(&out, text);
        bool plain = byte >= 0x20 && byte != '"' && byte != '\\';
        assert_int_equal(out.length == 3, plain);
        assert_int_equal(out.data[1] == '\\', !plain);
        buffer_free(&out);
    }
}

static void escapes_are_those_of_rfc_8259(void **state)
{
    (void)state;
    assert_string_json("\"\\/", "\"\\\"\\\\/\"");
    assert_string_json("\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"");
    assert_string_json("\x01\x1f\x7f", "\"\\u0001\\u001f\x7f\"");
}

static void a_nul_byte_is_escaped(void **state)
{
    (void)state;
    struct buffer out = {0};
    json_write_bytes(&out, "a\0b", 3);
    assert_string_equal(buffer_text(&out), "\"a\\u0000b\"");
    buffer_free(&out);
}

static void utf8_goes_out_as_it_is(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {
        "\xc2\x80",     "V\xc3\xa9z\xc3\xa8re", "\xe2\x82\xac",     "\xe2\x80\xa8\xe2\x80\xa9",
        "\xef\xbb\xbf", "\xef\xbf\xbf",         "\xf0\x9f\x8f\x83", "\xf4\x8f\xbf\xbf",
    };
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
        char expected[32];
        snprintf(expected, sizeof(expected), "\"%s\"", TEXTS[i]);
        assert_string_json(TEXTS[i], expected);
        assert_survives(TEXTS[i], strlen(TEXTS[i]));
    }
}

static void long_mixed_text_survives(void **state)
{
    (void)state;
    static const char PIECE[] = "a\"b\\c\n\x01\xc3\xa9 </script> ";
    struct buffer text = {0};
    for (int i = 0; i < 5000; i++)
        buffer_append_format(&text, "%d%s", i, PIECE);
    assert_survives(text.data, text.length);
    buffer_free(&text);
}

static void bytes_behind_the_length_stay_out(void **state)
{
    (void)state;
    struct buffer out = {0};
    json_write_bytes(&out, "abc\"", 2);
    assert_string_equal(buffer_text(&out), "\"ab\"");
    buffer_free(&out);
}

static void assert_double_json(double value, const char *expected)
{
    struct buffer out = {0};
    json_write_double(&out, value);
    assert_string_equal(buffer_text(&out), expected);
    buffer_free(&out);
}

static void doubles_are_as_short_as_they_can_be(void **state)
{
    (void)state;
    assert_double_json(0, "0");
    assert_double_json(1, "1");
    assert_double_json(-1, "-1");
    assert_double_json(0.1, "0.1");
    assert_double_json(0.1 + 0.2, "0.30000000000000004");
    assert_double_json(42.195, "42.195");
    assert_double_json(1.0 / 3.0, "0.3333333333333333");
    assert_double_json(100000, "100000");
    assert_double_json(9007199254740991.0, "9007199254740991");
    assert_double_json(1e300, "1e+300");
}

static void doubles_that_are_no_number_are_null(void **state)
{
    (void)state;
    assert_double_json((double)NAN, "null");
    assert_double_json((double)INFINITY, "null");
    assert_double_json((double)-INFINITY, "null");
}

static void assert_double_survives(double value)
{
    struct buffer out = {0};
    json_write_double(&out, value);
    struct json_object *read = read_back(&out);
    assert_true(strtod(buffer_text(&out), NULL) == value);
    assert_true(json_object_get_double(read) == value);
    json_object_put(read);
    buffer_free(&out);
}

static void doubles_at_the_edges_survive(void **state)
{
    (void)state;
    static const double VALUES[] = {
        DBL_MAX,
        -DBL_MAX,
        DBL_MIN,
        DBL_TRUE_MIN,
        DBL_EPSILON,
        5e-324,
        1.7976931348623157e308,
        123456789012345680000.0,
        9007199254740993.0,
        -0.0,
        2.2250738585072011e-308,
        1e21,
        1e-7,
    };
    for (size_t i = 0; i < COUNT_OF(VALUES); i++)
        assert_double_survives(VALUES[i]);
}

static void doubles_of_any_bits_survive(void **state)
{
    (void)state;
    uint64_t bits = UINT64_C(88172645463325252);
    for (int i = 0; i < 20000; i++) {
        double value;
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        memcpy(&value, &bits, sizeof(value));
        if (isfinite(value))
            assert_double_survives(value);
    }
}

static void doubles_of_few_decimals_keep_them(void **state)
{
    (void)state;
    for (int i = 0; i < 100000; i += 7) {
        char expected[32];
        snprintf(expected, sizeof(expected), "%.3f", i / 1000.0);
        char *end = expected + strlen(expected);
        while (end[-1] == '0')
            *--end = '\0';
        if (end[-1] == '.')
            end[-1] = '\0';
        assert_double_json(i / 1000.0, expected);
    }
}

static void assert_float8_json(const char *text, const char *expected)
{
    struct buffer out = {0};
    json_write_float8(&out, text);
    assert_string_equal(buffer_text(&out), expected);
    buffer_free(&out);
}

static void float8_goes_out_as_postgresql_wrote_it(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {
        "0", "-0", "1", "-1", "0.95", "1e+21", "1e-07", "-2.5e-300", "1.2345678901234568e+20"};
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++)
        assert_float8_json(TEXTS[i], TEXTS[i]);
}

static void float8_that_is_no_number_is_null(void **state)
{
    (void)state;
    assert_float8_json("NaN", "null");
    assert_float8_json("Infinity", "null");
    assert_float8_json("-Infinity", "null");
}

static void booleans_are_read_from_t_and_f(void **state)
{
    (void)state;
    struct buffer out = {0};
    json_write_boolean(&out, "t");
    buffer_append_char(&out, ' ');
    json_write_boolean(&out, "f");
    assert_string_equal(buffer_text(&out), "true false");
    buffer_free(&out);
}

static const struct CMUnitTest TESTS[] = {
    cmocka_unit_test(plain_text_is_quoted),
    cmocka_unit_test(every_ascii_character_survives),
    cmocka_unit_test(only_what_must_be_escaped_is),
    cmocka_unit_test(escapes_are_those_of_rfc_8259),
    cmocka_unit_test(a_nul_byte_is_escaped),
    cmocka_unit_test(utf8_goes_out_as_it_is),
    cmocka_unit_test(long_mixed_text_survives),
    cmocka_unit_test(bytes_behind_the_length_stay_out),
    cmocka_unit_test(doubles_are_as_short_as_they_can_be),
    cmocka_unit_test(doubles_that_are_no_number_are_null),
    cmocka_unit_test(doubles_at_the_edges_survive),
    cmocka_unit_test(doubles_of_any_bits_survive),
    cmocka_unit_test(doubles_of_few_decimals_keep_them),
    cmocka_unit_test(float8_goes_out_as_postgresql_wrote_it),
    cmocka_unit_test(float8_that_is_no_number_is_null),
    cmocka_unit_test(booleans_are_read_from_t_and_f),
};

RUN_TESTS(TESTS)
