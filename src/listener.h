#ifndef LISTENER_H
#define LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/* The unix socket that the web server connects to. */
struct listener {
    int fd;
    const char *path;
    struct stat made; /* to know it again */
};

/*
 * Makes the socket (mode 0660) and listens. Takes the place of a socket that nobody listens on;
 * refuses one that somebody does. False: `problem` says why.
 */
bool listener_open(struct listener *listener, const char *path, int backlog, char *problem,
                   size_t size);

/* Stops listening in this process, and removes the socket if it is still the one that was made. */
void listener_close(struct listener *listener);

#endif
