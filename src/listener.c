/*
 * Owns: listening sockets: their addresses, and for a unix socket who may take the place of whom.
 * Must not: accept connections (workers do).
 */
#include "listener.h"

#include "log.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static bool is_path(const char *address)
{
    return strchr(address, '/') != NULL;
}

/* Cuts host:port at the last colon; the host may be in brackets, or empty for any address. */
static bool split_address(const char *address, char host[NI_MAXHOST], char port[NI_MAXSERV])
{
    const char *colon = strrchr(address, ':');
    int64_t number;
    if (colon == NULL || !text_is_digits(colon + 1) || !text_to_count(colon + 1, 65535, &number) ||
        number == 0 || colon - address >= NI_MAXHOST)
        return false;
    size_t length = (size_t)(colon - address);
    if (length >= 2 && address[0] == '[' && address[length - 1] == ']') {
        address++;
        length -= 2;
    }
    snprintf(host, NI_MAXHOST, "%.*s", (int)length, address);
    snprintf(port, NI_MAXSERV, "%d", (int)number);
    return true;
}

const char *listener_check(const char *address)
{
    struct sockaddr_un unix_address;
    char host[NI_MAXHOST];
    char port[NI_MAXSERV];
    if (is_path(address))
        return strlen(address) < sizeof(unix_address.sun_path)
                   ? NULL
                   : "the path of a unix socket has 107 bytes at most";
    return split_address(address, host, port) ? NULL : "must be a path, or address:port";
}

/* Two masters that start at once look and bind one after the other: the directory is locked. */
static int lock_directory(const char *path)
{
    char directory[sizeof(((struct sockaddr_un *)NULL)->sun_path) + 1];
    const char *slash = strrchr(path, '/');
    int length = slash == NULL ? 1 : slash == path ? 1 : (int)(slash - path);
    snprintf(directory, sizeof(directory), "%.*s", length, slash == NULL ? "." : path);
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0 && flock(fd, LOCK_EX) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* Removes a socket that nobody listens on. NULL, or why the path cannot be used. */
static const char *clear_path(const struct sockaddr_un *address)
{
    struct stat status;
    if (lstat(address->sun_path, &status) != 0)
        return errno == ENOENT ? NULL : strerror(errno);
    if (!S_ISSOCK(status.st_mode))
        return "there is a file that is not a socket";
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return strerror(errno);
    int connected = connect(fd, (const struct sockaddr *)address, sizeof(*address));
    int reason = errno;
    close(fd);
    if (connected == 0 || reason == EAGAIN)
        return "another process is listening there";
    if (reason != ECONNREFUSED)
        return strerror(reason);
    return unlink(address->sun_path) == 0 ? NULL : strerror(errno);
}

static const char *bind_and_listen(struct listener *listener, const struct sockaddr_un *address,
                                   int backlog)
{
    const char *problem = clear_path(address);
    if (problem != NULL)
        return problem;
    listener->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener->fd < 0)
        return strerror(errno);
    mode_t umask_before = umask(0117); /* 0660 from the first moment */
    int bound = bind(listener->fd, (const struct sockaddr *)address, sizeof(*address));
    umask(umask_before);
    if (bound == 0 && lstat(address->sun_path, &listener->made) == 0 &&
        listen(listener->fd, backlog) == 0)
        return NULL;
    problem = strerror(errno);
    if (bound == 0)
        unlink(address->sun_path);
    close(listener->fd);
    return problem;
}

static const char *open_unix(struct listener *listener, int backlog)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", listener->address);
    int lock = lock_directory(listener->address);
    if (lock < 0)
        return strerror(errno);
    const char *problem = bind_and_listen(listener, &address, backlog);
    close(lock);
    return problem;
}

static const char *bind_tcp(struct listener *listener, const struct addrinfo *address, int backlog)
{
    const int on = 1;
    listener->fd =
        socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener->fd < 0)
        return strerror(errno);
    setsockopt(listener->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(listener->fd, address->ai_addr, address->ai_addrlen) == 0 &&
        listen(listener->fd, backlog) == 0)
        return NULL;
    const char *problem = strerror(errno);
    close(listener->fd);
    return problem;
}

static const char *open_tcp(struct listener *listener, int backlog)
{
    char host[NI_MAXHOST];
    char port[NI_MAXSERV];
    struct addrinfo *found = NULL;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    if (!split_address(listener->address, host, port))
        return "it is not address:port";
    int error = getaddrinfo(host[0] != '\0' ? host : NULL, port, &hints, &found);
    if (error != 0)
        return gai_strerror(error);
    const char *problem = bind_tcp(listener, found, backlog);
    freeaddrinfo(found);
    return problem;
}

bool listener_open(struct listener *listener, const char *address, int backlog, char *problem,
                   size_t size)
{
    *listener = (struct listener){.fd = -1, .address = strdup(address)};
    if (listener->address == NULL) {
        snprintf(problem, size, "out of memory");
        return false;
    }
    const char *reason =
        is_path(address) ? open_unix(listener, backlog) : open_tcp(listener, backlog);
    if (reason == NULL)
        return true;
    snprintf(problem, size, "%s", reason);
    free(listener->address);
    listener->address = NULL;
    return false;
}

void listener_adopt(struct listener *listener, int fd)
{
    *listener = (struct listener){.fd = fd};
}

void listener_give(const struct listener *listener, uid_t user, gid_t group)
{
    if (listener->address != NULL && is_path(listener->address) &&
        (user != geteuid() || group != getegid()) && lchown(listener->address, user, group) != 0)
        log_warn("%s: %s", listener->address, strerror(errno));
}

void listener_close(struct listener *listener)
{
    struct stat now;
    if (listener->address != NULL && is_path(listener->address) &&
        lstat(listener->address, &now) == 0 && now.st_dev == listener->made.st_dev &&
        now.st_ino == listener->made.st_ino)
        unlink(listener->address);
    free(listener->address);
    listener->address = NULL;
    close(listener->fd);
}
