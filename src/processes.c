/*
 * Owns: the table of the master's processes, and how one is made.
 * Must not: decide how many there are, or when (master does).
 *
 * A worker is a program run anew, not a copy of the master: it inherits the listening socket as
 * descriptor 0, so that it is the same program that spawn-fcgi runs, and what is on disk by then.
 */
#include "processes.h"

#include "log.h"
#include "scoreboard.h"
#include "signals.h"
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
    struct processes_config config;
    int ready_pipe[2]; /* processes write their pids once they can serve */
    struct process table[SCOREBOARD_SLOTS];
} processes;

bool processes_open(const struct processes_config *config)
{
    processes.config = *config;
    return pipe2(processes.ready_pipe, O_CLOEXEC | O_NONBLOCK) == 0;
}

/* Puts a descriptor where the program expects it; those that are in the way have moved before. */
static bool place(int from, int to)
{
    return dup2(from, to) == to;
}

/*
 * In the child: descriptor 0 is the socket, 3 the pipe, 4 the scoreboard; 1 and 2 are the master's;
 * there are no others. What systemd told the master is not for its children.
 */
static void become_process(int number, int slot)
{
    static const char *const MASTERS_OWN[] = {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID",
                                              "LISTEN_FDS",    "LISTEN_PID",    "LISTEN_FDNAMES"};
    const char *role = number == STATUS_NUMBER ? "--status" : "--worker";
    int listener = number == STATUS_NUMBER ? processes.config.status_listener
                                           : processes.config.worker_listener;
    char number_text[16];
    char slot_text[16];
    snprintf(number_text, sizeof(number_text), "%d", number);
    snprintf(slot_text, sizeof(slot_text), "%d", slot);
    listener = fcntl(listener, F_DUPFD, WORKER_SCOREBOARD_FD + 1);
    int ready = fcntl(processes.ready_pipe[1], F_DUPFD, WORKER_SCOREBOARD_FD + 1);
    int scoreboard = fcntl(processes.config.scoreboard, F_DUPFD, WORKER_SCOREBOARD_FD + 1);
    if (listener < 0 || ready < 0 || scoreboard < 0 || !place(listener, STDIN_FILENO) ||
        !place(ready, WORKER_READY_FD) || !place(scoreboard, WORKER_SCOREBOARD_FD))
        _exit(EXIT_FAILURE);
    close_range(WORKER_SCOREBOARD_FD + 1, ~0U, 0);
    for (size_t i = 0; i < sizeof(MASTERS_OWN) / sizeof(MASTERS_OWN[0]); i++)
        unsetenv(MASTERS_OWN[i]);
    signals_end();
    execl(processes.config.program, "proposals-fcgi", role, number_text, slot_text, (char *)NULL);
    log_error("%s cannot be run: %s", processes.config.program, strerror(errno));
    _exit(EXIT_FAILURE);
}

static int free_place(void)
{
    for (int i = 0; i < SCOREBOARD_SLOTS; i++)
        if (processes.table[i].pid == 0)
            return i;
    return -1;
}

bool processes_start(int number, unsigned generation, int request_timeout_ms)
{
    int slot = free_place();
    if (slot < 0) {
        log_error("no process can be started: %d are running", SCOREBOARD_SLOTS);
        return false;
    }
    pid_t pid = fork();
    if (pid == 0)
        become_process(number, slot);
    if (pid < 0) {
        log_error("no process can be started: %s", strerror(errno));
        return false;
    }
    processes.table[slot] = (struct process){.pid = pid,
                                             .number = number,
                                             .slot = slot,
                                             .generation = generation,
                                             .request_timeout_ms = request_timeout_ms};
    return true;
}

struct process *processes_next(struct process *process)
{
    struct process *end = processes.table + SCOREBOARD_SLOTS;
    process = process == NULL ? processes.table : process + 1;
    while (process < end && process->pid == 0)
        process++;
    return process < end ? process : NULL;
}

struct process *processes_find(int number, unsigned generation)
{
    struct process *process = NULL;
    while ((process = processes_next(process)) != NULL)
        if (process->number == number && process->generation == generation && !process->retiring)
            return process;
    return NULL;
}

size_t processes_count(void)
{
    size_t count = 0;
    struct process *process = NULL;
    while ((process = processes_next(process)) != NULL)
        count++;
    return count;
}

int processes_ready_fd(void)
{
    return processes.ready_pipe[0];
}

void processes_read_ready(void)
{
    pid_t pid;
    while (read(processes.ready_pipe[0], &pid, sizeof(pid)) == (ssize_t)sizeof(pid)) {
        struct process *process = NULL;
        while ((process = processes_next(process)) != NULL)
            if (process->pid == pid)
                process->ready = true;
    }
}

bool processes_reap(struct process *ended, int *status)
{
    pid_t pid;
    while ((pid = waitpid(-1, status, WNOHANG)) > 0) {
        struct process *process = NULL;
        while ((process = processes_next(process)) != NULL) {
            if (process->pid != pid)
                continue;
            *ended = *process;
            *process = (struct process){0};
            return true;
        }
    }
    return false;
}
