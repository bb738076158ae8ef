#ifndef DEADLINE_H
#define DEADLINE_H

#include <stdint.h>

/*
 * How long a request may still take, and for whom. One is made for each request and handed down to
 * everything that waits.
 */
struct deadline {
    int64_t at;    /* monotonic clock, nanoseconds */
    int client_fd; /* the client's connection, watched for hang-up while waiting; -1: none */
};

/* 64 bits wide, so that what is multiplied by it is too. */
#define NANOSECONDS_PER_MS INT64_C(1000000)

/* Nanoseconds of the monotonic clock. */
int64_t clock_now(void);

/* What the clock will say in so many milliseconds. */
int64_t clock_in(int64_t milliseconds);

struct deadline deadline_in(int64_t milliseconds, int client_fd);

/* The same client, and the earlier of the two times. */
struct deadline deadline_within(const struct deadline *deadline, int64_t milliseconds);

/* Rounded up, for poll(); 0 when the time is over. */
int deadline_remaining_ms(const struct deadline *deadline);

enum wait_result { WAIT_READY, WAIT_TIMEOUT, WAIT_ABANDONED, WAIT_FAILED };

/* Waits until `fd` is ready for `events` (as in poll), the time is over, or the client is gone. */
enum wait_result deadline_wait(const struct deadline *deadline, int fd, short events);

#endif
