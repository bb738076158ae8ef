#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A run of bytes that somebody else owns. */
struct slice {
    const char *start;
    size_t length;
};

struct slice slice_of(const char *text);
bool slice_equals(struct slice slice, const char *text);

/* Well-formed UTF-8 as in RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF. */
bool text_is_utf8(const char *bytes, size_t length);

/* The bytes of the character that well-formed, non-empty text begins with. */
size_t text_character_length(const char *text);

/* Without the white space at both ends, as JavaScript's String.prototype.trim has it. */
struct slice text_trim(struct slice text);

/* Digits only, at least one. */
bool text_is_digits(const char *text);

/* Digits only, of a value that fits PostgreSQL's integer; leading zeros are fine. */
bool text_to_int4(const char *text, int32_t *value);

/* An optional '+', then digits, not above `maximum`. */
bool text_to_count(const char *text, int64_t maximum, int64_t *value);

/*
 * Percent-decodes into `decoded` (at least text.length + 1 bytes; may be where text.start points).
 * False where an escape is broken, a NUL byte would come out, or the result is not UTF-8.
 */
bool text_percent_decode(struct slice text, bool plus_is_space, char *decoded);

#endif
