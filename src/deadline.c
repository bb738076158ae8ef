/*
 * Owns: time budgets, and the one poll() in which a request waits for anything.
 * Must not: know what is waited for.
 */
#include "deadline.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <time.h>

int64_t clock_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 * NANOSECONDS_PER_MS + now.tv_nsec;
}

int64_t clock_in(int64_t milliseconds)
{
    return clock_now() + milliseconds * NANOSECONDS_PER_MS;
}

struct deadline deadline_in(int64_t milliseconds, int client_fd)
{
    return (struct deadline){.at = clock_in(milliseconds), .client_fd = client_fd};
}

struct deadline deadline_within(const struct deadline *deadline, int64_t milliseconds)
{
    struct deadline sooner = deadline_in(milliseconds, deadline->client_fd);
    return sooner.at < deadline->at ? sooner : *deadline;
}

int deadline_remaining_ms(const struct deadline *deadline)
{
    int64_t left = deadline->at - clock_now();
    if (left <= 0)
        return 0;
    int64_t milliseconds = (left + NANOSECONDS_PER_MS - 1) / NANOSECONDS_PER_MS;
    return milliseconds > INT_MAX ? INT_MAX : (int)milliseconds;
}

enum wait_result deadline_wait(const struct deadline *deadline, int fd, short events)
{
    for (;;) {
        struct pollfd watched[2] = {{.fd = fd, .events = events},
                                    {.fd = deadline->client_fd, .events = POLLRDHUP}};
        int remaining = deadline_remaining_ms(deadline);
        int ready = poll(watched, 2, remaining);
        if (ready < 0 && errno != EINTR)
            return WAIT_FAILED;
        if (ready > 0 && watched[0].revents != 0)
            return WAIT_READY;
        if (ready > 0 && watched[1].revents != 0)
            return WAIT_ABANDONED;
        if (remaining == 0)
            return WAIT_TIMEOUT;
    }
}
