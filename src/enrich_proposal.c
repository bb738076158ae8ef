/*
 * Owns: the rules of enrichment (contract, "Enrichment"): what a proposal needs from Miles
 * Republic, the SQL that fetches it for all proposals at once, and what each one gains.
 * Must not: write JSON (render does), or hold a connection (database_manager does).
 */
#include "enrich_proposal.h"

#include "buffer.h"
#include "proposals_sql.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What every statement that finds events ends in; the first is NULL for none. */
enum event_column { EVENT_ID, EVENT_NAME, EVENT_CITY, EVENT_STATUS, EVENT_SLUG, EVENT_IS_FEATURED };

static const char EVENTS_SQL[] =
    "SELECT id, name, city, status, slug, \"isFeatured\" FROM \"Event\""
    " WHERE id = ANY ($1::int4[]) ORDER BY id";

/* What the statements that find previous editions have of them; the first is NULL for none. */
enum previous_column { PREVIOUS_ID, PREVIOUS_CALENDAR_STATUS, PREVIOUS_YEAR, PREVIOUS_START_DATE };

enum edition_column { EDITION_ID, EDITION_YEAR_NUMBER, EDITION_PREVIOUS, EDITION_EVENT = 6 };

/*
 * An edition, the one of the year before, and the event. `year` is a text; its leading integer
 * counts, which is mostly all of it, and that is quicker to see than to match. The year before is
 * computed only where the integer is small enough that no row can make the statement fail for the
 * others. OFFSET 0 keeps both from being computed again for each edition that is looked at.
 */
static const char EDITIONS_SQL[] =
    "SELECT e.id, y.number, b.id, b.\"calendarStatus\", b.year, b.\"startDate\","
    " v.id, v.name, v.city, v.status, v.slug, v.\"isFeatured\""
    " FROM \"Edition\" e LEFT JOIN \"Event\" v ON v.id = e.\"eventId\""
    " CROSS JOIN LATERAL (SELECT CASE"
    "  WHEN e.year <> '' AND translate(e.year, '0123456789', '') = '' THEN e.year"
    "  ELSE regexp_replace(substring(e.year FROM '^\\s*([+-]?[0-9]+)'),"
    "   '^([+-]?)0+(?=[0-9])', '\\1') END AS number OFFSET 0) y"
    " CROSS JOIN LATERAL (SELECT CASE WHEN length(y.number) <= 15 AND y.number::bigint <> 0"
    "  THEN (y.number::bigint - 1)::text END AS year OFFSET 0) w"
    " LEFT JOIN LATERAL (SELECT q.id, q.\"calendarStatus\", q.year, q.\"startDate\""
    "  FROM \"Edition\" q WHERE q.\"eventId\" = e.\"eventId\""
    "  AND q.year = w.year ORDER BY q.id LIMIT 1) b ON true"
    " WHERE e.id = ANY ($1::int4[]) ORDER BY e.id";

/* $1 and $2: event and year, pair by pair; one row for each pair, in their order. */
static const char PREVIOUS_SQL[] =
    "SELECT b.id, b.\"calendarStatus\", b.year, b.\"startDate\""
    " FROM unnest($1::int4[], $2::text[]) WITH ORDINALITY AS w(event, year, n)"
    " LEFT JOIN LATERAL (SELECT q.id, q.\"calendarStatus\", q.year, q.\"startDate\""
    "  FROM \"Edition\" q WHERE q.\"eventId\" = w.event AND q.year = w.year"
    "  ORDER BY q.id LIMIT 1) b ON true ORDER BY w.n";

/* In the order of enum race_column. */
static const char RACES_SQL[] =
    "SELECT \"editionId\", id, name, \"startDate\", \"runDistance\", \"walkDistance\","
    " \"swimDistance\", \"bikeDistance\", \"runPositiveElevation\", \"categoryLevel1\","
    " \"categoryLevel2\" FROM \"Race\" WHERE \"editionId\" = ANY ($1::int4[])"
    " ORDER BY \"editionId\", name, id";

enum need_kind {
    NEEDS_NOTHING,
    NEEDS_EVENT,          /* rule 1 */
    NEEDS_EDITION,        /* rule 2, by edition */
    NEEDS_EVENT_AND_YEAR, /* rule 2, by event and the proposal's own year */
};

/* What one proposal is to be looked up by. */
struct need {
    enum need_kind kind;
    int32_t id;   /* of the event or the edition */
    int previous; /* row of the previous editions that answers for it; -1: none asked */
};

/* The needs of all proposals, gathered into array parameters: "{1,2,3}". */
struct needs {
    struct need *each;
    struct buffer event_ids;
    struct buffer edition_ids;
    struct buffer previous_events;
    struct buffer previous_years;
    int previous_count;
    bool any;
};

static const char *text_at(const PGresult *result, int row, int column)
{
    return PQgetisnull(result, row, column) ? NULL : PQgetvalue(result, row, column);
}

static bool is_empty(const char *text)
{
    return text == NULL || text[0] == '\0';
}

static void append_id(struct buffer *array, int64_t id)
{
    buffer_append_format(array, "%s%" PRId64, array->length > 0 ? "," : "{", id);
}

static void need_event_and_year(const PGresult *proposals, int row, struct needs *needs,
                                struct need *need)
{
    const char *event = text_at(proposals, row, PROPOSAL_EVENT_ID);
    const char *year = text_at(proposals, row, PROPOSAL_EDITION_YEAR);
    if (is_empty(event) || !text_to_int4(event, &need->id) || need->id == 0)
        return;
    need->kind = NEEDS_EVENT_AND_YEAR;
    append_id(&needs->event_ids, need->id);
    int64_t number = year != NULL ? strtoll(year, NULL, 10) : 0;
    if (number != 0) {
        append_id(&needs->previous_events, need->id);
        append_id(&needs->previous_years, number - 1);
        need->previous = needs->previous_count++;
    }
}

static void need_event(const PGresult *proposals, int row, struct needs *needs, struct need *need)
{
    const char *event = text_at(proposals, row, PROPOSAL_EVENT_ID);
    if (is_empty(event) || !text_to_int4(event, &need->id))
        return;
    need->kind = NEEDS_EVENT;
    append_id(&needs->event_ids, need->id);
}

/* False: out of memory. */
static bool need_edition(const PGresult *proposals, int row, struct arena *arena,
                         struct needs *needs, struct need *need, struct enrichment *enrichment)
{
    struct slice changes = {PQgetvalue(proposals, row, PROPOSAL_CHANGES),
                            (size_t)PQgetlength(proposals, row, PROPOSAL_CHANGES)};
    if (!text_to_int4(text_at(proposals, row, PROPOSAL_EDITION_ID), &need->id))
        return true;
    switch (race_updates_read(changes, arena, &enrichment->race_updates)) {
    case RACE_UPDATES_OK:
        need->kind = NEEDS_EDITION;
        append_id(&needs->edition_ids, need->id);
        return true;
    case RACE_UPDATES_ODD:
        return true;
    case RACE_UPDATES_NO_MEMORY:
        break;
    }
    return false;
}

static bool collect_need(const PGresult *proposals, int row, struct arena *arena,
                         struct needs *needs, struct enrichment *enrichment)
{
    struct need *need = &needs->each[row];
    const char *type = PQgetvalue(proposals, row, PROPOSAL_TYPE);
    bool is_edition_update = strcmp(type, "EDITION_UPDATE") == 0;
    need->previous = -1;
    if (strcmp(type, "EVENT_UPDATE") == 0) {
        need_event(proposals, row, needs, need);
    } else if (is_edition_update || strcmp(type, "NEW_EVENT") == 0) {
        bool is_named = !is_empty(text_at(proposals, row, PROPOSAL_EVENT_NAME));
        bool by_edition =
            is_edition_update && !is_empty(text_at(proposals, row, PROPOSAL_EDITION_ID));
        if (!is_named && by_edition &&
            !need_edition(proposals, row, arena, needs, need, enrichment))
            return false;
        if (!is_named && !by_edition)
            need_event_and_year(proposals, row, needs, need);
    }
    needs->any = needs->any || need->kind != NEEDS_NOTHING;
    return true;
}

/* Ends an array parameter. NULL: there is nothing in it, or no memory. */
static const char *array_value(struct buffer *array)
{
    if (array->length == 0)
        return NULL;
    buffer_append_char(array, '}');
    return buffer_text(array);
}

/* The statements of one exchange. */
struct questions {
    struct query *asked[4];
    size_t count;
};

/* A statement without anything to look up is not sent. */
static void ask(struct questions *questions, struct query *query, const char *first,
                const char *second)
{
    if (first == NULL)
        return;
    query->values[query->value_count++] = first;
    if (second != NULL)
        query->values[query->value_count++] = second;
    questions->asked[questions->count++] = query;
}

static enum database_status fetch(struct needs *needs, const struct deadline *deadline,
                                  struct enrichments *enrichments)
{
    struct query events = {.name = "events", .sql = EVENTS_SQL};
    struct query editions = {.name = "editions", .sql = EDITIONS_SQL};
    struct query previous = {.name = "previous_editions", .sql = PREVIOUS_SQL};
    struct query races = {.name = "races", .sql = RACES_SQL};
    struct questions questions = {0};
    const char *edition_ids = array_value(&needs->edition_ids);
    ask(&questions, &events, array_value(&needs->event_ids), NULL);
    ask(&questions, &editions, edition_ids, NULL);
    ask(&questions, &previous, array_value(&needs->previous_events),
        array_value(&needs->previous_years));
    ask(&questions, &races, edition_ids, NULL);
    if (needs->event_ids.failed || needs->edition_ids.failed || needs->previous_events.failed ||
        needs->previous_years.failed)
        return DATABASE_FAILED;
    enum database_status status =
        database_manager_ask_miles_republic(questions.asked, questions.count, deadline);
    enrichments->events = events.result;
    enrichments->editions = editions.result;
    enrichments->previous = previous.result;
    enrichments->races = races.result;
    return status;
}

/* Each id is looked at several times, and is a number only once. */
static bool read_ids(const PGresult *result, int column, struct arena *arena, struct id_column *ids)
{
    int count = PQntuples(result);
    int32_t *values = arena_allocate(arena, (size_t)count, sizeof(*values));
    if (values == NULL)
        return false;
    for (int row = 0; row < count; row++)
        values[row] = (int32_t)strtol(PQgetvalue(result, row, column), NULL, 10);
    *ids = (struct id_column){values, count};
    return true;
}

static bool index_facts(struct arena *arena, struct enrichments *enrichments)
{
    return read_ids(enrichments->events, EVENT_ID, arena, &enrichments->event_ids) &&
           read_ids(enrichments->editions, EDITION_ID, arena, &enrichments->edition_ids) &&
           read_ids(enrichments->races, RACE_EDITION_ID, arena, &enrichments->race_editions) &&
           read_ids(enrichments->races, RACE_ID, arena, &enrichments->race_ids);
}

/* The first row whose id, in a column in order, is not below `id`. */
static int lower_bound(const struct id_column *column, int64_t id)
{
    int low = 0;
    int high = column->count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (column->ids[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The row with that id, or -1. */
static int find_row(const struct id_column *column, int32_t id)
{
    int row = lower_bound(column, id);
    return row < column->count && column->ids[row] == id ? row : -1;
}

static void gain_event(const PGresult *result, int row, int first_column,
                       struct enrichment *enrichment)
{
    if (PQgetisnull(result, row, first_column + EVENT_ID))
        return;
    enrichment->has_event = true;
    enrichment->event = (struct event_facts){
        .name = text_at(result, row, first_column + EVENT_NAME),
        .city = text_at(result, row, first_column + EVENT_CITY),
        .status = text_at(result, row, first_column + EVENT_STATUS),
        .slug = text_at(result, row, first_column + EVENT_SLUG),
        .is_featured = text_at(result, row, first_column + EVENT_IS_FEATURED),
    };
}

/* The event that the proposal itself names, if there is such a one. */
static void gain_own_event(const struct enrichments *enrichments, const struct need *need,
                           struct enrichment *enrichment)
{
    int row = find_row(&enrichments->event_ids, need->id);
    if (row >= 0)
        gain_event(enrichments->events, row, 0, enrichment);
}

static void gain_previous(const PGresult *result, int row, int first_column,
                          struct enrichment *enrichment)
{
    if (PQgetisnull(result, row, first_column + PREVIOUS_ID))
        return;
    enrichment->has_previous = true;
    enrichment->previous = (struct previous_edition){
        .calendar_status = text_at(result, row, first_column + PREVIOUS_CALENDAR_STATUS),
        .year = text_at(result, row, first_column + PREVIOUS_YEAR),
        .start_date = text_at(result, row, first_column + PREVIOUS_START_DATE),
    };
}

/* As JSON has numbers: no plus, no leading zeros. What JavaScript calls Infinity is empty. */
static struct slice canonical_integer(const char *text)
{
    enum { DOUBLE_DIGITS_MAX = 308 };
    if (text == NULL)
        return (struct slice){NULL, 0};
    const char *digits = text + strspn(text, "+-");
    digits += strspn(digits, "0");
    size_t length = strlen(digits);
    if (length == 0)
        return slice_of("0");
    if (length > DOUBLE_DIGITS_MAX)
        return (struct slice){NULL, 0};
    return text[0] == '-' && digits == text + 1 ? slice_of(text) : slice_of(digits);
}

static void gain_races(const struct enrichments *enrichments, int32_t edition,
                       struct enrichment *enrichment)
{
    int first = lower_bound(&enrichments->race_editions, edition);
    int behind = lower_bound(&enrichments->race_editions, (int64_t)edition + 1);
    enrichment->has_races = true;
    enrichment->first_race = first;
    enrichment->race_count = behind - first;
}

static void enrich_by_edition(const struct enrichments *enrichments, const struct need *need,
                              struct enrichment *enrichment)
{
    const PGresult *editions = enrichments->editions;
    int row = find_row(&enrichments->edition_ids, need->id);
    if (row < 0)
        return;
    gain_event(editions, row, EDITION_EVENT, enrichment);
    enrichment->drops_event_names = !enrichment->has_event;
    enrichment->has_edition_year = true;
    enrichment->edition_year = canonical_integer(text_at(editions, row, EDITION_YEAR_NUMBER));
    gain_previous(editions, row, EDITION_PREVIOUS, enrichment);
    gain_races(enrichments, need->id, enrichment);
}

/* What one proposal gains from the facts about all. The seed's function of this name asked four
 * questions for each proposal; here they have been answered for the whole page before. */
static void enrich_proposal(const struct enrichments *enrichments, const struct need *need,
                            struct enrichment *enrichment)
{
    switch (need->kind) {
    case NEEDS_NOTHING:
        break;
    case NEEDS_EVENT:
        gain_own_event(enrichments, need, enrichment);
        break;
    case NEEDS_EDITION:
        enrich_by_edition(enrichments, need, enrichment);
        break;
    case NEEDS_EVENT_AND_YEAR:
        gain_own_event(enrichments, need, enrichment);
        enrichment->drops_event_names = !enrichment->has_event;
        if (need->previous >= 0)
            gain_previous(enrichments->previous, need->previous, 0, enrichment);
        break;
    }
}

static enum database_status fetch_and_enrich(struct needs *needs, int count, struct arena *arena,
                                             const struct deadline *deadline,
                                             struct enrichments *enrichments)
{
    enrichments->state = ENRICHMENT_NOT_NEEDED;
    if (!needs->any)
        return DATABASE_OK;
    enum database_status status = fetch(needs, deadline, enrichments);
    switch (status) {
    case DATABASE_OK:
        enrichments->state = ENRICHMENT_OK;
        if (!index_facts(arena, enrichments))
            return DATABASE_FAILED;
        for (int row = 0; row < count; row++)
            enrich_proposal(enrichments, &needs->each[row], &enrichments->each[row]);
        return DATABASE_OK;
    case DATABASE_UNCONFIGURED:
        enrichments->state = ENRICHMENT_UNCONFIGURED;
        return DATABASE_OK;
    case DATABASE_UNAVAILABLE:
    case DATABASE_TIMEOUT:
        enrichments->state = ENRICHMENT_UNAVAILABLE;
        return DATABASE_OK;
    case DATABASE_FAILED:
    case DATABASE_ABANDONED:
        break;
    }
    return status;
}

enum database_status enrich_proposals(const PGresult *proposals, struct arena *arena,
                                      const struct deadline *deadline,
                                      struct enrichments *enrichments)
{
    int count = PQntuples(proposals);
    struct needs needs = {0};
    needs.each = arena_allocate(arena, (size_t)count, sizeof(*needs.each));
    enrichments->each = arena_allocate(arena, (size_t)count, sizeof(*enrichments->each));
    bool complete = needs.each != NULL && enrichments->each != NULL;
    for (int row = 0; row < count && complete; row++)
        complete = collect_need(proposals, row, arena, &needs, &enrichments->each[row]);
    enum database_status status = DATABASE_FAILED;
    if (complete)
        status = fetch_and_enrich(&needs, count, arena, deadline, enrichments);
    if (status == DATABASE_OK)
        scoreboard_count_enrichment(enrichments->state);
    buffer_free(&needs.event_ids);
    buffer_free(&needs.edition_ids);
    buffer_free(&needs.previous_events);
    buffer_free(&needs.previous_years);
    return status;
}

const char *enrichment_state_name(enum scoreboard_enrichment state)
{
    static const char *const NAMES[SCOREBOARD_ENRICHMENTS] = {
        [ENRICHMENT_NOT_NEEDED] = "not_needed",
        [ENRICHMENT_OK] = "ok",
        [ENRICHMENT_UNCONFIGURED] = "unconfigured",
        [ENRICHMENT_UNAVAILABLE] = "unavailable",
    };
    return NAMES[state];
}

void enrichments_free(struct enrichments *enrichments)
{
    PQclear(enrichments->events);
    PQclear(enrichments->editions);
    PQclear(enrichments->previous);
    PQclear(enrichments->races);
    *enrichments = (struct enrichments){0};
}
