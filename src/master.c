/*
 * Owns: how many processes there are, of which generation, when they are started again and ended.
 * Must not: open a database connection or serve a request.
 */
#include "master.h"

#include "back_off.h"
#include "deadline.h"
#include "listener.h"
#include "privileges.h"
#include "processes.h"
#include "scoreboard.h"
#include "signals.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

enum {
    WORKERS_MAX = 256,
    PAUSE_MS = 100,       /* between starts of processes of a service that has worked */
    TAKE_OVER_MS = 15000, /* for a new generation to become ready */
    GRACE_MS = 1000,      /* that a request may be over its time before its worker is killed */
    TICK_MS = 500,
    HISTORY_STEP_MS = 1000,
};

/* Between starts of processes that never come to serve. */
static const struct back_off_range START_DELAYS = {1000, 60000};

static struct {
    struct settings settings;
    struct listener listener;                     /* of the workers */
    struct listener status_listener;              /* of the status process */
    struct back_off start_again[WORKERS_MAX + 1]; /* by number */
    unsigned serving;                             /* the generation that serves */
    unsigned coming;                              /* the one that is to take over; 0: none */
    unsigned last;                                /* the highest ever given */
    struct settings coming_settings;
    int64_t coming_until;
    int64_t remembered_at;
    bool has_served; /* a worker of this master has served a request */
    bool announced;  /* that all are ready */
    bool misconfigured;
} master;

static void signal_generation(unsigned generation, int number)
{
    struct process *process = NULL;
    while ((process = processes_next(process)) != NULL)
        if (process->generation == generation)
            kill(process->pid, number);
}

static void signal_all(int number)
{
    struct process *process = NULL;
    while ((process = processes_next(process)) != NULL)
        kill(process->pid, number);
}

/* "worker 2" or "status process", as people call them. */
static const char *name_of(int number)
{
    static char name[32];
    if (number == STATUS_NUMBER)
        return "status process";
    snprintf(name, sizeof(name), "worker %d", number);
    return name;
}

/*
 * Processes that never come to serve are started ever more seldom. A service that has worked is
 * not throttled: what kills its workers now may be over in a second.
 */
static void delay_start(int number, const char *what_happened)
{
    struct back_off *again = &master.start_again[number];
    if (master.has_served) {
        again->until = clock_in(PAUSE_MS);
        return;
    }
    back_off_more(again, &START_DELAYS);
    log_warn("%s %s; the next is started in %d s", name_of(number), what_happened,
             again->delay_ms / 1000);
}

/* Starts those of the serving generation that are missing and may be started by now. */
static void start_missing(void)
{
    for (int number = STATUS_NUMBER; number <= master.settings.workers; number++)
        if (processes_find(number, master.serving) == NULL &&
            clock_now() >= master.start_again[number].until &&
            !processes_start(number, master.serving, master.settings.request_timeout_ms))
            delay_start(number, "could not be started");
}

static bool is_complete(unsigned generation, int workers)
{
    for (int number = STATUS_NUMBER; number <= workers; number++) {
        const struct process *process = processes_find(number, generation);
        if (process == NULL || !process->ready)
            return false;
    }
    return true;
}

/* ---- taking over */

static void give_up_take_over(const char *why)
{
    log_error("the new workers do not come up (%s); the old ones serve on", why);
    signal_generation(master.coming, SIGTERM);
    settings_free(&master.coming_settings);
    master.coming = 0;
    sd_notifyf(0, "READY=1\nSTATUS=reload failed: %s", why);
}

/* The environment cannot change, but the file that CONFIG_FILE names can. */
static void start_take_over(void)
{
    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)(clock_now() / 1000));
    master.coming = ++master.last;
    master.coming_until = clock_in(TAKE_OVER_MS);
    log_info("new workers take over");
    if (settings_load_or_log(&master.coming_settings) > 0) {
        give_up_take_over("the configuration is not valid");
        return;
    }
    for (int number = STATUS_NUMBER; number <= master.coming_settings.workers; number++)
        processes_start(number, master.coming, master.coming_settings.request_timeout_ms);
}

/* The old workers are told to leave once every new one is ready. */
static void finish_take_over(void)
{
    if (!is_complete(master.coming, master.coming_settings.workers))
        return;
    for (int number = STATUS_NUMBER; number <= master.settings.workers; number++)
        scoreboard_count_restart(RESTART_RELOAD);
    signal_generation(master.serving, SIGTERM);
    settings_free(&master.settings);
    master.settings = master.coming_settings;
    master.coming_settings = (struct settings){0};
    master.serving = master.coming;
    master.coming = 0;
    memset(master.start_again, 0, sizeof(master.start_again));
    log_info("new workers serve");
    sd_notify(0, "READY=1\nSTATUS=");
}

/* ---- processes that end */

static enum scoreboard_restart cause_of(const struct process *ended, int status)
{
    if (ended->hung)
        return RESTART_HUNG;
    if (ended->retiring)
        return RESTART_RETIRED;
    return WIFSIGNALED(status) ? RESTART_SIGNAL : RESTART_EXIT;
}

static void log_end(const struct process *ended, int status)
{
    if (WIFSIGNALED(status))
        log_error("%s (pid %d) was ended by signal %d", name_of(ended->number), (int)ended->pid,
                  WTERMSIG(status));
    else if (WEXITSTATUS(status) != 0)
        log_error("%s (pid %d) ended with status %d", name_of(ended->number), (int)ended->pid,
                  WEXITSTATUS(status));
}

static void note_end(const struct process *ended, int status)
{
    bool had_served = scoreboard_slot(ended->slot)->served > 0;
    bool is_worker = ended->number != STATUS_NUMBER;
    bool is_misconfigured = WIFEXITED(status) && WEXITSTATUS(status) == EXIT_CONFIGURATION;
    master.has_served = master.has_served || (had_served && is_worker);
    scoreboard_clear(ended->slot);
    log_end(ended, status);
    if (ended->generation == master.coming) {
        give_up_take_over("one ended before all were ready");
    } else if (ended->generation == master.serving) {
        scoreboard_count_restart(cause_of(ended, status));
        /* Of a service that has worked, the configuration may only be half written at the moment.
         */
        master.misconfigured = is_misconfigured && !master.has_served;
        if (!had_served && !ended->retiring && !ended->hung)
            delay_start(ended->number, "ended before its first request");
    }
}

static void reap(void)
{
    struct process ended;
    int status;
    while (processes_reap(&ended, &status))
        note_end(&ended, status);
}

/* ---- processes that should end */

/* A request over its time holds a worker that is stopped, or that nothing will make answer. */
static void end_hung(struct process *process, const struct scoreboard_slot *slot)
{
    int64_t busy_since = slot->busy_since;
    int64_t limit = (process->request_timeout_ms + GRACE_MS) * NANOSECONDS_PER_MS;
    if (process->hung || busy_since == 0 || clock_now() - busy_since < limit)
        return;
    log_error("%s (pid %d) is over its time and is killed", name_of(process->number),
              (int)process->pid);
    process->hung = true;
    kill(process->pid, SIGKILL);
}

/* One that wants to leave may, as soon as the one in its place is ready. */
static void retire(struct process *process, const struct scoreboard_slot *slot)
{
    if (!process->retiring && process->ready && slot->wants_to_retire) {
        log_info("%s (pid %d) has served its time and is replaced", name_of(process->number),
                 (int)process->pid);
        process->retiring = true;
    }
    if (!process->retiring)
        return;
    const struct process *successor = processes_find(process->number, process->generation);
    if (successor != NULL && successor->ready)
        kill(process->pid, SIGTERM);
}

static void look_after_processes(void)
{
    struct process *process = NULL;
    while ((process = processes_next(process)) != NULL) {
        const struct scoreboard_slot *slot = scoreboard_slot(process->slot);
        if (process->number != STATUS_NUMBER && slot->served > 0)
            master.has_served = true;
        end_hung(process, slot);
        retire(process, slot);
    }
}

/* ---- the loop */

/* Sleeps until a signal, a process's word, or the time of the next thing to do. */
static void wait_for_events(int64_t until)
{
    const int64_t second = 1000 * NANOSECONDS_PER_MS;
    int64_t left = until - clock_now();
    left = left > 0 ? left : 0;
    struct timespec timeout = {.tv_sec = left / second, .tv_nsec = left % second};
    struct pollfd pipe = {.fd = processes_ready_fd(), .events = POLLIN};
    ppoll(&pipe, 1, &timeout, signals_waiting());
    /* One that says it is ready and then ends must be known as ready when it is reaped. */
    processes_read_ready();
    if (signals_take_child())
        reap();
}

/* The next time at which something may be due. */
static int64_t next_due(void)
{
    int64_t due = clock_in(TICK_MS);
    for (int number = STATUS_NUMBER; number <= master.settings.workers; number++) {
        int64_t at = master.start_again[number].until;
        if (at < due && processes_find(number, master.serving) == NULL)
            due = at;
    }
    return due;
}

static void tell_systemd(void)
{
    if (!master.announced && is_complete(master.serving, master.settings.workers)) {
        master.announced = true;
        log_info("%d workers are ready", master.settings.workers);
        sd_notify(0, "READY=1");
    }
    sd_notify(0, "WATCHDOG=1");
}

static void remember_connections(void)
{
    if (clock_now() - master.remembered_at < HISTORY_STEP_MS * NANOSECONDS_PER_MS)
        return;
    master.remembered_at = clock_now();
    scoreboard_remember_connections();
}

static void supervise(void)
{
    while (signals_stop_requests() == 0 && !master.misconfigured) {
        start_missing();
        wait_for_events(next_due());
        look_after_processes();
        remember_connections();
        tell_systemd();
        if (master.coming == 0 && signals_take_reload())
            start_take_over();
        if (master.coming != 0)
            finish_take_over();
        if (master.coming != 0 && clock_now() > master.coming_until)
            give_up_take_over("not ready in time");
    }
}

/* Requests in hand are finished; what is left after the time for that is ended. */
static void end_processes(void)
{
    int64_t until = clock_in(master.settings.shutdown_timeout_s * INT64_C(1000));
    sd_notify(0, "STOPPING=1");
    signal_all(SIGTERM);
    while (processes_count() > 0 && clock_now() < until && signals_stop_requests() < 2)
        wait_for_events(until);
    if (processes_count() > 0)
        log_warn("%zu processes did not end in time and are killed", processes_count());
    signal_all(SIGKILL);
    while (processes_count() > 0)
        wait_for_events(clock_in(100));
}

/* ---- the start */

/* A socket that systemd made, by its name or place in the order; -1: none. */
static int inherited_socket(int index)
{
    int count = sd_listen_fds(0);
    return index < count ? SD_LISTEN_FDS_START + index : -1;
}

static bool listen_on(struct listener *listener, const char *address, int inherited,
                      const struct identity *identity)
{
    char problem[128];
    if (inherited >= 0) {
        listener_adopt(listener, inherited);
        return true;
    }
    if (listener_open(listener, address, master.settings.listen_backlog, problem,
                      sizeof(problem))) {
        listener_give(listener, identity->user, identity->group);
        return true;
    }
    log_error("cannot listen on %s: %s", address, problem);
    return false;
}

static bool open_listeners(const struct identity *identity)
{
    const struct settings *settings = &master.settings;
    if (!listen_on(&master.listener, settings->listen, inherited_socket(0), identity))
        return false;
    if (listen_on(&master.status_listener, settings->status_listen, inherited_socket(1), identity))
        return true;
    listener_close(&master.listener);
    return false;
}

static bool open_processes(const char *program)
{
    int scoreboard = scoreboard_create();
    struct processes_config config = {program, master.listener.fd, master.status_listener.fd,
                                      scoreboard};
    if (scoreboard >= 0 && processes_open(&config))
        return true;
    log_error("no shared memory or pipe: %s", strerror(errno));
    return false;
}

static void announce(void)
{
    const struct settings *settings = &master.settings;
    if (inherited_socket(0) >= 0)
        log_info("listening on the socket that was passed, %d workers", settings->workers);
    else
        log_info("listening on %s, backlog %d, %d workers", settings->listen,
                 settings->listen_backlog, settings->workers);
    if (settings->data_agents.ignored != NULL)
        log_warn("ignored in DATABASE_URL: %s", settings->data_agents.ignored);
}

static int run(const char *program, const struct identity *identity)
{
    char problem[128];
    int status = EXIT_FAILURE;
    if (!open_listeners(identity))
        return status;
    if (!privileges_drop(identity, problem, sizeof(problem))) {
        log_error("%s", problem);
    } else if (open_processes(program)) {
        announce();
        supervise();
        status = master.misconfigured ? EXIT_CONFIGURATION : EXIT_SUCCESS;
    }
    listener_close(&master.listener);
    listener_close(&master.status_listener);
    end_processes();
    log_info("stopped");
    return status;
}

int master_run(const char *program)
{
    char problem[128];
    struct identity identity;
    if (settings_load(&master.settings, stderr) > 0)
        return EXIT_CONFIGURATION;
    log_open(master.settings.log_level, "master");
    signals_start();
    master.serving = master.last = 1;
    int status = EXIT_CONFIGURATION;
    if (privileges_find(master.settings.user_name, master.settings.group_name, &identity, problem,
                        sizeof(problem)))
        status = run(program, &identity);
    else
        log_error("%s", problem);
    settings_free(&master.settings);
    return status;
}
