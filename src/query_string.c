/*
 * Owns: the syntax of a query string.
 * Must not: know which parameters there are.
 */
#include "query_string.h"

#include "text.h"

#include <string.h>

static char *decode(struct slice piece, struct arena *arena, enum query_error *error)
{
    char *decoded = arena_allocate(arena, piece.length + 1, 1);
    if (decoded == NULL) {
        *error = QUERY_NO_MEMORY;
        return NULL;
    }
    if (!text_percent_decode(piece, true, decoded)) {
        *error = QUERY_BAD_ENCODING;
        return NULL;
    }
    return decoded;
}

static enum query_error parse_parameter(struct slice piece, struct arena *arena,
                                        struct query_string *query)
{
    if (query->count == QUERY_PARAMETERS_MAX)
        return QUERY_TOO_MANY;
    const char *equals = memchr(piece.start, '=', piece.length);
    size_t name_length = equals != NULL ? (size_t)(equals - piece.start) : piece.length;
    struct slice name = {piece.start, name_length};
    struct slice value = {"", 0};
    if (equals != NULL)
        value = (struct slice){equals + 1, piece.length - name_length - 1};

    enum query_error error = QUERY_OK;
    struct query_parameter *parameter = &query->parameters[query->count];
    parameter->name = decode(name, arena, &error);
    if (error == QUERY_OK)
        parameter->value = decode(value, arena, &error);
    if (error == QUERY_OK)
        query->count++;
    return error;
}

enum query_error query_string_parse(const char *text, struct arena *arena,
                                    struct query_string *query)
{
    query->count = 0;
    while (*text != '\0') {
        size_t length = strcspn(text, "&");
        if (length > 0) {
            enum query_error error = parse_parameter((struct slice){text, length}, arena, query);
            if (error != QUERY_OK)
                return error;
        }
        text += length;
        if (*text == '&')
            text++;
    }
    return QUERY_OK;
}

size_t query_string_find(const struct query_string *query, const char *name, char **value)
{
    size_t found = 0;
    for (size_t i = 0; i < query->count; i++) {
        if (strcmp(query->parameters[i].name, name) != 0)
            continue;
        if (found == 0)
            *value = query->parameters[i].value;
        found++;
    }
    return found;
}
