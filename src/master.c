/*
 * Owns: the worker processes: how many, of which generation, when started again, when ended.
 * Must not: open a database connection or serve a request.
 *
 * A worker is a program run anew, not a copy of this process: it inherits the listening socket as
 * descriptor 0 and nothing else, so after a change on disk SIGHUP is all it takes.
 */
#include "master.h"

#include "deadline.h"
#include "listener.h"
#include "scoreboard.h"
#include "signals.h"
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    STATUS_NUMBER = 0, /* the status process stands among the workers, which count from 1 */
    WORKERS_MAX = 256,
    PROCESSES_MAX = SCOREBOARD_SLOTS, /* two generations while one takes over from the other */
    BACK_OFF_FIRST_MS = 1000,
    BACK_OFF_MAX_MS = 60000,
    TAKE_OVER_MS = 15000, /* for a new generation to become ready */
};

struct process {
    pid_t pid; /* 0: a free place */
    int number;
    unsigned generation;
    bool ready;
};

/* When the next worker with a number may be started; a delay only for those that die unready. */
struct start_again {
    int64_t at;
    int delay_ms;
};

static struct {
    const struct settings *settings;
    const char *program;
    struct listener listener;        /* of the workers */
    struct listener status_listener; /* of the status process */
    int scoreboard;
    int ready_pipe[2]; /* workers write their pids once they can serve */
    struct process processes[PROCESSES_MAX];
    struct start_again start_again[WORKERS_MAX + 1];
    unsigned serving; /* the generation that serves */
    unsigned coming;  /* the one that is to take over; 0: none */
    int64_t coming_until;
    bool misconfigured;
} master;

static const int64_t NANOSECONDS_PER_MS = 1000000;

/*
 * In the child: descriptor 0 is the socket, 3 the pipe, 4 the scoreboard; 1 and 2 are the master's;
 * there are no others.
 */
static void become_worker(int number, int slot)
{
    const char *role = number == STATUS_NUMBER ? "--status" : "--worker";
    int listener = number == STATUS_NUMBER ? master.status_listener.fd : master.listener.fd;
    char number_text[16];
    char slot_text[16];
    snprintf(number_text, sizeof(number_text), "%d", number);
    snprintf(slot_text, sizeof(slot_text), "%d", slot);
    int ready = fcntl(master.ready_pipe[1], F_DUPFD, WORKER_SCOREBOARD_FD + 1);
    int scoreboard = fcntl(master.scoreboard, F_DUPFD, WORKER_SCOREBOARD_FD + 1);
    if (ready < 0 || scoreboard < 0 || dup2(listener, STDIN_FILENO) < 0 ||
        dup2(ready, WORKER_READY_FD) < 0 || dup2(scoreboard, WORKER_SCOREBOARD_FD) < 0)
        _exit(EXIT_FAILURE);
    close_range(WORKER_SCOREBOARD_FD + 1, ~0U, 0);
    sigprocmask(SIG_SETMASK, signals_waiting(), NULL);
    execl(master.program, "proposals-fcgi", role, number_text, slot_text, (char *)NULL);
    log_error("%s cannot be run: %s", master.program, strerror(errno));
    _exit(EXIT_FAILURE);
}

static struct process *free_process(void)
{
    for (size_t i = 0; i < PROCESSES_MAX; i++)
        if (master.processes[i].pid == 0)
            return &master.processes[i];
    return NULL;
}

static void delay_start(int number)
{
    struct start_again *again = &master.start_again[number];
    again->delay_ms = again->delay_ms == 0 ? BACK_OFF_FIRST_MS : again->delay_ms * 2;
    if (again->delay_ms > BACK_OFF_MAX_MS)
        again->delay_ms = BACK_OFF_MAX_MS;
    again->at = clock_now() + again->delay_ms * NANOSECONDS_PER_MS;
    log_warn("worker %d is started again in %d s", number, again->delay_ms / 1000);
}

static void start_worker(int number, unsigned generation)
{
    struct process *process = free_process();
    if (process == NULL)
        return;
    pid_t pid = fork();
    if (pid == 0)
        become_worker(number, (int)(process - master.processes));
    if (pid < 0) {
        log_error("no worker can be started: %s", strerror(errno));
        delay_start(number);
        return;
    }
    *process = (struct process){.pid = pid, .number = number, .generation = generation};
    log_debug("worker %d started, pid %d", number, (int)pid);
}

static const struct process *find_worker(int number, unsigned generation)
{
    for (size_t i = 0; i < PROCESSES_MAX; i++) {
        const struct process *process = &master.processes[i];
        if (process->pid != 0 && process->number == number && process->generation == generation)
            return process;
    }
    return NULL;
}

static size_t count_processes(void)
{
    size_t count = 0;
    for (size_t i = 0; i < PROCESSES_MAX; i++)
        count += master.processes[i].pid != 0 ? 1 : 0;
    return count;
}

static void signal_generation(unsigned generation, int number)
{
    for (size_t i = 0; i < PROCESSES_MAX; i++)
        if (master.processes[i].pid != 0 && master.processes[i].generation == generation)
            kill(master.processes[i].pid, number);
}

static void signal_all(int number)
{
    for (size_t i = 0; i < PROCESSES_MAX; i++)
        if (master.processes[i].pid != 0)
            kill(master.processes[i].pid, number);
}

/* Starts the workers of the serving generation that are missing and may be started by now. */
static void start_missing(void)
{
    for (int number = STATUS_NUMBER; number <= master.settings->workers; number++)
        if (find_worker(number, master.serving) == NULL &&
            clock_now() >= master.start_again[number].at)
            start_worker(number, master.serving);
}

static void start_take_over(void)
{
    if (master.coming != 0)
        return;
    log_info("new workers take over");
    master.coming = master.serving + 1;
    master.coming_until = clock_now() + TAKE_OVER_MS * NANOSECONDS_PER_MS;
    for (int number = STATUS_NUMBER; number <= master.settings->workers; number++)
        start_worker(number, master.coming);
}

static void give_up_take_over(const char *why)
{
    log_error("the new workers do not come up (%s); the old ones serve on", why);
    signal_generation(master.coming, SIGTERM);
    master.coming = 0;
    /* The next generation must not be taken for the one that was given up. */
    master.serving += 2;
    for (size_t i = 0; i < PROCESSES_MAX; i++)
        if (master.processes[i].generation == master.serving - 2)
            master.processes[i].generation = master.serving;
}

/* The old workers are told to leave once every new one is ready. */
static void finish_take_over(void)
{
    for (int number = STATUS_NUMBER; number <= master.settings->workers; number++) {
        const struct process *process = find_worker(number, master.coming);
        if (process == NULL || !process->ready)
            return;
    }
    signal_generation(master.serving, SIGTERM);
    master.serving = master.coming;
    master.coming = 0;
    memset(master.start_again, 0, sizeof(master.start_again));
    log_info("new workers serve");
}

static void read_ready(void)
{
    pid_t pid;
    while (read(master.ready_pipe[0], &pid, sizeof(pid)) == (ssize_t)sizeof(pid)) {
        for (size_t i = 0; i < PROCESSES_MAX; i++) {
            struct process *process = &master.processes[i];
            if (process->pid != pid)
                continue;
            process->ready = true;
            master.start_again[process->number].delay_ms = 0;
            log_debug("worker %d is ready", process->number);
        }
    }
}

static void log_end(const struct process *process, int status)
{
    if (WIFSIGNALED(status))
        log_error("worker %d (pid %d) was ended by signal %d", process->number, (int)process->pid,
                  WTERMSIG(status));
    else if (WEXITSTATUS(status) != 0)
        log_error("worker %d (pid %d) ended with status %d", process->number, (int)process->pid,
                  WEXITSTATUS(status));
    else
        log_debug("worker %d (pid %d) ended", process->number, (int)process->pid);
}

static void note_end(struct process *process, int status)
{
    struct process ended = *process;
    *process = (struct process){0};
    scoreboard_clear((int)(process - master.processes));
    log_end(&ended, status);
    bool is_misconfigured = WIFEXITED(status) && WEXITSTATUS(status) == EXIT_CONFIGURATION;
    if (ended.generation == master.coming && !ended.ready) {
        give_up_take_over("one ended before it was ready");
    } else if (ended.generation == master.serving && is_misconfigured) {
        master.misconfigured = true;
    } else if (ended.generation == master.serving && !ended.ready) {
        delay_start(ended.number);
    }
}

static void reap(void)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        for (size_t i = 0; i < PROCESSES_MAX; i++) {
            if (master.processes[i].pid == pid) {
                note_end(&master.processes[i], status);
                break;
            }
        }
    }
}

/* Sleeps until a signal, a worker's word, or the time of the next thing to do. */
static void wait_for_events(int64_t until)
{
    int64_t left = until - clock_now();
    struct timespec timeout = {.tv_sec = left > 0 ? left / (1000 * NANOSECONDS_PER_MS) : 0,
                               .tv_nsec = left > 0 ? left % (1000 * NANOSECONDS_PER_MS) : 0};
    struct pollfd pipe = {.fd = master.ready_pipe[0], .events = POLLIN};
    ppoll(&pipe, 1, &timeout, signals_waiting());
    /* A worker that says it is ready and then ends must be known as ready when it is reaped. */
    read_ready();
    if (signals_take_child())
        reap();
}

/* The next time at which something may be due, a second from now at most. */
static int64_t next_due(void)
{
    int64_t due = clock_now() + 1000 * NANOSECONDS_PER_MS;
    for (int number = STATUS_NUMBER; number <= master.settings->workers; number++) {
        int64_t at = master.start_again[number].at;
        if (find_worker(number, master.serving) == NULL && at < due)
            due = at;
    }
    return due;
}

static void supervise(void)
{
    while (signals_stop_requests() == 0 && !master.misconfigured) {
        start_missing();
        wait_for_events(next_due());
        if (signals_take_reload())
            start_take_over();
        if (master.coming != 0)
            finish_take_over();
        if (master.coming != 0 && clock_now() > master.coming_until)
            give_up_take_over("not ready in time");
    }
}

/* Requests in hand are finished; what is left after the time for that is ended. */
static void end_workers(void)
{
    int64_t until = clock_now() + master.settings->shutdown_timeout_s * 1000 * NANOSECONDS_PER_MS;
    signal_all(SIGTERM);
    while (count_processes() > 0 && clock_now() < until && signals_stop_requests() < 2)
        wait_for_events(until);
    if (count_processes() > 0)
        log_warn("%zu workers did not end in time and are killed", count_processes());
    signal_all(SIGKILL);
    while (count_processes() > 0)
        wait_for_events(clock_now() + 100 * NANOSECONDS_PER_MS);
}

static bool listen_on(struct listener *listener, const char *address)
{
    char problem[128];
    if (listener_open(listener, address, master.settings->listen_backlog, problem, sizeof(problem)))
        return true;
    log_error("cannot listen on %s: %s", address, problem);
    return false;
}

/* What all processes share. False: the log says what could not be had, and nothing is left behind.
 */
static bool open_shared(void)
{
    const struct settings *settings = master.settings;
    master.scoreboard = scoreboard_create();
    if (master.scoreboard < 0 || pipe2(master.ready_pipe, O_CLOEXEC | O_NONBLOCK) != 0) {
        log_error("no shared memory or pipe: %s", strerror(errno));
        return false;
    }
    if (!listen_on(&master.listener, settings->listen))
        return false;
    if (listen_on(&master.status_listener, settings->status_listen))
        return true;
    listener_close(&master.listener);
    return false;
}

int master_run(const struct settings *settings, const char *program)
{
    log_open(settings->log_level, "master");
    signals_start();
    master.settings = settings;
    master.program = program;
    master.serving = 1;
    if (!open_shared())
        return EXIT_FAILURE;
    log_info("listening on %s, backlog %d, %d workers", settings->listen, settings->listen_backlog,
             settings->workers);
    supervise();
    listener_close(&master.listener);
    listener_close(&master.status_listener);
    end_workers();
    log_info("stopped");
    return master.misconfigured ? EXIT_CONFIGURATION : EXIT_SUCCESS;
}
