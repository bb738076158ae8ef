#ifndef CONNECTION_URL_H
#define CONNECTION_URL_H

#include "connection_options.h"

/*
 * Reads postgresql://user:password@host:port/database?parameters as Prisma's users write it.
 * libpq's own parser refuses a URL for one parameter it does not know, and repeats passwords in its
 * messages; this one does neither. Prisma's parameters are honoured (schema, pgbouncer, sslmode,
 * sslaccept, connect_timeout), ignored by name (connection_limit, ...), or listed in
 * options->ignored. Returns NULL, or what is wrong in words that repeat nothing of the URL; then
 * `options` is freed.
 */
const char *connection_url_parse(const char *url, struct connection_options *options);

#endif
