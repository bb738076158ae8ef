/*
 * count_cache: what makes two counts the same, how long a total is good for, and that the table
 * does not grow. Each test has statements of its own name, since the table is the process's.
 */
#include "count_cache.h"
#include "unit.h"

#include <stdio.h>
#include <time.h>

enum { PLACES = 256, HOUR_MS = 3600000 };

static int set_up(void **state)
{
    (void)state;
    count_cache_start(HOUR_MS, "a");
    return 0;
}

/* Makes the count of a statement with up to three values; NULL ends them. */
static struct query make(const char *name, const char *first, const char *second, const char *third)
{
    const char *const values[] = {first, second, third};
    struct query count = {.sql = "SELECT"};
    snprintf(count.name, sizeof(count.name), "%s", name);
    for (size_t i = 0; i < COUNT_OF(values) && values[i] != NULL; i++)
        count.values[count.value_count++] = values[i];
    return count;
}

static void assert_found(const struct query *count, int64_t expected)
{
    int64_t total = -1;
    assert_true(count_cache_find(count, &total));
    assert_int_equal(total, expected);
}

static void assert_not_found(const struct query *count)
{
    int64_t total = -1;
    assert_false(count_cache_find(count, &total));
    assert_int_equal(total, -1);
}

static void wait_ms(long milliseconds)
{
    nanosleep(&(struct timespec){.tv_nsec = milliseconds * 1000000}, NULL);
}

static void nothing_is_known_at_first(void **state)
{
    (void)state;
    struct query empty = make("", NULL, NULL, NULL);
    struct query count = make("first", "a", NULL, NULL);
    assert_not_found(&empty);
    assert_not_found(&count);
}

static void a_total_is_remembered(void **state)
{
    (void)state;
    struct query count = make("remembered", "PENDING", "12", NULL);
    count_cache_store(&count, 28000);
    assert_found(&count, 28000);
    assert_found(&count, 28000);
}

static void every_total_is_remembered_as_it_is(void **state)
{
    (void)state;
    static const int64_t TOTALS[] = {0, 1, INT64_MAX};
    struct query count = make("totals", NULL, NULL, NULL);
    for (size_t i = 0; i < COUNT_OF(TOTALS); i++) {
        count_cache_store(&count, TOTALS[i]);
        assert_found(&count, TOTALS[i]);
    }
}

static void the_values_count_and_not_where_they_stand(void **state)
{
    (void)state;
    char first[] = "PENDING";
    char second[] = "PENDING";
    struct query stored = make("text", first, NULL, NULL);
    struct query asked = make("text", second, NULL, NULL);
    count_cache_store(&stored, 7);
    first[0] = 'X';
    assert_found(&asked, 7);
    assert_not_found(&stored);
}

static void what_is_behind_the_values_does_not_count(void **state)
{
    (void)state;
    struct query stored = make("behind", "a", "b", NULL);
    struct query asked = make("behind", "a", "b", "c");
    asked.value_count = 2;
    count_cache_store(&stored, 7);
    assert_found(&asked, 7);
}

/* All of these differ, though many have the same bytes one behind the other. */
static void counts_that_differ_are_kept_apart(void **state)
{
    (void)state;
    const struct query COUNTS[] = {
        make("apart", NULL, NULL, NULL),    make("apart", "", NULL, NULL),
        make("apart", "", "", NULL),        make("apart", "a", NULL, NULL),
        make("apart", "", "a", NULL),       make("apart", "a", "", NULL),
        make("apart", "abc", NULL, NULL),   make("apart", "ab", "c", NULL),
        make("apart", "a", "bc", NULL),     make("apart", "a", "b", "c"),
        make("apart", "c", "b", "a"),       make("apart", "ABC", NULL, NULL),
        make("apartabc", NULL, NULL, NULL), make("aparta", "bc", NULL, NULL),
        make("apar", "tabc", NULL, NULL),
    };
    for (size_t i = 0; i < COUNT_OF(COUNTS); i++) {
        assert_not_found(&COUNTS[i]);
        count_cache_store(&COUNTS[i], (int64_t)i);
    }
    for (size_t i = 0; i < COUNT_OF(COUNTS); i++)
        assert_found(&COUNTS[i], (int64_t)i);
}

static void the_newest_total_wins(void **state)
{
    (void)state;
    struct query count = make("newest", "a", NULL, NULL);
    for (int64_t total = 1; total <= 5; total++) {
        count_cache_store(&count, total);
        assert_found(&count, total);
    }
}

static void a_total_grows_old(void **state)
{
    (void)state;
    struct query count = make("old", "a", NULL, NULL);
    count_cache_store(&count, 7);
    wait_ms(20);
    count_cache_start(10, "a");
    assert_not_found(&count);
    count_cache_start(HOUR_MS, "a");
    assert_found(&count, 7);
}

static void a_total_stored_anew_is_young(void **state)
{
    (void)state;
    struct query count = make("anew", "a", NULL, NULL);
    count_cache_store(&count, 7);
    wait_ms(600);
    count_cache_store(&count, 8);
    count_cache_start(500, "a");
    assert_found(&count, 8);
}

/* Being asked for does not keep a total young. */
static void finding_does_not_make_young(void **state)
{
    (void)state;
    struct query count = make("asked", "a", NULL, NULL);
    count_cache_store(&count, 7);
    for (int i = 0; i < 4; i++) {
        wait_ms(10);
        assert_found(&count, 7);
    }
    count_cache_start(20, "a");
    assert_not_found(&count);
}

/* In the last quarter of its age one caller counts, and the others have the total meanwhile. */
static void one_counts_before_the_time_is_up(void **state)
{
    (void)state;
    struct query count = make("due", "a", NULL, NULL);
    count_cache_store(&count, 7);
    wait_ms(800);
    count_cache_start(1000, "a");
    assert_not_found(&count);
    assert_found(&count, 7);
    assert_found(&count, 7);
    count_cache_store(&count, 8);
    assert_found(&count, 8);
}

static void one_database_is_not_another(void **state)
{
    (void)state;
    struct query count = make("database", "a", NULL, NULL);
    count_cache_store(&count, 7);
    count_cache_start(HOUR_MS, "b");
    assert_not_found(&count);
    count_cache_store(&count, 8);
    count_cache_start(HOUR_MS, "a");
    assert_found(&count, 7);
}

static void no_age_is_off(void **state)
{
    (void)state;
    struct query count = make("off", "a", NULL, NULL);
    count_cache_store(&count, 7);
    count_cache_start(0, "a");
    assert_not_found(&count);
    count_cache_store(&count, 8);
    assert_not_found(&count);
    count_cache_start(HOUR_MS, "a");
    assert_found(&count, 7);
}

static void a_full_table_forgets_the_oldest(void **state)
{
    (void)state;
    enum { COUNTS = 3 * PLACES };
    char value[16] = "";
    struct query count = make("full", value, NULL, NULL);
    for (int i = 0; i < COUNTS; i++) {
        snprintf(value, sizeof(value), "%d", i);
        count_cache_store(&count, i);
    }
    for (int i = 0; i < COUNTS - PLACES; i++) {
        snprintf(value, sizeof(value), "%d", i);
        assert_not_found(&count);
    }
    for (int i = COUNTS - PLACES; i < COUNTS; i++) {
        snprintf(value, sizeof(value), "%d", i);
        assert_found(&count, i);
    }
}

/* One key stored often takes one place: the others stay. */
static void a_total_stored_often_pushes_nothing_out(void **state)
{
    (void)state;
    char value[16] = "";
    struct query others = make("others", value, NULL, NULL);
    struct query often = make("often", NULL, NULL, NULL);
    count_cache_store(&often, 0);
    for (int i = 0; i < PLACES - 1; i++) {
        snprintf(value, sizeof(value), "%d", i);
        count_cache_store(&others, i);
    }
    for (int i = 0; i < PLACES; i++)
        count_cache_store(&often, i);
    for (int i = 0; i < PLACES - 1; i++) {
        snprintf(value, sizeof(value), "%d", i);
        assert_found(&others, i);
    }
    assert_found(&often, PLACES - 1);
}

#define TEST(function) cmocka_unit_test_setup(function, set_up)

static const struct CMUnitTest TESTS[] = {
    TEST(nothing_is_known_at_first),
    TEST(a_total_is_remembered),
    TEST(every_total_is_remembered_as_it_is),
    TEST(the_values_count_and_not_where_they_stand),
    TEST(what_is_behind_the_values_does_not_count),
    TEST(counts_that_differ_are_kept_apart),
    TEST(the_newest_total_wins),
    TEST(a_total_grows_old),
    TEST(a_total_stored_anew_is_young),
    TEST(finding_does_not_make_young),
    TEST(one_counts_before_the_time_is_up),
    TEST(one_database_is_not_another),
    TEST(no_age_is_off),
    TEST(a_full_table_forgets_the_oldest),
    TEST(a_total_stored_often_pushes_nothing_out),
};

RUN_TESTS(TESTS)
