/*
 * Owns: one connection's conversation with its server: pipelining, preparing, draining.
 * Must not: decide when to connect or to try again (database_manager does).
 */
#include "database.h"

#include "log.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PREPARED_MAX = 256, /* beyond that, statements go unnamed */
    STEPS_MAX =
        2 * DATABASE_QUERIES_MAX + 4, /* prepare and execute, a transaction around, planning */
};

/* One command in the pipeline, and what its result is for. */
struct step {
    enum { STEP_PREPARE, STEP_EXECUTE, STEP_FRAME } kind;
    struct query *query; /* NULL for STEP_FRAME */
};

struct pipeline {
    struct step steps[STEPS_MAX];
    size_t count;
    char sqlstate[6]; /* of the first error; "" if there was none or it had none */
    bool failed;
};

const char *database_status_name(enum database_status status)
{
    static const char *const NAMES[] = {
        [DATABASE_OK] = "ok",
        [DATABASE_UNCONFIGURED] = "unconfigured",
        [DATABASE_UNAVAILABLE] = "unavailable",
        [DATABASE_TIMEOUT] = "timeout",
        [DATABASE_FAILED] = "failed",
        [DATABASE_ABANDONED] = "abandoned",
    };
    return NAMES[status];
}

void query_clear(struct query *query)
{
    PQclear(query->result);
    query->result = NULL;
}

bool database_is_opening(const struct database *database)
{
    return database->attempt.connection != NULL;
}

static void take_over(struct database *database, const struct connection_options *options)
{
    database->connection = database->attempt.connection;
    database->attempt = (struct connection_attempt){0};
    database->transaction_pooling = options->transaction_pooling;
    database->search_path = options->search_path;
}

enum wait_result database_open(struct database *database, const struct connection_options *options,
                               const struct deadline *deadline)
{
    char *problem = database->problem;
    if (!database_is_opening(database)) {
        database_close(database);
        if (!connection_manager_start(options, &database->session, &database->attempt)) {
            snprintf(problem, CONNECTION_PROBLEM_SIZE, "out of memory");
            return WAIT_FAILED;
        }
    }
    enum wait_result result =
        connection_manager_continue(&database->attempt, options, deadline, problem);
    if (result == WAIT_READY)
        take_over(database, options);
    else if (result == WAIT_TIMEOUT)
        snprintf(problem, CONNECTION_PROBLEM_SIZE, "no connection in time");
    return result;
}

void database_close(struct database *database)
{
    connection_manager_drop(&database->attempt);
    PQfinish(database->connection);
    database->connection = NULL;
    free(database->prepared);
    database->prepared = NULL;
    database->prepared_count = 0;
}

bool database_is_usable(const struct database *database)
{
    if (database->connection == NULL || PQstatus(database->connection) != CONNECTION_OK)
        return false;
    struct pollfd socket = {.fd = PQsocket(database->connection), .events = POLLIN};
    return poll(&socket, 1, 0) == 0;
}

static bool is_prepared(const struct database *database, const char *name)
{
    for (size_t i = 0; i < database->prepared_count; i++)
        if (strcmp(database->prepared[i], name) == 0)
            return true;
    return false;
}

static bool can_prepare(struct database *database)
{
    /* Room for all that one exchange may prepare: they are remembered when their results come. */
    if (database->transaction_pooling ||
        database->prepared_count > PREPARED_MAX - DATABASE_QUERIES_MAX)
        return false;
    if (database->prepared == NULL)
        database->prepared = calloc(PREPARED_MAX, sizeof(*database->prepared));
    return database->prepared != NULL;
}

static void remember_prepared(struct database *database, const char *name)
{
    snprintf(database->prepared[database->prepared_count++], QUERY_NAME_SIZE, "%s", name);
}

static void add_step(struct pipeline *pipeline, int kind, struct query *query)
{
    pipeline->steps[pipeline->count].kind = kind;
    pipeline->steps[pipeline->count++].query = query;
}

static bool send_frame(struct database *database, struct pipeline *pipeline, const char *sql,
                       int value_count, const char *const *values)
{
    add_step(pipeline, STEP_FRAME, NULL);
    return PQsendQueryParams(database->connection, sql, value_count, NULL, values, NULL, NULL, 0);
}

/* PgBouncer hands the server to others after each transaction, so the session ends with it. */
static bool send_transaction_start(struct database *database, struct pipeline *pipeline)
{
    char timeout[16];
    char search_path[CONNECTION_SEARCH_PATH_SIZE];
    const char *const values[CONNECTION_SESSION_VALUES] = {
        timeout, database->search_path != NULL
                     ? connection_search_path(database->search_path, search_path)
                     : NULL};
    snprintf(timeout, sizeof(timeout), "%d", database->session.statement_timeout_ms);
    return send_frame(database, pipeline, "BEGIN READ ONLY", 0, NULL) &&
           send_frame(database, pipeline, CONNECTION_SESSION_SQL, CONNECTION_SESSION_VALUES,
                      values);
}

/*
 * Plans are made once for all values, but where the best plan depends on the values: then the rest
 * of this transaction, which ends with the pipeline, is planned anew.
 */
static bool send_planning(struct database *database, struct pipeline *pipeline,
                          struct query *const queries[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (queries[i]->plans_for_values)
            return send_frame(database, pipeline,
                              "SELECT set_config('plan_cache_mode', 'force_custom_plan', true)", 0,
                              NULL);
    return true;
}

static bool send_query(struct database *database, struct pipeline *pipeline, struct query *query)
{
    PGconn *connection = database->connection;
    bool prepared = is_prepared(database, query->name);
    if (!prepared && can_prepare(database)) {
        add_step(pipeline, STEP_PREPARE, query);
        if (!PQsendPrepare(connection, query->name, query->sql, query->value_count, NULL))
            return false;
        prepared = true;
    }
    add_step(pipeline, STEP_EXECUTE, query);
    if (prepared)
        return PQsendQueryPrepared(connection, query->name, query->value_count, query->values, NULL,
                                   NULL, 0);
    return PQsendQueryParams(connection, query->sql, query->value_count, NULL, query->values, NULL,
                             NULL, 0);
}

static bool send_all(struct database *database, struct pipeline *pipeline,
                     struct query *const queries[], size_t count)
{
    if (database->transaction_pooling && !send_transaction_start(database, pipeline))
        return false;
    if (!send_planning(database, pipeline, queries, count))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!send_query(database, pipeline, queries[i]))
            return false;
    if (database->transaction_pooling && !send_frame(database, pipeline, "COMMIT", 0, NULL))
        return false;
    return PQpipelineSync(database->connection) == 1;
}

/* Waits until PQgetResult will not block; what could not be sent yet goes out meanwhile. */
static enum wait_result wait_for_result(PGconn *connection, const struct deadline *deadline)
{
    while (PQisBusy(connection)) {
        int unsent = PQflush(connection);
        if (unsent < 0)
            return WAIT_FAILED;
        short events = (short)(POLLIN | (unsent > 0 ? POLLOUT : 0));
        enum wait_result waited = deadline_wait(deadline, PQsocket(connection), events);
        if (waited != WAIT_READY)
            return waited;
        if (!PQconsumeInput(connection))
            return WAIT_FAILED;
    }
    return WAIT_READY;
}

static void note_error(struct database *database, struct pipeline *pipeline, const PGresult *result)
{
    if (pipeline->failed)
        return;
    pipeline->failed = true;
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    char escaped[CONNECTION_PROBLEM_SIZE - 8];
    snprintf(pipeline->sqlstate, sizeof(pipeline->sqlstate), "%s",
             sqlstate != NULL ? sqlstate : "");
    log_escape_sentence(escaped, sizeof(escaped), message != NULL ? message : "connection lost");
    snprintf(database->problem, sizeof(database->problem), "%s%s%s", pipeline->sqlstate,
             sqlstate != NULL ? " " : "", escaped);
}

/* Takes over or frees one result. */
static void receive(struct database *database, struct pipeline *pipeline, const struct step *step,
                    PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_TUPLES_OK && step->kind == STEP_EXECUTE) {
        step->query->result = result;
        return;
    }
    if (status == PGRES_COMMAND_OK && step->kind == STEP_PREPARE)
        remember_prepared(database, step->query->name);
    if (status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE)
        note_error(database, pipeline, result);
    PQclear(result);
}

/* Each command gives its result and then a NULL; the sync at the end gives one and no NULL. */
static enum wait_result receive_all(struct database *database, struct pipeline *pipeline,
                                    const struct deadline *deadline)
{
    PGconn *connection = database->connection;
    size_t step = 0;
    for (;;) {
        enum wait_result waited = wait_for_result(connection, deadline);
        if (waited != WAIT_READY)
            return waited;
        PGresult *result = PQgetResult(connection);
        if (result == NULL) {
            if (PQstatus(connection) != CONNECTION_OK || ++step > pipeline->count)
                return WAIT_FAILED;
        } else if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
            PQclear(result);
            return WAIT_READY;
        } else if (step == pipeline->count) {
            PQclear(result);
            return WAIT_FAILED;
        } else {
            receive(database, pipeline, &pipeline->steps[step], result);
        }
    }
}

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* What an error says about the connection, by its SQLSTATE (PostgreSQL, appendix A). */
static enum database_exchange judge_error(const char *sqlstate)
{
    static const struct {
        const char *start;
        enum database_exchange meaning;
    } MEANINGS[] = {
        {"57014", EXCHANGE_TIMEOUT}, /* query_canceled: by statement_timeout */
        {"57P", EXCHANGE_LOST},      /* the backend was told to go */
        {"08", EXCHANGE_LOST},      /* connection exceptions; PgBouncer's words for a dead server */
        {"26000", EXCHANGE_LOST},   /* no such prepared statement: somebody shares this session */
        {"0A000", EXCHANGE_LOST},   /* a cached plan whose result type has changed */
        {"53", EXCHANGE_EXHAUSTED}, /* out of memory, disk or connections */
    };
    if (sqlstate[0] == '\0')
        return EXCHANGE_LOST;
    for (size_t i = 0; i < sizeof(MEANINGS) / sizeof(MEANINGS[0]); i++)
        if (starts_with(sqlstate, MEANINGS[i].start))
            return MEANINGS[i].meaning;
    return EXCHANGE_FAILED;
}

static enum database_exchange judge(const struct database *database,
                                    const struct pipeline *pipeline, enum wait_result waited)
{
    if (waited == WAIT_TIMEOUT)
        return EXCHANGE_TIMEOUT;
    if (waited == WAIT_ABANDONED)
        return EXCHANGE_ABANDONED;
    if (pipeline->failed)
        return judge_error(pipeline->sqlstate);
    if (waited == WAIT_FAILED || PQtransactionStatus(database->connection) != PQTRANS_IDLE)
        return EXCHANGE_LOST;
    return EXCHANGE_OK;
}

enum database_exchange database_exchange(struct database *database, struct query *const queries[],
                                         size_t count, const struct deadline *deadline)
{
    struct pipeline pipeline = {0};
    enum wait_result waited = WAIT_FAILED;
    if (send_all(database, &pipeline, queries, count))
        waited = receive_all(database, &pipeline, deadline);
    enum database_exchange outcome = judge(database, &pipeline, waited);
    if (outcome != EXCHANGE_OK)
        for (size_t i = 0; i < count; i++)
            query_clear(queries[i]);
    if (waited == WAIT_TIMEOUT)
        snprintf(database->problem, sizeof(database->problem), "no answer in time");
    else if (waited == WAIT_FAILED && !pipeline.failed)
        connection_manager_describe_problem(database->connection, NULL, database->problem);
    if (waited == WAIT_TIMEOUT || waited == WAIT_ABANDONED) {
        connection_manager_abandon(database->connection);
        database->connection = NULL;
        database_close(database);
        return outcome;
    }
    bool drained =
        waited == WAIT_READY && PQtransactionStatus(database->connection) == PQTRANS_IDLE;
    if (!drained || outcome == EXCHANGE_LOST || outcome == EXCHANGE_EXHAUSTED)
        database_close(database);
    return outcome;
}
