#ifndef TIMESTAMP_H
#define TIMESTAMP_H

#include "buffer.h"

#include <stdbool.h>
#include <stdint.h>

enum { MILLISECONDS_A_DAY = 24 * 60 * 60 * 1000, TIMESTAMP_TEXT_SIZE = 40 };

/*
 * Reads an ISO 8601 date or date-time as the API takes them (contract, "GET /api/proposals"): YYYY,
 * YYYY-MM, YYYY-MM-DD, or a day with 'T' or a space and HH:mm[:ss[.fff]], then Z, +hh:mm, +hhmm or
 * nothing (UTC). Milliseconds since 1970 UTC; digits behind the third decimal are dropped. False
 * where the text is anything else or the date does not exist.
 */
bool timestamp_parse(const char *text, int64_t *milliseconds);

/* As PostgreSQL reads a timestamp without time zone, in UTC. Years before 1 are written BC. */
void timestamp_format(int64_t milliseconds, char text[TIMESTAMP_TEXT_SIZE]);

/*
 * Writes PostgreSQL's text of a timestamp(3) (DateStyle ISO, UTC) as the API has it, in quotes:
 * "YYYY-MM-DDTHH:mm:ss.sssZ". What has no such form ('infinity', BC) is written null.
 */
void timestamp_write_json(struct buffer *out, const char *text);

#endif
