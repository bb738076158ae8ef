/*
 * Owns: the SQL that reads proposals from data_agents.
 * Must not: send it, or read results (proposals and render do).
 */
#include "proposals_sql.h"

#include "buffer.h"
#include "json_writer.h"
#include "text.h"
#include "timestamp.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The columns of PROPOSAL_COLUMNS, each with a comma behind it. */
#define COLUMN_NAME(number, name, kind) "p.\"" name "\", "
#define COLUMN_NAMES                    PROPOSAL_COLUMNS(COLUMN_NAME)

/* Not grouped with others, whatever ids they carry (contract, groupCount). */
#define UNGROUPED_TYPES "('NEW_EVENT', 'EVENT_MERGE')"

/* Ties are broken by the primary key so that pages never overlap. */
static const char *const ORDERS[] = {
    [SORT_CREATED_DESC] = "p.\"createdAt\" DESC, p.id",
    [SORT_DATE_ASC] = "p.\"proposedStartDate\" ASC NULLS LAST, p.\"createdAt\" DESC, p.id",
    [SORT_DATE_DESC] = "p.\"proposedStartDate\" DESC NULLS LAST, p.\"createdAt\" DESC, p.id",
};

/*
 * The arrays in `changes` whose elements can have a category, and the path from an element to it.
 * "strict" keeps the path language from taking an object for an array of one; where a path does not
 * fit the row, there is no match.
 */
static const struct category_place {
    const char *array;
    const char *before;
    const char *after;
} CATEGORY_PLACES[] = {
    {"edition.new.races", "", ""},
    {"racesToAdd.new", "", ""},
    {"racesToUpdate.new", "updates.", ".new"},
    {"races.new", "", ""},
};

/* Which conditions a statement has, one bit each: with the sort, that is the statement's name. */
enum condition {
    BY_STATUS = 1 << 0,
    BY_TYPE = 1 << 1,
    BY_EVENT_ID = 1 << 2,
    BY_EDITION_ID = 1 << 3,
    BY_AGENT_NAME = 1 << 4,
    BY_CATEGORY_LEVEL1 = 1 << 5,
    BY_CATEGORY_LEVEL2 = 1 << 6,
    BY_SEARCH = 1 << 7,
    BY_SEARCH_YEAR = 1 << 8,
    BY_START_DATE_FROM = 1 << 9,
    BY_START_DATE_TO = 1 << 10,
};

/* How many rows these let through depends on their values as much as on anything else. */
static const unsigned BY_VALUES_OF_ANY_NUMBER =
    BY_CATEGORY_LEVEL1 | BY_CATEGORY_LEVEL2 | BY_SEARCH | BY_START_DATE_FROM | BY_START_DATE_TO;

enum { DEEP_OFFSET = 1000 };

/* A WHERE clause being put together, and the values its parameters stand for. */
struct draft {
    struct arena *arena;
    struct buffer where;  /* " AND ..." for each condition, on proposals p */
    struct buffer groups; /* those that groupCount counts under, on proposals g */
    unsigned conditions;
    const char *values[QUERY_VALUES_MAX];
    int value_count;
    bool failed;
};

/* The number of the parameter that stands for `value`. */
static int add_value(struct draft *draft, const char *value)
{
    if (value == NULL || draft->value_count == QUERY_VALUES_MAX) {
        draft->failed = true;
        return 0;
    }
    draft->values[draft->value_count] = value;
    return ++draft->value_count;
}

static int add_condition(struct draft *draft, enum condition condition, const char *value,
                         const char *before, const char *after)
{
    int number = add_value(draft, value);
    draft->conditions |= condition;
    buffer_append_format(&draft->where, " AND %s$%d%s", before, number, after);
    return number;
}

/* Moves what a buffer holds into the arena. */
static const char *keep(struct draft *draft, struct buffer *text)
{
    const char *copy = text->failed ? NULL : arena_copy(draft->arena, text->data, text->length);
    buffer_free(text);
    if (copy == NULL)
        draft->failed = true;
    return copy;
}

static const char *timestamp_value(struct draft *draft, int64_t milliseconds)
{
    char text[TIMESTAMP_TEXT_SIZE];
    timestamp_format(milliseconds, text);
    return arena_copy(draft->arena, text, strlen(text));
}

static const char *number_value(struct draft *draft, int64_t number)
{
    char text[24];
    int length = snprintf(text, sizeof(text), "%" PRId64, number);
    return arena_copy(draft->arena, text, (size_t)length);
}

/* The term anywhere in a text, its own wildcards taken literally. */
static const char *search_pattern(struct draft *draft, const char *term)
{
    struct buffer pattern = {0};
    buffer_append_char(&pattern, '%');
    for (; *term != '\0'; term++) {
        if (strchr("%_\\", *term) != NULL)
            buffer_append_char(&pattern, '\\');
        buffer_append_char(&pattern, *term);
    }
    buffer_append_char(&pattern, '%');
    return keep(draft, &pattern);
}

/* A JSON path that is there where `changes` has the category in any of its places. */
static const char *category_path(struct draft *draft, const char *level, const char *category)
{
    struct buffer path = {0};
    buffer_append_literal(&path, "strict $ ? (");
    for (size_t i = 0; i < sizeof(CATEGORY_PLACES) / sizeof(CATEGORY_PLACES[0]); i++) {
        const struct category_place *place = &CATEGORY_PLACES[i];
        buffer_append_format(&path, "%sexists(@.%s[*] ? (@.%s%s%s == ", i > 0 ? " || " : "",
                             place->array, place->before, level, place->after);
        json_write_string(&path, category);
        buffer_append_literal(&path, "))");
    }
    buffer_append_char(&path, ')');
    return keep(draft, &path);
}

static void add_search(struct draft *draft, const char *term)
{
    int32_t year;
    int pattern = add_value(draft, search_pattern(draft, term));
    draft->conditions |= BY_SEARCH;
    buffer_append_format(&draft->where,
                         " AND (p.\"eventName\" ILIKE $%d OR p.\"eventCity\" ILIKE $%d", pattern,
                         pattern);
    if (text_to_int4(term, &year)) {
        draft->conditions |= BY_SEARCH_YEAR;
        buffer_append_format(&draft->where, " OR p.\"editionYear\" = $%d", add_value(draft, term));
    }
    buffer_append_char(&draft->where, ')');
}

/* groupCount counts under the status and agentName filters, and under no other. */
static void add_grouped_conditions(struct draft *draft, const struct filters *filters)
{
    if (filters->status != NULL) {
        int number = add_condition(draft, BY_STATUS, filters->status, "p.status = ", "");
        buffer_append_format(&draft->groups, " AND g.status = $%d", number);
    }
    if (filters->agent_name != NULL) {
        int number = add_condition(draft, BY_AGENT_NAME, filters->agent_name,
                                   "p.\"agentId\" = (SELECT id FROM agents WHERE name = ", ")");
        buffer_append_format(&draft->groups,
                             " AND g.\"agentId\" = (SELECT id FROM agents WHERE name = $%d)",
                             number);
    }
}

static void add_category(struct draft *draft, enum condition condition, const char *level,
                         const char *category)
{
    if (category != NULL)
        add_condition(draft, condition, category_path(draft, level, category), "p.changes @? ", "");
}

static void add_conditions(struct draft *draft, const struct filters *filters)
{
    add_grouped_conditions(draft, filters);
    if (filters->type != NULL)
        add_condition(draft, BY_TYPE, filters->type, "p.type = ", "");
    if (filters->event_id != NULL)
        add_condition(draft, BY_EVENT_ID, filters->event_id, "p.\"eventId\" = ", "");
    if (filters->edition_id != NULL)
        add_condition(draft, BY_EDITION_ID, filters->edition_id, "p.\"editionId\" = ", "");
    add_category(draft, BY_CATEGORY_LEVEL1, "categoryLevel1", filters->category_level1);
    add_category(draft, BY_CATEGORY_LEVEL2, "categoryLevel2", filters->category_level2);
    if (filters->search != NULL)
        add_search(draft, filters->search);
    if (filters->has_start_date_from)
        add_condition(draft, BY_START_DATE_FROM, timestamp_value(draft, filters->start_date_from),
                      "p.\"proposedStartDate\" >= ", "");
    if (filters->has_start_date_to)
        add_condition(draft, BY_START_DATE_TO, timestamp_value(draft, filters->start_date_before),
                      "p.\"proposedStartDate\" < ", "");
}

/* `text` becomes the query's statement, with the first `value_count` of the draft's values. */
static void finish(struct draft *draft, struct buffer *text, int value_count, struct query *query)
{
    query->sql = keep(draft, text);
    query->value_count = value_count;
    for (int i = 0; i < value_count; i++)
        query->values[i] = draft->values[i];
    query->plans_for_values = (draft->conditions & BY_VALUES_OF_ANY_NUMBER) != 0;
    query->result = NULL;
}

static void make_count(struct draft *draft, struct query *count)
{
    struct buffer sql = {0};
    buffer_append_literal(&sql, "SELECT count(*) FROM proposals p WHERE true");
    buffer_append(&sql, draft->where.data, draft->where.length);
    snprintf(count->name, sizeof(count->name), "proposals_count_%x", draft->conditions);
    finish(draft, &sql, draft->value_count, count);
}

/*
 * Cuts out the page. Deep in a list the rows that are passed over would each be fetched for
 * nothing, so there the page's ids are found first, from an index alone where there is one.
 */
static void append_page(struct draft *draft, const struct filters *filters, struct buffer *sql)
{
    bool is_deep = filters->offset >= DEEP_OFFSET;
    buffer_append_literal(sql, "(SELECT p.* FROM ");
    if (is_deep)
        buffer_append_literal(sql, "(SELECT p.id FROM ");
    buffer_append_literal(sql, "proposals p WHERE true");
    buffer_append(sql, draft->where.data, draft->where.length);
    int limit = add_value(draft, number_value(draft, filters->limit));
    int offset = add_value(draft, number_value(draft, filters->offset));
    buffer_append_format(sql, " ORDER BY %s LIMIT $%d OFFSET $%d", ORDERS[filters->sort], limit,
                         offset);
    if (is_deep)
        buffer_append_literal(sql, ") k JOIN proposals p ON p.id = k.id");
    buffer_append_literal(sql, ") p");
}

/*
 * The page is cut first; agents and groups are then looked up for its rows alone, by index, and the
 * rows come in the order in which they were found: there is nothing to sort.
 */
static void make_rows(struct draft *draft, const struct filters *filters, struct query *rows)
{
    struct buffer sql = {0};
    buffer_append_literal(
        &sql, "SELECT " COLUMN_NAMES
              "a.name, a.type,"
              " CASE WHEN p.\"eventId\" <> '' AND p.\"editionId\" <> ''"
              " AND p.type NOT IN " UNGROUPED_TYPES
              " THEN (SELECT count(*) FROM proposals g"
              " WHERE g.\"eventId\" = p.\"eventId\" AND g.\"editionId\" = p.\"editionId\""
              " AND g.type NOT IN " UNGROUPED_TYPES);
    buffer_append(&sql, draft->groups.data, draft->groups.length);
    buffer_append_literal(&sql, ") ELSE 1 END FROM ");
    append_page(draft, filters, &sql);
    buffer_append_literal(&sql, " JOIN agents a ON a.id = p.\"agentId\" ORDER BY ");
    buffer_append_text(&sql, ORDERS[filters->sort]);
    snprintf(rows->name, sizeof(rows->name), "proposals_page_%x_%d%s", draft->conditions,
             (int)filters->sort, filters->offset >= DEEP_OFFSET ? "_deep" : "");
    finish(draft, &sql, draft->value_count, rows);
}

bool proposals_sql_page(const struct filters *filters, struct arena *arena, struct query *rows,
                        struct query *count)
{
    struct draft draft = {.arena = arena};
    add_conditions(&draft, filters);
    make_count(&draft, count);
    make_rows(&draft, filters, rows);
    bool complete = !draft.failed && !draft.where.failed && !draft.groups.failed;
    buffer_free(&draft.where);
    buffer_free(&draft.groups);
    return complete;
}

static void make_fixed(struct query *query, const char *name, const char *sql)
{
    *query = (struct query){.sql = sql};
    snprintf(query->name, sizeof(query->name), "%s", name);
}

static void add_fixed_value(struct query *query, const char *value)
{
    query->values[query->value_count++] = value;
}

/* What is related is found by each id on its own: three index conditions, where one with OR in it
 * could use none. A NULL id equals nothing, so it relates to nothing. */
void proposals_sql_detail(const char *id, struct query *proposal, struct query *related)
{
    make_fixed(proposal, "proposal",
               "SELECT " COLUMN_NAMES
               "a.name, a.type FROM proposals p"
               " JOIN agents a ON a.id = p.\"agentId\" WHERE p.id = $1");
    add_fixed_value(proposal, id);
    make_fixed(related, "related_proposals",
               "WITH t AS (SELECT \"eventId\", \"editionId\", \"raceId\" FROM proposals"
               " WHERE id = $1), r AS ("
               "SELECT p.id FROM t JOIN proposals p ON p.\"eventId\" = t.\"eventId\" UNION "
               "SELECT p.id FROM t JOIN proposals p ON p.\"editionId\" = t.\"editionId\" UNION "
               "SELECT p.id FROM t JOIN proposals p ON p.\"raceId\" = t.\"raceId\")"
               " SELECT " COLUMN_NAMES
               "a.name, a.type FROM r JOIN proposals p ON p.id = r.id"
               " JOIN agents a ON a.id = p.\"agentId\" WHERE p.id <> $1"
               " ORDER BY p.\"createdAt\" DESC, p.id");
    add_fixed_value(related, id);
}

/* A SELECT of a group's proposals under a condition. */
#define GROUP_SQL(condition)                                                                       \
    "SELECT " COLUMN_NAMES                                                                         \
    "a.name, a.type, (SELECT coalesce(json_agg(json_build_object("                                 \
    "'id', b.id, 'blockType', b.\"blockType\", 'status', b.status)"                                \
    " ORDER BY b.\"createdAt\", b.id), '[]') FROM proposal_applications b"                         \
    " WHERE b.\"proposalId\" = p.id)"                                                              \
    " FROM proposals p JOIN agents a ON a.id = p.\"agentId\" WHERE " condition                     \
    " ORDER BY p.\"createdAt\" DESC, p.id"

#define OPEN_STATUS " AND p.status NOT IN ('ARCHIVED', 'REJECTED')"

void proposals_sql_group(const struct group_key *key, struct query *rows)
{
    switch (key->kind) {
    case GROUP_OF_ONE:
        make_fixed(rows, "group_of_one", GROUP_SQL("p.id = $1"));
        add_fixed_value(rows, key->proposal_id);
        return;
    case GROUP_OF_EDITION:
        make_fixed(rows, "group_of_edition",
                   GROUP_SQL("p.\"eventId\" = $1 AND p.\"editionId\" = $2" OPEN_STATUS));
        add_fixed_value(rows, key->event_id);
        add_fixed_value(rows, key->edition_id);
        return;
    case GROUP_WITHOUT_EDITION:
        make_fixed(rows, "group_without_edition",
                   GROUP_SQL("p.\"eventId\" = $1 AND p.\"editionId\" IS NULL" OPEN_STATUS));
        add_fixed_value(rows, key->event_id);
        return;
    }
}

void proposals_sql_eligible_count(struct query *count)
{
    make_fixed(count, "eligible_count",
               "SELECT (SELECT count(*) FROM proposals p WHERE p.\"agentId\" = a.id"
               " AND p.status = 'PENDING' AND p.type = 'EDITION_UPDATE')"
               " FROM agents a WHERE a.config->>'agentType' = 'FFA_SCRAPER'"
               " ORDER BY a.\"createdAt\", a.id LIMIT 1");
}
