#ifndef QUERY_STRING_H
#define QUERY_STRING_H

#include "arena.h"

#include <stdbool.h>
#include <stddef.h>

enum { QUERY_PARAMETERS_MAX = 100 };

struct query_parameter {
    const char *name;
    char *value; /* "" where the parameter has no '=' */
};

struct query_string {
    struct query_parameter parameters[QUERY_PARAMETERS_MAX];
    size_t count;
};

enum query_error { QUERY_OK, QUERY_TOO_MANY, QUERY_BAD_ENCODING, QUERY_NO_MEMORY };

/*
 * Reads application/x-www-form-urlencoded text (the part behind '?'). Names and values are decoded
 * into the arena and live as long as it does. Empty pieces ("&&") are skipped.
 */
enum query_error query_string_parse(const char *text, struct arena *arena,
                                    struct query_string *query);

/*
 * How often `name` is given; `value` is set to the first one. Names are compared exactly.
 */
size_t query_string_find(const struct query_string *query, const char *name, char **value);

#endif
