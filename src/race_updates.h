#ifndef RACE_UPDATES_H
#define RACE_UPDATES_H

#include "arena.h"
#include "text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One element of changes.racesToUpdate.new. The slices point into the row's `changes`. */
struct race_update {
    struct slice element;
    struct slice updates;      /* empty: it has none */
    struct slice current_data; /* likewise */
    bool has_race_id;
    int32_t race_id;
};

struct race_updates {
    struct race_update *items; /* in the arena */
    size_t count;
};

enum race_updates_result {
    RACE_UPDATES_OK,  /* perhaps none */
    RACE_UPDATES_ODD, /* not an array of objects: the proposal is left as it is */
    RACE_UPDATES_NO_MEMORY,
};

/* Reads them from the text of a proposal's `changes` (contract, "Enrichment", 2). */
enum race_updates_result race_updates_read(struct slice changes, struct arena *arena,
                                           struct race_updates *updates);

/* The last update for a race, which is the one that counts; NULL: none. */
const struct race_update *race_updates_find(const struct race_updates *updates, int32_t race_id);

#endif
