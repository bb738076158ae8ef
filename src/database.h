#ifndef DATABASE_H
#define DATABASE_H

#include "connection_manager.h"
#include "connection_options.h"
#include "deadline.h"
#include "query.h"

#include <stddef.h>

enum database_status {
    DATABASE_OK,
    DATABASE_UNCONFIGURED, /* nobody has said where it is */
    DATABASE_UNAVAILABLE,  /* no connection to be had, or it was lost twice */
    DATABASE_TIMEOUT,      /* no answer within the deadline */
    DATABASE_FAILED,       /* it answered with an error */
    DATABASE_ABANDONED,    /* the client went away while waiting */
};

const char *database_status_name(enum database_status status);

enum { DATABASE_QUERIES_MAX = 8 };

/* One connection to one database, and what has been prepared on it. Zero-initialise. */
struct database {
    PGconn *connection; /* NULL: not open */
    struct connection_attempt attempt;
    int64_t opening_until; /* monotonic clock, nanoseconds: when the manager gives the attempt up */
    int64_t renew_at; /* monotonic clock, nanoseconds: when the connection is too old; 0: never */
    struct session session;
    bool transaction_pooling;
    const char *search_path; /* set for each transaction where transactions are pooled; or NULL */
    char (*prepared)[QUERY_NAME_SIZE];
    size_t prepared_count;
    char problem[CONNECTION_PROBLEM_SIZE]; /* why the last call failed, fit for a log */
    bool was_lost;                         /* the last connection broke; for the manager's counts */
};

/*
 * Opens the connection, in place of one that is of no more use. WAIT_READY: done. WAIT_TIMEOUT,
 * WAIT_ABANDONED: still being opened; call again to go on, or close. WAIT_FAILED: not to be had;
 * database->problem says why.
 */
enum wait_result database_open(struct database *database, const struct connection_options *options,
                               const struct deadline *deadline);

bool database_is_opening(const struct database *database);

/*
 * Whether the connection can be used as far as can be told for nothing: an idle server has nothing
 * to say, so a connection that became readable has ended.
 */
bool database_is_usable(const struct database *database);

enum database_exchange {
    EXCHANGE_OK,
    EXCHANGE_LOST,      /* the connection broke, or has to be replaced; it is closed */
    EXCHANGE_EXHAUSTED, /* the server is out of resources; closed */
    EXCHANGE_TIMEOUT,
    EXCHANGE_FAILED,
    EXCHANGE_ABANDONED,
};

/*
 * Sends all queries in one round trip and waits for all results. Where the answer is EXCHANGE_OK
 * each query has its result; otherwise none has, and database->problem says why. Afterwards the
 * connection is either idle and drained, or closed: an answer can never reach another request.
 */
enum database_exchange database_exchange(struct database *database, struct query *const queries[],
                                         size_t count, const struct deadline *deadline);

void database_close(struct database *database);

#endif
