/*
 * Owns: what is true of text whatever it is used for: UTF-8, digits, percent-encoding.
 * Must not: know parameters, dates or databases.
 */
#include "text.h"

#include <string.h>

struct slice slice_of(const char *text)
{
    return (struct slice){text, strlen(text)};
}

bool slice_equals(struct slice slice, const char *text)
{
    return strlen(text) == slice.length && memcmp(slice.start, text, slice.length) == 0;
}

/* The length of the UTF-8 sequence that starts at `bytes`, and its code point; 0 if malformed. */
static size_t decode_sequence(const unsigned char *bytes, size_t available, uint32_t *code_point)
{
    static const uint32_t SMALLEST[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = bytes[0] < 0x80             ? 1
                    : (bytes[0] & 0xe0) == 0xc0 ? 2
                    : (bytes[0] & 0xf0) == 0xe0 ? 3
                    : (bytes[0] & 0xf8) == 0xf0 ? 4
                                                : 0;
    if (length == 0 || length > available)
        return 0;
    uint32_t value = length == 1 ? bytes[0] : bytes[0] & (0x7fU >> length);
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
        value = (value << 6) | (bytes[i] & 0x3fU);
    }
    if (value < SMALLEST[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return 0;
    *code_point = value;
    return length;
}

bool text_is_utf8(const char *bytes, size_t length)
{
    const unsigned char *at = (const unsigned char *)bytes;
    uint32_t ignored;
    while (length > 0) {
        size_t used = decode_sequence(at, length, &ignored);
        if (used == 0)
            return false;
        at += used;
        length -= used;
    }
    return true;
}

size_t text_character_length(const char *text)
{
    uint32_t ignored;
    size_t length = decode_sequence((const unsigned char *)text, strlen(text), &ignored);
    return length > 0 ? length : 1;
}

/* WhiteSpace and LineTerminator of ECMA-262. */
static bool is_white_space(uint32_t code_point)
{
    return (code_point >= 0x09 && code_point <= 0x0d) || code_point == 0x20 || code_point == 0xa0 ||
           code_point == 0x1680 || (code_point >= 0x2000 && code_point <= 0x200a) ||
           code_point == 0x2028 || code_point == 0x2029 || code_point == 0x202f ||
           code_point == 0x205f || code_point == 0x3000 || code_point == 0xfeff;
}

struct slice text_trim(struct slice text)
{
    const unsigned char *at = (const unsigned char *)text.start;
    size_t first = 0;
    size_t last = 0; /* just behind the last character that stays */
    bool started = false;
    for (size_t i = 0; i < text.length;) {
        uint32_t code_point;
        size_t used = decode_sequence(at + i, text.length - i, &code_point);
        if (used == 0)
            return text;
        if (!is_white_space(code_point)) {
            if (!started)
                first = i;
            started = true;
            last = i + used;
        }
        i += used;
    }
    return (struct slice){text.start + first, last - first};
}

bool text_is_digits(const char *text)
{
    return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

/* The value of a run of digits, as long as it is not above `maximum`. */
static bool digits_value(const char *digits, int64_t maximum, int64_t *value)
{
    int64_t sum = 0;
    for (; *digits != '\0'; digits++) {
        int digit = *digits - '0';
        if (digit > maximum || sum > (maximum - digit) / 10)
            return false;
        sum = sum * 10 + digit;
    }
    *value = sum;
    return true;
}

bool text_to_int4(const char *text, int32_t *value)
{
    int64_t wide;
    if (!text_is_digits(text) || !digits_value(text, INT32_MAX, &wide))
        return false;
    *value = (int32_t)wide;
    return true;
}

bool text_to_count(const char *text, int64_t maximum, int64_t *value)
{
    if (text[0] == '+')
        text++;
    return text_is_digits(text) && digits_value(text, maximum, value);
}

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

bool text_percent_decode(struct slice text, bool plus_is_space, char *decoded)
{
    size_t length = 0;
    for (size_t i = 0; i < text.length; i++) {
        char byte = text.start[i];
        if (byte == '%') {
            if (text.length - i < 3)
                return false;
            int high = hex_value(text.start[i + 1]);
            int low = hex_value(text.start[i + 2]);
            if (high < 0 || low < 0)
                return false;
            byte = (char)(high << 4 | low);
            i += 2;
        } else if (byte == '+' && plus_is_space) {
            byte = ' ';
        }
        if (byte == '\0')
            return false;
        decoded[length++] = byte;
    }
    decoded[length] = '\0';
    return text_is_utf8(decoded, length);
}
