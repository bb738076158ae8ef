/*
 * listener: who may take the place of whom on a socket's path, its mode, and what closing removes.
 */
#include "listener.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 16 };

/* A directory of its own for each test, with the path of a socket to be in it. */
struct fixture {
    char directory[64];
    char path[96];
    char problem[128];
    struct listener listener;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){.directory = "/tmp/listener_test.XXXXXX", .listener = {.fd = -1}};
    if (mkdtemp(fixture.directory) == NULL)
        return -1;
    snprintf(fixture.path, sizeof(fixture.path), "%s/socket", fixture.directory);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    unlink(fixture->path);
    return rmdir(fixture->directory);
}

static bool open_listener(struct fixture *fixture, struct listener *listener, const char *path)
{
    snprintf(fixture->problem, sizeof(fixture->problem), "(none)");
    return listener_open(listener, path, BACKLOG, fixture->problem, sizeof(fixture->problem));
}

static bool exists(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0;
}

static struct sockaddr_un address_of(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    return address;
}

/* A connection to the path, or -1. */
static int connect_to(const char *path)
{
    struct sockaddr_un address = address_of(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_true(fd >= 0);
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    close(fd);
    return -1;
}

static void assert_answers(const char *path, bool answers)
{
    int fd = connect_to(path);
    assert_int_equal(fd >= 0, answers);
    if (fd >= 0)
        close(fd);
}

/* Leaves a socket's file behind, as a process that was killed does. */
static void leave_stale_socket(const char *path)
{
    struct sockaddr_un address = address_of(path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 1), 0);
    close(fd);
}

static void write_file(const char *path)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("precious", file);
    fclose(file);
}

static void a_new_socket_is_listened_on(void **state)
{
    struct fixture *fixture = *state;
    assert_true(open_listener(fixture, &fixture->listener, fixture->path));
    int client = connect_to(fixture->path);
    assert_true(client >= 0);
    int server = accept(fixture->listener.fd, NULL, NULL);
    assert_true(server >= 0);
    close(server);
    close(client);
    listener_close(&fixture->listener);
}

static void the_socket_does_not_block(void **state)
{
    struct fixture *fixture = *state;
    assert_true(open_listener(fixture, &fixture->listener, fixture->path));
    assert_int_equal(accept(fixture->listener.fd, NULL, NULL), -1);
    assert_int_equal(errno, EAGAIN);
    listener_close(&fixture->listener);
}

static void the_mode_is_0660_whatever_the_umask(void **state)
{
    struct fixture *fixture = *state;
    static const mode_t MASKS[] = {0, 022, 077, 0777};
    for (size_t i = 0; i < COUNT_OF(MASKS); i++) {
        struct stat status;
        mode_t before = umask(MASKS[i]);
        bool opened = open_listener(fixture, &fixture->listener, fixture->path);
        mode_t after = umask(before);
        assert_true(opened);
        assert_int_equal(after, MASKS[i]);
        assert_int_equal(lstat(fixture->path, &status), 0);
        assert_int_equal(status.st_mode & 07777, 0660);
        listener_close(&fixture->listener);
    }
}

static void a_stale_socket_is_taken_over(void **state)
{
    struct fixture *fixture = *state;
    leave_stale_socket(fixture->path);
    assert_answers(fixture->path, false);
    assert_true(open_listener(fixture, &fixture->listener, fixture->path));
    assert_answers(fixture->path, true);
    listener_close(&fixture->listener);
}

static void a_live_socket_is_refused_and_goes_on(void **state)
{
    struct fixture *fixture = *state;
    struct listener second = {.fd = -1};
    assert_true(open_listener(fixture, &fixture->listener, fixture->path));
    errno = ECONNREFUSED; /* as if left by an earlier call */
    assert_false(open_listener(fixture, &second, fixture->path));
    assert_non_null(strstr(fixture->problem, "listening"));
    assert_answers(fixture->path, true);
    listener_close(&fixture->listener);
}

static void a_live_socket_with_a_full_queue_is_refused_too(void **state)
{
    struct fixture *fixture = *state;
    struct listener second = {.fd = -1};
    int clients[64];
    size_t count = 0;
    assert_true(listener_open(&fixture->listener, fixture->path, 1, fixture->problem,
                              sizeof(fixture->problem)));
    while (count < COUNT_OF(clients) && (clients[count] = connect_to(fixture->path)) >= 0)
        count++;
    assert_true(count < COUNT_OF(clients));
    assert_false(open_listener(fixture, &second, fixture->path));
    assert_true(exists(fixture->path));
    while (count > 0)
        close(clients[--count]);
    listener_close(&fixture->listener);
}

static void a_plain_file_is_refused_and_stays(void **state)
{
    struct fixture *fixture = *state;
    write_file(fixture->path);
    assert_false(open_listener(fixture, &fixture->listener, fixture->path));
    assert_non_null(strstr(fixture->problem, "not a socket"));
    assert_true(exists(fixture->path));
}

static void a_symbolic_link_is_refused_and_stays(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(symlink("elsewhere", fixture->path), 0);
    assert_false(open_listener(fixture, &fixture->listener, fixture->path));
    assert_true(exists(fixture->path));
}

static void a_missing_directory_is_a_problem(void **state)
{
    struct fixture *fixture = *state;
    char path[128];
    snprintf(path, sizeof(path), "%s/missing/socket", fixture->directory);
    assert_false(open_listener(fixture, &fixture->listener, path));
    assert_string_equal(fixture->problem, strerror(ENOENT));
}

static void a_path_too_long_is_a_problem(void **state)
{
    struct fixture *fixture = *state;
    char path[200];
    memset(path, 'x', sizeof(path) - 1);
    path[0] = '/';
    path[sizeof(path) - 1] = '\0';
    assert_false(open_listener(fixture, &fixture->listener, path));
    assert_non_null(strstr(fixture->problem, "too long"));
}

static void the_longest_path_is_taken(void **state)
{
    struct fixture *fixture = *state;
    char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
    size_t length = (size_t)snprintf(path, sizeof(path), "%s/", fixture->directory);
    memset(path + length, 'x', sizeof(path) - 1 - length);
    path[sizeof(path) - 1] = '\0';
    assert_true(open_listener(fixture, &fixture->listener, path));
    assert_answers(path, true);
    listener_close(&fixture->listener);
    assert_false(exists(path));
}

static void closing_removes_the_socket(void **state)
{
    struct fixture *fixture = *state;
    assert_true(open_listener(fixture, &fixture->listener, fixture->path));
    int fd = fixture->listener.fd;
    listener_close(&fixture->listener);
    assert_false(exists(fixture->path));
    assert_int_equal(fcntl(fd, F_GETFD), -1);
}

static void closing_leaves_the_socket_of_another(void **state)
{
    struct fixture *fixture = *state;
    struct listener second = {.fd = -1};
    assert_true(open_listener(fixture, &fixture->listener, fixture->path));
    assert_int_equal(unlink(fixture->path), 0);
    assert_true(open_listener(fixture, &second, fixture->path));
    listener_close(&fixture->listener);
    assert_answers(fixture->path, true);
    listener_close(&second);
    assert_false(exists(fixture->path));
}

static void closing_leaves_a_file_in_its_place(void **state)
{
    struct fixture *fixture = *state;
    assert_true(open_listener(fixture, &fixture->listener, fixture->path));
    assert_int_equal(unlink(fixture->path), 0);
    write_file(fixture->path);
    listener_close(&fixture->listener);
    assert_true(exists(fixture->path));
}

static void closing_does_not_mind_that_it_is_gone(void **state)
{
    struct fixture *fixture = *state;
    assert_true(open_listener(fixture, &fixture->listener, fixture->path));
    assert_int_equal(unlink(fixture->path), 0);
    listener_close(&fixture->listener);
}

/* The lowest descriptor that is free: the same before and after, if none was left open. */
static int lowest_free_fd(void)
{
    int fd = dup(STDERR_FILENO);
    close(fd);
    return fd;
}

static void no_descriptor_is_left_open(void **state)
{
    struct fixture *fixture = *state;
    struct listener second = {.fd = -1};
    int before = lowest_free_fd();
    assert_true(open_listener(fixture, &fixture->listener, fixture->path));
    assert_false(open_listener(fixture, &second, fixture->path));
    listener_close(&fixture->listener);
    write_file(fixture->path);
    assert_false(open_listener(fixture, &second, fixture->path));
    assert_int_equal(lowest_free_fd(), before);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

static const struct CMUnitTest TESTS[] = {
    TEST(a_new_socket_is_listened_on),
    TEST(the_socket_does_not_block),
    TEST(the_mode_is_0660_whatever_the_umask),
    TEST(a_stale_socket_is_taken_over),
    TEST(a_live_socket_is_refused_and_goes_on),
    TEST(a_live_socket_with_a_full_queue_is_refused_too),
    TEST(a_plain_file_is_refused_and_stays),
    TEST(a_symbolic_link_is_refused_and_stays),
    TEST(a_missing_directory_is_a_problem),
    TEST(a_path_too_long_is_a_problem),
    TEST(the_longest_path_is_taken),
    TEST(closing_removes_the_socket),
    TEST(closing_leaves_the_socket_of_another),
    TEST(closing_leaves_a_file_in_its_place),
    TEST(closing_does_not_mind_that_it_is_gone),
    TEST(no_descriptor_is_left_open),
};

RUN_TESTS(TESTS)
