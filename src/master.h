#ifndef MASTER_H
#define MASTER_H

#include "settings.h"

/*
 * Listens, and keeps the configured number of workers running until told to stop. `program` is the
 * absolute path that workers are started from: what is on disk there at that moment. SIGHUP
 * replaces all workers by new ones; SIGTERM and SIGINT end them and the master. Returns the exit
 * status.
 */
int master_run(const struct settings *settings, const char *program);

enum { EXIT_CONFIGURATION = 2 }; /* a worker that ends so is not started again */

#endif
