#ifndef PROPOSALS_SQL_H
#define PROPOSALS_SQL_H

#include "arena.h"
#include "filters.h"
#include "group_key.h"
#include "query.h"

/*
 * Every column of a proposal that goes out, in the order of the answer: its name in the table and
 * in JSON (they are the same), and what kind of value it is.
 */
#define PROPOSAL_COLUMNS(X)                                                                        \
    X(ID, "id", TEXT)                                                                              \
    X(AGENT_ID, "agentId", TEXT)                                                                   \
    X(TYPE, "type", TEXT)                                                                          \
    X(STATUS, "status", TEXT)                                                                      \
    X(EVENT_ID, "eventId", TEXT)                                                                   \
    X(EDITION_ID, "editionId", TEXT)                                                               \
    X(RACE_ID, "raceId", TEXT)                                                                     \
    X(CHANGES, "changes", JSON)                                                                    \
    X(JUSTIFICATION, "justification", JSON)                                                        \
    X(CONFIDENCE, "confidence", FLOAT8)                                                            \
    X(EVENT_NAME, "eventName", TEXT)                                                               \
    X(EVENT_CITY, "eventCity", TEXT)                                                               \
    X(EDITION_YEAR, "editionYear", INTEGER)                                                        \
    X(RACE_NAME, "raceName", TEXT)                                                                 \
    X(PROPOSED_START_DATE, "proposedStartDate", TIMESTAMP)                                         \
    X(CREATED_AT, "createdAt", TIMESTAMP)                                                          \
    X(UPDATED_AT, "updatedAt", TIMESTAMP)                                                          \
    X(REVIEWED_AT, "reviewedAt", TIMESTAMP)                                                        \
    X(REVIEWED_BY, "reviewedBy", TEXT)                                                             \
    X(APPLIED_BY, "appliedBy", TEXT)                                                               \
    X(MODIFICATION_REASON, "modificationReason", TEXT)                                             \
    X(MODIFIED_AT, "modifiedAt", TIMESTAMP)                                                        \
    X(MODIFIED_BY, "modifiedBy", TEXT)                                                             \
    X(USER_MODIFIED_CHANGES, "userModifiedChanges", JSON)                                          \
    X(APPROVED_BLOCKS, "approvedBlocks", JSON)                                                     \
    X(SOURCE_METADATA, "sourceMetadata", JSON)

/* Column numbers of a result with proposals; what a statement adds comes behind these. */
enum proposal_column {
#define COLUMN_NUMBER(number, name, kind) PROPOSAL_##number,
    PROPOSAL_COLUMNS(COLUMN_NUMBER)
#undef COLUMN_NUMBER
        PROPOSAL_AGENT_NAME,
    PROPOSAL_AGENT_TYPE,
    PROPOSAL_GROUP_COUNT,                         /* of a page */
    PROPOSAL_APPLICATIONS = PROPOSAL_GROUP_COUNT, /* of a group: JSON */
};

/*
 * Makes the two statements of a page: its rows (the columns above) and the count of all that match
 * (one row, one column). Their number does not depend on the page. Names and texts depend only on
 * which filters are set, so that each is prepared once; values are parameters, always. What the
 * queries point to lives in the arena. False: out of memory.
 */
bool proposals_sql_page(const struct filters *filters, struct arena *arena, struct query *rows,
                        struct query *count);

/* One proposal, and all others that share an event, an edition or a race with it, newest first. */
void proposals_sql_detail(const char *id, struct query *proposal, struct query *related);

/* The proposals of a group, each with its applications as JSON. */
void proposals_sql_group(const struct group_key *key, struct query *rows);

/* One row: how many proposals of the FFA scraper are eligible. No row: there is no such agent. */
void proposals_sql_eligible_count(struct query *count);

#endif
