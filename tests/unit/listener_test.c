/*
 * listener: which addresses there are, who may take the place of whom on a socket's path, its mode,
 * TCP, and what closing removes.
 */
#include "listener.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
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
    char address[64]; /* host:port */
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

static void assert_checked(const char *const *addresses, size_t count, const char *expected)
{
    for (size_t i = 0; i < count; i++) {
        const char *problem = listener_check(addresses[i]);
        if ((problem == NULL) != (expected == NULL))
            fail_msg("\"%s\": %s", addresses[i], problem != NULL ? problem : "(no problem)");
        if (expected != NULL)
            assert_string_equal(problem, expected);
    }
}

static void addresses_are_paths_or_host_and_port(void **state)
{
    (void)state;
    static const char *const ADDRESSES[] = {
        "/run/socket", "./socket",    "run/socket", "/a:b",    "127.0.0.1:9000",
        "localhost:1", "[::1]:65535", ":9000",      "[::]:80", "a-b.example:0080"};
    assert_checked(ADDRESSES, COUNT_OF(ADDRESSES), NULL);
}

static void what_is_neither_is_refused(void **state)
{
    (void)state;
    static const char *const ADDRESSES[] = {"",          "socket",     "9000",
                                            "127.0.0.1", "127.0.0.1:", "h:0",
                                            "h:65536",   "h:-1",       "h:+1",
                                            "h: 1",      "h:1 ",       "h:http",
                                            "[::1]",     ":",          "h:99999999999999999999",
                                            "h:0x50"};
    assert_checked(ADDRESSES, COUNT_OF(ADDRESSES), "must be a path, or address:port");
}

static void a_path_too_long_is_refused(void **state)
{
    (void)state;
    char path[109];
    const char *const address = path;
    memset(path, 'x', sizeof(path));
    path[0] = '/';
    path[107] = '\0';
    assert_checked(&address, 1, NULL);
    path[107] = 'x';
    path[108] = '\0';
    assert_checked(&address, 1, "the path of a unix socket has 107 bytes at most");
}

static void a_host_too_long_is_refused(void **state)
{
    (void)state;
    char text[2000];
    const char *const address = text;
    memset(text, 'x', sizeof(text));
    snprintf(text + sizeof(text) - 4, 4, ":80");
    assert_checked(&address, 1, "must be a path, or address:port");
}

/* A port of the loopback address that nobody uses now, or 0 where there is no such address. */
static int free_port(int family)
{
    struct sockaddr_storage address = {.ss_family = (sa_family_t)family};
    socklen_t length = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    if (family == AF_INET)
        ((struct sockaddr_in *)&address)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    else
        ((struct sockaddr_in6 *)&address)->sin6_addr = in6addr_loopback;
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return 0;
    if (bind(fd, (const struct sockaddr *)&address, length) != 0) {
        close(fd);
        return 0;
    }
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    close(fd);
    return ntohs(family == AF_INET ? ((struct sockaddr_in *)&address)->sin_port
                                   : ((struct sockaddr_in6 *)&address)->sin6_port);
}

/* Listens on a free port of `host`; skips the test where the address family is not there. */
static void open_tcp(struct fixture *fixture, int family, const char *host)
{
    int port = free_port(family);
    if (port == 0)
        skip();
    snprintf(fixture->address, sizeof(fixture->address), "%s:%d", host, port);
    if (!open_listener(fixture, &fixture->listener, fixture->address))
        fail_msg("%s: %s", fixture->address, fixture->problem);
}

/* A client of the port on the loopback address is accepted. */
static void assert_accepts(const struct listener *listener, int family)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof(address);
    assert_int_equal(getsockname(listener->fd, (struct sockaddr *)&address, &length), 0);
    assert_int_equal(address.ss_family, family);
    if (family == AF_INET)
        ((struct sockaddr_in *)&address)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    else
        ((struct sockaddr_in6 *)&address)->sin6_addr = in6addr_loopback;
    int client = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(client >= 0);
    assert_int_equal(connect(client, (const struct sockaddr *)&address, length), 0);
    int server = accept(listener->fd, NULL, NULL);
    assert_true(server >= 0);
    close(server);
    close(client);
}

static void an_ipv4_address_is_listened_on(void **state)
{
    struct fixture *fixture = *state;
    open_tcp(fixture, AF_INET, "127.0.0.1");
    assert_accepts(&fixture->listener, AF_INET);
    listener_close(&fixture->listener);
}

static void an_ipv6_address_in_brackets_is_listened_on(void **state)
{
    struct fixture *fixture = *state;
    open_tcp(fixture, AF_INET6, "[::1]");
    assert_accepts(&fixture->listener, AF_INET6);
    listener_close(&fixture->listener);
}

static void a_port_alone_is_listened_on(void **state)
{
    struct fixture *fixture = *state;
    struct sockaddr_storage address;
    socklen_t length = sizeof(address);
    open_tcp(fixture, AF_INET, "");
    assert_int_equal(getsockname(fixture->listener.fd, (struct sockaddr *)&address, &length), 0);
    assert_accepts(&fixture->listener, address.ss_family);
    listener_close(&fixture->listener);
}

static void a_tcp_socket_does_not_block_and_is_not_inherited(void **state)
{
    struct fixture *fixture = *state;
    open_tcp(fixture, AF_INET, "127.0.0.1");
    assert_int_equal(accept(fixture->listener.fd, NULL, NULL), -1);
    assert_int_equal(errno, EAGAIN);
    assert_int_equal(fcntl(fixture->listener.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    listener_close(&fixture->listener);
}

static void a_port_in_use_is_refused_and_goes_on(void **state)
{
    struct fixture *fixture = *state;
    struct listener second = {.fd = -1};
    open_tcp(fixture, AF_INET, "127.0.0.1");
    assert_false(open_listener(fixture, &second, fixture->address));
    assert_string_equal(fixture->problem, strerror(EADDRINUSE));
    assert_accepts(&fixture->listener, AF_INET);
    listener_close(&fixture->listener);
}

/* Connections that were open then keep a port for a minute, but not from the next master. */
static void a_port_can_be_listened_on_again_at_once(void **state)
{
    struct fixture *fixture = *state;
    open_tcp(fixture, AF_INET, "127.0.0.1");
    assert_accepts(&fixture->listener, AF_INET);
    listener_close(&fixture->listener);
    assert_true(open_listener(fixture, &fixture->listener, fixture->address));
    listener_close(&fixture->listener);
}

static void an_address_that_is_not_here_is_a_problem(void **state)
{
    struct fixture *fixture = *state;
    assert_false(open_listener(fixture, &fixture->listener, "192.0.2.1:9000"));
    assert_string_equal(fixture->problem, strerror(EADDRNOTAVAIL));
}

static void what_is_no_address_is_not_opened(void **state)
{
    struct fixture *fixture = *state;
    assert_false(open_listener(fixture, &fixture->listener, "socket"));
    assert_string_equal(fixture->problem, "it is not address:port");
}

static void an_adopted_socket_is_used_and_not_removed(void **state)
{
    struct fixture *fixture = *state;
    struct listener adopted = {.fd = -1, .address = fixture->path};
    assert_true(open_listener(fixture, &fixture->listener, fixture->path));
    int fd = dup(fixture->listener.fd);
    listener_adopt(&adopted, fd);
    assert_int_equal(adopted.fd, fd);
    assert_null(adopted.address);
    listener_close(&adopted);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    assert_answers(fixture->path, true);
    listener_close(&fixture->listener);
}

static void assert_owner(const char *path, uid_t user, gid_t group)
{
    struct stat status;
    assert_int_equal(lstat(path, &status), 0);
    assert_int_equal(status.st_uid, user);
    assert_int_equal(status.st_gid, group);
}

static void a_socket_is_given_away(void **state)
{
    struct fixture *fixture = *state;
    if (geteuid() != 0)
        skip();
    assert_true(open_listener(fixture, &fixture->listener, fixture->path));
    assert_owner(fixture->path, 0, getegid());
    listener_give(&fixture->listener, 65534, 65533);
    assert_owner(fixture->path, 65534, 65533);
    listener_close(&fixture->listener);
    assert_false(exists(fixture->path));
}

static void a_group_alone_can_be_given(void **state)
{
    struct fixture *fixture = *state;
    if (geteuid() != 0)
        skip();
    assert_true(open_listener(fixture, &fixture->listener, fixture->path));
    listener_give(&fixture->listener, geteuid(), 65533);
    assert_owner(fixture->path, geteuid(), 65533);
    listener_close(&fixture->listener);
}

static void giving_to_oneself_changes_nothing(void **state)
{
    struct fixture *fixture = *state;
    assert_true(open_listener(fixture, &fixture->listener, fixture->path));
    listener_give(&fixture->listener, geteuid(), getegid());
    assert_owner(fixture->path, geteuid(), getegid());
    listener_close(&fixture->listener);
}

static void a_tcp_socket_has_nobody_to_be_given_to(void **state)
{
    struct fixture *fixture = *state;
    open_tcp(fixture, AF_INET, "127.0.0.1");
    listener_give(&fixture->listener, 65534, 65533);
    assert_accepts(&fixture->listener, AF_INET);
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
    open_tcp(fixture, AF_INET, "127.0.0.1");
    assert_false(open_listener(fixture, &second, fixture->address));
    assert_false(open_listener(fixture, &second, "192.0.2.1:9000"));
    listener_close(&fixture->listener);
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
    TEST(the_longest_path_is_taken),
    TEST(closing_removes_the_socket),
    TEST(closing_leaves_the_socket_of_another),
    TEST(closing_leaves_a_file_in_its_place),
    TEST(closing_does_not_mind_that_it_is_gone),
    TEST(addresses_are_paths_or_host_and_port),
    TEST(what_is_neither_is_refused),
    TEST(a_path_too_long_is_refused),
    TEST(a_host_too_long_is_refused),
    TEST(an_ipv4_address_is_listened_on),
    TEST(an_ipv6_address_in_brackets_is_listened_on),
    TEST(a_port_alone_is_listened_on),
    TEST(a_tcp_socket_does_not_block_and_is_not_inherited),
    TEST(a_port_in_use_is_refused_and_goes_on),
    TEST(a_port_can_be_listened_on_again_at_once),
    TEST(an_address_that_is_not_here_is_a_problem),
    TEST(what_is_no_address_is_not_opened),
    TEST(an_adopted_socket_is_used_and_not_removed),
    TEST(a_socket_is_given_away),
    TEST(a_group_alone_can_be_given),
    TEST(giving_to_oneself_changes_nothing),
    TEST(a_tcp_socket_has_nobody_to_be_given_to),
    TEST(no_descriptor_is_left_open),
};

RUN_TESTS(TESTS)
