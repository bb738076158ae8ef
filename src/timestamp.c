/*
 * Owns: dates, from the client's ISO 8601 to PostgreSQL's text and from there to the answer's.
 * Must not: know time zones other than a fixed offset from UTC.
 */
#include "timestamp.h"

#include <stdio.h>
#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Reads exactly `count` digits; moves `at` behind them. */
static bool read_digits(const char **at, int count, int *value)
{
    *value = 0;
    for (int i = 0; i < count; i++) {
        char c = (*at)[i];
        if (!is_digit(c))
            return false;
        *value = *value * 10 + (c - '0');
    }
    *at += count;
    return true;
}

static int days_in_month(int year, int month)
{
    static const int DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : DAYS[month - 1];
}

/* Days from 1970-01-01 in the proleptic Gregorian calendar, counting years from March. */
static int64_t days_from_civil(int year, int month, int day)
{
    int64_t march_year = month <= 2 ? year - 1 : year;
    int64_t era = (march_year >= 0 ? march_year : march_year - 399) / 400;
    int64_t year_of_era = march_year - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static void civil_from_days(int64_t days, int64_t *year, int *month, int *day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t march_month = (5 * day_of_year + 2) / 153;
    *day = (int)(day_of_year - (153 * march_month + 2) / 5 + 1);
    *month = (int)(march_month < 10 ? march_month + 3 : march_month - 9);
    *year = year_of_era + era * 400 + (*month <= 2 ? 1 : 0);
}

/* YYYY, YYYY-MM or YYYY-MM-DD; `whole` tells whether the day was given. */
static bool read_date(const char **at, int64_t *days, bool *whole)
{
    int year;
    int month = 1;
    int day = 1;
    *whole = false;
    if (!read_digits(at, 4, &year))
        return false;
    if (**at == '-') {
        ++*at;
        if (!read_digits(at, 2, &month) || month < 1 || month > 12)
            return false;
        if (**at == '-') {
            ++*at;
            if (!read_digits(at, 2, &day) || day < 1 || day > days_in_month(year, month))
                return false;
            *whole = true;
        }
    }
    *days = days_from_civil(year, month, day);
    return true;
}

/* One to any number of digits; the first three count. */
static bool read_fraction(const char **at, int *milliseconds)
{
    int weight = 100;
    *milliseconds = 0;
    if (!is_digit(**at))
        return false;
    for (; is_digit(**at); ++*at) {
        *milliseconds += (**at - '0') * weight;
        weight /= 10;
    }
    return true;
}

/* HH:mm[:ss[.fff]]; 24:00 is the end of the day, as ISO 8601 has it. */
static bool read_time(const char **at, int64_t *milliseconds)
{
    int hour;
    int minute;
    int second = 0;
    int fraction = 0;
    if (!read_digits(at, 2, &hour) || *(*at)++ != ':' || !read_digits(at, 2, &minute))
        return false;
    if (**at == ':') {
        ++*at;
        if (!read_digits(at, 2, &second))
            return false;
        if (**at == '.') {
            ++*at;
            if (!read_fraction(at, &fraction))
                return false;
        }
    }
    bool end_of_day = hour == 24 && minute == 0 && second == 0 && fraction == 0;
    if ((hour > 23 && !end_of_day) || minute > 59 || second > 59)
        return false;
    *milliseconds = ((hour * 60 + minute) * 60 + second) * INT64_C(1000) + fraction;
    return true;
}

/* Z, +hh:mm, +hhmm or nothing. */
static bool read_zone(const char **at, int64_t *offset)
{
    *offset = 0;
    if (**at == 'Z' || **at == 'z') {
        ++*at;
        return true;
    }
    if (**at != '+' && **at != '-')
        return true;
    int sign = *(*at)++ == '-' ? -1 : 1;
    int hours;
    int minutes;
    if (!read_digits(at, 2, &hours))
        return false;
    if (**at == ':')
        ++*at;
    if (!read_digits(at, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *offset = sign * (hours * 60 + minutes) * INT64_C(60000);
    return true;
}

bool timestamp_parse(const char *text, int64_t *milliseconds)
{
    int64_t days;
    int64_t time = 0;
    int64_t offset = 0;
    bool whole;
    if (!read_date(&text, &days, &whole))
        return false;
    if (whole && (*text == 'T' || *text == 't' || *text == ' ')) {
        text++;
        if (!read_time(&text, &time) || !read_zone(&text, &offset))
            return false;
    }
    *milliseconds = days * MILLISECONDS_A_DAY + time - offset;
    return *text == '\0';
}

void timestamp_format(int64_t milliseconds, char text[TIMESTAMP_TEXT_SIZE])
{
    int64_t days = milliseconds / MILLISECONDS_A_DAY;
    int rest = (int)(milliseconds % MILLISECONDS_A_DAY);
    if (rest < 0) {
        rest += MILLISECONDS_A_DAY;
        days--;
    }
    int64_t year;
    int month;
    int day;
    civil_from_days(days, &year, &month, &day);
    snprintf(text, TIMESTAMP_TEXT_SIZE, "%04d-%02d-%02d %02d:%02d:%02d.%03d%s",
             (int)(year > 0 ? year : 1 - year), month, day, rest / 3600000, rest / 60000 % 60,
             rest / 1000 % 60, rest % 1000, year > 0 ? "" : " BC");
}

void timestamp_write_json(struct buffer *out, const char *text)
{
    /* 2026-05-10 07:30:00[.f[f[f]]]: PostgreSQL drops trailing zeros, the API wants three digits */
    enum { DATE = 10, SECONDS = 19 };
    size_t length = strlen(text);
    size_t decimals = length > SECONDS ? length - SECONDS - 1 : 0;
    if (length < SECONDS || text[DATE] != ' ' || decimals > 3 ||
        (length > SECONDS && text[SECONDS] != '.')) {
        buffer_append_literal(out, "null");
        return;
    }
    char json[] = "\"0000-00-00T00:00:00.000Z\"";
    memcpy(json + 1, text, SECONDS);
    json[1 + DATE] = 'T';
    if (decimals > 0)
        memcpy(json + 1 + SECONDS + 1, text + SECONDS + 1, decimals);
    buffer_append(out, json, sizeof(json) - 1);
}
