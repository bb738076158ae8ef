/*
 * connection_options: keywords and their values, SSL modes, and the description for the log, which
 * never holds the password.
 */
#include "connection_options.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

static int set_up(void **state)
{
    static struct connection_options options;
    options = (struct connection_options){0};
    *state = &options;
    return 0;
}

static int tear_down(void **state)
{
    connection_options_free(*state);
    return 0;
}

static void assert_description(const struct connection_options *options, const char *expected)
{
    char description[CONNECTION_DESCRIPTION_SIZE];
    assert_ptr_equal(connection_options_describe(options, description), description);
    assert_string_equal(description, expected);
}

static void what_is_set_can_be_got(void **state)
{
    struct connection_options *options = *state;
    char value[] = "db.example.org";
    assert_true(connection_options_set(options, "host", value));
    assert_true(connection_options_set(options, "port", "5433"));
    value[0] = 'X';
    assert_string_equal(connection_options_get(options, "host"), "db.example.org");
    assert_string_equal(connection_options_get(options, "port"), "5433");
    assert_int_equal(options->count, 2);
}

static void what_is_not_set_is_null(void **state)
{
    struct connection_options *options = *state;
    assert_null(connection_options_get(options, "host"));
    assert_true(connection_options_set(options, "hostaddr", "127.0.0.1"));
    assert_null(connection_options_get(options, "host"));
}

static void setting_again_replaces(void **state)
{
    struct connection_options *options = *state;
    assert_true(connection_options_set(options, "host", "first"));
    assert_true(connection_options_set(options, "user", "bob"));
    assert_true(connection_options_set(options, "host", "second"));
    assert_string_equal(connection_options_get(options, "host"), "second");
    assert_string_equal(connection_options_get(options, "user"), "bob");
    assert_int_equal(options->count, 2);
}

static void keywords_and_values_are_as_libpq_takes_them(void **state)
{
    struct connection_options *options = *state;
    assert_true(connection_options_set(options, "host", "h"));
    assert_true(connection_options_set(options, "user", ""));
    assert_string_equal(options->keywords[0], "host");
    assert_string_equal(options->keywords[1], "user");
    assert_string_equal(options->values[1], "");
    assert_null(options->keywords[2]);
    assert_null(options->values[2]);
}

static void there_is_room_for_so_many_and_no_more(void **state)
{
    struct connection_options *options = *state;
    static char names[CONNECTION_KEYWORDS_MAX + 1][8];
    for (int i = 0; i < CONNECTION_KEYWORDS_MAX; i++) {
        snprintf(names[i], sizeof(names[i]), "k%d", i);
        assert_true(connection_options_set(options, names[i], "v"));
    }
    assert_false(connection_options_set(options, "one_more", "v"));
    assert_true(connection_options_set(options, names[3], "again"));
    assert_string_equal(connection_options_get(options, "k3"), "again");
    assert_null(options->keywords[CONNECTION_KEYWORDS_MAX]);
}

static void a_freed_one_is_as_new(void **state)
{
    struct connection_options *options = *state;
    assert_true(connection_options_set(options, "host", "h"));
    options->search_path = strdup("public");
    options->server_options = strdup("-c jit=off");
    options->ignored = strdup("x");
    options->transaction_pooling = true;
    options->connect_timeout_ms = 5;
    connection_options_free(options);
    assert_int_equal(options->count, 0);
    assert_null(options->keywords[0]);
    assert_null(options->search_path);
    assert_null(options->server_options);
    assert_null(options->ignored);
    assert_false(options->transaction_pooling);
    assert_int_equal(options->connect_timeout_ms, 0);
    connection_options_free(options);
}

static void a_description_says_user_host_port_and_database(void **state)
{
    struct connection_options *options = *state;
    connection_options_set(options, "host", "db.example.org");
    connection_options_set(options, "port", "6432");
    connection_options_set(options, "user", "bob");
    connection_options_set(options, "dbname", "agents");
    connection_options_set(options, "password", "canary");
    connection_options_set(options, "sslpassword", "canary");
    assert_description(options, "bob@db.example.org:6432/agents");
}

static void a_description_fills_in_what_is_missing(void **state)
{
    struct connection_options *options = *state;
    assert_description(options, "@localhost:5432/");
    connection_options_set(options, "host", "");
    connection_options_set(options, "port", "");
    connection_options_set(options, "hostaddr", "127.0.0.1");
    assert_description(options, "@127.0.0.1:5432/");
}

static void a_description_is_escaped(void **state)
{
    struct connection_options *options = *state;
    connection_options_set(options, "user", "a\nb");
    connection_options_set(options, "host", "h\x1b[31m");
    connection_options_set(options, "dbname", "d \"\xc3\xa9\"");
    assert_description(options, "a\\x0ab@h\\x1b[31m:5432/d\\x20\\x22\\xc3\\xa9\\x22");
}

static void a_long_description_is_cut(void **state)
{
    struct connection_options *options = *state;
    char long_name[1000];
    char description[CONNECTION_DESCRIPTION_SIZE];
    memset(long_name, '\n', sizeof(long_name) - 1);
    long_name[sizeof(long_name) - 1] = '\0';
    connection_options_set(options, "user", long_name);
    connection_options_set(options, "host", long_name);
    connection_options_describe(options, description);
    assert_in_range(strlen(description), 100, sizeof(description) - 1);
    assert_null(strchr(description, '\n'));
}

static void every_sslmode_of_libpq_is_taken(void **state)
{
    struct connection_options *options = *state;
    static const char *const MODES[] = {"disable", "allow",     "prefer",
                                        "require", "verify-ca", "verify-full"};
    for (size_t i = 0; i < COUNT_OF(MODES); i++) {
        assert_true(connection_options_set_sslmode(options, MODES[i]));
        assert_string_equal(connection_options_get(options, "sslmode"), MODES[i]);
    }
    assert_int_equal(options->count, 1);
}

static void no_verify_is_require(void **state)
{
    struct connection_options *options = *state;
    assert_true(connection_options_set_sslmode(options, "no-verify"));
    assert_string_equal(connection_options_get(options, "sslmode"), "require");
}

static void no_other_sslmode_is_taken(void **state)
{
    struct connection_options *options = *state;
    static const char *const MODES[] = {"", "true", "Require", "verify", "verify-full ", "no"};
    for (size_t i = 0; i < COUNT_OF(MODES); i++)
        assert_false(connection_options_set_sslmode(options, MODES[i]));
    assert_null(connection_options_get(options, "sslmode"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

static const struct CMUnitTest TESTS[] = {
    TEST(what_is_set_can_be_got),
    TEST(what_is_not_set_is_null),
    TEST(setting_again_replaces),
    TEST(keywords_and_values_are_as_libpq_takes_them),
    TEST(there_is_room_for_so_many_and_no_more),
    TEST(a_freed_one_is_as_new),
    TEST(a_description_says_user_host_port_and_database),
    TEST(a_description_fills_in_what_is_missing),
    TEST(a_description_is_escaped),
    TEST(a_long_description_is_cut),
    TEST(every_sslmode_of_libpq_is_taken),
    TEST(no_verify_is_require),
    TEST(no_other_sslmode_is_taken),
};

RUN_TESTS(TESTS)
