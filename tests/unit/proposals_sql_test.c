/*
 * proposals_sql: that client text never becomes SQL text, that a name stands for one statement, and
 * that parameters and values match. What the statements find is for tests with a database.
 */
#include "proposals_sql.h"
#include "unit.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fixture {
    struct arena arena;
    struct query rows;
    struct query count;
};

ARENA_FIXTURE

static void make(struct fixture *fixture, const struct filters *filters)
{
    assert_true(proposals_sql_page(filters, &fixture->arena, &fixture->rows, &fixture->count));
    assert_non_null(fixture->rows.sql);
    assert_non_null(fixture->count.sql);
}

enum { FILTER_COUNT = 11, COMBINATIONS = 1 << FILTER_COUNT, SEARCH_BIT = 7 };

static const struct filters NO_FILTERS = {.limit = 20};

/* Filters of which bit i of `mask` says whether the i-th is set, all texts being `text`. */
static struct filters combine(unsigned mask, const char *text)
{
    struct filters filters = NO_FILTERS;
    const char **texts[] = {&filters.status,          &filters.type,       &filters.event_id,
                            &filters.edition_id,      &filters.agent_name, &filters.category_level1,
                            &filters.category_level2, &filters.search};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if ((mask >> i & 1) != 0)
            *texts[i] = text;
    filters.has_start_date_from = (mask >> 8 & 1) != 0;
    filters.has_start_date_to = (mask >> 9 & 1) != 0;
    if ((mask >> 10 & 1) != 0 && filters.search != NULL)
        filters.search = "2026"; /* searches years too */
    return filters;
}

/* Bit 10 means something only together with the search. */
static bool is_combination(unsigned mask)
{
    return (mask >> 10 & 1) == 0 || (mask >> SEARCH_BIT & 1) != 0;
}

/* The parameters of `sql` are $1 to $value_count, each there, and each value is one. */
static void assert_parameters_match(const struct query *query)
{
    bool used[QUERY_VALUES_MAX + 1] = {false};
    assert_in_range(query->value_count, 0, QUERY_VALUES_MAX);
    for (const char *at = strchr(query->sql, '$'); at != NULL; at = strchr(at + 1, '$')) {
        long number = strtol(at + 1, NULL, 10);
        assert_in_range(number, 1, query->value_count);
        used[number] = true;
    }
    for (int i = 1; i <= query->value_count; i++) {
        if (!used[i])
            fail_msg("$%d is missing: %s", i, query->sql);
        assert_non_null(query->values[i - 1]);
    }
}

static void parameters_are_numbered_without_gaps(void **state)
{
    struct fixture *fixture = *state;
    for (unsigned mask = 0; mask < COMBINATIONS; mask++) {
        struct filters filters = combine(mask, "x");
        make(fixture, &filters);
        assert_parameters_match(&fixture->rows);
        assert_parameters_match(&fixture->count);
        arena_free(&fixture->arena);
    }
}

static const char *const HOSTILE[] = {
    "'; DROP TABLE proposals; --",
    "\" OR \"a\"=\"a",
    "$1",
    "$99",
    "%s%n%d",
    "\\",
    "*/ /*",
    "canary",
    "x') || pg_sleep(10) || ('",
    "\") || exists(@.canary ? (@ == \"",
    "\xc2\xa7",
};

static void assert_text_independent(struct fixture *fixture, unsigned mask, const char *text)
{
    struct filters plain = combine(mask, "x");
    struct filters hostile = combine(mask, text);
    make(fixture, &plain);
    struct query rows = fixture->rows;
    struct query count = fixture->count;
    make(fixture, &hostile);
    assert_string_equal(fixture->rows.sql, rows.sql);
    assert_string_equal(fixture->count.sql, count.sql);
    assert_string_equal(fixture->rows.name, rows.name);
    assert_string_equal(fixture->count.name, count.name);
}

static void hostile_text_does_not_reach_the_sql(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < COUNT_OF(HOSTILE); i++)
        for (unsigned bit = 0; bit <= SEARCH_BIT; bit++)
            assert_text_independent(fixture, 1U << bit, HOSTILE[i]);
    for (size_t i = 0; i < COUNT_OF(HOSTILE); i++)
        assert_text_independent(fixture, 0xff, HOSTILE[i]);
}

static void assert_numbers_do_not_matter(struct fixture *fixture, int64_t offset, int64_t other)
{
    struct filters filters = combine(0x300, "x");
    filters.offset = offset;
    make(fixture, &filters);
    struct query rows = fixture->rows;
    filters.limit = 77;
    filters.offset = other;
    filters.start_date_from = INT64_C(1779001200000);
    filters.start_date_before = INT64_C(1789001200000);
    make(fixture, &filters);
    assert_string_equal(fixture->rows.sql, rows.sql);
    assert_string_equal(fixture->rows.name, rows.name);
}

static void numbers_and_dates_do_not_reach_the_sql(void **state)
{
    assert_numbers_do_not_matter(*state, 0, 999);
    assert_numbers_do_not_matter(*state, 1000, INT64_C(9007199254740991));
}

/* The page is cut in another way there, under a name of its own, from the same conditions. */
static void deep_pages_have_a_statement_of_their_own(void **state)
{
    struct fixture *fixture = *state;
    for (unsigned mask = 0; mask < COMBINATIONS; mask++) {
        struct filters filters = combine(mask, "x");
        make(fixture, &filters);
        struct query rows = fixture->rows;
        struct query count = fixture->count;
        filters.offset = 1000;
        make(fixture, &filters);
        assert_string_not_equal(fixture->rows.name, rows.name);
        assert_string_not_equal(fixture->rows.sql, rows.sql);
        assert_int_equal(fixture->rows.value_count, rows.value_count);
        assert_string_equal(fixture->count.name, count.name);
        assert_string_equal(fixture->count.sql, count.sql);
        assert_parameters_match(&fixture->rows);
        assert_non_null(strstr(fixture->rows.sql, strstr(count.sql, " WHERE ")));
        arena_free(&fixture->arena);
    }
}

/* Ids, statuses, types and agents are few or many whatever they are; the others are not. */
static void plans_are_made_for_values_only_where_they_matter(void **state)
{
    struct fixture *fixture = *state;
    for (unsigned bit = 0; bit < 10; bit++) {
        struct filters filters = combine(1U << bit, "x");
        make(fixture, &filters);
        assert_int_equal(fixture->rows.plans_for_values, bit >= 5);
        assert_int_equal(fixture->count.plans_for_values, bit >= 5);
    }
    make(fixture, &NO_FILTERS);
    assert_false(fixture->rows.plans_for_values);
    assert_false(fixture->count.plans_for_values);
}

static void plain_texts_are_values_as_they_are(void **state)
{
    struct fixture *fixture = *state;
    for (unsigned bit = 0; bit < 5; bit++) {
        for (size_t i = 0; i < COUNT_OF(HOSTILE); i++) {
            struct filters filters = combine(1U << bit, HOSTILE[i]);
            make(fixture, &filters);
            assert_int_equal(fixture->count.value_count, 1);
            assert_string_equal(fixture->count.values[0], HOSTILE[i]);
            assert_string_equal(fixture->rows.values[0], HOSTILE[i]);
        }
    }
}

/* Every name of every statement, and its text, in the order of `mask` and sort. */
struct statements {
    char names[3 * COMBINATIONS][QUERY_NAME_SIZE];
    const char *sql[3 * COMBINATIONS];
    size_t count;
};

static void collect(struct statements *statements, struct fixture *fixture, const char *text)
{
    statements->count = 0;
    for (unsigned mask = 0; mask < COMBINATIONS; mask++) {
        for (int sort = 0; sort < 3 && is_combination(mask); sort++) {
            struct filters filters = combine(mask, text);
            filters.sort = (enum proposal_sort)sort;
            make(fixture, &filters);
            memcpy(statements->names[statements->count], fixture->rows.name, QUERY_NAME_SIZE);
            statements->sql[statements->count++] = fixture->rows.sql;
        }
    }
}

static void the_same_filters_make_the_same_statement(void **state)
{
    static struct statements first;
    static struct statements again;
    collect(&first, *state, "x");
    collect(&again, *state, "other");
    assert_int_equal(first.count, again.count);
    for (size_t i = 0; i < first.count; i++) {
        assert_string_equal(first.names[i], again.names[i]);
        assert_string_equal(first.sql[i], again.sql[i]);
    }
}

static void different_filters_make_different_names(void **state)
{
    static struct statements all;
    collect(&all, *state, "x");
    for (size_t i = 0; i < all.count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(all.names[i], all.names[j]) == 0)
                fail_msg("%s: %s; %s", all.names[i], all.sql[i], all.sql[j]);
}

static void the_two_statements_of_a_page_have_two_names(void **state)
{
    struct fixture *fixture = *state;
    make(fixture, &NO_FILTERS);
    assert_string_not_equal(fixture->rows.name, fixture->count.name);
}

static void the_count_does_not_depend_on_the_sort(void **state)
{
    struct fixture *fixture = *state;
    struct filters filters = combine(0x3ff, "x");
    make(fixture, &filters);
    struct query count = fixture->count;
    filters.sort = SORT_DATE_DESC;
    make(fixture, &filters);
    assert_string_equal(fixture->count.sql, count.sql);
    assert_string_equal(fixture->count.name, count.name);
}

/* The page is cut from just what is counted: the same conditions, on the same values. */
static void assert_same_conditions(const struct fixture *fixture)
{
    const struct query *rows = &fixture->rows;
    const struct query *count = &fixture->count;
    const char *where = strstr(count->sql, " FROM proposals p WHERE ");
    assert_non_null(where);
    const char *same = strstr(rows->sql, where);
    assert_non_null(same);
    assert_memory_equal(same + strlen(where), " ORDER BY ", 10);
    assert_int_equal(rows->value_count, count->value_count + 2);
    for (int i = 0; i < count->value_count; i++)
        assert_string_equal(rows->values[i], count->values[i]);
}

static void count_and_page_have_the_same_conditions(void **state)
{
    struct fixture *fixture = *state;
    for (unsigned mask = 0; mask < COMBINATIONS; mask++) {
        struct filters filters = combine(mask, "x");
        make(fixture, &filters);
        assert_same_conditions(fixture);
        arena_free(&fixture->arena);
    }
}

static void limit_and_offset_are_the_last_values(void **state)
{
    struct fixture *fixture = *state;
    struct filters filters = combine(0x3, "x");
    filters.limit = 100;
    filters.offset = INT64_C(9007199254740991);
    make(fixture, &filters);
    assert_int_equal(fixture->rows.value_count, 4);
    assert_string_equal(fixture->rows.values[2], "100");
    assert_string_equal(fixture->rows.values[3], "9007199254740991");
    assert_non_null(strstr(fixture->rows.sql, "LIMIT $3 OFFSET $4"));
}

static void without_filters_nothing_but_the_cut_is_asked(void **state)
{
    struct fixture *fixture = *state;
    make(fixture, &NO_FILTERS);
    assert_int_equal(fixture->count.value_count, 0);
    assert_int_equal(fixture->rows.value_count, 2);
    assert_null(strchr(fixture->count.sql, '$'));
    assert_string_equal(fixture->rows.values[0], "20");
    assert_string_equal(fixture->rows.values[1], "0");
}

static void dates_are_values_as_postgresql_reads_them(void **state)
{
    struct fixture *fixture = *state;
    struct filters filters = NO_FILTERS;
    filters.has_start_date_from = true;
    filters.has_start_date_to = true;
    filters.start_date_from = -1;
    filters.start_date_before = INT64_C(253402300800000);
    make(fixture, &filters);
    assert_string_equal(fixture->count.values[0], "1969-12-31 23:59:59.999");
    assert_string_equal(fixture->count.values[1], "10000-01-01 00:00:00.000");
    assert_non_null(strstr(fixture->count.sql, "p.\"proposedStartDate\" >= $1"));
    assert_non_null(strstr(fixture->count.sql, "p.\"proposedStartDate\" < $2"));
}

static void assert_search(struct fixture *fixture, const char *term, const char *pattern)
{
    struct filters filters = NO_FILTERS;
    filters.search = term;
    make(fixture, &filters);
    assert_string_equal(fixture->count.values[0], pattern);
}

static void search_terms_are_patterns_without_wildcards(void **state)
{
    assert_search(*state, "trail", "%trail%");
    assert_search(*state, "100%", "%100\\%%");
    assert_search(*state, "a_b", "%a\\_b%");
    assert_search(*state, "a\\b", "%a\\\\b%");
    assert_search(*state, "%_\\", "%\\%\\_\\\\%");
    assert_search(*state, "\\%", "%\\\\\\%%");
    assert_search(*state, "V\xc3\xa9z\xc3\xa8re", "%V\xc3\xa9z\xc3\xa8re%");
}

static void event_name_and_city_are_searched(void **state)
{
    struct fixture *fixture = *state;
    assert_search(fixture, "trail", "%trail%");
    assert_non_null(strstr(fixture->count.sql, "p.\"eventName\" ILIKE $1"));
    assert_non_null(strstr(fixture->count.sql, "p.\"eventCity\" ILIKE $1"));
    assert_null(strstr(fixture->count.sql, "editionYear"));
    assert_int_equal(fixture->count.value_count, 1);
}

static void terms_of_digits_search_the_year_too(void **state)
{
    struct fixture *fixture = *state;
    static const char *const TERMS[] = {"2026", "0", "002026", "2147483647"};
    for (size_t i = 0; i < COUNT_OF(TERMS); i++) {
        struct filters filters = NO_FILTERS;
        filters.search = TERMS[i];
        make(fixture, &filters);
        assert_int_equal(fixture->count.value_count, 2);
        assert_string_equal(fixture->count.values[1], TERMS[i]);
        assert_non_null(strstr(fixture->count.sql, " OR p.\"editionYear\" = $2)"));
    }
}

static void other_terms_do_not_search_the_year(void **state)
{
    struct fixture *fixture = *state;
    static const char *const TERMS[] = {
        "2026abc", "-1", "+1", "2147483648", "20 26", "1.0", "99999999999999999999", "\xd9\xa2"};
    for (size_t i = 0; i < COUNT_OF(TERMS); i++) {
        struct filters filters = NO_FILTERS;
        filters.search = TERMS[i];
        make(fixture, &filters);
        assert_int_equal(fixture->count.value_count, 1);
        assert_null(strstr(fixture->count.sql, "editionYear"));
    }
}

/* How often `part` stands in `text`. */
static int occurrences(const char *text, const char *part)
{
    int count = 0;
    for (; (text = strstr(text, part)) != NULL; text += strlen(part))
        count++;
    return count;
}

static const char *category_path(struct fixture *fixture, const char *category)
{
    struct filters filters = NO_FILTERS;
    filters.category_level1 = category;
    make(fixture, &filters);
    return fixture->count.values[0];
}

static void a_category_is_looked_for_in_four_places(void **state)
{
    static const char *const PLACES[] = {
        "exists(@.edition.new.races[*] ? (@.categoryLevel1 == \"TRAIL\"))",
        "exists(@.racesToAdd.new[*] ? (@.categoryLevel1 == \"TRAIL\"))",
        "exists(@.racesToUpdate.new[*] ? (@.updates.categoryLevel1.new == \"TRAIL\"))",
        "exists(@.races.new[*] ? (@.categoryLevel1 == \"TRAIL\"))",
    };
    const char *path = category_path(*state, "TRAIL");
    assert_int_equal(strncmp(path, "strict $ ? (", 12), 0);
    for (size_t i = 0; i < COUNT_OF(PLACES); i++)
        assert_non_null(strstr(path, PLACES[i]));
    assert_int_equal(occurrences(path, " || "), 3);
}

static void categories_are_quoted_in_the_path(void **state)
{
    static const struct {
        const char *category;
        const char *quoted;
    } ROWS[] = {
        {"a\"b", "== \"a\\\"b\")"},
        {"a\\", "== \"a\\\\\")"},
        {"\\\"", "== \"\\\\\\\"\")"},
        {"a\nb", "== \"a\\nb\")"},
        {"\x01", "== \"\\u0001\")"},
        {"\") || (@.x == \"", "== \"\\\") || (@.x == \\\"\")"},
        {"$x", "== \"$x\")"},
        {"%d%s", "== \"%d%s\")"},
        {"\xc3\xa9", "== \"\xc3\xa9\")"},
    };
    for (size_t i = 0; i < COUNT_OF(ROWS); i++)
        assert_int_equal(occurrences(category_path(*state, ROWS[i].category), ROWS[i].quoted), 4);
}

static void each_level_has_a_path_of_its_own(void **state)
{
    struct fixture *fixture = *state;
    struct filters filters = NO_FILTERS;
    filters.category_level1 = "ONE";
    filters.category_level2 = "TWO";
    make(fixture, &filters);
    assert_int_equal(fixture->count.value_count, 2);
    assert_int_equal(occurrences(fixture->count.values[0], "categoryLevel1"), 4);
    assert_int_equal(occurrences(fixture->count.values[0], "\"ONE\""), 4);
    assert_int_equal(occurrences(fixture->count.values[0], "categoryLevel2"), 0);
    assert_int_equal(occurrences(fixture->count.values[1], "categoryLevel2"), 4);
    assert_int_equal(occurrences(fixture->count.values[1], "\"TWO\""), 4);
}

static void groups_are_counted_under_status_and_agent_only(void **state)
{
    struct fixture *fixture = *state;
    struct filters filters = combine(COMBINATIONS - 1, "x");
    make(fixture, &filters);
    const char *groups = strstr(fixture->rows.sql, "(SELECT count(*) FROM proposals g");
    assert_non_null(groups);
    const char *end = strstr(groups, " ELSE 1 END");
    assert_non_null(end);
    char *text = arena_copy(&fixture->arena, groups, (size_t)(end - groups));
    assert_int_equal(occurrences(text, "$"), 2);
    assert_int_equal(occurrences(text, " AND g.status = $1"), 1);
    assert_int_equal(
        occurrences(text, " AND g.\"agentId\" = (SELECT id FROM agents WHERE name = $2)"), 1);
}

static void pages_are_ordered_to_the_last_row(void **state)
{
    struct fixture *fixture = *state;
    static const char *const ORDERS[] = {
        [SORT_CREATED_DESC] = "p.\"createdAt\" DESC, p.id",
        [SORT_DATE_ASC] = "p.\"proposedStartDate\" ASC NULLS LAST, p.\"createdAt\" DESC, p.id",
        [SORT_DATE_DESC] = "p.\"proposedStartDate\" DESC NULLS LAST, p.\"createdAt\" DESC, p.id",
    };
    for (int sort = 0; sort < 3; sort++) {
        char order[128];
        struct filters filters = NO_FILTERS;
        filters.sort = (enum proposal_sort)sort;
        make(fixture, &filters);
        snprintf(order, sizeof(order), " ORDER BY %s", ORDERS[sort]);
        assert_int_equal(occurrences(fixture->rows.sql, order), 2);
        const char *sql = fixture->rows.sql;
        assert_string_equal(sql + strlen(sql) - strlen(order), order);
    }
}

static void every_column_is_selected_in_its_place(void **state)
{
#define COLUMN(number, name, kind) "p.\"" name "\", "
    static const char COLUMNS[] = "SELECT " PROPOSAL_COLUMNS(COLUMN) "a.name, a.type, CASE WHEN ";
#undef COLUMN
    struct fixture *fixture = *state;
    make(fixture, &NO_FILTERS);
    assert_memory_equal(fixture->rows.sql, COLUMNS, sizeof(COLUMNS) - 1);
    assert_int_equal(PROPOSAL_ID, 0);
    assert_int_equal(occurrences(COLUMNS, ","), PROPOSAL_GROUP_COUNT);
}

/* Brackets and quotes close, whatever the filters. */
static void assert_balanced(const char *sql)
{
    int depth = 0;
    for (; *sql != '\0'; sql++) {
        if (*sql == '\'' || *sql == '"')
            sql = strchr(sql + 1, *sql);
        assert_non_null(sql);
        depth += (*sql == '(') - (*sql == ')');
        assert_true(depth >= 0);
    }
    assert_int_equal(depth, 0);
}

static void statements_are_balanced(void **state)
{
    struct fixture *fixture = *state;
    for (unsigned mask = 0; mask < COMBINATIONS; mask++) {
        struct filters filters = combine(mask, "x");
        make(fixture, &filters);
        assert_balanced(fixture->rows.sql);
        assert_balanced(fixture->count.sql);
        arena_free(&fixture->arena);
    }
}

static void names_fit_postgresql(void **state)
{
    struct fixture *fixture = *state;
    struct filters filters = combine(COMBINATIONS - 1, "x");
    make(fixture, &filters);
    assert_true(strlen(fixture->rows.name) < 63);
    for (const char *at = fixture->rows.name; *at != '\0'; at++)
        assert_true(isalnum((unsigned char)*at) || *at == '_');
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

static const struct CMUnitTest TESTS[] = {
    TEST(parameters_are_numbered_without_gaps),
    TEST(hostile_text_does_not_reach_the_sql),
    TEST(numbers_and_dates_do_not_reach_the_sql),
    TEST(deep_pages_have_a_statement_of_their_own),
    TEST(plans_are_made_for_values_only_where_they_matter),
    TEST(plain_texts_are_values_as_they_are),
    TEST(the_same_filters_make_the_same_statement),
    TEST(different_filters_make_different_names),
    TEST(the_two_statements_of_a_page_have_two_names),
    TEST(the_count_does_not_depend_on_the_sort),
    TEST(count_and_page_have_the_same_conditions),
    TEST(limit_and_offset_are_the_last_values),
    TEST(without_filters_nothing_but_the_cut_is_asked),
    TEST(dates_are_values_as_postgresql_reads_them),
    TEST(search_terms_are_patterns_without_wildcards),
    TEST(event_name_and_city_are_searched),
    TEST(terms_of_digits_search_the_year_too),
    TEST(other_terms_do_not_search_the_year),
    TEST(a_category_is_looked_for_in_four_places),
    TEST(categories_are_quoted_in_the_path),
    TEST(each_level_has_a_path_of_its_own),
    TEST(groups_are_counted_under_status_and_agent_only),
    TEST(pages_are_ordered_to_the_last_row),
    TEST(every_column_is_selected_in_its_place),
    TEST(statements_are_balanced),
    TEST(names_fit_postgresql),
};

RUN_TESTS(TESTS)
