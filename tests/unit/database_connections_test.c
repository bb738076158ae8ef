/*
 * database_connections: what a row of the table says, when it says something new, and what is wrong
 * with one that cannot be used.
 */
#include "database_connections.h"
#include "results.h"
#include "unit.h"

#include <stdio.h>

/* The columns of the statement, in its order. */
enum { NAME, URL, HOST, PORT, DATABASE, USERNAME, PASSWORD, SSL_MODE, TIMEOUT, COLUMNS };

struct fixture {
    struct database_location location;
    PGresult *row; /* of a Miles Republic with all fields but a URL */
};

static int set_up(void **state)
{
    static struct fixture fixture;
    static const char *const VALUES[COLUMNS] = {
        [NAME] = "Miles Republic", [HOST] = "db.example.org", [PORT] = "6432",
        [DATABASE] = "miles",      [USERNAME] = "amy",        [PASSWORD] = "canary",
        [SSL_MODE] = "require",    [TIMEOUT] = "1500"};
    fixture = (struct fixture){.row = make_result(COLUMNS, 1)};
    for (int i = 0; i < COLUMNS; i++)
        set_value(fixture.row, 0, i, VALUES[i]);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    database_connections_free(&fixture->location);
    PQclear(fixture->row);
    return 0;
}

static bool update(struct fixture *fixture)
{
    return database_connections_update(&fixture->location, fixture->row);
}

static bool update_with(struct fixture *fixture, int column, const char *value)
{
    set_value(fixture->row, 0, column, value);
    return update(fixture);
}

static bool update_with_none(struct fixture *fixture)
{
    PGresult *none = make_result(COLUMNS, 0);
    bool changed = database_connections_update(&fixture->location, none);
    PQclear(none);
    return changed;
}

/* `expected` NULL: not set. */
static void assert_option(const struct fixture *fixture, const char *keyword, const char *expected)
{
    const char *value = connection_options_get(&fixture->location.options, keyword);
    if (expected == NULL)
        assert_null(value);
    else if (value == NULL)
        fail_msg("%s is not set", keyword);
    else
        assert_string_equal(value, expected);
}

static void the_statement_asks_for_the_columns_in_their_order(void **state)
{
    (void)state;
    static const char *const NAMES[COLUMNS] = {"name",     "\"connectionUrl\"", "host",
                                               "port",     "database",          "username",
                                               "password", "\"sslMode\"",       "timeout"};
    struct query query;
    database_connections_query(&query);
    assert_int_equal(query.value_count, 0);
    assert_null(query.result);
    assert_string_not_equal(query.name, "");
    const char *at = query.sql;
    for (int i = 0; i < COLUMNS; i++) {
        at = strstr(at, NAMES[i]);
        assert_non_null(at);
        at += strlen(NAMES[i]);
        assert_int_equal(*at, i == COLUMNS - 1 ? ' ' : ',');
    }
}

static void a_row_becomes_options(void **state)
{
    struct fixture *fixture = *state;
    assert_true(update(fixture));
    assert_null(fixture->location.problem);
    assert_string_equal(fixture->location.name, "Miles Republic");
    assert_option(fixture, "host", "db.example.org");
    assert_option(fixture, "port", "6432");
    assert_option(fixture, "dbname", "miles");
    assert_option(fixture, "user", "amy");
    assert_option(fixture, "password", "canary");
    assert_option(fixture, "sslmode", "require");
    assert_int_equal(fixture->location.options.count, 6);
    assert_int_equal(fixture->location.options.connect_timeout_ms, 1500);
}

static void no_row_is_no_location(void **state)
{
    struct fixture *fixture = *state;
    assert_false(update_with_none(fixture));
    assert_null(fixture->location.fingerprint);
    assert_null(fixture->location.problem);
}

static void the_same_row_says_nothing_new(void **state)
{
    struct fixture *fixture = *state;
    assert_true(update(fixture));
    const char *before = fixture->location.fingerprint;
    assert_false(update(fixture));
    assert_ptr_equal(fixture->location.fingerprint, before);
    assert_option(fixture, "host", "db.example.org");
}

static void every_column_says_something_new(void **state)
{
    struct fixture *fixture = *state;
    assert_true(update(fixture));
    for (int column = 0; column < COLUMNS; column++) {
        if (!update_with(fixture, column, "7"))
            fail_msg("column %d", column);
        if (!update_with(fixture, column, ""))
            fail_msg("column %d, empty", column);
        if (!update_with(fixture, column, NULL))
            fail_msg("column %d, NULL", column);
        assert_false(update(fixture));
    }
}

/* The same bytes, cut up in another way. */
static void neighbours_do_not_run_together(void **state)
{
    struct fixture *fixture = *state;
    static const char *const PAIRS[][2] = {{"ab", "c"},   {"a", "bc"},   {"abc", ""}, {"", "abc"},
                                           {"abc", NULL}, {NULL, "abc"}, {"1:a", ""}, {"", "1:a"}};
    for (size_t i = 0; i < COUNT_OF(PAIRS); i++) {
        set_value(fixture->row, 0, USERNAME, PAIRS[i][0]);
        if (!update_with(fixture, PASSWORD, PAIRS[i][1]))
            fail_msg("pair %zu", i);
    }
}

static void a_row_may_come_and_go(void **state)
{
    struct fixture *fixture = *state;
    assert_true(update(fixture));
    assert_true(update_with_none(fixture));
    assert_null(fixture->location.fingerprint);
    assert_null(fixture->location.name);
    assert_int_equal(fixture->location.options.count, 0);
    assert_false(update_with_none(fixture));
    assert_true(update(fixture));
    assert_option(fixture, "host", "db.example.org");
}

static void nothing_is_left_of_the_row_before(void **state)
{
    struct fixture *fixture = *state;
    assert_true(update(fixture));
    set_value(fixture->row, 0, PASSWORD, NULL);
    set_value(fixture->row, 0, SSL_MODE, NULL);
    assert_true(update_with(fixture, TIMEOUT, NULL));
    assert_option(fixture, "password", NULL);
    assert_option(fixture, "sslmode", NULL);
    assert_int_equal(fixture->location.options.connect_timeout_ms, 0);
}

static void host_and_database_are_enough(void **state)
{
    struct fixture *fixture = *state;
    static const int OTHERS[] = {PORT, USERNAME, PASSWORD, SSL_MODE, TIMEOUT};
    static const char *const NOTHINGS[] = {NULL, ""};
    for (size_t i = 0; i < COUNT_OF(NOTHINGS); i++) {
        for (size_t j = 0; j < COUNT_OF(OTHERS); j++)
            set_value(fixture->row, 0, OTHERS[j], NOTHINGS[i]);
        assert_true(update(fixture));
        assert_null(fixture->location.problem);
        assert_int_equal(fixture->location.options.count, 2);
        assert_option(fixture, "host", "db.example.org");
        assert_option(fixture, "dbname", "miles");
    }
}

static void without_host_or_database_it_cannot_be_used(void **state)
{
    struct fixture *fixture = *state;
    static const int NEEDED[] = {HOST, DATABASE};
    static const char *const NOTHINGS[] = {NULL, ""};
    for (size_t i = 0; i < COUNT_OF(NEEDED); i++) {
        for (size_t j = 0; j < COUNT_OF(NOTHINGS); j++) {
            assert_true(update_with(fixture, NEEDED[i], NOTHINGS[j]));
            assert_string_equal(fixture->location.problem,
                                "it has neither a connectionUrl nor host and database");
            assert_non_null(fixture->location.fingerprint);
        }
        set_value(fixture->row, 0, NEEDED[i], "x");
    }
}

static void a_row_that_is_put_right_can_be_used(void **state)
{
    struct fixture *fixture = *state;
    assert_true(update_with(fixture, HOST, NULL));
    assert_non_null(fixture->location.problem);
    assert_true(update_with(fixture, HOST, "h"));
    assert_null(fixture->location.problem);
}

static void a_url_wins_over_the_fields(void **state)
{
    struct fixture *fixture = *state;
    assert_true(update_with(fixture, URL, "postgresql://bob@other:1/d?schema=s"));
    assert_null(fixture->location.problem);
    assert_option(fixture, "host", "other");
    assert_option(fixture, "port", "1");
    assert_option(fixture, "dbname", "d");
    assert_option(fixture, "user", "bob");
    assert_option(fixture, "password", NULL);
    assert_option(fixture, "sslmode", NULL);
    assert_string_equal(fixture->location.options.search_path, "s");
}

static void an_empty_url_is_none(void **state)
{
    struct fixture *fixture = *state;
    assert_true(update_with(fixture, URL, ""));
    assert_null(fixture->location.problem);
    assert_option(fixture, "host", "db.example.org");
}

static void a_url_needs_no_field(void **state)
{
    struct fixture *fixture = *state;
    for (int column = HOST; column < COLUMNS; column++)
        set_value(fixture->row, 0, column, NULL);
    assert_true(update_with(fixture, URL, "postgresql://h/d"));
    assert_null(fixture->location.problem);
    assert_option(fixture, "host", "h");
}

static void a_wrong_url_is_a_problem_that_repeats_nothing(void **state)
{
    struct fixture *fixture = *state;
    static const char *const URLS[] = {"canary", "postgresql://bob:can/canary@h/d",
                                       "postgresql://bob:x@h/d?sslmode=canary",
                                       "prisma://h/?api_key=canary"};
    for (size_t i = 0; i < COUNT_OF(URLS); i++) {
        assert_true(update_with(fixture, URL, URLS[i]));
        assert_non_null(fixture->location.problem);
        assert_null(strstr(fixture->location.problem, "canary"));
        assert_int_equal(fixture->location.options.count, 0);
    }
}

static void every_ssl_mode_is_taken(void **state)
{
    struct fixture *fixture = *state;
    static const char *const MODES[][2] = {
        {"disable", "disable"},   {"allow", "allow"},         {"prefer", "prefer"},
        {"no-verify", "require"}, {"verify-ca", "verify-ca"}, {"verify-full", "verify-full"}};
    for (size_t i = 0; i < COUNT_OF(MODES); i++) {
        assert_true(update_with(fixture, SSL_MODE, MODES[i][0]));
        assert_null(fixture->location.problem);
        assert_option(fixture, "sslmode", MODES[i][1]);
    }
}

static void no_other_ssl_mode_is_taken(void **state)
{
    struct fixture *fixture = *state;
    static const char *const MODES[] = {"canary", "REQUIRE", "true", " "};
    for (size_t i = 0; i < COUNT_OF(MODES); i++) {
        assert_true(update_with(fixture, SSL_MODE, MODES[i]));
        assert_string_equal(fixture->location.problem, "its sslMode is unknown");
    }
}

static void the_timeout_is_in_milliseconds(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *text;
        int64_t milliseconds;
    } ROWS[] = {{"1", 1},  {"30000", 30000}, {"2147483647", INT32_MAX}, {"0", 0},
                {"-5", 0}, {NULL, 0},        {"2147483648", 0}};
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        assert_true(update_with(fixture, TIMEOUT, ROWS[i].text));
        assert_null(fixture->location.problem);
        assert_int_equal(fixture->location.options.connect_timeout_ms, ROWS[i].milliseconds);
    }
}

static void the_timeout_of_the_url_wins(void **state)
{
    struct fixture *fixture = *state;
    assert_true(update_with(fixture, URL, "postgresql://h/d?connect_timeout=4"));
    assert_int_equal(fixture->location.options.connect_timeout_ms, 4000);
    assert_true(update_with(fixture, URL, "postgresql://h/d"));
    assert_int_equal(fixture->location.options.connect_timeout_ms, 1500);
}

static void the_name_is_fit_for_the_log(void **state)
{
    struct fixture *fixture = *state;
    char name[500];
    assert_true(update_with(fixture, NAME, "R\xc3\xa9publique\n[worker 1] error: \x1b[31m"));
    assert_string_equal(fixture->location.name,
                        "R\xc3\xa9publique\\x0a[worker 1] error: \\x1b[31m");
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    assert_true(update_with(fixture, NAME, name));
    assert_in_range(strlen(fixture->location.name), 50, 200);
    assert_true(update_with(fixture, NAME, NULL));
    assert_string_equal(fixture->location.name, "");
}

static void freeing_leaves_nothing(void **state)
{
    struct fixture *fixture = *state;
    assert_true(update(fixture));
    database_connections_free(&fixture->location);
    assert_null(fixture->location.fingerprint);
    assert_null(fixture->location.name);
    assert_int_equal(fixture->location.options.count, 0);
    database_connections_free(&fixture->location);
    assert_true(update(fixture));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

static const struct CMUnitTest TESTS[] = {
    TEST(the_statement_asks_for_the_columns_in_their_order),
    TEST(a_row_becomes_options),
    TEST(no_row_is_no_location),
    TEST(the_same_row_says_nothing_new),
    TEST(every_column_says_something_new),
    TEST(neighbours_do_not_run_together),
    TEST(a_row_may_come_and_go),
    TEST(nothing_is_left_of_the_row_before),
    TEST(host_and_database_are_enough),
    TEST(without_host_or_database_it_cannot_be_used),
    TEST(a_row_that_is_put_right_can_be_used),
    TEST(a_url_wins_over_the_fields),
    TEST(an_empty_url_is_none),
    TEST(a_url_needs_no_field),
    TEST(a_wrong_url_is_a_problem_that_repeats_nothing),
    TEST(every_ssl_mode_is_taken),
    TEST(no_other_ssl_mode_is_taken),
    TEST(the_timeout_is_in_milliseconds),
    TEST(the_timeout_of_the_url_wins),
    TEST(the_name_is_fit_for_the_log),
    TEST(freeing_leaves_nothing),
};

RUN_TESTS(TESTS)
