/*
 * Owns: entity tags and their comparison.
 * Must not: decide which answers have one (routes does).
 */
#include "etag.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

void etag_make(const char *body, size_t length, char etag[ETAG_SIZE])
{
    snprintf(etag, ETAG_SIZE, "W/\"%016" PRIx64 "\"", (uint64_t)XXH3_64bits(body, length));
}

/* The quoted part: what weak comparison looks at. */
static const char *opaque(const char *tag)
{
    return strncmp(tag, "W/", 2) == 0 ? tag + 2 : tag;
}

bool etag_matches(const char *if_none_match, const char *etag)
{
    const char *wanted = opaque(etag);
    size_t length = strlen(wanted);
    const char *at = if_none_match + strspn(if_none_match, " \t");
    if (at[0] == '*' && at[1 + strspn(at + 1, " \t")] == '\0')
        return true;
    while (*at != '\0') {
        at += strspn(at, " \t,");
        const char *tag = opaque(at);
        if (tag[0] != '"')
            return false;
        const char *end = strchr(tag + 1, '"');
        if (end == NULL)
            return false;
        if ((size_t)(end + 1 - tag) == length && memcmp(tag, wanted, length) == 0)
            return true;
        at = end + 1;
    }
    return false;
}
