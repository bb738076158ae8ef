#ifndef ETAG_H
#define ETAG_H

#include <stdbool.h>
#include <stddef.h>

enum { ETAG_SIZE = 24 };

/* The weak entity tag of an answer: W/"..." (RFC 9110, section 8.8.3). */
void etag_make(const char *body, size_t length, char etag[ETAG_SIZE]);

/* Whether an If-None-Match field has the tag: `*` or a list, compared weakly (section 13.1.2). */
bool etag_matches(const char *if_none_match, const char *etag);

#endif
