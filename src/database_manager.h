#ifndef DATABASE_MANAGER_H
#define DATABASE_MANAGER_H

#include "database.h"
#include "scoreboard.h"

#include <poll.h>
#include <stdint.h>

/*
 * The two process-global connections of a worker, and no other. Each is opened by the first request
 * that needs it, kept for the life of the process, and replaced when it breaks.
 */
struct database_manager_config {
    const struct connection_options *data_agents; /* must outlive the manager */
    const char *application_name;                 /* likewise; names program and worker */
    int request_timeout_ms;
    int miles_timeout_ms;     /* the most that Miles Republic may hold up one request */
    int connection_max_age_s; /* 0: any */
};

void database_manager_start(const struct database_manager_config *config);
void database_manager_stop(void);

/* Between requests: a connection that has grown too old is closed; the next request opens another.
 */
void database_manager_end_request(void);

/*
 * Asks data_agents, in one round trip. `locate_miles_republic`: also read, in the same round trip,
 * where Miles Republic is; needed before database_manager_ask_miles_republic. DATABASE_OK: each
 * query has its result, which the caller clears; otherwise none has.
 */
enum database_status database_manager_ask_data_agents(struct query *const queries[], size_t count,
                                                      bool locate_miles_republic,
                                                      const struct deadline *deadline);

/*
 * Asks Miles Republic, in one round trip, on the worker's one connection. Never DATABASE_FAILED: an
 * error there makes it unavailable to the page, and is logged here.
 */
enum database_status database_manager_ask_miles_republic(struct query *const queries[],
                                                         size_t count,
                                                         const struct deadline *deadline);

/*
 * The connections that are being made while no request waits for them: what to poll, -1 for none.
 * When one is ready, call database_manager_continue_opening: a service that is asked rarely would
 * otherwise never get through the steps of connecting.
 */
void database_manager_watch_opening(struct pollfd watched[SCOREBOARD_DATABASES]);
void database_manager_continue_opening(void);

/* Whether data_agents, when last asked, named a Miles Republic. */
bool database_manager_knows_miles_republic(void);

/* Nanoseconds that a request has spent on each database. */
struct database_time {
    int64_t data_agents;
    int64_t miles_republic;
};

/* The time spent since the last call. */
struct database_time database_manager_take_time(void);

#endif
