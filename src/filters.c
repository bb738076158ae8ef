/*
 * Owns: which parameters GET /api/proposals takes, their values and defaults.
 * Must not: know SQL (proposals_sql does) or HTTP.
 */
#include "filters.h"

#include "text.h"
#include "timestamp.h"

#include <stdio.h>
#include <string.h>

enum { LIMIT_DEFAULT = 20, LIMIT_MAX = 100 };

/* Whole numbers up to here are exact in JavaScript, which meta.offset goes back to. */
static const int64_t OFFSET_MAX = (INT64_C(1) << 53) - 1;

static const char *const STATUSES[] = {"PENDING",  "APPROVED",           "REJECTED",
                                       "ARCHIVED", "PARTIALLY_APPROVED", NULL};
static const char *const TYPES[] = {"NEW_EVENT",   "EVENT_UPDATE", "EDITION_UPDATE",
                                    "RACE_UPDATE", "EVENT_MERGE",  NULL};
static const char *const SORTS[] = {[SORT_CREATED_DESC] = "created-desc",
                                    [SORT_DATE_ASC] = "date-asc",
                                    [SORT_DATE_DESC] = "date-desc",
                                    NULL};

/* A reader takes one parameter's value; it answers NULL, or what is wrong with it. */
struct parameter {
    const char *name;
    const char *(*read)(char *value, struct filters *filters);
};

static int index_of(const char *const *names, const char *name)
{
    for (int i = 0; names[i] != NULL; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

static const char *read_status(char *value, struct filters *filters)
{
    filters->status = value;
    return index_of(STATUSES, value) >= 0 ? NULL
                                          : "must be one of PENDING, APPROVED, REJECTED, "
                                            "ARCHIVED, PARTIALLY_APPROVED";
}

static const char *read_type(char *value, struct filters *filters)
{
    filters->type = value;
    return index_of(TYPES, value) >= 0 ? NULL
                                       : "must be one of NEW_EVENT, EVENT_UPDATE, "
                                         "EDITION_UPDATE, RACE_UPDATE, EVENT_MERGE";
}

static const char *read_sort(char *value, struct filters *filters)
{
    int sort = index_of(SORTS, value);
    if (sort < 0)
        return "must be one of created-desc, date-asc, date-desc";
    filters->sort = (enum proposal_sort)sort;
    return NULL;
}

static const char *unless_empty(const char *value)
{
    return value[0] != '\0' ? value : NULL;
}

static const char *read_event_id(char *value, struct filters *filters)
{
    filters->event_id = unless_empty(value);
    return NULL;
}

static const char *read_edition_id(char *value, struct filters *filters)
{
    filters->edition_id = unless_empty(value);
    return NULL;
}

static const char *read_agent_name(char *value, struct filters *filters)
{
    filters->agent_name = unless_empty(value);
    return NULL;
}

static const char *read_category_level1(char *value, struct filters *filters)
{
    filters->category_level1 = unless_empty(value);
    return NULL;
}

static const char *read_category_level2(char *value, struct filters *filters)
{
    filters->category_level2 = unless_empty(value);
    return NULL;
}

static const char *read_search(char *value, struct filters *filters)
{
    struct slice trimmed = text_trim(slice_of(value));
    char *start = value + (trimmed.start - value);
    start[trimmed.length] = '\0';
    filters->search = unless_empty(start);
    return NULL;
}

static const char *const NOT_A_DATE = "must be an ISO 8601 date or date-time that exists";

static const char *read_start_date_from(char *value, struct filters *filters)
{
    filters->has_start_date_from = true;
    return timestamp_parse(value, &filters->start_date_from) ? NULL : NOT_A_DATE;
}

static const char *read_start_date_to(char *value, struct filters *filters)
{
    if (!timestamp_parse(value, &filters->start_date_before))
        return NOT_A_DATE;
    filters->has_start_date_to = true;
    filters->start_date_before += MILLISECONDS_A_DAY;
    return NULL;
}

static const char *read_limit(char *value, struct filters *filters)
{
    bool valid = text_to_count(value, LIMIT_MAX, &filters->limit) && filters->limit > 0;
    return valid ? NULL : "must be an integer from 1 to 100";
}

static const char *read_offset(char *value, struct filters *filters)
{
    return text_to_count(value, OFFSET_MAX, &filters->offset)
               ? NULL
               : "must be an integer from 0 to 9007199254740991";
}

static const struct parameter PARAMETERS[] = {
    {"status", read_status},
    {"type", read_type},
    {"eventId", read_event_id},
    {"editionId", read_edition_id},
    {"agentName", read_agent_name},
    {"categoryLevel1", read_category_level1},
    {"categoryLevel2", read_category_level2},
    {"search", read_search},
    {"startDateFrom", read_start_date_from},
    {"startDateTo", read_start_date_to},
    {"sort", read_sort},
    {"limit", read_limit},
    {"offset", read_offset},
};

/* What is wrong with the parameter in this query, or NULL. */
static const char *read_parameter(const struct parameter *parameter,
                                  const struct query_string *query, struct filters *filters)
{
    char *value = NULL;
    switch (query_string_find(query, parameter->name, &value)) {
    case 0:
        return NULL;
    case 1:
        return parameter->read(value, filters);
    default:
        return "is given more than once";
    }
}

bool filters_parse(const struct query_string *query, struct filters *filters,
                   char problem[FILTERS_PROBLEM_SIZE])
{
    *filters = (struct filters){.limit = LIMIT_DEFAULT};
    for (size_t i = 0; i < sizeof(PARAMETERS) / sizeof(PARAMETERS[0]); i++) {
        const char *fault = read_parameter(&PARAMETERS[i], query, filters);
        if (fault != NULL) {
            snprintf(problem, FILTERS_PROBLEM_SIZE, "%s: %s", PARAMETERS[i].name, fault);
            return false;
        }
    }
    return true;
}
