#ifndef COUNT_CACHE_H
#define COUNT_CACHE_H

#include "query.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Remembers how many proposals match a filter. Counting them is most of the cost of a page, and a
 * total that is a second old misleads nobody; rows are never remembered. One small table, on the
 * scoreboard, for all workers.
 */

/*
 * The time that a total may be used for since it was counted, in milliseconds; 0: never. `database`
 * tells the totals of one database from another's, for a reload may change it; must outlive the
 * cache.
 */
void count_cache_start(int max_age_ms, const char *database);

/* False: the count must be asked, and stored. A count is known by its statement and values. */
bool count_cache_find(const struct query *count, int64_t *total);

/* Takes the place of the oldest where the table is full. */
void count_cache_store(const struct query *count, int64_t total);

#endif
