#ifndef RESULTS_H
#define RESULTS_H

#include "unit.h"

#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

/* Results as a server would have sent them, made by hand. The caller clears them. */

/* A result of that many columns and rows, all NULL. */
static inline PGresult *make_result(int columns, int rows)
{
    enum { COLUMNS_MAX = 64 };
    static char name[] = "column";
    PGresAttDesc descriptions[COLUMNS_MAX];
    assert_in_range(columns, 1, COLUMNS_MAX);
    memset(descriptions, 0, sizeof(descriptions));
    for (int i = 0; i < columns; i++)
        descriptions[i].name = name;
    PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
    assert_non_null(result);
    assert_true(PQsetResultAttrs(result, columns, descriptions));
    for (int row = 0; row < rows; row++)
        for (int column = 0; column < columns; column++)
            assert_true(PQsetvalue(result, row, column, NULL, -1));
    return result;
}

/* Sets a value; NULL is SQL's NULL. */
static inline void set_value(PGresult *result, int row, int column, const char *text)
{
    char *copy = text != NULL ? strdup(text) : NULL;
    assert_true(PQsetvalue(result, row, column, copy, text != NULL ? (int)strlen(text) : -1));
    free(copy);
}

#endif
