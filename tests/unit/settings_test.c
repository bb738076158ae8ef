/*
 * settings: what the environment may say, each default and range, one line for each fault, and what
 * is printed without secrets.
 */
#include "settings.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const NAMES[] = {
    "DATABASE_URL",       "LISTEN",      "LISTEN_BACKLOG",     "WORKERS",
    "REQUEST_TIMEOUT_MS", "MILES_TIMEOUT_MS", "SHUTDOWN_TIMEOUT_S", "LOG_LEVEL"};

struct fixture {
    struct settings settings;
    char *faults;  /* of the last load */
    char *printed; /* of the last printing */
};

/* Only DATABASE_URL is set. */
static int set_up(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){0};
    for (size_t i = 0; i < COUNT_OF(NAMES); i++)
        unsetenv(NAMES[i]);
    setenv("DATABASE_URL", "postgresql://bob:canary@db.example.org:6432/agents", 1);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    settings_free(&fixture->settings);
    free(fixture->faults);
    free(fixture->printed);
    return 0;
}

/* The number of faults. */
static int load(struct fixture *fixture)
{
    size_t size;
    settings_free(&fixture->settings);
    free(fixture->faults);
    FILE *faults = open_memstream(&fixture->faults, &size);
    assert_non_null(faults);
    int count = settings_load(&fixture->settings, faults);
    fclose(faults);
    return count;
}

static int load_with(struct fixture *fixture, const char *name, const char *value)
{
    assert_int_equal(setenv(name, value, 1), 0);
    int faults = load(fixture);
    unsetenv(name);
    return faults;
}

/* What is printed of the settings, or, where there are none, of the table. */
static const char *print(struct fixture *fixture, const struct settings *settings)
{
    size_t size;
    free(fixture->printed);
    FILE *out = open_memstream(&fixture->printed, &size);
    assert_non_null(out);
    if (settings != NULL)
        settings_print(settings, out);
    else
        settings_print_table(out);
    fclose(out);
    return fixture->printed;
}

static int count_lines(const char *text)
{
    int lines = 0;
    for (; *text != '\0'; text++)
        lines += *text == '\n';
    return lines;
}

static void the_defaults_hold_where_nothing_is_set(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(load(fixture), 0);
    assert_string_equal(fixture->faults, "");
    assert_string_equal(fixture->settings.listen, "/run/proposals-fcgi/proposals.sock");
    assert_int_equal(fixture->settings.listen_backlog, 1024);
    assert_int_equal(fixture->settings.workers, 4);
    assert_int_equal(fixture->settings.request_timeout_ms, 10000);
    assert_int_equal(fixture->settings.miles_timeout_ms, 2000);
    assert_int_equal(fixture->settings.shutdown_timeout_s, 10);
    assert_int_equal(fixture->settings.log_level, LOG_LEVEL_INFO);
}

static void an_empty_setting_is_not_set(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 1; i < COUNT_OF(NAMES); i++)
        assert_int_equal(load_with(fixture, NAMES[i], ""), 0);
    assert_int_equal(fixture->settings.workers, 4);
    assert_int_equal(load_with(fixture, "DATABASE_URL", ""), 1);
    assert_string_equal(fixture->faults, "proposals-fcgi: DATABASE_URL: must be set\n");
}

static void the_database_url_must_be_set(void **state)
{
    struct fixture *fixture = *state;
    unsetenv("DATABASE_URL");
    assert_int_equal(load(fixture), 1);
    assert_string_equal(fixture->faults, "proposals-fcgi: DATABASE_URL: must be set\n");
}

static void the_database_url_is_parsed(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(load(fixture), 0);
    const struct connection_options *options = &fixture->settings.data_agents;
    assert_string_equal(connection_options_get(options, "host"), "db.example.org");
    assert_string_equal(connection_options_get(options, "password"), "canary");
}

static void a_wrong_database_url_is_a_fault_that_repeats_nothing(void **state)
{
    struct fixture *fixture = *state;
    static const char *const URLS[] = {"canary",
                                       "mysql://bob:canary@h/d",
                                       "prisma+postgres://h/?api_key=canary",
                                       "postgresql://bob:canary@h:99999/d",
                                       "postgresql://bob:can/canary@h/d",
                                       "postgresql://bob:can#canary@h/d"};
    for (size_t i = 0; i < COUNT_OF(URLS); i++) {
        assert_int_equal(load_with(fixture, "DATABASE_URL", URLS[i]), 1);
        assert_int_equal(count_lines(fixture->faults), 1);
        assert_null(strstr(fixture->faults, "canary"));
        assert_int_equal(strncmp(fixture->faults, "proposals-fcgi: DATABASE_URL: ", 30), 0);
    }
}

/* The settings that are numbers, with their ranges and where they end up. */
static const struct number {
    const char *name;
    int minimum;
    int maximum;
    size_t offset;
} NUMBERS[] = {
    {"LISTEN_BACKLOG", 1, 65535, offsetof(struct settings, listen_backlog)},
    {"WORKERS", 1, 256, offsetof(struct settings, workers)},
    {"REQUEST_TIMEOUT_MS", 100, 600000, offsetof(struct settings, request_timeout_ms)},
    {"MILES_TIMEOUT_MS", 50, 600000, offsetof(struct settings, miles_timeout_ms)},
    {"SHUTDOWN_TIMEOUT_S", 1, 600, offsetof(struct settings, shutdown_timeout_s)},
};

static int number_in(const struct settings *settings, const struct number *number)
{
    int value;
    memcpy(&value, (const char *)settings + number->offset, sizeof(value));
    return value;
}

static int load_number(struct fixture *fixture, const struct number *number, int value)
{
    char text[16];
    snprintf(text, sizeof(text), "%d", value);
    return load_with(fixture, number->name, text);
}

static void every_number_is_taken_at_both_ends_of_its_range(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < COUNT_OF(NUMBERS); i++) {
        assert_int_equal(load_number(fixture, &NUMBERS[i], NUMBERS[i].minimum), 0);
        assert_int_equal(number_in(&fixture->settings, &NUMBERS[i]), NUMBERS[i].minimum);
        assert_int_equal(load_number(fixture, &NUMBERS[i], NUMBERS[i].maximum), 0);
        assert_int_equal(number_in(&fixture->settings, &NUMBERS[i]), NUMBERS[i].maximum);
    }
}

static void every_number_is_refused_outside_its_range(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < COUNT_OF(NUMBERS); i++) {
        char expected[128];
        snprintf(expected, sizeof(expected),
                 "proposals-fcgi: %s: must be a whole number from %d to %d\n", NUMBERS[i].name,
                 NUMBERS[i].minimum, NUMBERS[i].maximum);
        assert_int_equal(load_number(fixture, &NUMBERS[i], NUMBERS[i].minimum - 1), 1);
        assert_string_equal(fixture->faults, expected);
        assert_int_equal(load_number(fixture, &NUMBERS[i], NUMBERS[i].maximum + 1), 1);
        assert_string_equal(fixture->faults, expected);
    }
}

static void what_is_no_whole_number_is_refused(void **state)
{
    static const char *const VALUES[] = {
        "abc", "4x", "-4", "+4", "4.0", " 4", "4 ", "0x4", "1e2", "99999999999999999999", "auto"};
    for (size_t i = 0; i < COUNT_OF(NUMBERS); i++)
        for (size_t j = 0; j < COUNT_OF(VALUES); j++)
            if (load_with(*state, NUMBERS[i].name, VALUES[j]) != 1)
                fail_msg("%s=%s", NUMBERS[i].name, VALUES[j]);
}

static void every_log_level_is_taken(void **state)
{
    static const char *const LEVELS[] = {[LOG_LEVEL_ERROR] = "error",
                                         [LOG_LEVEL_WARN] = "warn",
                                         [LOG_LEVEL_INFO] = "info",
                                         [LOG_LEVEL_DEBUG] = "debug"};
    struct fixture *fixture = *state;
    for (size_t i = 0; i < COUNT_OF(LEVELS); i++) {
        assert_int_equal(load_with(fixture, "LOG_LEVEL", LEVELS[i]), 0);
        assert_int_equal(fixture->settings.log_level, i);
    }
}

static void no_other_log_level_is_taken(void **state)
{
    struct fixture *fixture = *state;
    static const char *const VALUES[] = {"INFO", "warning", "trace", "0", "info "};
    for (size_t i = 0; i < COUNT_OF(VALUES); i++) {
        assert_int_equal(load_with(fixture, "LOG_LEVEL", VALUES[i]), 1);
        assert_string_equal(fixture->faults,
                            "proposals-fcgi: LOG_LEVEL: must be error, warn, info or debug\n");
    }
}

static void a_listening_path_fits_an_address(void **state)
{
    struct fixture *fixture = *state;
    char path[109];
    memset(path, 'x', sizeof(path));
    path[107] = '\0';
    assert_int_equal(load_with(fixture, "LISTEN", path), 0);
    path[107] = 'x';
    path[108] = '\0';
    assert_int_equal(load_with(fixture, "LISTEN", path), 1);
    assert_string_equal(fixture->faults,
                        "proposals-fcgi: LISTEN: the path of a unix socket has 107 bytes at most\n");
}

static void every_fault_has_a_line(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < COUNT_OF(NAMES); i++)
        setenv(NAMES[i], "\t", 1);
    int faults = load(fixture);
    for (size_t i = 0; i < COUNT_OF(NAMES); i++)
        unsetenv(NAMES[i]);
    assert_int_equal(faults, COUNT_OF(NAMES) - 1); /* any text is a SOCKET_PATH */
    assert_int_equal(count_lines(fixture->faults), faults);
    assert_null(strchr(fixture->faults, '\t'));
}

static void the_effective_configuration_is_printed_without_secrets(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(load_with(fixture, "WORKERS", "007"), 0);
    const char *text = print(fixture, &fixture->settings);
    assert_string_equal(text,
                        "DATABASE_URL=postgresql://bob@db.example.org:6432/agents"
                        " (password not shown)\n"
                        "SOCKET_PATH=/run/proposals-fcgi/proposals.sock\n"
                        "LISTEN_BACKLOG=1024\n"
                        "WORKERS=7\n"
                        "REQUEST_TIMEOUT_MS=10000\n"
                        "MILES_TIMEOUT_MS=2000\n"
                        "SHUTDOWN_TIMEOUT_S=10\n"
                        "LOG_LEVEL=info\n");
}

static void a_missing_password_is_not_said_to_be_hidden(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(load_with(fixture, "DATABASE_URL", "postgresql://bob@h/d"), 0);
    const char *text = print(fixture, &fixture->settings);
    assert_null(strstr(text, "password"));
}

static void no_secret_of_the_url_is_printed(void **state)
{
    struct fixture *fixture = *state;
    static const char *const URLS[] = {"postgresql://bob:canary@h/d",
                                       "postgresql://h/d?user=bob&password=canary",
                                       "postgresql://bob:can%40canary@h/d",
                                       "postgresql://bob:x@canary@h/d",
                                       "postgresql://bob:x@h/d?sslpassword=canary",
                                       "postgresql://bob:x@h/d?api_key=canary"};
    for (size_t i = 0; i < COUNT_OF(URLS); i++) {
        assert_int_equal(load_with(fixture, "DATABASE_URL", URLS[i]), 0);
        const char *text = print(fixture, &fixture->settings);
        assert_null(strstr(text, "canary"));
    }
}

static void the_table_says_every_setting_default_and_range(void **state)
{
    const char *text = print(*state, NULL);
    for (size_t i = 0; i < COUNT_OF(NAMES); i++)
        assert_non_null(strstr(text, NAMES[i]));
    for (size_t i = 0; i < COUNT_OF(NUMBERS); i++) {
        char range[64];
        snprintf(range, sizeof(range), ", %d to %d)", NUMBERS[i].minimum, NUMBERS[i].maximum);
        const char *name = strstr(text, NUMBERS[i].name);
        assert_non_null(name);
        assert_non_null(strstr(name, range));
    }
    assert_non_null(strstr(text, "DATABASE_URL (must be set)"));
    assert_non_null(strstr(text, "WORKERS (4, 1 to 256)"));
    assert_int_equal(count_lines(text), 2 * COUNT_OF(NAMES));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

static const struct CMUnitTest TESTS[] = {
    TEST(the_defaults_hold_where_nothing_is_set),
    TEST(an_empty_setting_is_not_set),
    TEST(the_database_url_must_be_set),
    TEST(the_database_url_is_parsed),
    TEST(a_wrong_database_url_is_a_fault_that_repeats_nothing),
    TEST(every_number_is_taken_at_both_ends_of_its_range),
    TEST(every_number_is_refused_outside_its_range),
    TEST(what_is_no_whole_number_is_refused),
    TEST(every_log_level_is_taken),
    TEST(no_other_log_level_is_taken),
    TEST(a_listening_path_fits_an_address),
    TEST(every_fault_has_a_line),
    TEST(the_effective_configuration_is_printed_without_secrets),
    TEST(a_missing_password_is_not_said_to_be_hidden),
    TEST(no_secret_of_the_url_is_printed),
    TEST(the_table_says_every_setting_default_and_range),
};

RUN_TESTS(TESTS)
