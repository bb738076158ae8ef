#ifndef HTTP_H
#define HTTP_H

#include "arena.h"
#include "buffer.h"
#include "deadline.h"
#include "etag.h"
#include "scoreboard.h"

#include <stdbool.h>

/* What of an HTTP request matters here, whichever way it came. Texts live as long as the request.
 */
struct request {
    const char *method;
    const char *path;          /* as sent, still percent-encoded, without the query */
    const char *query;         /* as sent, without the '?'; "" where there is none */
    const char *if_none_match; /* "" where there is none */
    char *parameter;           /* what the route's path has behind it, decoded; or NULL */
    bool has_body;
    struct arena *arena;
    struct deadline deadline;
};

/* An answer being made. Zero-initialise; the body's owner is whoever made the response. */
struct response {
    int status;
    struct buffer body; /* a JSON envelope (contract, "Envelope") */
    char etag[ETAG_SIZE];
    const char *allow;         /* static text; NULL: no such header */
    const char *cache_control; /* static text */
    const char *content_type;  /* static text */
    int retry_after_s;         /* 0: none */
    enum scoreboard_route route;
};

extern const char HTTP_JSON[];

/* The words of a status line. */
const char *http_reason(int status);

/* Makes the response an error in the envelope, in place of whatever was in it. */
void http_error(struct response *response, int status, const char *code, const char *message);

#endif
