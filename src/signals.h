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

/*
 * For a child that is about to become another program: signals do again what they usually do. One
 * that came since fork() ends it now; noted by a handler it would be forgotten in exec.
 */
void signals_end(void);

/* Lets those in that wait: a ppoll that finds a descriptor ready returns without. */
void signals_let_in(void);

/* The mask for ppoll. */
const sigset_t *signals_waiting(void);

/* Asked to stop (SIGTERM, SIGINT): how many times so far. */
int signals_stop_requests(void);

/* Whether SIGHUP, or SIGCHLD, has come since the last call. */
bool signals_take_reload(void);
bool signals_take_child(void);

#endif
