#ifndef QUERY_H
#define QUERY_H

#include <libpq-fe.h>
#include <stdbool.h>

enum { QUERY_NAME_SIZE = 64, QUERY_VALUES_MAX = 16 };

/*
 * A statement with its parameters, and where its result goes. A statement is prepared once a
 * connection under its name: the same name always means the same text.
 */
struct query {
    char name[QUERY_NAME_SIZE];
    const char *sql;
    const char *values[QUERY_VALUES_MAX]; /* text form; NULL is SQL's NULL */
    int value_count;
    bool plans_for_values; /* the best plan depends on the values: it is made for each execution */
    PGresult *result;      /* set on success only; freed by query_clear */
};

void query_clear(struct query *query);

#endif
