#ifndef JSON_SCAN_H
#define JSON_SCAN_H

#include "text.h"

#include <stdbool.h>

/*
 * Finds the parts of JSON text without copying or building anything. The text must be valid JSON as
 * PostgreSQL prints jsonb: keys unique, and escaped only where they must be. Works at any depth.
 */

/* A walk over the members of an object or the elements of an array. */
struct json_walk {
    const char *at;
    const char *end;
};

bool json_is_object(struct slice value);
bool json_is_array(struct slice value);

/* Everything but null, false, zero, "" and an absent value (empty slice), as JavaScript has it. */
bool json_is_truthy(struct slice value);

struct json_walk json_walk_start(struct slice container);
bool json_next_element(struct json_walk *walk, struct slice *element);
/* `key` comes without its quotes, still escaped. */
bool json_next_member(struct json_walk *walk, struct slice *key, struct slice *value);

/* The member's value; an empty slice where `object` is no object or has no such member. */
struct slice json_member(struct slice object, const char *key);

/*
 * The same, but not cut off behind the value, which is quicker where it is large. Enough to see
 * what it is and, if a container, to walk it; a walk ends where the container does.
 */
struct slice json_open_member(struct slice object, const char *key);

/*
 * The leading integer of a number or string, as JavaScript's parseInt finds it: "30003abc" is
 * 30003. False where there is none, or it does not fit an int4.
 */
bool json_leading_integer(struct slice value, int32_t *integer);

#endif
