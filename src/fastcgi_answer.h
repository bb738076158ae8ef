#ifndef FASTCGI_ANSWER_H
#define FASTCGI_ANSWER_H

#include "text.h"

#include <stdbool.h>

/*
 * Sends a whole answer to a FastCGI request, and the request's end: the pieces as its standard
 * output, one after the other. A blocking socket with a send timeout is expected. False: the peer
 * is gone, or takes nothing.
 */
bool fastcgi_send_answer(int fd, int request_id, const struct slice pieces[], size_t count);

#endif
