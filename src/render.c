/*
 * Owns: how a proposal and what it gains look in JSON: one pass from results to bytes.
 * Must not: decide what a proposal gains (enrich_proposal does).
 */
#include "render.h"

#include "json_scan.h"
#include "json_writer.h"
#include "proposals_sql.h"
#include "timestamp.h"

#include <stdlib.h>
#include <string.h>

enum column_kind { KIND_TEXT, KIND_JSON, KIND_FLOAT8, KIND_INTEGER, KIND_TIMESTAMP };

struct column {
    const char *key; /* with the comma in front and the colon behind */
    size_t key_length;
    enum column_kind kind;
};

static const struct column COLUMNS[] = {
#define COLUMN(number, name, kind) {",\"" name "\":", sizeof(",\"" name "\":") - 1, KIND_##kind},
    PROPOSAL_COLUMNS(COLUMN)
#undef COLUMN
};

enum { COLUMN_COUNT = sizeof(COLUMNS) / sizeof(COLUMNS[0]) };

static void write_text(struct buffer *out, const char *text)
{
    if (text == NULL)
        buffer_append_literal(out, "null");
    else
        json_write_string(out, text);
}

static void write_value(struct buffer *out, const PGresult *result, int row, int column,
                        enum column_kind kind)
{
    const char *text = PQgetvalue(result, row, column);
    size_t length = (size_t)PQgetlength(result, row, column);
    if (length == 0 && PQgetisnull(result, row, column)) {
        buffer_append_literal(out, "null");
        return;
    }
    switch (kind) {
    case KIND_TEXT:
        json_write_bytes(out, text, length);
        return;
    case KIND_JSON:
    case KIND_INTEGER:
        buffer_append(out, text, length);
        return;
    case KIND_FLOAT8:
        json_write_float8(out, text);
        return;
    case KIND_TIMESTAMP:
        timestamp_write_json(out, text);
        return;
    }
}

/* A race as an update's currentData has it. */
static void write_current_data(struct buffer *out, const PGresult *races, int row)
{
    static const struct {
        const char *key;
        enum race_column column;
        enum column_kind kind;
    } FIELDS[] = {
        {"{\"name\":", RACE_NAME, KIND_TEXT},
        {",\"runDistance\":", RACE_RUN_DISTANCE, KIND_FLOAT8},
        {",\"walkDistance\":", RACE_WALK_DISTANCE, KIND_FLOAT8},
        {",\"swimDistance\":", RACE_SWIM_DISTANCE, KIND_FLOAT8},
        {",\"bikeDistance\":", RACE_BIKE_DISTANCE, KIND_FLOAT8},
        {",\"runPositiveElevation\":", RACE_RUN_POSITIVE_ELEVATION, KIND_FLOAT8},
        {",\"startDate\":", RACE_START_DATE, KIND_TIMESTAMP},
        {",\"categoryLevel1\":", RACE_CATEGORY_LEVEL1, KIND_TEXT},
        {",\"categoryLevel2\":", RACE_CATEGORY_LEVEL2, KIND_TEXT},
    };
    for (size_t i = 0; i < sizeof(FIELDS) / sizeof(FIELDS[0]); i++) {
        buffer_append_text(out, FIELDS[i].key);
        write_value(out, races, row, (int)FIELDS[i].column, FIELDS[i].kind);
    }
    buffer_append_char(out, '}');
}

/* The race an update is for, among those of the proposal's edition; -1: none. */
static int find_race(const struct id_column *race_ids, const struct enrichment *enrichment,
                     const struct race_update *update)
{
    int behind = enrichment->first_race + enrichment->race_count;
    for (int row = enrichment->first_race; update->has_race_id && row < behind; row++)
        if (race_ids->ids[row] == update->race_id)
            return row;
    return -1;
}

static void write_gained_data(struct buffer *out, const struct enrichments *enrichments,
                              const struct enrichment *enrichment, const struct race_update *update)
{
    int race = find_race(&enrichments->race_ids, enrichment, update);
    if (race >= 0)
        write_current_data(out, enrichments->races, race);
    else
        buffer_append_literal(out, "null");
}

/*
 * `changes`, byte by byte as it is stored, but that each race update without a currentData of its
 * own gains one: in place of a falsy value, or as a new last member.
 */
static void write_changes(struct buffer *out, struct slice changes,
                          const struct enrichments *enrichments,
                          const struct enrichment *enrichment)
{
    const char *at = changes.start;
    const char *end = changes.start + changes.length;
    for (size_t i = 0; i < enrichment->race_updates.count; i++) {
        const struct race_update *update = &enrichment->race_updates.items[i];
        struct slice own = update->current_data;
        if (json_is_truthy(own))
            continue;
        const char *closing = update->element.start + update->element.length - 1;
        const char *until = own.length > 0 ? own.start : closing;
        buffer_append(out, at, (size_t)(until - at));
        if (own.length == 0) {
            struct slice member;
            struct json_walk walk = json_walk_start(update->element);
            bool is_first = !json_next_element(&walk, &member);
            buffer_append_text(out, is_first ? "\"currentData\":" : ",\"currentData\":");
        }
        write_gained_data(out, enrichments, enrichment, update);
        at = until + own.length;
    }
    buffer_append(out, at, (size_t)(end - at));
}

/* run + walk + swim + bike. Most races have but one of them, and its text is the sum's. */
static void write_distance(struct buffer *out, const PGresult *races, int row)
{
    static const enum race_column PARTS[] = {RACE_RUN_DISTANCE, RACE_WALK_DISTANCE,
                                             RACE_SWIM_DISTANCE, RACE_BIKE_DISTANCE};
    const char *only = "0";
    int count = 0;
    double sum = 0;
    for (size_t i = 0; i < sizeof(PARTS) / sizeof(PARTS[0]); i++) {
        const char *part = PQgetvalue(races, row, (int)PARTS[i]);
        if (strcmp(part, "0") == 0 || part[0] == '\0')
            continue;
        only = part;
        count++;
    }
    if (count <= 1) {
        json_write_float8(out, only);
        return;
    }
    for (size_t i = 0; i < sizeof(PARTS) / sizeof(PARTS[0]); i++)
        sum += strtod(PQgetvalue(races, row, (int)PARTS[i]), NULL);
    json_write_double(out, sum);
}

static void write_race(struct buffer *out, const PGresult *races, int row,
                       const struct race_update *update)
{
    struct slice updates = update != NULL ? update->updates : (struct slice){NULL, 0};
    struct slice proposed = json_member(json_member(updates, "startDate"), "new");
    buffer_append_literal(out, "{\"id\":");
    write_value(out, races, row, RACE_ID, KIND_INTEGER);
    buffer_append_literal(out, ",\"name\":");
    write_value(out, races, row, RACE_NAME, KIND_TEXT);
    buffer_append_literal(out, ",\"distance\":");
    write_distance(out, races, row);
    buffer_append_literal(out, ",\"elevation\":");
    write_value(out, races, row, RACE_RUN_POSITIVE_ELEVATION, KIND_FLOAT8);
    buffer_append_literal(out, ",\"startDate\":");
    if (json_is_truthy(proposed))
        buffer_append(out, proposed.start, proposed.length);
    else
        write_value(out, races, row, RACE_START_DATE, KIND_TIMESTAMP);
    buffer_append_literal(out, ",\"categoryLevel1\":");
    write_value(out, races, row, RACE_CATEGORY_LEVEL1, KIND_TEXT);
    buffer_append_literal(out, ",\"categoryLevel2\":");
    write_value(out, races, row, RACE_CATEGORY_LEVEL2, KIND_TEXT);
    buffer_append_literal(out, ",\"_current\":{\"startDate\":");
    write_value(out, races, row, RACE_START_DATE, KIND_TIMESTAMP);
    buffer_append_literal(out, "},\"_hasUpdate\":");
    buffer_append_text(out, json_is_truthy(updates) ? "true}" : "false}");
}

static void write_existing_races(struct buffer *out, const struct enrichments *enrichments,
                                 const struct enrichment *enrichment)
{
    buffer_append_literal(out, ",\"existingRaces\":[");
    for (int i = 0; i < enrichment->race_count; i++) {
        int row = enrichment->first_race + i;
        if (i > 0)
            buffer_append_char(out, ',');
        int32_t id = enrichments->race_ids.ids[row];
        write_race(out, enrichments->races, row, race_updates_find(&enrichment->race_updates, id));
    }
    buffer_append_char(out, ']');
}

/* The keys that a stored row does not have. */
static void write_gains(struct buffer *out, const struct enrichments *enrichments,
                        const struct enrichment *enrichment)
{
    if (enrichment->has_event) {
        buffer_append_literal(out, ",\"eventStatus\":");
        write_text(out, enrichment->event.status);
        buffer_append_literal(out, ",\"eventSlug\":");
        write_text(out, enrichment->event.slug);
        buffer_append_literal(out, ",\"isFeatured\":");
        if (enrichment->event.is_featured == NULL)
            buffer_append_literal(out, "null");
        else
            json_write_boolean(out, enrichment->event.is_featured);
    }
    if (enrichment->has_previous) {
        buffer_append_literal(out, ",\"previousEditionCalendarStatus\":");
        write_text(out, enrichment->previous.calendar_status);
        buffer_append_literal(out, ",\"previousEditionYear\":");
        write_text(out, enrichment->previous.year);
        buffer_append_literal(out, ",\"previousEditionStartDate\":");
        if (enrichment->previous.start_date == NULL)
            buffer_append_literal(out, "null");
        else
            timestamp_write_json(out, enrichment->previous.start_date);
    }
    if (enrichment->has_races)
        write_existing_races(out, enrichments, enrichment);
}

/* True where a column's value comes from Miles Republic; then it has been written. */
static bool write_replaced(struct buffer *out, const PGresult *proposals, int row,
                           enum proposal_column column, const struct enrichments *enrichments,
                           const struct enrichment *enrichment)
{
    if (column == PROPOSAL_EVENT_NAME && enrichment->has_event) {
        write_text(out, enrichment->event.name);
    } else if (column == PROPOSAL_EVENT_CITY && enrichment->has_event) {
        write_text(out, enrichment->event.city);
    } else if (column == PROPOSAL_EDITION_YEAR && enrichment->has_edition_year) {
        if (enrichment->edition_year.length > 0)
            buffer_append(out, enrichment->edition_year.start, enrichment->edition_year.length);
        else
            buffer_append_literal(out, "null");
    } else if (column == PROPOSAL_CHANGES && enrichment->has_races) {
        struct slice changes = {PQgetvalue(proposals, row, column),
                                (size_t)PQgetlength(proposals, row, column)};
        write_changes(out, changes, enrichments, enrichment);
    } else {
        return false;
    }
    return true;
}

static bool is_dropped(enum proposal_column column, const struct enrichment *enrichment)
{
    return enrichment->drops_event_names &&
           (column == PROPOSAL_EVENT_NAME || column == PROPOSAL_EVENT_CITY);
}

static void write_agent(struct buffer *out, const PGresult *proposals, int row,
                        enum agent_form form)
{
    buffer_append_literal(out, ",\"agent\":{");
    if (form == AGENT_WITH_ID) {
        buffer_append_literal(out, "\"id\":");
        write_value(out, proposals, row, PROPOSAL_AGENT_ID, KIND_TEXT);
        buffer_append_char(out, ',');
    }
    buffer_append_literal(out, "\"name\":");
    write_value(out, proposals, row, PROPOSAL_AGENT_NAME, KIND_TEXT);
    buffer_append_literal(out, ",\"type\":");
    write_value(out, proposals, row, PROPOSAL_AGENT_TYPE, KIND_TEXT);
    buffer_append_char(out, '}');
}

void render_proposal(struct buffer *out, const PGresult *proposals, int row,
                     const struct enrichments *enrichments, enum agent_form agent)
{
    static const struct enrichment NOTHING;
    static const struct enrichments NO_FACTS;
    const struct enrichment *enrichment = enrichments != NULL ? &enrichments->each[row] : &NOTHING;
    const struct enrichments *facts = enrichments != NULL ? enrichments : &NO_FACTS;
    buffer_append_char(out, '{');
    for (int i = 0; i < COLUMN_COUNT; i++) {
        size_t comma = i == 0 ? 1 : 0;
        enum proposal_column column = (enum proposal_column)i;
        if (is_dropped(column, enrichment))
            continue;
        buffer_append(out, COLUMNS[i].key + comma, COLUMNS[i].key_length - comma);
        if (!write_replaced(out, proposals, row, column, facts, enrichment))
            write_value(out, proposals, row, i, COLUMNS[i].kind);
    }
    write_agent(out, proposals, row, agent);
    write_gains(out, facts, enrichment);
}
