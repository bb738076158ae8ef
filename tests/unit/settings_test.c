/*
 * settings: what the environment and a file may say, each default and range, one line for each
 * fault, and what is printed without secrets.
 */
#include "settings.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const NAMES[] = {"DATABASE_URL",     "LISTEN",
                                    "STATUS_LISTEN",    "LISTEN_BACKLOG",
                                    "WORKERS",          "REQUEST_TIMEOUT_MS",
                                    "MILES_TIMEOUT_MS", "CONNECTION_MAX_AGE_S",
                                    "COUNT_MAX_AGE_MS", "MAX_REQUESTS",
                                    "WORKER_MEMORY_MB", "USER_NAME",
                                    "GROUP_NAME",       "SHUTDOWN_TIMEOUT_S",
                                    "LOG_LEVEL"};

struct fixture {
    struct settings settings;
    char *faults;  /* of the last load */
    char *printed; /* of the last printing */
    char path[64]; /* of a configuration file */
};

/* Only DATABASE_URL is set. */
static int set_up(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){.path = "/tmp/settings_test.XXXXXX"};
    int file = mkstemp(fixture.path);
    if (file < 0)
        return -1;
    close(file);
    unsetenv("CONFIG_FILE");
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
    unsetenv("CONFIG_FILE");
    return unlink(fixture->path);
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

/* Makes the text a configuration file and loads it. */
static int load_bytes(struct fixture *fixture, const char *bytes, size_t length)
{
    FILE *file = fopen(fixture->path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
    return load_with(fixture, "CONFIG_FILE", fixture->path);
}

static int load_file(struct fixture *fixture, const char *text)
{
    return load_bytes(fixture, text, strlen(text));
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
    assert_int_equal(fixture->settings.connection_max_age_s, 1800);
    assert_int_equal(fixture->settings.count_max_age_ms, 1000);
    assert_int_equal(fixture->settings.max_requests, 0);
    assert_int_equal(fixture->settings.worker_memory_mb, 256);
    assert_int_equal(fixture->settings.shutdown_timeout_s, 10);
    assert_string_equal(fixture->settings.status_listen, "/run/proposals-fcgi/status.sock");
    assert_string_equal(fixture->settings.user_name, "");
    assert_string_equal(fixture->settings.group_name, "");
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
    {"CONNECTION_MAX_AGE_S", 0, 604800, offsetof(struct settings, connection_max_age_s)},
    {"COUNT_MAX_AGE_MS", 0, 3600000, offsetof(struct settings, count_max_age_ms)},
    {"MAX_REQUESTS", 0, 1000000000, offsetof(struct settings, max_requests)},
    {"WORKER_MEMORY_MB", 0, 1048576, offsetof(struct settings, worker_memory_mb)},
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

static void both_addresses_are_a_path_or_address_and_port(void **state)
{
    struct fixture *fixture = *state;
    static const char *const VALUES[] = {"/run/x.sock", "./x.sock", "127.0.0.1:9000",
                                         "[::1]:9000",  ":9000",    "localhost:65535"};
    for (size_t i = 0; i < COUNT_OF(VALUES); i++) {
        assert_int_equal(load_with(fixture, "LISTEN", VALUES[i]), 0);
        assert_string_equal(fixture->settings.listen, VALUES[i]);
        assert_int_equal(load_with(fixture, "STATUS_LISTEN", VALUES[i]), 0);
        assert_string_equal(fixture->settings.status_listen, VALUES[i]);
    }
}

static void no_other_address_is_taken(void **state)
{
    struct fixture *fixture = *state;
    static const char *const VALUES[] = {"x.sock", "9000", "127.0.0.1:0", "127.0.0.1:65536", "h:"};
    for (size_t i = 0; i < COUNT_OF(VALUES); i++) {
        assert_int_equal(load_with(fixture, "LISTEN", VALUES[i]), 1);
        assert_string_equal(fixture->faults,
                            "proposals-fcgi: LISTEN: must be a path, or address:port\n");
        assert_int_equal(load_with(fixture, "STATUS_LISTEN", VALUES[i]), 1);
        assert_string_equal(fixture->faults,
                            "proposals-fcgi: STATUS_LISTEN: must be a path, or address:port\n");
    }
}

static void a_listening_path_fits_an_address(void **state)
{
    struct fixture *fixture = *state;
    char path[109];
    memset(path, 'x', sizeof(path));
    path[0] = '/';
    path[107] = '\0';
    assert_int_equal(load_with(fixture, "LISTEN", path), 0);
    path[107] = 'x';
    path[108] = '\0';
    assert_int_equal(load_with(fixture, "LISTEN", path), 1);
    assert_string_equal(
        fixture->faults,
        "proposals-fcgi: LISTEN: the path of a unix socket has 107 bytes at most\n");
}

static void user_and_group_are_taken_as_they_are(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(load_with(fixture, "USER_NAME", "www-data"), 0);
    assert_string_equal(fixture->settings.user_name, "www-data");
    assert_string_equal(fixture->settings.group_name, "");
    assert_int_equal(load_with(fixture, "GROUP_NAME", "33"), 0);
    assert_string_equal(fixture->settings.group_name, "33");
}

static void every_fault_has_a_line(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < COUNT_OF(NAMES); i++)
        setenv(NAMES[i], "\t", 1);
    int faults = load(fixture);
    for (size_t i = 0; i < COUNT_OF(NAMES); i++)
        unsetenv(NAMES[i]);
    assert_int_equal(faults, COUNT_OF(NAMES) - 2); /* any text may be a user's or group's name */
    assert_int_equal(count_lines(fixture->faults), faults);
    assert_null(strchr(fixture->faults, '\t'));
}

static void a_file_says_every_setting(void **state)
{
    struct fixture *fixture = *state;
    unsetenv("DATABASE_URL");
    assert_int_equal(load_file(fixture,
                               "DATABASE_URL=postgresql://amy:canary@h:1/d?a=b&c=d\n"
                               "LISTEN=/x/y\nSTATUS_LISTEN=[::1]:9001\n"
                               "LISTEN_BACKLOG=1\nWORKERS=2\nREQUEST_TIMEOUT_MS=103\n"
                               "MILES_TIMEOUT_MS=104\nCONNECTION_MAX_AGE_S=5\n"
                               "COUNT_MAX_AGE_MS=6\nMAX_REQUESTS=7\nWORKER_MEMORY_MB=8\n"
                               "USER_NAME=nine\nGROUP_NAME=ten\nSHUTDOWN_TIMEOUT_S=11\n"
                               "LOG_LEVEL=debug\n"),
                     0);
    assert_string_equal(fixture->faults, "");
    assert_string_equal(print(fixture, &fixture->settings),
                        "DATABASE_URL=postgresql://amy@h:1/d (password not shown)\n"
                        "# ignored in DATABASE_URL: a, c\n"
                        "LISTEN=/x/y\nSTATUS_LISTEN=[::1]:9001\n"
                        "LISTEN_BACKLOG=1\nWORKERS=2\nREQUEST_TIMEOUT_MS=103\n"
                        "MILES_TIMEOUT_MS=104\nCONNECTION_MAX_AGE_S=5\n"
                        "COUNT_MAX_AGE_MS=6\nMAX_REQUESTS=7\nWORKER_MEMORY_MB=8\n"
                        "USER_NAME=nine\nGROUP_NAME=ten\nSHUTDOWN_TIMEOUT_S=11\n"
                        "LOG_LEVEL=debug\n");
    assert_string_equal(connection_options_get(&fixture->settings.data_agents, "password"),
                        "canary");
}

static void the_environment_has_the_last_word(void **state)
{
    struct fixture *fixture = *state;
    setenv("WORKERS", "9", 1);
    assert_int_equal(load_file(fixture, "WORKERS=2\nMAX_REQUESTS=3\n"), 0);
    assert_int_equal(fixture->settings.workers, 9);
    assert_int_equal(fixture->settings.max_requests, 3);
    setenv("WORKERS", "", 1); /* not set, so the file's counts */
    assert_int_equal(load_file(fixture, "WORKERS=2\n"), 0);
    assert_int_equal(fixture->settings.workers, 2);
    unsetenv("WORKERS");
}

static void comments_and_empty_lines_are_passed_over(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(load_file(fixture, "# WORKERS=9\n\n#\n\n\nWORKERS=2\n#WORKERS=9\n\n"), 0);
    assert_int_equal(fixture->settings.workers, 2);
}

static void the_last_line_needs_no_end(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(load_file(fixture, "MAX_REQUESTS=3\nWORKERS=2"), 0);
    assert_int_equal(fixture->settings.workers, 2);
    assert_int_equal(fixture->settings.max_requests, 3);
    assert_int_equal(load_file(fixture, "LOG_LEVEL"), 1);
}

static void an_empty_file_or_value_says_nothing(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(load_file(fixture, ""), 0);
    assert_int_equal(fixture->settings.workers, 4);
    assert_int_equal(load_file(fixture, "\n"), 0);
    assert_int_equal(load_file(fixture, "WORKERS=\nLISTEN=\n"), 0);
    assert_int_equal(fixture->settings.workers, 4);
    assert_string_equal(fixture->settings.listen, "/run/proposals-fcgi/proposals.sock");
    assert_int_equal(load_with(fixture, "CONFIG_FILE", ""), 0);
}

static void a_line_that_is_no_setting_is_a_fault_that_repeats_nothing(void **state)
{
    struct fixture *fixture = *state;
    static const char *const LINES[] = {"canary",          "canary=1",      "WORKERS",
                                        "WORKERS =canary", " WORKERS=2",    "workers=canary",
                                        "WORKERSX=canary", "WORKER=canary", "export WORKERS=2",
                                        "SOCKET_PATH=/x",  "=canary",       " # canary"};
    for (size_t i = 0; i < COUNT_OF(LINES); i++) {
        char text[128];
        snprintf(text, sizeof(text), "# first\n%s\nMAX_REQUESTS=3\n", LINES[i]);
        assert_int_equal(load_file(fixture, text), 1);
        assert_string_equal(fixture->faults,
                            "proposals-fcgi: CONFIG_FILE: line 2 is not a setting\n");
        assert_int_equal(fixture->settings.max_requests, 3);
    }
}

static void every_wrong_line_has_its_number(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(load_file(fixture, "a\n\n# b\nc\nWORKERS=2\nd"), 3);
    assert_string_equal(fixture->faults,
                        "proposals-fcgi: CONFIG_FILE: line 1 is not a setting\n"
                        "proposals-fcgi: CONFIG_FILE: line 4 is not a setting\n"
                        "proposals-fcgi: CONFIG_FILE: line 6 is not a setting\n");
}

static void a_wrong_value_in_the_file_is_a_fault_of_its_setting(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(load_file(fixture, "WORKERS=canary\n"), 1);
    assert_string_equal(fixture->faults,
                        "proposals-fcgi: WORKERS: must be a whole number from 1 to 256\n");
    assert_int_equal(load_file(fixture, "WORKERS=2\r\n"), 1);
    assert_int_equal(load_file(fixture, "WORKERS= 2\n"), 1);
    unsetenv("DATABASE_URL");
    assert_int_equal(load_file(fixture, "DATABASE_URL=postgresql://bob:x/canary@h/d\n"), 1);
    assert_null(strstr(fixture->faults, "canary"));
}

static void a_file_that_cannot_be_read_is_a_fault(void **state)
{
    struct fixture *fixture = *state;
    static const char *const PATHS[] = {"/tmp", "/tmp/canary/settings", "/dev/null/canary"};
    for (size_t i = 0; i < COUNT_OF(PATHS); i++) {
        assert_int_equal(load_with(fixture, "CONFIG_FILE", PATHS[i]), 1);
        assert_string_equal(fixture->faults, "proposals-fcgi: CONFIG_FILE: it cannot be read\n");
        assert_int_equal(fixture->settings.workers, 4);
    }
}

/* What stands behind a NUL byte must not be lost without a word. */
static void a_nul_byte_in_the_file_is_a_fault(void **state)
{
    static const char BYTES[] = "WORKERS=2\n\0\nMAX_REQUESTS=3\n";
    if (load_bytes(*state, BYTES, sizeof(BYTES) - 1) == 0)
        assert_int_equal(((struct fixture *)*state)->settings.max_requests, 3);
}

static void the_effective_configuration_is_printed_without_secrets(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(load_with(fixture, "WORKERS", "007"), 0);
    const char *text = print(fixture, &fixture->settings);
    assert_string_equal(text,
                        "DATABASE_URL=postgresql://bob@db.example.org:6432/agents"
                        " (password not shown)\n"
                        "LISTEN=/run/proposals-fcgi/proposals.sock\n"
                        "STATUS_LISTEN=/run/proposals-fcgi/status.sock\n"
                        "LISTEN_BACKLOG=1024\n"
                        "WORKERS=7\n"
                        "REQUEST_TIMEOUT_MS=10000\n"
                        "MILES_TIMEOUT_MS=2000\n"
                        "CONNECTION_MAX_AGE_S=1800\n"
                        "COUNT_MAX_AGE_MS=1000\n"
                        "MAX_REQUESTS=0\n"
                        "WORKER_MEMORY_MB=256\n"
                        "USER_NAME=\n"
                        "GROUP_NAME=\n"
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
    TEST(both_addresses_are_a_path_or_address_and_port),
    TEST(no_other_address_is_taken),
    TEST(a_listening_path_fits_an_address),
    TEST(user_and_group_are_taken_as_they_are),
    TEST(every_fault_has_a_line),
    TEST(a_file_says_every_setting),
    TEST(the_environment_has_the_last_word),
    TEST(comments_and_empty_lines_are_passed_over),
    TEST(the_last_line_needs_no_end),
    TEST(an_empty_file_or_value_says_nothing),
    TEST(a_line_that_is_no_setting_is_a_fault_that_repeats_nothing),
    TEST(every_wrong_line_has_its_number),
    TEST(a_wrong_value_in_the_file_is_a_fault_of_its_setting),
    TEST(a_file_that_cannot_be_read_is_a_fault),
    TEST(a_nul_byte_in_the_file_is_a_fault),
    TEST(the_effective_configuration_is_printed_without_secrets),
    TEST(a_missing_password_is_not_said_to_be_hidden),
    TEST(no_secret_of_the_url_is_printed),
    TEST(the_table_says_every_setting_default_and_range),
};

RUN_TESTS(TESTS)
