#ifndef SCOREBOARD_H
#define SCOREBOARD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * What each process of a master is doing, in memory that all of them share. A slot has one writer,
 * its process; the status process reads them all, and waits for nobody. A process without a master
 * has a board of its own, with one slot.
 */
enum { SCOREBOARD_SLOTS = 514 };

enum scoreboard_database {
    SCOREBOARD_DATA_AGENTS,
    SCOREBOARD_MILES_REPUBLIC,
    SCOREBOARD_DATABASES
};

enum database_state { DATABASE_UNUSED, DATABASE_UP, DATABASE_DOWN };

struct scoreboard_slot {
    _Atomic int pid; /* 0: nobody */
    _Atomic bool is_worker;
    _Atomic int state[SCOREBOARD_DATABASES]; /* enum database_state: what the last attempt showed */
    _Atomic bool connected[SCOREBOARD_DATABASES];
};

/* Makes an empty board; returns the descriptor that others attach to, or -1. */
int scoreboard_create(void);

/* Uses the board behind a descriptor, and closes that; -1: a board of this process alone. */
bool scoreboard_attach(int fd, int slot, bool is_worker);

/* The calling process's own slot, to write; never NULL. */
struct scoreboard_slot *scoreboard_mine(void);

/* When the master, or a process without one, started: the monotonic clock, nanoseconds. */
int64_t scoreboard_started(void);

/* To read; NULL where the number is past the last. */
const struct scoreboard_slot *scoreboard_slot(int number);

/* For the master: the process in that slot has ended. */
void scoreboard_clear(int number);

#endif
