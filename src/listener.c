/*
 * Owns: the listening socket's file: who may take the place of whom, and its permissions.
 * Must not: accept connections (workers do).
 */
#include "listener.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static bool make_address(const char *path, struct sockaddr_un *address)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(address->sun_path))
        return false;
    snprintf(address->sun_path, sizeof(address->sun_path), "%s", path);
    return true;
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
    close(listener->fd);
    return problem;
}

bool listener_open(struct listener *listener, const char *path, int backlog, char *problem,
                   size_t size)
{
    struct sockaddr_un address;
    const char *reason = "the path is too long";
    listener->path = path;
    if (make_address(path, &address)) {
        int lock = lock_directory(path);
        reason = lock < 0 ? strerror(errno) : bind_and_listen(listener, &address, backlog);
        if (lock >= 0)
            close(lock);
    }
    if (reason != NULL)
        snprintf(problem, size, "%s", reason);
    return reason == NULL;
}

void listener_close(struct listener *listener)
{
    struct stat now;
    if (lstat(listener->path, &now) == 0 && now.st_dev == listener->made.st_dev &&
        now.st_ino == listener->made.st_ino)
        unlink(listener->path);
    close(listener->fd);
}
