#ifndef DATABASE_CONNECTIONS_H
#define DATABASE_CONNECTIONS_H

#include "connection_options.h"
#include "query.h"

/*
 * Where Miles Republic is, as the row of data_agents' table database_connections says (contract,
 * "Two databases"). Zero-initialise.
 */
struct database_location {
    char *fingerprint; /* all of the row that matters; NULL: there is no row. Holds secrets. */
    char *name;        /* the row's name, escaped for the log */
    struct connection_options options;
    const char *problem; /* why the row cannot be used; NULL: it can */
};

/* Makes `query` the statement that reads the row: it is sent along with a page's own. */
void database_connections_query(struct query *query);

/*
 * Takes over what the row says now. True if that differs from before (then everything in `location`
 * is new). On lack of memory there is no row.
 */
bool database_connections_update(struct database_location *location, const PGresult *row);

void database_connections_free(struct database_location *location);

#endif
