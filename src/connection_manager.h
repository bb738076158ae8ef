#ifndef CONNECTION_MANAGER_H
#define CONNECTION_MANAGER_H

#include "connection_options.h"
#include "deadline.h"

#include <libpq-fe.h>

enum { CONNECTION_PROBLEM_SIZE = 256 };

/* What every session of one database starts with. */
struct session {
    const char *application_name;
    int statement_timeout_ms; /* the server's own bound, for when this process is gone */
};

/* A connection being made, which can take longer than one request. Zero-initialise. */
struct connection_attempt {
    PGconn *connection; /* NULL: none is being made */
    PostgresPollingStatusType state;
};

/* Begins to connect, without waiting; the look-up of a host name alone is the system's. */
bool connection_manager_start(const struct connection_options *options,
                              const struct session *session, struct connection_attempt *attempt);

/*
 * Goes on connecting until the deadline, whatever libpq's timeouts say. WAIT_READY: the attempt's
 * connection is set up, in non-blocking pipeline mode, and the caller's. WAIT_TIMEOUT and
 * WAIT_ABANDONED: the attempt stands, and can be continued or dropped. WAIT_FAILED: it is over, and
 * `problem` says why, fit for a log (escaped, without `options`' password).
 */
enum wait_result connection_manager_continue(struct connection_attempt *attempt,
                                             const struct connection_options *options,
                                             const struct deadline *deadline,
                                             char problem[CONNECTION_PROBLEM_SIZE]);

void connection_manager_drop(struct connection_attempt *attempt);

/*
 * The session's settings as a statement for a transaction of its own, in place of start-up options,
 * which PgBouncer refuses: SELECT set_config(...) with CONNECTION_SESSION_VALUES parameters.
 */
extern const char CONNECTION_SESSION_SQL[];
enum { CONNECTION_SESSION_VALUES = 2, CONNECTION_SEARCH_PATH_SIZE = 160 };

/* `schema` as a value of search_path: one quoted identifier. Returns `search_path`. */
const char *connection_search_path(const char *schema,
                                   char search_path[CONNECTION_SEARCH_PATH_SIZE]);

/*
 * Gives up a connection that is in the middle of something: the server is asked to end it, and the
 * connection is freed, without waiting for either. A child process that lives for a second at most
 * does the asking, since libpq's PQcancel can hang on a server that does not answer. Until then it
 * keeps the socket open: PgBouncer forgets whom to cancel as soon as the client is gone.
 */
void connection_manager_abandon(PGconn *connection);

/* The first line of libpq's last message, fit for a log; withheld if `password` (or NULL) is in it.
 */
void connection_manager_describe_problem(const PGconn *connection, const char *password,
                                         char problem[CONNECTION_PROBLEM_SIZE]);

#endif
