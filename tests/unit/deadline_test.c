/*
 * deadline: budgets that only shrink, and waiting that ends for each of its reasons.
 */
#include "deadline.h"
#include "unit.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static const int64_t MS = 1000000;

static int64_t milliseconds_since(int64_t start)
{
    return (clock_now() - start) / MS;
}

static void the_clock_does_not_go_back(void **state)
{
    (void)state;
    int64_t before = clock_now();
    for (int i = 0; i < 1000; i++) {
        int64_t now = clock_now();
        assert_true(now >= before);
        before = now;
    }
}

static void a_deadline_is_that_far_away(void **state)
{
    (void)state;
    int64_t before = clock_now();
    struct deadline deadline = deadline_in(1500, 7);
    assert_true(deadline.at >= before + 1500 * MS);
    assert_true(deadline.at <= clock_now() + 1500 * MS);
    assert_int_equal(deadline.client_fd, 7);
}

static void within_takes_the_earlier_time(void **state)
{
    (void)state;
    struct deadline request = deadline_in(10000, 7);
    struct deadline sooner = deadline_within(&request, 2000);
    assert_true(sooner.at < request.at);
    assert_int_equal(sooner.client_fd, 7);
    struct deadline same = deadline_within(&request, 20000);
    assert_true(same.at == request.at);
    assert_int_equal(same.client_fd, 7);
}

static void what_remains_is_rounded_up(void **state)
{
    (void)state;
    struct deadline deadline = {.at = clock_now() + 100 * MS + 1, .client_fd = -1};
    int remaining = deadline_remaining_ms(&deadline);
    assert_in_range(remaining, 1, 101);
    struct deadline soon = deadline_in(60000, -1);
    assert_in_range(deadline_remaining_ms(&soon), 59000, 60000);
}

static void half_a_millisecond_still_remains(void **state)
{
    (void)state;
    /* Looked at once it has half a millisecond left or less, if the machine lets us be in time. */
    struct deadline deadline = {.at = clock_now() + MS / 2, .client_fd = -1};
    int remaining = deadline_remaining_ms(&deadline);
    if (clock_now() < deadline.at)
        assert_int_equal(remaining, 1);
}

static void nothing_remains_of_the_past(void **state)
{
    (void)state;
    struct deadline deadline = {.at = clock_now() - MS, .client_fd = -1};
    assert_int_equal(deadline_remaining_ms(&deadline), 0);
    deadline.at = 0;
    assert_int_equal(deadline_remaining_ms(&deadline), 0);
}

static void a_far_deadline_fits_poll(void **state)
{
    (void)state;
    struct deadline deadline = {.at = INT64_MAX, .client_fd = -1};
    assert_int_equal(deadline_remaining_ms(&deadline), 0x7fffffff);
}

static void waiting_ends_when_the_time_is_over(void **state)
{
    (void)state;
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    int64_t start = clock_now();
    struct deadline deadline = deadline_in(30, -1);
    assert_int_equal(deadline_wait(&deadline, pair[0], POLLIN), WAIT_TIMEOUT);
    assert_in_range(milliseconds_since(start), 29, 5000);
    close(pair[0]);
    close(pair[1]);
}

static void waiting_ends_when_there_is_something(void **state)
{
    (void)state;
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(write(pair[1], "x", 1), 1);
    struct deadline deadline = deadline_in(5000, -1);
    assert_int_equal(deadline_wait(&deadline, pair[0], POLLIN), WAIT_READY);
    assert_int_equal(deadline_wait(&deadline, pair[0], POLLOUT), WAIT_READY);
    close(pair[0]);
    close(pair[1]);
}

static void what_is_ready_is_taken_even_when_the_time_is_over(void **state)
{
    (void)state;
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(write(pair[1], "x", 1), 1);
    struct deadline deadline = {.at = 0, .client_fd = -1};
    assert_int_equal(deadline_wait(&deadline, pair[0], POLLIN), WAIT_READY);
    close(pair[0]);
    close(pair[1]);
}

static void a_server_that_hangs_up_counts_as_ready(void **state)
{
    (void)state;
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    close(pair[1]);
    struct deadline deadline = deadline_in(5000, -1);
    assert_int_equal(deadline_wait(&deadline, pair[0], POLLIN), WAIT_READY);
    close(pair[0]);
}

/* How waiting ends for a server that is silent and a client on whom `client_does` was done. */
static enum wait_result wait_while_client(void (*client_does)(int fd))
{
    int server[2];
    int client[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, server), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, client), 0);
    client_does(client[1]);
    struct deadline deadline = deadline_in(50, client[0]);
    enum wait_result result = deadline_wait(&deadline, server[0], POLLIN);
    close(server[0]);
    close(server[1]);
    close(client[0]);
    close(client[1]);
    return result;
}

static void shut_down(int fd)
{
    assert_int_equal(shutdown(fd, SHUT_RDWR), 0);
}

static void send_a_byte(int fd)
{
    assert_int_equal(write(fd, "x", 1), 1);
}

static void do_nothing(int fd)
{
    (void)fd;
}

static void waiting_ends_when_the_client_is_gone(void **state)
{
    (void)state;
    assert_int_equal(wait_while_client(shut_down), WAIT_ABANDONED);
}

static void a_client_that_sends_or_waits_is_not_gone(void **state)
{
    (void)state;
    assert_int_equal(wait_while_client(send_a_byte), WAIT_TIMEOUT);
    assert_int_equal(wait_while_client(do_nothing), WAIT_TIMEOUT);
}

static void count_signal(int number)
{
    (void)number;
}

static void signals_do_not_end_or_extend_waiting(void **state)
{
    (void)state;
    int pair[2];
    struct sigaction action = {.sa_handler = count_signal};
    struct itimerval every = {.it_interval = {.tv_usec = 5000}, .it_value = {.tv_usec = 5000}};
    struct itimerval never = {0};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &every, NULL), 0);
    int64_t start = clock_now();
    struct deadline deadline = deadline_in(60, -1);
    enum wait_result result = deadline_wait(&deadline, pair[0], POLLIN);
    setitimer(ITIMER_REAL, &never, NULL);
    assert_int_equal(result, WAIT_TIMEOUT);
    assert_in_range(milliseconds_since(start), 59, 5000);
    close(pair[0]);
    close(pair[1]);
}

static const struct CMUnitTest TESTS[] = {
    cmocka_unit_test(the_clock_does_not_go_back),
    cmocka_unit_test(a_deadline_is_that_far_away),
    cmocka_unit_test(within_takes_the_earlier_time),
    cmocka_unit_test(what_remains_is_rounded_up),
    cmocka_unit_test(half_a_millisecond_still_remains),
    cmocka_unit_test(nothing_remains_of_the_past),
    cmocka_unit_test(a_far_deadline_fits_poll),
    cmocka_unit_test(waiting_ends_when_the_time_is_over),
    cmocka_unit_test(waiting_ends_when_there_is_something),
    cmocka_unit_test(what_is_ready_is_taken_even_when_the_time_is_over),
    cmocka_unit_test(a_server_that_hangs_up_counts_as_ready),
    cmocka_unit_test(waiting_ends_when_the_client_is_gone),
    cmocka_unit_test(a_client_that_sends_or_waits_is_not_gone),
    cmocka_unit_test(signals_do_not_end_or_extend_waiting),
};

RUN_TESTS(TESTS)
