#ifndef FILTERS_H
#define FILTERS_H

#include "query_string.h"

#include <stdbool.h>
#include <stdint.h>

enum proposal_sort { SORT_CREATED_DESC, SORT_DATE_ASC, SORT_DATE_DESC };

/*
 * What a client asked of GET /api/proposals, validated (contract, "GET /api/proposals").
 * NULL or false: no such filter. The texts belong to the query string.
 */
struct filters {
    const char *status;
    const char *type;
    const char *event_id;
    const char *edition_id;
    const char *agent_name;
    const char *category_level1;
    const char *category_level2;
    const char *search; /* trimmed */
    bool has_start_date_from;
    bool has_start_date_to;
    int64_t start_date_from;   /* ms since 1970 UTC; inclusive */
    int64_t start_date_before; /* ms since 1970 UTC; startDateTo plus a day, exclusive */
    enum proposal_sort sort;
    int64_t limit;
    int64_t offset;
};

enum { FILTERS_PROBLEM_SIZE = 160 };

/*
 * Unknown parameters are ignored. False: `problem` says which parameter and why, in words for the
 * client (it repeats nothing the client sent). Texts in `filters` belong to `query`, whose values
 * may be trimmed in place.
 */
bool filters_parse(const struct query_string *query, struct filters *filters,
                   char problem[FILTERS_PROBLEM_SIZE]);

#endif
