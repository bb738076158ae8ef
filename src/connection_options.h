#ifndef CONNECTION_OPTIONS_H
#define CONNECTION_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CONNECTION_KEYWORDS_MAX = 32, CONNECTION_DESCRIPTION_SIZE = 160 };

/*
 * Where a database is and how to get in. Zero-initialise; every text is owned, and freed by
 * connection_options_free. Holds a password: only connection_options_describe is fit for a log.
 */
struct connection_options {
    const char *keywords[CONNECTION_KEYWORDS_MAX + 1]; /* libpq's; static text, NULL at the end */
    char *values[CONNECTION_KEYWORDS_MAX + 1];
    size_t count;
    char *search_path;          /* the one schema to look in; NULL: the server's default */
    char *server_options;       /* the URL's own `options`; NULL: none */
    char *ignored;              /* names of URL parameters that mean nothing here; NULL: none */
    bool verifies_server;       /* sslaccept=strict */
    bool transaction_pooling;   /* behind PgBouncer in transaction mode */
    int64_t connect_timeout_ms; /* 0: none of its own */
};

/* Sets a libpq keyword, or replaces its value. False: out of memory, or too many. */
bool connection_options_set(struct connection_options *options, const char *keyword,
                            const char *value);

/* The value of a libpq keyword, or NULL. */
const char *connection_options_get(const struct connection_options *options, const char *keyword);

/* "user@host:port/database", escaped, without the password. Returns `description`. */
const char *connection_options_describe(const struct connection_options *options,
                                        char description[CONNECTION_DESCRIPTION_SIZE]);

/* Checks the SSL mode and takes it over; knows Prisma's "no-verify". */
bool connection_options_set_sslmode(struct connection_options *options, const char *mode);

void connection_options_free(struct connection_options *options);

#endif
