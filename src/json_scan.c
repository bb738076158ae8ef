/*
 * Owns: reading JSON that PostgreSQL has already validated, in place. A parser that builds a tree
 * would print numbers anew and stop at some depth; the parts found here go out as they came.
 * Must not: be given text from anywhere but a jsonb column.
 */
#include "json_scan.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static const char *skip_spaces(const char *at, const char *end)
{
    while (at < end && is_space(*at))
        at++;
    return at;
}

/* `at` is on the opening quote; the result is behind the closing one. */
static const char *skip_string(const char *at, const char *end)
{
    const char *quote = at;
    size_t backslashes;
    do {
        quote = memchr(quote + 1, '"', (size_t)(end - quote - 1));
        if (quote == NULL)
            return end;
        for (backslashes = 0; quote[-1 - (ptrdiff_t)backslashes] == '\\';)
            backslashes++;
    } while (backslashes % 2 == 1);
    return quote + 1;
}

/* What matters in the text of a container; all else is passed over at one look a byte. */
static const unsigned char STRUCTURE[256] = {['"'] = 1, ['{'] = 1, ['['] = 1, ['}'] = 1, [']'] = 1};

static const char *skip_container(const char *at, const char *end)
{
    size_t depth = 0;
    while (at < end) {
        while (at < end && !STRUCTURE[(unsigned char)*at])
            at++;
        if (at == end)
            break;
        char c = *at;
        if (c == '"') {
            at = skip_string(at, end);
            continue;
        }
        at++;
        if (c == '{' || c == '[')
            depth++;
        else if (--depth == 0)
            break;
    }
    return at;
}

static const char *skip_value(const char *at, const char *end)
{
    if (at == end)
        return end;
    if (*at == '"')
        return skip_string(at, end);
    if (*at == '{' || *at == '[')
        return skip_container(at, end);
    while (at < end && *at != ',' && *at != '}' && *at != ']' && !is_space(*at))
        at++;
    return at;
}

bool json_is_object(struct slice value)
{
    return value.length > 0 && value.start[0] == '{';
}

bool json_is_array(struct slice value)
{
    return value.length > 0 && value.start[0] == '[';
}

/* A number is false where JavaScript's double of it is zero: 0, -0.0, but also 1e-400. */
static bool number_is_zero(struct slice number)
{
    char digits[64];
    size_t length = number.length < sizeof(digits) - 1 ? number.length : sizeof(digits) - 1;
    memcpy(digits, number.start, length);
    digits[length] = '\0';
    if (number.length == length)
        return strtod(digits, NULL) == 0.0;
    char *whole = strndup(number.start, number.length);
    bool zero = whole != NULL && strtod(whole, NULL) == 0.0;
    free(whole);
    return zero;
}

bool json_is_truthy(struct slice value)
{
    if (value.length == 0)
        return false;
    switch (value.start[0]) {
    case 'n':
    case 'f':
        return false;
    case '"':
        return value.length > 2;
    case '{':
    case '[':
    case 't':
        return true;
    default:
        return !number_is_zero(value);
    }
}

struct json_walk json_walk_start(struct slice container)
{
    return (struct json_walk){container.start + 1, container.start + container.length};
}

bool json_next_element(struct json_walk *walk, struct slice *element)
{
    const char *at = skip_spaces(walk->at, walk->end);
    if (at < walk->end && *at == ',')
        at = skip_spaces(at + 1, walk->end);
    if (at == walk->end || *at == ']' || *at == '}')
        return false;
    const char *behind = skip_value(at, walk->end);
    *element = (struct slice){at, (size_t)(behind - at)};
    walk->at = behind;
    return true;
}

/* The walk is then behind the colon. */
static bool next_key(struct json_walk *walk, struct slice *key)
{
    struct slice quoted;
    if (!json_next_element(walk, &quoted) || quoted.length < 2)
        return false;
    *key = (struct slice){quoted.start + 1, quoted.length - 2};
    const char *at = skip_spaces(walk->at, walk->end);
    if (at == walk->end || *at != ':')
        return false;
    walk->at = at + 1;
    return true;
}

bool json_next_member(struct json_walk *walk, struct slice *key, struct slice *value)
{
    return next_key(walk, key) && json_next_element(walk, value);
}

/* Walks to the member's key; the walk is then in front of its value. */
static bool find_member(struct json_walk *walk, const char *key)
{
    struct slice name;
    struct slice passed_over;
    while (next_key(walk, &name)) {
        if (slice_equals(name, key))
            return true;
        if (!json_next_element(walk, &passed_over))
            break;
    }
    return false;
}

struct slice json_member(struct slice object, const char *key)
{
    struct slice value = {NULL, 0};
    if (json_is_object(object)) {
        struct json_walk walk = json_walk_start(object);
        if (find_member(&walk, key))
            json_next_element(&walk, &value);
    }
    return value;
}

struct slice json_open_member(struct slice object, const char *key)
{
    if (json_is_object(object)) {
        struct json_walk walk = json_walk_start(object);
        if (find_member(&walk, key)) {
            const char *at = skip_spaces(walk.at, walk.end);
            return (struct slice){at, (size_t)(walk.end - at)};
        }
    }
    return (struct slice){NULL, 0};
}

bool json_leading_integer(struct slice value, int32_t *integer)
{
    if (value.length == 0)
        return false;
    const char *at = value.start;
    const char *end = value.start + value.length;
    if (*at == '"') {
        struct slice text = text_trim((struct slice){at + 1, value.length - 2});
        at = text.start;
        end = text.start + text.length;
    }
    bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    if (at == end || *at < '0' || *at > '9')
        return false;
    int64_t sum = 0;
    for (; at < end && *at >= '0' && *at <= '9'; at++) {
        sum = sum * 10 + (*at - '0');
        if (sum > (int64_t)INT32_MAX + 1)
            return false;
    }
    sum = negative ? -sum : sum;
    if (sum < INT32_MIN || sum > INT32_MAX)
        return false;
    *integer = (int32_t)sum;
    return true;
}
