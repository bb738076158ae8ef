/*
 * Owns: the worker's two database connections: when they are opened, kept, given up, tried again.
 * This is where the Miles Republic connection lives: `manager.miles_republic`.
 * Must not: know what is asked (proposals and enrich_proposal do).
 */
#include "database_manager.h"

#include "back_off.h"
#include "database_connections.h"
#include "log.h"

#include <stdlib.h>
#include <string.h>

enum {
    PROBE_WAIT_MS = 5, /* what a request waits for a Miles Republic that is in trouble */
};

/* Between attempts on a Miles Republic that is down: it is not asked by every page. */
static const struct back_off_range ATTEMPT_DELAYS = {100, 5000};

static struct {
    struct database_manager_config config;
    struct database data_agents;
    struct database miles_republic;
    struct database_location location; /* where Miles Republic is */
    struct back_off back_off;          /* from Miles Republic */
    struct database_time spent;
} manager;

void database_manager_start(const struct database_manager_config *config)
{
    manager.config = *config;
    manager.data_agents.session =
        (struct session){config->application_name, config->request_timeout_ms};
    manager.miles_republic.session =
        (struct session){config->application_name, config->miles_timeout_ms};
}

/* Tells the scoreboard which connections there are. */
static void note_connections(void)
{
    struct scoreboard_slot *slot = scoreboard_mine();
    slot->connected[SCOREBOARD_DATA_AGENTS] = manager.data_agents.connection != NULL;
    slot->connected[SCOREBOARD_MILES_REPUBLIC] = manager.miles_republic.connection != NULL;
}

void database_manager_end_request(void)
{
    struct database *const all[] = {&manager.data_agents, &manager.miles_republic};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (all[i]->connection != NULL && all[i]->renew_at != 0 && clock_now() > all[i]->renew_at) {
            database_close(all[i]);
            note_connections();
        }
    }
}

void database_manager_stop(void)
{
    database_close(&manager.data_agents);
    database_close(&manager.miles_republic);
    database_connections_free(&manager.location);
}

bool database_manager_knows_miles_republic(void)
{
    return manager.location.fingerprint != NULL;
}

/* Tells the scoreboard what an attempt has shown; one that was given up has shown nothing. */
static void note_state(enum scoreboard_database number, enum database_status status)
{
    struct scoreboard_slot *slot = scoreboard_mine();
    note_connections();
    if (status == DATABASE_ABANDONED || status == DATABASE_UNCONFIGURED)
        return;
    slot->state[number] = status == DATABASE_OK ? DATABASE_UP : DATABASE_DOWN;
    slot->said_at[number] = clock_now();
    if (status != DATABASE_OK)
        scoreboard_count_failure(number);
}

struct database_time database_manager_take_time(void)
{
    struct database_time spent = manager.spent;
    manager.spent = (struct database_time){0};
    return spent;
}

static enum database_status status_of(enum database_exchange outcome)
{
    switch (outcome) {
    case EXCHANGE_OK:
        return DATABASE_OK;
    case EXCHANGE_TIMEOUT:
        return DATABASE_TIMEOUT;
    case EXCHANGE_FAILED:
        return DATABASE_FAILED;
    case EXCHANGE_ABANDONED:
        return DATABASE_ABANDONED;
    case EXCHANGE_LOST:
    case EXCHANGE_EXHAUSTED:
        break;
    }
    return DATABASE_UNAVAILABLE;
}

/* Spread over a fifth of the age, so that workers do not renew in step. */
static void note_opened(struct database *database, enum scoreboard_database number)
{
    scoreboard_count_opened(number, database->was_lost);
    database->was_lost = false;
    int64_t age_ms = manager.config.connection_max_age_s * INT64_C(1000);
    if (age_ms > 0)
        age_ms -= random() % (age_ms / 5 + 1);
    database->renew_at = age_ms > 0 ? clock_in(age_ms) : 0;
}

/*
 * How long this request may wait for a connection: as long as the attempt lasts, which is what the
 * URL says or `timeout_ms`. One attempt can span many requests.
 */
static struct deadline opening_deadline(struct database *database,
                                        const struct connection_options *options,
                                        int64_t timeout_ms, const struct deadline *deadline)
{
    if (options->connect_timeout_ms > 0 && options->connect_timeout_ms < timeout_ms)
        timeout_ms = options->connect_timeout_ms;
    if (!database_is_opening(database))
        database->opening_until = clock_in(timeout_ms);
    struct deadline within = *deadline;
    if (database->opening_until < within.at)
        within.at = database->opening_until;
    return within;
}

static void end_overdue_attempt(struct database *database)
{
    if (database_is_opening(database) && clock_now() >= database->opening_until)
        database_close(database);
}

/* An attempt that outlives a short deadline goes on between requests, and with the next one. */
static enum database_status open_data_agents(const struct deadline *deadline)
{
    struct database *database = &manager.data_agents;
    const struct connection_options *options = manager.config.data_agents;
    end_overdue_attempt(database);
    struct deadline within =
        opening_deadline(database, options, manager.config.request_timeout_ms, deadline);
    enum wait_result result = database_open(database, options, &within);
    if (result == WAIT_READY) {
        log_debug("data_agents: connected");
        note_opened(database, SCOREBOARD_DATA_AGENTS);
        return DATABASE_OK;
    }
    if (result == WAIT_FAILED)
        database_close(database);
    end_overdue_attempt(database);
    if (result == WAIT_ABANDONED)
        return DATABASE_ABANDONED;
    /* The request may have more time than connecting does. */
    bool is_over = result == WAIT_TIMEOUT && within.at == deadline->at;
    return is_over ? DATABASE_TIMEOUT : DATABASE_UNAVAILABLE;
}

/* The two lines that the seed counts: once a connection, never for its reuse. */
static enum database_status open_miles_republic(const struct deadline *deadline)
{
    struct database *database = &manager.miles_republic;
    const struct connection_options *options = &manager.location.options;
    struct deadline patience = *deadline;
    if (manager.back_off.delay_ms > 0)
        patience = deadline_within(deadline, PROBE_WAIT_MS);
    struct deadline within =
        opening_deadline(database, options, manager.config.miles_timeout_ms, &patience);
    enum wait_result result = database_open(database, options, &within);
    if (result == WAIT_READY) {
        log_info("Connexion créée pour: %s", manager.location.name);
        log_info("Connexion établie à la base de données: %s", manager.location.name);
        note_opened(database, SCOREBOARD_MILES_REPUBLIC);
        return DATABASE_OK;
    }
    if (result == WAIT_ABANDONED)
        return DATABASE_ABANDONED;
    if (result == WAIT_TIMEOUT && clock_now() < database->opening_until)
        return DATABASE_UNAVAILABLE; /* the attempt goes on with the next request */
    database_close(database);
    return result == WAIT_TIMEOUT ? DATABASE_TIMEOUT : DATABASE_UNAVAILABLE;
}

/*
 * Asks over the kept connection, or a new one. A connection that turns out lost is replaced once:
 * everything here only reads, and nothing has been answered yet.
 */
static enum database_status ask(struct database *database,
                                enum database_status (*open)(const struct deadline *deadline),
                                struct query *const queries[], size_t count,
                                const struct deadline *deadline)
{
    enum database_exchange outcome = EXCHANGE_LOST;
    for (int attempt = 0; attempt < 2 && outcome == EXCHANGE_LOST; attempt++) {
        if (!database_is_usable(database)) {
            database->was_lost = database->was_lost || database->connection != NULL || attempt > 0;
            enum database_status opened = open(deadline);
            if (opened != DATABASE_OK)
                return opened;
        }
        outcome = database_exchange(database, queries, count, deadline);
    }
    return status_of(outcome);
}

static void update_location(struct query *location)
{
    if (!database_connections_update(&manager.location, location->result))
        return;
    database_close(&manager.miles_republic);
    manager.back_off = (struct back_off){0};
    if (manager.location.problem != NULL)
        log_warn("Miles Republic (%s): the row in database_connections cannot be used: %s",
                 manager.location.name, manager.location.problem);
    else if (manager.location.options.ignored != NULL)
        log_warn("Miles Republic (%s): ignored in its connectionUrl: %s", manager.location.name,
                 manager.location.options.ignored);
}

enum database_status database_manager_ask_data_agents(struct query *const queries[], size_t count,
                                                      bool locate_miles_republic,
                                                      const struct deadline *deadline)
{
    int64_t started = clock_now();
    struct query location;
    struct query *all[DATABASE_QUERIES_MAX];
    for (size_t i = 0; i < count; i++)
        all[i] = queries[i];
    if (locate_miles_republic) {
        database_connections_query(&location);
        all[count++] = &location;
    }
    enum database_status status = ask(&manager.data_agents, open_data_agents, all, count, deadline);
    if (status == DATABASE_OK && locate_miles_republic) {
        update_location(&location);
        query_clear(&location);
    }
    if (status != DATABASE_OK && status != DATABASE_ABANDONED) {
        char where[CONNECTION_DESCRIPTION_SIZE];
        log_error("data_agents (%s): %s: %s",
                  connection_options_describe(manager.config.data_agents, where),
                  database_status_name(status), manager.data_agents.problem);
    }
    note_state(SCOREBOARD_DATA_AGENTS, status);
    manager.spent.data_agents += clock_now() - started;
    return status;
}

/* Miles Republic is well, or in trouble and left alone for a while. One line of the log a step. */
static void note_miles_republic(enum database_status status)
{
    char where[CONNECTION_DESCRIPTION_SIZE];
    if (status == DATABASE_OK) {
        manager.back_off = (struct back_off){0};
    } else if (status != DATABASE_ABANDONED && !database_is_opening(&manager.miles_republic)) {
        back_off_more_or_less(&manager.back_off, &ATTEMPT_DELAYS);
        log_warn("Miles Republic (%s, %s): %s: %s; next attempt in %d ms at most",
                 manager.location.name,
                 connection_options_describe(&manager.location.options, where),
                 database_status_name(status), manager.miles_republic.problem,
                 manager.back_off.delay_ms);
    }
}

static enum database_status ask_miles_republic(struct query *const queries[], size_t count,
                                               const struct deadline *deadline)
{
    if (manager.location.fingerprint == NULL)
        return DATABASE_UNCONFIGURED;
    if (manager.location.problem != NULL || clock_now() < manager.back_off.until)
        return DATABASE_UNAVAILABLE;
    struct deadline within = deadline_within(deadline, manager.config.miles_timeout_ms);
    enum database_status status =
        ask(&manager.miles_republic, open_miles_republic, queries, count, &within);
    note_miles_republic(status);
    return status == DATABASE_FAILED ? DATABASE_UNAVAILABLE : status;
}

static struct pollfd watch(const struct connection_attempt *attempt)
{
    if (attempt->connection == NULL)
        return (struct pollfd){.fd = -1};
    return (struct pollfd){.fd = PQsocket(attempt->connection),
                           .events = attempt->state == PGRES_POLLING_READING ? POLLIN : POLLOUT};
}

void database_manager_watch_opening(struct pollfd watched[SCOREBOARD_DATABASES])
{
    watched[SCOREBOARD_DATA_AGENTS] = watch(&manager.data_agents.attempt);
    watched[SCOREBOARD_MILES_REPUBLIC] = watch(&manager.miles_republic.attempt);
}

void database_manager_continue_opening(void)
{
    struct deadline at_once = deadline_in(0, -1);
    end_overdue_attempt(&manager.data_agents);
    if (database_is_opening(&manager.data_agents))
        open_data_agents(&at_once);
    if (database_is_opening(&manager.miles_republic)) {
        enum database_status status = open_miles_republic(&at_once);
        if (status != DATABASE_OK)
            note_miles_republic(status);
    }
    note_connections();
}

enum database_status database_manager_ask_miles_republic(struct query *const queries[],
                                                         size_t count,
                                                         const struct deadline *deadline)
{
    int64_t started = clock_now();
    enum database_status status = ask_miles_republic(queries, count, deadline);
    note_state(SCOREBOARD_MILES_REPUBLIC, status);
    manager.spent.miles_republic += clock_now() - started;
    return status;
}
