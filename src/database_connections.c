/*
 * Owns: the meaning of a row of database_connections.
 * Must not: connect.
 */
#include "database_connections.h"

#include "buffer.h"
#include "connection_url.h"
#include "log.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum location_column {
    LOCATION_NAME,
    LOCATION_URL,
    LOCATION_HOST,
    LOCATION_PORT,
    LOCATION_DATABASE,
    LOCATION_USERNAME,
    LOCATION_PASSWORD,
    LOCATION_SSL_MODE,
    LOCATION_TIMEOUT,
    LOCATION_COLUMNS
};

static const char LOCATION_SQL[] =
    "SELECT name, \"connectionUrl\", host, port, database, username, password, \"sslMode\", timeout"
    " FROM database_connections WHERE type = 'MILES_REPUBLIC' AND \"isActive\""
    " ORDER BY \"createdAt\", id LIMIT 1";

void database_connections_query(struct query *query)
{
    *query = (struct query){.name = "miles_republic_location", .sql = LOCATION_SQL};
}

/* The row's text, or NULL where it is NULL or empty. */
static const char *column(const PGresult *row, enum location_column number)
{
    return PQgetlength(row, 0, number) > 0 ? PQgetvalue(row, 0, number) : NULL;
}

/* Lengths keep "ab","c" apart from "a","bc". */
static char *fingerprint(const PGresult *row)
{
    struct buffer text = {0};
    for (int i = 0; i < LOCATION_COLUMNS; i++) {
        buffer_append_format(&text, "%d:", PQgetisnull(row, 0, i) ? -1 : PQgetlength(row, 0, i));
        buffer_append_text(&text, PQgetvalue(row, 0, i));
    }
    if (buffer_text(&text) == NULL)
        buffer_free(&text);
    return text.data;
}

static const char *read_fields(const PGresult *row, struct connection_options *options)
{
    static const struct {
        enum location_column column;
        const char *keyword;
    } FIELDS[] = {{LOCATION_HOST, "host"},
                  {LOCATION_PORT, "port"},
                  {LOCATION_DATABASE, "dbname"},
                  {LOCATION_USERNAME, "user"},
                  {LOCATION_PASSWORD, "password"}};
    if (column(row, LOCATION_HOST) == NULL || column(row, LOCATION_DATABASE) == NULL)
        return "it has neither a connectionUrl nor host and database";
    for (size_t i = 0; i < sizeof(FIELDS) / sizeof(FIELDS[0]); i++) {
        const char *value = column(row, FIELDS[i].column);
        if (value != NULL && !connection_options_set(options, FIELDS[i].keyword, value))
            return "out of memory";
    }
    const char *mode = column(row, LOCATION_SSL_MODE);
    if (mode != NULL && !connection_options_set_sslmode(options, mode))
        return "its sslMode is unknown";
    return NULL;
}

static const char *read_options(const PGresult *row, struct connection_options *options)
{
    const char *url = column(row, LOCATION_URL);
    const char *problem =
        url != NULL ? connection_url_parse(url, options) : read_fields(row, options);
    const char *timeout = column(row, LOCATION_TIMEOUT);
    int32_t milliseconds;
    if (problem == NULL && options->connect_timeout_ms == 0 && timeout != NULL &&
        text_to_int4(timeout, &milliseconds))
        options->connect_timeout_ms = milliseconds;
    return problem;
}

static char *escaped_name(const PGresult *row)
{
    char name[160];
    return strdup(log_escape_sentence(name, sizeof(name), PQgetvalue(row, 0, LOCATION_NAME)));
}

bool database_connections_update(struct database_location *location, const PGresult *row)
{
    char *now = PQntuples(row) > 0 ? fingerprint(row) : NULL;
    bool same =
        (now == NULL && location->fingerprint == NULL) ||
        (now != NULL && location->fingerprint != NULL && strcmp(now, location->fingerprint) == 0);
    if (same) {
        free(now);
        return false;
    }
    database_connections_free(location);
    location->fingerprint = now;
    if (now != NULL) {
        location->name = escaped_name(row);
        location->problem =
            location->name != NULL ? read_options(row, &location->options) : "out of memory";
    }
    return true;
}

void database_connections_free(struct database_location *location)
{
    if (location->fingerprint != NULL)
        explicit_bzero(location->fingerprint, strlen(location->fingerprint));
    free(location->fingerprint);
    free(location->name);
    connection_options_free(&location->options);
    *location = (struct database_location){0};
}
