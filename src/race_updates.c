/*
 * Owns: how the updates of races are read from a proposal's changes.
 * Must not: change them (render writes what they gain).
 */
#include "race_updates.h"

#include "json_scan.h"

#include <string.h>

enum { FIRST_CAPACITY = 8 };

/* Room for one more; false: out of memory. */
static bool make_room(struct race_updates *updates, size_t *capacity, struct arena *arena)
{
    if (updates->count < *capacity)
        return true;
    size_t more = *capacity > 0 ? *capacity * 2 : FIRST_CAPACITY;
    struct race_update *items = arena_allocate(arena, more, sizeof(*items));
    if (items == NULL)
        return false;
    if (updates->count > 0)
        memcpy(items, updates->items, updates->count * sizeof(*items));
    updates->items = items;
    *capacity = more;
    return true;
}

static void read_update(struct slice element, struct race_update *update)
{
    struct slice key;
    struct slice value;
    struct json_walk walk = json_walk_start(element);
    update->element = element;
    while (json_next_member(&walk, &key, &value)) {
        if (slice_equals(key, "raceId"))
            update->has_race_id = json_leading_integer(value, &update->race_id);
        else if (slice_equals(key, "updates"))
            update->updates = value;
        else if (slice_equals(key, "currentData"))
            update->current_data = value;
    }
}

enum race_updates_result race_updates_read(struct slice changes, struct arena *arena,
                                           struct race_updates *updates)
{
    static const char KEY[] = "\"racesToUpdate\"";
    *updates = (struct race_updates){0};
    /* Most proposals have none: to see that takes less than to walk through all they change. */
    if (changes.length == 0 || memmem(changes.start, changes.length, KEY, sizeof(KEY) - 1) == NULL)
        return RACE_UPDATES_OK;
    struct slice races = json_open_member(changes, "racesToUpdate");
    struct slice array = json_open_member(races, "new");
    if (!json_is_array(array))
        return json_is_truthy(json_member(races, "new")) ? RACE_UPDATES_ODD : RACE_UPDATES_OK;
    struct slice element;
    struct json_walk walk = json_walk_start(array);
    for (size_t capacity = 0; json_next_element(&walk, &element);) {
        if (!json_is_object(element)) {
            *updates = (struct race_updates){0};
            return RACE_UPDATES_ODD;
        }
        if (!make_room(updates, &capacity, arena))
            return RACE_UPDATES_NO_MEMORY;
        read_update(element, &updates->items[updates->count++]);
    }
    return RACE_UPDATES_OK;
}

const struct race_update *race_updates_find(const struct race_updates *updates, int32_t race_id)
{
    for (size_t i = updates->count; i > 0; i--) {
        const struct race_update *update = &updates->items[i - 1];
        if (update->has_race_id && update->race_id == race_id)
            return update;
    }
    return NULL;
}
