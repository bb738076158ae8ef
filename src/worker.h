#ifndef WORKER_H
#define WORKER_H

#include "settings.h"

/* Where a process that is run by a master writes its pid once it can serve. */
enum { WORKER_READY_FD = 3 };

/*
 * Serves FastCGI requests, one at a time, from the listening socket on descriptor 0, until it is
 * told to stop. `number` is the master's for this worker; 0: nobody's, it was started by itself
 * (spawn-fcgi, systemd). Returns the exit status.
 */
int worker_run(const struct settings *settings, int number);

#endif
