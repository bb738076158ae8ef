/*
 * Owns: the life of a worker process and the FastCGI side of a request.
 * Must not: know what a request is answered with (routes does).
 *
 * libfcgi's own way of accepting ends the process silently when descriptors run out, has no time
 * limits, and leaves a window in which SIGTERM is lost. So connections are accepted here, given
 * time limits, and handed to it; waiting is one ppoll.
 */
#include "worker.h"

#include "count_cache.h"
#include "database_manager.h"
#include "fastcgi_answer.h"
#include "routes.h"
#include "scoreboard.h"
#include "signals.h"

#include <errno.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    LISTEN_FD = 0,
    PEER_TIMEOUT_S = 5,            /* for the web server to send or take the next bytes */
    IDLE_TIMEOUT_MS = 1000,        /* for it to close a connection that it asked to keep */
    ACCEPT_PAUSE_MS = 100,         /* when there is no descriptor for a connection */
    BODY_KEPT_BYTES = 1024 * 1024, /* the answer's memory that is kept for the next one */
    BODY_READ_BYTES = 1024 * 1024, /* of a request's body, which is only thrown away */
    MEMORY_LOOK_REQUESTS = 64,
    CLIENT_TEXT_SIZE = 512,
};

static const struct timespec ACCEPT_PAUSE = {.tv_nsec = ACCEPT_PAUSE_MS * 1000000L};
static const struct timespec IDLE_TIMEOUT = {.tv_sec = IDLE_TIMEOUT_MS / 1000};

struct worker {
    const struct settings *settings;
    FCGX_Request fcgi;
    int page_size;
    struct response response; /* its body's memory is used again and again */
    struct buffer head;
    char process_name[32];
    char application_name[48];
};

/* How long a request took, in nanoseconds, and how much of it each database. */
struct timing {
    int64_t started;
    int64_t total;
    struct database_time spent;
};

static double milliseconds(int64_t nanoseconds)
{
    return (double)nanoseconds / 1e6;
}

/* What a browser's network panel shows beside the request (W3C Server Timing). */
static void append_server_timing(struct buffer *head, const struct timing *timing)
{
    int64_t rendering = timing->total - timing->spent.data_agents - timing->spent.miles_republic;
    buffer_append_format(
        head, "Server-Timing: data_agents;dur=%.3f, miles_republic;dur=%.3f, render;dur=%.3f\r\n",
        milliseconds(timing->spent.data_agents), milliseconds(timing->spent.miles_republic),
        milliseconds(rendering));
}

static void send_response(struct worker *worker, const struct timing *timing, bool with_body)
{
    struct response *response = &worker->response;
    struct buffer *head = &worker->head;
    buffer_reset(head, BODY_KEPT_BYTES);
    bool has_content = response->status != 204 && response->status != 304;
    buffer_append_format(head, "Status: %d %s\r\nCache-Control: %s\r\n", response->status,
                         http_reason(response->status), response->cache_control);
    if (has_content)
        buffer_append_format(head, "Content-Type: %s\r\nContent-Length: %zu\r\n",
                             response->content_type, response->body.length);
    if (response->etag[0] != '\0')
        buffer_append_format(head, "ETag: %s\r\n", response->etag);
    append_server_timing(head, timing);
    if (response->allow != NULL)
        buffer_append_format(head, "Allow: %s\r\n", response->allow);
    if (response->retry_after_s > 0)
        buffer_append_format(head, "Retry-After: %d\r\n", response->retry_after_s);
    buffer_append_literal(head, "\r\n");
    struct slice pieces[] = {{head->data, head->length},
                             {response->body.data, with_body ? response->body.length : 0}};
    bool sent =
        !head->failed && fastcgi_send_answer(worker->fcgi.ipcFd, worker->fcgi.requestId, pieces, 2);
    if (!sent)
        log_warn("the answer could not be sent");
    /* libfcgi would send the request's end once more if it finished the request. */
    FCGX_Free(&worker->fcgi, !sent || !worker->fcgi.keepConnection);
}

static const char *parameter(const struct worker *worker, const char *name)
{
    const char *value = FCGX_GetParam(name, worker->fcgi.envp);
    return value != NULL ? value : "";
}

/*
 * A server that closes its end with bytes unread makes the peer lose the answer, so what was sent
 * is read to its end. Returns whether there was a body.
 */
static bool discard_body(struct worker *worker)
{
    char scratch[4096];
    size_t total = 0;
    int length;
    do {
        length = FCGX_GetStr(scratch, sizeof(scratch), worker->fcgi.in);
        total += length > 0 ? (size_t)length : 0;
    } while (length == (int)sizeof(scratch) && total < BODY_READ_BYTES);
    return total > 0;
}

static void log_access(const struct worker *worker, const struct request *request,
                       const char *target, const struct timing *timing)
{
    char method[32];
    char escaped[CLIENT_TEXT_SIZE];
    /* Whoever looks at the health of a service looks often. */
    enum log_level level =
        worker->response.route == SCOREBOARD_STATUS ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO;
    log_record(level, "%s %s %d %zu B %.3f ms (data_agents %.3f ms, miles_republic %.3f ms)",
               log_escape(method, sizeof(method), request->method),
               log_escape(escaped, sizeof(escaped), target), worker->response.status,
               worker->response.body.length, milliseconds(clock_now() - timing->started),
               milliseconds(timing->spent.data_agents), milliseconds(timing->spent.miles_republic));
}

/* A parameter's value for as long as the arena, since libfcgi's are gone once the answer is sent.
 */
static const char *keep_parameter(const struct worker *worker, const char *name,
                                  struct arena *arena)
{
    const char *value = parameter(worker, name);
    const char *kept = arena_copy(arena, value, strlen(value));
    return kept != NULL ? kept : "";
}

/* The request target as the client sent it, cut into path and query; both in the arena. */
static bool read_target(const char *target, struct arena *arena, struct request *request)
{
    size_t length = strcspn(target, "?");
    request->path = arena_copy(arena, target, length);
    request->query = target[length] == '?' ? target + length + 1 : "";
    return request->path != NULL;
}

static void count_request(const struct worker *worker, const struct timing *timing)
{
    struct scoreboard_request counted = {
        .route = worker->response.route,
        .status = worker->response.status,
        .bytes = worker->response.body.length,
        .durations = {[DURATION_DATA_AGENTS] = timing->spent.data_agents,
                      [DURATION_MILES_REPUBLIC] = timing->spent.miles_republic,
                      [DURATION_REQUEST] = clock_now() - timing->started},
    };
    scoreboard_count_request(&counted);
}

static void serve_request(struct worker *worker)
{
    struct timing timing = {.started = clock_now()};
    struct arena arena = {0};
    const char *target = keep_parameter(worker, "REQUEST_URI", &arena);
    struct request request = {
        .method = keep_parameter(worker, "REQUEST_METHOD", &arena),
        .if_none_match = parameter(worker, "HTTP_IF_NONE_MATCH"),
        .arena = &arena,
        .deadline = deadline_in(worker->settings->request_timeout_ms, worker->fcgi.ipcFd),
    };
    log_set_request(parameter(worker, "REQUEST_ID"));
    request.has_body = discard_body(worker);
    buffer_reset(&worker->response.body, BODY_KEPT_BYTES);
    worker->response =
        (struct response){.body = worker->response.body, .cache_control = "no-store"};
    if (read_target(target, &arena, &request))
        routes_answer(&request, &worker->response);
    else
        http_error(&worker->response, 500, "INTERNAL_ERROR", "Internal server error");
    timing.spent = database_manager_take_time();
    timing.total = clock_now() - timing.started;
    send_response(worker, &timing, strcmp(request.method, "HEAD") != 0);
    log_access(worker, &request, target, &timing);
    count_request(worker, &timing);
    arena_free(&arena);
    log_set_request(NULL);
}

/* Accepts the next connection, with time limits on both directions. False: there was none. */
static bool accept_connection(struct worker *worker)
{
    const struct timeval limit = {.tv_sec = PEER_TIMEOUT_S};
    int fd = accept4(LISTEN_FD, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0) {
        if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
            log_error("no connection can be accepted: %s", strerror(errno));
            nanosleep(&ACCEPT_PAUSE, NULL);
        }
        return false;
    }
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    worker->fcgi.ipcFd = fd;
    worker->fcgi.keepConnection = 1; /* else libfcgi closes it before it reads */
    return true;
}

static void close_connection(struct worker *worker)
{
    if (worker->fcgi.ipcFd >= 0)
        FCGX_Free(&worker->fcgi, 1);
}

/*
 * Waits for the next request: on the connection that the web server asked to keep, else for a new
 * one; and meanwhile for a database that is being connected to. False: no request, or it is time to
 * stop.
 */
static bool wait_for_request(struct worker *worker)
{
    bool is_kept = worker->fcgi.ipcFd >= 0;
    struct pollfd watched[1 + SCOREBOARD_DATABASES] = {
        {.fd = is_kept ? worker->fcgi.ipcFd : LISTEN_FD, .events = POLLIN},
    };
    database_manager_watch_opening(watched + 1);
    int ready =
        ppoll(watched, 1 + SCOREBOARD_DATABASES, is_kept ? &IDLE_TIMEOUT : NULL, signals_waiting());
    /* A web server that keeps no connections hangs up at once: there is nothing more to read. */
    bool hung_up = is_kept && ready > 0 && (watched[0].revents & POLLHUP) != 0;
    signals_let_in();
    if (ready == 0 || hung_up)
        close_connection(worker);
    if (ready > 0 && (watched[1].revents | watched[2].revents) != 0)
        database_manager_continue_opening();
    return ready > 0 && watched[0].revents != 0 && !hung_up && signals_stop_requests() == 0;
}

/* Resident bytes, from the kernel; 0 where it does not say. */
static int64_t resident_memory(const struct worker *worker)
{
    char text[64];
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    ssize_t length = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
    if (fd >= 0)
        close(fd);
    text[length > 0 ? length : 0] = '\0';
    const char *resident = strchr(text, ' ');
    return resident != NULL ? strtoll(resident, NULL, 10) * worker->page_size : 0;
}

/* A worker that has had its time asks its master for a successor, and serves until there is one. */
static void look_at_limits(const struct worker *worker)
{
    const struct settings *settings = worker->settings;
    struct scoreboard_slot *slot = scoreboard_mine();
    uint64_t served = slot->served;
    bool is_done = settings->max_requests > 0 && served >= (uint64_t)settings->max_requests;
    if (settings->worker_memory_mb > 0 && served % MEMORY_LOOK_REQUESTS == 0)
        is_done =
            is_done || resident_memory(worker) > settings->worker_memory_mb * INT64_C(1024) * 1024;
    if (is_done && !slot->wants_to_retire)
        slot->wants_to_retire = true;
}

static void serve(struct worker *worker)
{
    struct scoreboard_slot *slot = scoreboard_mine();
    while (signals_stop_requests() == 0) {
        if (!wait_for_request(worker))
            continue;
        if (worker->fcgi.ipcFd < 0 && !accept_connection(worker))
            continue;
        /* Or else closing a connection waits for the peer: two seconds for each byte it sends. */
        worker->fcgi.detached = 1;
        slot->busy_since = clock_now();
        if (FCGX_Accept_r(&worker->fcgi) >= 0) {
            slot->served = slot->served + 1;
            serve_request(worker);
            database_manager_end_request();
            look_at_limits(worker);
        }
        slot->busy_since = 0;
    }
    close_connection(worker);
}

/*
 * A worker must not outlive its master: the kernel tells it from now on, and where the master has
 * gone before, nobody reads the pipe.
 */
static bool follow_master(const struct worker_role *role)
{
    if (role->kind == ROLE_ALONE)
        return true;
    prctl(PR_SET_PDEATHSIG, SIGNAL_PARENT_DIED);
    pid_t self = getpid();
    ssize_t written = write(WORKER_READY_FD, &self, sizeof(self));
    close(WORKER_READY_FD);
    return written == (ssize_t)sizeof(self);
}

static void choose_names(struct worker *worker, const struct worker_role *role)
{
    int number = role->kind == ROLE_ALONE ? (int)getpid() : role->number;
    if (role->kind == ROLE_STATUS)
        snprintf(worker->process_name, sizeof(worker->process_name), "status");
    else
        snprintf(worker->process_name, sizeof(worker->process_name), "worker %d", number);
    snprintf(worker->application_name, sizeof(worker->application_name), "proposals-fcgi %s",
             worker->process_name);
}

static bool prepare(struct worker *worker, const struct settings *settings,
                    const struct worker_role *role)
{
    int scoreboard = role->kind == ROLE_ALONE ? -1 : WORKER_SCOREBOARD_FD;
    worker->settings = settings;
    worker->page_size = (int)sysconf(_SC_PAGESIZE);
    choose_names(worker, role);
    log_open(settings->log_level, worker->process_name);
    srandom((unsigned)getpid());
    signals_start();
    signals_forget_children(); /* those that cancel queries */
    struct scoreboard_place place = {role->slot, role->number, role->kind != ROLE_STATUS};
    if (!scoreboard_attach(scoreboard, &place)) {
        log_error("no scoreboard: %s", strerror(errno));
        return false;
    }
    int flags = fcntl(LISTEN_FD, F_GETFL);
    if (flags < 0 || fcntl(LISTEN_FD, F_SETFL, flags | O_NONBLOCK) != 0) {
        log_error("descriptor 0 is not a usable socket: %s", strerror(errno));
        return false;
    }
    /* The listening socket of -1 keeps libfcgi from accepting anything by itself. */
    if (FCGX_Init() != 0 || FCGX_InitRequest(&worker->fcgi, -1, 0) != 0) {
        log_error("libfcgi could not be started");
        return false;
    }
    count_cache_start(settings->count_max_age_ms, settings->database_url);
    database_manager_start(&(struct database_manager_config){
        .data_agents = &settings->data_agents,
        .application_name = worker->application_name,
        .request_timeout_ms = settings->request_timeout_ms,
        .miles_timeout_ms = settings->miles_timeout_ms,
        .connection_max_age_s = settings->connection_max_age_s,
    });
    return true;
}

int worker_run(const struct settings *settings, const struct worker_role *role)
{
    static struct worker worker;
    if (!prepare(&worker, settings, role))
        return EXIT_FAILURE;
    if (follow_master(role))
        serve(&worker);
    database_manager_stop();
    buffer_free(&worker.response.body);
    buffer_free(&worker.head);
    return EXIT_SUCCESS;
}
