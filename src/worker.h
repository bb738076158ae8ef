#ifndef WORKER_H
#define WORKER_H

#include "settings.h"

/* Who a process is among those of its master. */
struct worker_role {
    enum { ROLE_ALONE, ROLE_WORKER, ROLE_STATUS } kind; /* alone: spawn-fcgi or systemd ran it */
    int number;                                         /* of a worker, from 1 */
    int slot;                                           /* of the scoreboard */
};

/* Descriptors that a master hands down, besides the listening socket on 0. */
enum {
    WORKER_READY_FD = 3, /* where a process writes its pid once it can serve */
    WORKER_SCOREBOARD_FD = 4,
};

/*
 * Serves FastCGI requests, one at a time, from the listening socket on descriptor 0, until it is
 * told to stop. Returns the exit status.
 */
int worker_run(const struct settings *settings, const struct worker_role *role);

#endif
