#ifndef ENRICH_PROPOSAL_H
#define ENRICH_PROPOSAL_H

#include "arena.h"
#include "database_manager.h"
#include "race_updates.h"
#include "scoreboard.h"

#include <stdbool.h>

/* Columns of the races that Miles Republic knows, ordered by edition, then name. */
enum race_column {
    RACE_EDITION_ID,
    RACE_ID,
    RACE_NAME,
    RACE_START_DATE,
    RACE_RUN_DISTANCE,
    RACE_WALK_DISTANCE,
    RACE_SWIM_DISTANCE,
    RACE_BIKE_DISTANCE,
    RACE_RUN_POSITIVE_ELEVATION,
    RACE_CATEGORY_LEVEL1,
    RACE_CATEGORY_LEVEL2,
};

/* An event's keys, as texts of PostgreSQL; NULL is null. */
struct event_facts {
    const char *name;
    const char *city;
    const char *status;
    const char *slug;
    const char *is_featured;
};

struct previous_edition {
    const char *calendar_status;
    const char *year;
    const char *start_date;
};

/*
 * What one proposal gains. All false: it goes out as it is stored. Texts belong to the results in
 * `enrichments`.
 */
struct enrichment {
    bool has_event;
    bool drops_event_names; /* the event does not exist: eventName and eventCity leave the row */
    bool has_edition_year;
    bool has_previous;
    bool has_races;
    struct event_facts event;
    struct slice edition_year; /* digits with an optional sign; empty: null */
    struct previous_edition previous;
    int first_race; /* rows of enrichments.races */
    int race_count;
    struct race_updates race_updates;
};

/* The ids in one column of a result, row by row; in the arena. */
struct id_column {
    const int32_t *ids;
    int count;
};

/* For the proposals of one answer, in their order. Zero-initialise. */
struct enrichments {
    enum scoreboard_enrichment state;
    struct enrichment *each; /* in the arena */
    PGresult *events;
    PGresult *editions;
    PGresult *previous;
    PGresult *races;
    struct id_column event_ids;
    struct id_column edition_ids;
    struct id_column race_editions;
    struct id_column race_ids;
};

/*
 * Looks up what Miles Republic knows about all of these proposals (rows that start with
 * PROPOSAL_COLUMNS), in one round trip, or none where nothing needs it. When Miles Republic cannot
 * answer, every proposal goes out as stored and `state` says so. DATABASE_OK, DATABASE_ABANDONED,
 * or DATABASE_FAILED for lack of memory.
 */
enum database_status enrich_proposals(const PGresult *proposals, struct arena *arena,
                                      const struct deadline *deadline,
                                      struct enrichments *enrichments);

/* As meta.enrichment has it. */
const char *enrichment_state_name(enum scoreboard_enrichment state);

void enrichments_free(struct enrichments *enrichments);

#endif
