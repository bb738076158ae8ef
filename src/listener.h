#ifndef LISTENER_H
#define LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

/* A socket that the web server connects to. */
struct listener {
    int fd;
    char *address;    /* owned; NULL: adopted */
    struct stat made; /* of a unix socket, to know it again */
};

/* What is wrong with an address as such; NULL: nothing. It is a path with a '/', or host:port. */
const char *listener_check(const char *address);

/*
 * Listens. A unix socket is made with mode 0660; it takes the place of one that nobody listens on,
 * and refuses to take that of one that somebody does. False: `problem` says why.
 */
bool listener_open(struct listener *listener, const char *address, int backlog, char *problem,
                   size_t size);

/* Uses a socket that somebody else made and will remove. */
void listener_adopt(struct listener *listener, int fd);

/* Makes a unix socket somebody else's, so that whoever connects can be of that group. */
void listener_give(const struct listener *listener, uid_t user, gid_t group);

/* Stops listening in this process, and removes a unix socket if it is still the one it made. */
void listener_close(struct listener *listener);

#endif
