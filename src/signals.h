#ifndef SIGNALS_H
#define SIGNALS_H

#include <signal.h>
#include <stdbool.h>

/*
 * Signals raise flags, and are let in only while a process waits in ppoll with `signals_waiting`:
 * none is lost between looking at the flags and going to sleep.
 */
void signals_start(void);

/* For a process that starts helpers and does not wait for them: none stays a zombie. */
void signals_forget_children(void);

/* What the kernel is asked to send when the parent dies: stop, and do not live a second longer. */
enum { SIGNAL_PARENT_DIED = SIGUSR1 };

/* The mask for ppoll, and for a program that is started. */
const sigset_t *signals_waiting(void);

/* Asked to stop (SIGTERM, SIGINT): how many times so far. */
int signals_stop_requests(void);

/* Whether SIGHUP, or SIGCHLD, has come since the last call. */
bool signals_take_reload(void);
bool signals_take_child(void);

#endif
