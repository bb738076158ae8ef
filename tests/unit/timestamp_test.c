/*
 * timestamp: the dates a client may send, PostgreSQL's text of them, and the answer's JSON; judged
 * by timegm() of the C library over a wide range.
 */
#include "timestamp.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t parse(const char *text)
{
    int64_t milliseconds = 0;
    if (!timestamp_parse(text, &milliseconds))
        fail_msg("%s is refused", text);
    return milliseconds;
}

static void assert_refused(const char *text)
{
    int64_t milliseconds;
    if (timestamp_parse(text, &milliseconds))
        fail_msg("\"%s\" is taken", text);
}

/* What `text` means, as PostgreSQL's text of it. */
static void assert_means(const char *text, const char *expected)
{
    char formatted[TIMESTAMP_TEXT_SIZE];
    timestamp_format(parse(text), formatted);
    if (strcmp(formatted, expected) != 0)
        fail_msg("%s means %s", text, formatted);
}

static void the_epoch_is_zero(void **state)
{
    (void)state;
    assert_true(parse("1970-01-01") == 0);
    assert_true(parse("1970-01-01T00:00:00.001Z") == 1);
    assert_true(parse("1969-12-31T23:59:59.999Z") == -1);
}

static void every_form_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *means;
    } ROWS[] = {
        {"2026", "2026-01-01 00:00:00.000"},
        {"2026-05", "2026-05-01 00:00:00.000"},
        {"2026-05-10", "2026-05-10 00:00:00.000"},
        {"2026-05-10T07:30", "2026-05-10 07:30:00.000"},
        {"2026-05-10 07:30", "2026-05-10 07:30:00.000"},
        {"2026-05-10T07:30Z", "2026-05-10 07:30:00.000"},
        {"2026-05-10T07:30:15", "2026-05-10 07:30:15.000"},
        {"2026-05-10T07:30:15Z", "2026-05-10 07:30:15.000"},
        {"2026-05-10T07:30:15.1Z", "2026-05-10 07:30:15.100"},
        {"2026-05-10T07:30:15.12Z", "2026-05-10 07:30:15.120"},
        {"2026-05-10T07:30:15.123Z", "2026-05-10 07:30:15.123"},
        {"2026-05-10T07:30:15.007", "2026-05-10 07:30:15.007"},
        {"2026-05-10 07:30:15.123+02:00", "2026-05-10 05:30:15.123"},
    };
    for (size_t i = 0; i < COUNT_OF(ROWS); i++)
        assert_means(ROWS[i].text, ROWS[i].means);
}

static void digits_behind_the_third_are_dropped(void **state)
{
    (void)state;
    assert_means("2026-05-10T07:30:15.1239Z", "2026-05-10 07:30:15.123");
    assert_means("2026-05-10T07:30:15.999999999999999999999999", "2026-05-10 07:30:15.999");
}

static void offsets_lead_to_utc(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *means;
    } ROWS[] = {
        {"2026-05-17T09:30:00+02:00", "2026-05-17 07:30:00.000"},
        {"2026-05-17T09:30:00+0200", "2026-05-17 07:30:00.000"},
        {"2026-05-17T09:30-03:30", "2026-05-17 13:00:00.000"},
        {"2026-05-17T09:30:00.5-0330", "2026-05-17 13:00:00.500"},
        {"2026-01-01T00:00+00:01", "2025-12-31 23:59:00.000"},
        {"2025-12-31T23:59:59.999-00:01", "2026-01-01 00:00:59.999"},
        {"2026-05-17T00:00+23:59", "2026-05-16 00:01:00.000"},
        {"2026-05-17T00:00-00:00", "2026-05-17 00:00:00.000"},
    };
    for (size_t i = 0; i < COUNT_OF(ROWS); i++)
        assert_means(ROWS[i].text, ROWS[i].means);
}

static void midnight_may_end_a_day(void **state)
{
    (void)state;
    assert_means("2026-12-31T24:00", "2027-01-01 00:00:00.000");
    assert_means("2026-02-28T24:00:00.000Z", "2026-03-01 00:00:00.000");
    assert_refused("2026-05-10T24:01");
    assert_refused("2026-05-10T24:00:01");
    assert_refused("2026-05-10T24:00:00.001");
}

static void leap_days_exist_in_leap_years_only(void **state)
{
    (void)state;
    assert_means("2024-02-29", "2024-02-29 00:00:00.000");
    assert_means("2000-02-29", "2000-02-29 00:00:00.000");
    assert_means("1600-02-29", "1600-02-29 00:00:00.000");
    assert_refused("2026-02-29");
    assert_refused("1900-02-29");
    assert_refused("2100-02-29");
    assert_refused("2024-02-30");
}

static void months_have_their_number_of_days(void **state)
{
    (void)state;
    static const int DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    for (int month = 1; month <= 12; month++) {
        for (int day = 0; day <= 32; day++) {
            char text[16];
            int64_t milliseconds;
            snprintf(text, sizeof(text), "2026-%02d-%02d", month, day);
            bool exists = day >= 1 && day <= DAYS[month - 1];
            if (timestamp_parse(text, &milliseconds) != exists)
                fail_msg("%s", text);
        }
    }
}

static void dates_that_do_not_exist_are_refused(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {
        "2026-00",
        "2026-13",
        "2026-00-10",
        "2026-13-01",
        "2026-01-00",
        "2026-01-32",
        "2026-04-31",
        "2026-05-10T25:00",
        "2026-05-10T23:60",
        "2026-05-10T99:99",
        "2026-05-10T23:59:60",
        "2026-05-10T00:00+24:00",
        "2026-05-10T00:00+02:60",
    };
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++)
        assert_refused(TEXTS[i]);
}

static void every_other_form_is_refused(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {
        "",
        "T",
        "2",
        "202",
        "20266",
        "2026-",
        "2026-5",
        "2026-5-7",
        "2026-05-",
        "2026-05-1",
        "2026-05-100",
        "20260510",
        "2026/05/10",
        "10-05-2026",
        " 2026",
        "2026 ",
        "2026-05-10 ",
        "+2026-05-10",
        "-2026-05-10",
        "+002026-05-10",
        "2026-05-10T",
        "2026-05-10T07",
        "2026-05-10T07:",
        "2026-05-10T07:3",
        "2026-05-10T0730",
        "2026-05-10T7:30",
        "2026-05-10T07:30:",
        "2026-05-10T07:30:1",
        "2026-05-10T07:30:15.",
        "2026-05-10T07:30:15.Z",
        "2026-05-10T07:30.5",
        "2026-05-10T07:30:15,5",
        "2026-05-10  07:30",
        "2026-05-10T07:30 Z",
        "2026-05-10T07:30ZZ",
        "2026-05-10T07:30+",
        "2026-05-10T07:30+2",
        "2026-05-10T07:30+02",
        "2026-05-10T07:30+02:",
        "2026-05-10T07:30+2:00",
        "2026-05-10T07:30+02:0",
        "2026-05-10T07:30+02:000",
        "2026-05-10T07:30 +02:00",
        "2026-05-10T07:30Europe/Paris",
        "2026T07:30",
        "2026-05T07:30",
        "2026-05-10X07:30",
        "2026-05-10\n07:30",
        "now",
        "infinity",
        "epoch",
        "0x7e",
        "2026-W20",
        "2026-137",
    };
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++)
        assert_refused(TEXTS[i]);
}

static void the_first_and_last_years_are_read(void **state)
{
    (void)state;
    assert_means("9999-12-31T23:59:59.999Z", "9999-12-31 23:59:59.999");
    assert_means("0001-01-01", "0001-01-01 00:00:00.000");
    assert_means("0001-01-01T00:00+00:01", "0001-12-31 23:59:00.000 BC");
    assert_means("0000-12-31", "0001-12-31 00:00:00.000 BC");
    assert_means("0000", "0001-01-01 00:00:00.000 BC");
    assert_means("0000-02-29", "0001-02-29 00:00:00.000 BC");
    assert_means("0000-01-01T00:00+00:01", "0002-12-31 23:59:00.000 BC");
}

static void the_day_behind_the_last_has_five_digits(void **state)
{
    (void)state;
    char formatted[TIMESTAMP_TEXT_SIZE];
    timestamp_format(parse("9999-12-31") + MILLISECONDS_A_DAY, formatted);
    assert_string_equal(formatted, "10000-01-01 00:00:00.000");
    timestamp_format(parse("9999-12-31T23:59:59.999-23:59") + MILLISECONDS_A_DAY, formatted);
    assert_string_equal(formatted, "10000-01-02 23:58:59.999");
}

/* A moment of one day, as the C library counts it, read and written. */
static void assert_day_as_timegm(int64_t days)
{
    char text[128];
    char formatted[TIMESTAMP_TEXT_SIZE];
    time_t seconds = (time_t)(days * 86400 + days % 86400);
    int milliseconds = (int)(days & 0x1ff);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    assert_true(timegm(&utc) == seconds);
    snprintf(text, sizeof(text), "%04d-%02d-%02d %02d:%02d:%02d.%03d", utc.tm_year + 1900,
             utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, milliseconds);
    int64_t expected = (int64_t)seconds * 1000 + milliseconds;
    timestamp_format(expected, formatted);
    assert_string_equal(formatted, text);
    assert_true(parse(text) == expected);
}

static void every_day_from_1583_to_2500_is_as_timegm_has_it(void **state)
{
    (void)state;
    for (int64_t days = -141347; days < 193500; days++)
        assert_day_as_timegm(days);
}

static void days_of_all_years_are_as_timegm_has_them(void **state)
{
    (void)state;
    for (int64_t days = -719100; days < 2932896; days += 29)
        assert_day_as_timegm(days);
}

static void every_millisecond_of_a_second_survives(void **state)
{
    (void)state;
    for (int64_t at = -1500; at < 1500; at++) {
        char text[TIMESTAMP_TEXT_SIZE];
        timestamp_format(at, text);
        assert_true(parse(text) == at);
    }
}

static void assert_json(const char *text, const char *expected)
{
    struct buffer out = {0};
    timestamp_write_json(&out, text);
    assert_string_equal(buffer_text(&out), expected);
    buffer_free(&out);
}

static void json_has_three_decimals_t_and_z(void **state)
{
    (void)state;
    assert_json("2026-05-10 07:30:00", "\"2026-05-10T07:30:00.000Z\"");
    assert_json("2026-05-10 07:30:00.1", "\"2026-05-10T07:30:00.100Z\"");
    assert_json("2026-05-10 07:30:00.12", "\"2026-05-10T07:30:00.120Z\"");
    assert_json("2026-05-10 07:30:00.123", "\"2026-05-10T07:30:00.123Z\"");
    assert_json("2026-05-10 07:30:00.007", "\"2026-05-10T07:30:00.007Z\"");
    assert_json("0001-01-01 00:00:00", "\"0001-01-01T00:00:00.000Z\"");
    assert_json("9999-12-31 23:59:59.999", "\"9999-12-31T23:59:59.999Z\"");
}

static void json_is_null_where_there_is_no_such_form(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {
        "",
        "infinity",
        "-infinity",
        "0044-03-15 00:00:00 BC",
        "0044-03-15 00:00:00.5 BC",
        "0044-03-15 00:00:00.123 BC",
        "10000-01-01 00:00:00",
        "294276-12-31 23:59:59.999",
        "2026-05-10",
        "2026-05-10 07:30:00.1234",
        "2026-05-10 07:30:00+00",
    };
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++)
        assert_json(TEXTS[i], "null");
}

static void json_is_appended(void **state)
{
    (void)state;
    struct buffer out = {0};
    buffer_append_text(&out, "\"createdAt\":");
    timestamp_write_json(&out, "2026-05-10 07:30:00.5");
    assert_string_equal(buffer_text(&out), "\"createdAt\":\"2026-05-10T07:30:00.500Z\"");
    buffer_free(&out);
}

static const struct CMUnitTest TESTS[] = {
    cmocka_unit_test(the_epoch_is_zero),
    cmocka_unit_test(every_form_is_read),
    cmocka_unit_test(digits_behind_the_third_are_dropped),
    cmocka_unit_test(offsets_lead_to_utc),
    cmocka_unit_test(midnight_may_end_a_day),
    cmocka_unit_test(leap_days_exist_in_leap_years_only),
    cmocka_unit_test(months_have_their_number_of_days),
    cmocka_unit_test(dates_that_do_not_exist_are_refused),
    cmocka_unit_test(every_other_form_is_refused),
    cmocka_unit_test(the_first_and_last_years_are_read),
    cmocka_unit_test(the_day_behind_the_last_has_five_digits),
    cmocka_unit_test(every_day_from_1583_to_2500_is_as_timegm_has_it),
    cmocka_unit_test(days_of_all_years_are_as_timegm_has_them),
    cmocka_unit_test(every_millisecond_of_a_second_survives),
    cmocka_unit_test(json_has_three_decimals_t_and_z),
    cmocka_unit_test(json_is_null_where_there_is_no_such_form),
    cmocka_unit_test(json_is_appended),
};

RUN_TESTS(TESTS)
