#ifndef PROCESSES_H
#define PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The status process has this number; workers count from 1. */
enum { STATUS_NUMBER = 0 };

/* One process of the master. */
struct process {
    pid_t pid; /* 0: a free place */
    int number;
    int slot; /* of the scoreboard */
    unsigned generation;
    int request_timeout_ms; /* by the configuration that it was started with */
    bool ready;
    bool retiring; /* leaves as soon as its successor is ready */
    bool hung;     /* has been killed, over its time */
};

/* What processes are made of. Descriptors stay the caller's. */
struct processes_config {
    const char *program; /* absolute path: what is on disk there when a process is started */
    int worker_listener;
    int status_listener;
    int scoreboard;
};

/* False, with errno: no pipe to be had. */
bool processes_open(const struct processes_config *config);

/* Starts a process. False: not possible now, the log says why. */
bool processes_start(int number, unsigned generation, int request_timeout_ms);

/* The process with that number and generation that is not retiring; NULL: none. */
struct process *processes_find(int number, unsigned generation);

/* All processes: NULL gives the first; NULL comes after the last. */
struct process *processes_next(struct process *process);
size_t processes_count(void);

/* Readable when a process has said that it is ready; then read it all. */
int processes_ready_fd(void);
void processes_read_ready(void);

/* One process that has ended, and its wait status. False: no more. */
bool processes_reap(struct process *ended, int *status);

#endif
