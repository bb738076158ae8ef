/*
 * Owns: how a connection is made, what its session is set to, and how its work is cancelled.
 * Must not: keep a connection (database_manager does), or decide whether to make one.
 */
#include "connection_manager.h"

#include "buffer.h"
#include "log.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CANCEL_TIMEOUT_S = 1 };

const char CONNECTION_SESSION_SQL[] =
    "SELECT set_config('TimeZone', 'UTC', true), set_config('DateStyle', 'ISO, MDY', true),"
    " set_config('extra_float_digits', '1', true), set_config('jit', 'off', true),"
    " set_config('statement_timeout', $1, true),"
    " set_config('search_path', coalesce($2, current_setting('search_path')), true)";

const char *connection_search_path(const char *schema,
                                   char search_path[CONNECTION_SEARCH_PATH_SIZE])
{
    size_t length = 0;
    search_path[length++] = '"';
    for (; *schema != '\0' && length < CONNECTION_SEARCH_PATH_SIZE - 3; schema++) {
        if (*schema == '"')
            search_path[length++] = '"';
        search_path[length++] = *schema;
    }
    search_path[length++] = '"';
    search_path[length] = '\0';
    return search_path;
}

/* The start-up packet's `options` are split at spaces that have no backslash in front. */
static void append_option_value(struct buffer *options, const char *value)
{
    for (; *value != '\0'; value++) {
        if (*value == ' ' || *value == '\\')
            buffer_append_char(options, '\\');
        buffer_append_char(options, *value);
    }
}

/*
 * A page's statements are planned once a connection: the planner would rather plan each page anew,
 * since it takes a LIMIT it does not know for a tenth of the table, and that costs more than the
 * page itself.
 */
static void append_session_options(struct buffer *text, const struct connection_options *options,
                                   const struct session *session)
{
    if (options->server_options != NULL) {
        buffer_append_text(text, options->server_options);
        buffer_append_char(text, ' ');
    }
    buffer_append_format(text,
                         "-c timezone=UTC -c datestyle=ISO,MDY -c extra_float_digits=1 -c jit=off"
                         " -c plan_cache_mode=force_generic_plan"
                         " -c default_transaction_read_only=on -c statement_timeout=%d",
                         session->statement_timeout_ms);
    if (options->search_path != NULL) {
        char search_path[CONNECTION_SEARCH_PATH_SIZE];
        buffer_append_literal(text, " -c search_path=");
        append_option_value(text, connection_search_path(options->search_path, search_path));
    }
}

/* Later keywords win in libpq, so what must hold comes last and what may be overridden first. */
static PGconn *start_connection(const struct connection_options *options,
                                const struct session *session, const char *session_options)
{
    enum { DEFAULTS = 6, FIXED = 4 };
    const char *keywords[DEFAULTS + CONNECTION_KEYWORDS_MAX + FIXED] = {
        "gssencmode",       "keepalives_idle",  "keepalives_interval",
        "keepalives_count", "tcp_user_timeout", "host"};
    const char *values[DEFAULTS + CONNECTION_KEYWORDS_MAX + FIXED] = {
        "disable", "30", "10", "3", "10000", "localhost"};
    size_t count = DEFAULTS;
    for (size_t i = 0; i < options->count; i++, count++) {
        keywords[count] = options->keywords[i];
        values[count] = options->values[i];
    }
    keywords[count] = "application_name";
    values[count++] = session->application_name;
    keywords[count] = "client_encoding";
    values[count++] = "UTF8";
    if (!options->transaction_pooling) {
        keywords[count] = "options";
        values[count++] = session_options;
    }
    keywords[count] = NULL;
    values[count] = NULL;
    return PQconnectStartParams(keywords, values, 0);
}

static enum wait_result poll_connection(struct connection_attempt *attempt,
                                        const struct deadline *deadline)
{
    PGconn *connection = attempt->connection;
    while (attempt->state != PGRES_POLLING_OK) {
        short events = attempt->state == PGRES_POLLING_READING ? POLLIN : POLLOUT;
        if (PQstatus(connection) == CONNECTION_BAD)
            return WAIT_FAILED;
        enum wait_result waited = deadline_wait(deadline, PQsocket(connection), events);
        if (waited != WAIT_READY)
            return waited;
        attempt->state = PQconnectPoll(connection);
        if (attempt->state == PGRES_POLLING_FAILED)
            return WAIT_FAILED;
    }
    return WAIT_READY;
}

/* libpq's messages name host, port, user and database, and never on purpose a password. */
void connection_manager_describe_problem(const PGconn *connection, const char *password,
                                         char problem[CONNECTION_PROBLEM_SIZE])
{
    const char *message = PQerrorMessage(connection);
    if (password != NULL && password[0] != '\0' && strstr(message, password) != NULL)
        message = "it failed (the message is withheld: it repeats the password)";
    char *first_line = strndup(message, strcspn(message, "\n"));
    log_escape_sentence(problem, CONNECTION_PROBLEM_SIZE, first_line != NULL ? first_line : "");
    free(first_line);
}

/* libpq would print the server's notices, and its last words, on standard error. */
static void ignore_notice(void *argument, const char *message)
{
    (void)argument;
    (void)message;
}

bool connection_manager_start(const struct connection_options *options,
                              const struct session *session, struct connection_attempt *attempt)
{
    struct buffer session_options = {0};
    append_session_options(&session_options, options, session);
    const char *text = buffer_text(&session_options);
    attempt->connection = text != NULL ? start_connection(options, session, text) : NULL;
    attempt->state = PGRES_POLLING_WRITING;
    buffer_free(&session_options);
    return attempt->connection != NULL;
}

enum wait_result connection_manager_continue(struct connection_attempt *attempt,
                                             const struct connection_options *options,
                                             const struct deadline *deadline,
                                             char problem[CONNECTION_PROBLEM_SIZE])
{
    enum wait_result result = poll_connection(attempt, deadline);
    if (result == WAIT_READY) {
        PQsetNoticeProcessor(attempt->connection, ignore_notice, NULL);
        if (PQsetnonblocking(attempt->connection, 1) != 0 ||
            PQenterPipelineMode(attempt->connection) != 1)
            result = WAIT_FAILED;
    }
    if (result == WAIT_FAILED) {
        connection_manager_describe_problem(attempt->connection,
                                            connection_options_get(options, "password"), problem);
        connection_manager_drop(attempt);
    }
    return result;
}

void connection_manager_drop(struct connection_attempt *attempt)
{
    PQfinish(attempt->connection);
    attempt->connection = NULL;
}

/* In the child: holds on to the connection until the cancel request has arrived. */
static void cancel_and_exit(PGcancel *cancel, int socket)
{
    char ignored[CONNECTION_PROBLEM_SIZE];
    signal(SIGALRM, SIG_DFL);
    alarm(CANCEL_TIMEOUT_S);
    close(STDIN_FILENO); /* the socket that requests come by */
    if (socket > STDERR_FILENO + 1)
        close_range(STDERR_FILENO + 1, (unsigned)socket - 1, 0);
    close_range((unsigned)socket + 1, ~0U, 0);
    PQcancel(cancel, ignored, sizeof(ignored));
    _exit(0);
}

/* Leaves libpq with a descriptor that it cannot say goodbye on. */
static void detach_socket(int socket)
{
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nowhere < 0)
        return;
    dup3(nowhere, socket, O_CLOEXEC);
    close(nowhere);
}

void connection_manager_abandon(PGconn *connection)
{
    PGcancel *cancel = PQgetCancel(connection);
    int socket = PQsocket(connection);
    if (cancel != NULL && socket >= 0) {
        pid_t child = fork();
        if (child == 0)
            cancel_and_exit(cancel, socket);
        if (child > 0)
            detach_socket(socket);
    }
    PQfreeCancel(cancel);
    PQfinish(connection);
}
