#ifndef MASTER_H
#define MASTER_H

#include "settings.h"

/*
 * Listens, and keeps the configured number of workers, and the status process, running until told
 * to stop. `program` is the absolute path that they are started from. SIGHUP replaces them by new
 * ones of what is on disk; SIGTERM and SIGINT end them and the master, a second one at once.
 * Returns the exit status.
 */
int master_run(const char *program);

#endif
