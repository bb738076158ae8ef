#ifndef SCOREBOARD_H
#define SCOREBOARD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * What each process of a master is doing and has done, in memory that all of them share. A slot has
 * one writer, its process; the status process reads them all and waits for nobody. A process
 * without a master has a board of its own.
 */
enum { SCOREBOARD_SLOTS = 514, SCOREBOARD_HISTORY = 600 };

enum scoreboard_database {
    SCOREBOARD_DATA_AGENTS,
    SCOREBOARD_MILES_REPUBLIC,
    SCOREBOARD_DATABASES
};

enum database_state { DATABASE_UNUSED, DATABASE_UP, DATABASE_DOWN };

enum scoreboard_route {
    SCOREBOARD_LIST,
    SCOREBOARD_DETAIL,
    SCOREBOARD_GROUP,
    SCOREBOARD_ELIGIBLE_COUNT,
    SCOREBOARD_STATUS,
    SCOREBOARD_NO_ROUTE,
    SCOREBOARD_ROUTES
};

enum { SCOREBOARD_STATUSES = 12, SCOREBOARD_BUCKETS = 14 };

/* A whole request, and the part of it that each database took (which it may not have asked). */
enum scoreboard_duration {
    DURATION_DATA_AGENTS,
    DURATION_MILES_REPUBLIC,
    DURATION_REQUEST,
    SCOREBOARD_DURATIONS
};

enum scoreboard_enrichment {
    ENRICHMENT_NOT_NEEDED,
    ENRICHMENT_OK,
    ENRICHMENT_UNCONFIGURED,
    ENRICHMENT_UNAVAILABLE,
    SCOREBOARD_ENRICHMENTS
};

enum scoreboard_restart {
    RESTART_EXIT,    /* ended by itself with a fault */
    RESTART_SIGNAL,  /* killed or crashed */
    RESTART_HUNG,    /* ended by the master, over its time */
    RESTART_RETIRED, /* MAX_REQUESTS or WORKER_MEMORY_MB */
    RESTART_RELOAD,
    SCOREBOARD_RESTARTS
};

/* What only ever grows. Those of a process that has ended are added to the board's own. */
struct scoreboard_counters {
    _Atomic uint64_t requests[SCOREBOARD_ROUTES][SCOREBOARD_STATUSES];
    _Atomic uint64_t buckets[SCOREBOARD_DURATIONS][SCOREBOARD_BUCKETS];
    _Atomic uint64_t nanoseconds[SCOREBOARD_DURATIONS];
    _Atomic uint64_t bytes;
    _Atomic uint64_t enrichments[SCOREBOARD_ENRICHMENTS];
    _Atomic uint64_t opened[SCOREBOARD_DATABASES];
    _Atomic uint64_t reconnects[SCOREBOARD_DATABASES]; /* of those, to replace one that broke */
    _Atomic uint64_t failures[SCOREBOARD_DATABASES];
    _Atomic uint64_t restarts[SCOREBOARD_RESTARTS]; /* written by the master alone */
};

struct scoreboard_slot {
    _Atomic int pid; /* 0: nobody */
    _Atomic int number;
    _Atomic bool is_worker;
    _Atomic bool wants_to_retire;
    _Atomic int64_t started;                 /* monotonic clock, nanoseconds */
    _Atomic int64_t busy_since;              /* likewise; 0: idle */
    _Atomic uint64_t served;                 /* requests begun */
    _Atomic int state[SCOREBOARD_DATABASES]; /* enum database_state: what the last attempt showed */
    _Atomic int64_t said_at[SCOREBOARD_DATABASES]; /* when that was */
    _Atomic bool connected[SCOREBOARD_DATABASES];
    struct scoreboard_counters counters;
};

/*
 * How many proposals a filter lets through, for all workers; count_cache knows what the words mean.
 * Alone on the board these have many writers: what two of them leave of each other's words does not
 * fit `check`.
 */
struct scoreboard_total {
    _Atomic uint64_t check[2];
    _Atomic uint64_t total;
    _Atomic uint64_t counted_at;
    _Atomic uint64_t claimed_at;
};

enum { SCOREBOARD_TOTALS = 256 };

/* Makes an empty board; returns the descriptor that others attach to, or -1. */
int scoreboard_create(void);

/* Who a process is on the board. */
struct scoreboard_place {
    int slot;
    int number;
    bool is_worker;
};

/*
 * Uses the board behind a descriptor, and closes that; -1, or the board of a master that was built
 * with another layout: a board of this process alone.
 */
bool scoreboard_attach(int fd, const struct scoreboard_place *place);

/* The calling process's own slot, to write; never NULL. */
struct scoreboard_slot *scoreboard_mine(void);

/* SCOREBOARD_TOTALS of them; never NULL. */
struct scoreboard_total *scoreboard_totals(void);

/* When the master, or a process without one, started: the monotonic clock, nanoseconds. */
int64_t scoreboard_started(void);

/* To read; NULL where the number is past the last. */
const struct scoreboard_slot *scoreboard_slot(int number);

/*
 * Changes before and after the counters of a process that has ended are added to the rest; odd
 * meanwhile.
 */
uint32_t scoreboard_moves(void);

/* What has been counted by processes that have ended, and by the master; to read. */
const struct scoreboard_counters *scoreboard_ended(void);

/* Adds them up; `sum` must have no other writer. */
void scoreboard_add_counters(struct scoreboard_counters *sum,
                             const struct scoreboard_counters *more);

/* One request has been answered. Durations in nanoseconds; those of a database may be 0: not asked.
 */
struct scoreboard_request {
    enum scoreboard_route route;
    int status;
    uint64_t bytes;
    int64_t durations[SCOREBOARD_DURATIONS];
};
void scoreboard_count_request(const struct scoreboard_request *request);

/* A connection has been opened, in place of one that broke or not. */
void scoreboard_count_opened(enum scoreboard_database database, bool is_reconnect);
/* A request has not got from a database what it asked for. */
void scoreboard_count_failure(enum scoreboard_database database);
void scoreboard_count_enrichment(enum scoreboard_enrichment outcome);

/* The status code of a column of `requests`; 0: any other. */
int scoreboard_status_code(int column);

/* The upper bound of a bucket in nanoseconds; -1: none, the last bucket. */
int64_t scoreboard_bucket_bound(int bucket);

/* For the master: the process in that slot has ended. */
void scoreboard_clear(int number);
void scoreboard_count_restart(enum scoreboard_restart cause);

/*
 * For the master, about once a second: remembers how many Miles Republic connections are open. The
 * newest of the last SCOREBOARD_HISTORY values has age 0; -1: not that old yet.
 */
void scoreboard_remember_connections(void);
int scoreboard_connections_ago(int seconds);

/* How many processes are connected to a database now. */
int scoreboard_count_connections(enum scoreboard_database database);

#endif
