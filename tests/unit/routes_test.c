/*
 * routes: paths, methods and what is refused before any database is asked. The one database here
 * cannot be reached: a request that asks it is a 503, and has taken its time.
 */
#include "database_manager.h"
#include "json_scan.h"
#include "routes.h"
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct fixture {
    struct arena arena;
    struct request request;
    struct response response;
    bool asked; /* a database */
};

static struct connection_options nowhere;

static int start(void **state)
{
    (void)state;
    static const struct scoreboard_place PLACE = {.slot = 0, .number = 1, .is_worker = true};
    if (!scoreboard_attach(-1, &PLACE) || !connection_options_set(&nowhere, "host", "/dev/null"))
        return -1;
    database_manager_start(&(struct database_manager_config){.data_agents = &nowhere,
                                                             .application_name = "routes_test",
                                                             .request_timeout_ms = 5000,
                                                             .miles_timeout_ms = 1000});
    return 0;
}

static int stop(void **state)
{
    (void)state;
    database_manager_stop();
    connection_options_free(&nowhere);
    return 0;
}

static int set_up(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){0};
    fixture.request = (struct request){
        .method = "GET", .path = "/", .query = "", .if_none_match = "", .arena = &fixture.arena};
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    arena_free(&fixture->arena);
    buffer_free(&fixture->response.body);
    return 0;
}

/* Answers the fixture's request; what is logged of the database meanwhile is not the test's. */
static void answer(struct fixture *fixture)
{
    int standard_error = dup(STDERR_FILENO);
    int silence = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(silence, STDERR_FILENO);
    size_t limit = fixture->response.body.limit;
    buffer_free(&fixture->response.body);
    fixture->response = (struct response){.body.limit = limit};
    fixture->request.deadline = deadline_in(5000, -1);
    database_manager_take_time();
    routes_answer(&fixture->request, &fixture->response);
    fixture->asked = database_manager_take_time().data_agents > 0;
    dup2(standard_error, STDERR_FILENO);
    close(standard_error);
    close(silence);
}

static void ask(struct fixture *fixture, const char *method, const char *path, const char *query)
{
    fixture->request.method = method;
    fixture->request.path = path;
    fixture->request.query = query;
    answer(fixture);
}

/* The error that was answered, without any database. */
static void assert_error(struct fixture *fixture, int status, const char *code)
{
    struct slice body = {fixture->response.body.data, fixture->response.body.length};
    struct slice found = json_member(json_member(body, "error"), "code");
    if (fixture->response.status != status || fixture->asked || found.length < 2 ||
        !slice_equals((struct slice){found.start + 1, found.length - 2}, code))
        fail_msg("%s %.200s?%s: %d %.*s%s", fixture->request.method, fixture->request.path,
                 fixture->request.query, fixture->response.status, (int)body.length, body.start,
                 fixture->asked ? " (a database was asked)" : "");
    assert_string_equal(fixture->response.content_type, HTTP_JSON);
    assert_string_equal(fixture->response.etag, "");
}

/* The database was asked, in vain. */
static void assert_asked(struct fixture *fixture)
{
    struct slice body = {fixture->response.body.data, fixture->response.body.length};
    if (!fixture->asked || fixture->response.status != 503)
        fail_msg("%.200s?%s: %d %.*s", fixture->request.path, fixture->request.query,
                 fixture->response.status, (int)body.length, body.start);
}

static const struct known_route {
    const char *path;
    enum scoreboard_route counted_as;
} DATABASE_ROUTES[] = {
    {"/api/proposals", SCOREBOARD_LIST},
    {"/api/proposals/", SCOREBOARD_LIST},
    {"/api/proposals/cm1", SCOREBOARD_DETAIL},
    {"/api/proposals/cm1/", SCOREBOARD_DETAIL},
    {"/api/proposals/group", SCOREBOARD_DETAIL},
    {"/api/proposals/group/", SCOREBOARD_DETAIL},
    {"/api/proposals/eligible-counts", SCOREBOARD_DETAIL},
    {"/api/proposals/eligible-count", SCOREBOARD_ELIGIBLE_COUNT},
    {"/api/proposals/eligible-count/", SCOREBOARD_ELIGIBLE_COUNT},
    {"/api/proposals/group/12-34", SCOREBOARD_GROUP},
    {"/api/proposals/group/12-34/", SCOREBOARD_GROUP},
    {"/api/proposals/group/12", SCOREBOARD_GROUP},
};

static const char *const STATUS_PATHS[] = {
    "/api/health/live",     "/api/health/live/", "/api/health/workers",
    "/api/health/workers/", "/metrics",          "/metrics/"};

static void every_route_that_needs_the_database_asks_it(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < COUNT_OF(DATABASE_ROUTES); i++) {
        ask(fixture, "GET", DATABASE_ROUTES[i].path, "");
        assert_asked(fixture);
        assert_int_equal(fixture->response.route, DATABASE_ROUTES[i].counted_as);
        assert_true(fixture->response.retry_after_s > 0);
        assert_string_equal(fixture->response.cache_control, "no-cache");
    }
}

static void a_missing_database_is_told_without_its_address(void **state)
{
    struct fixture *fixture = *state;
    ask(fixture, "GET", "/api/proposals", "");
    const char *body = buffer_text(&fixture->response.body);
    assert_non_null(strstr(body, "\"DATABASE_UNAVAILABLE\""));
    assert_null(strstr(body, "/dev/null"));
}

static void health_that_asks_no_database_is_answered(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < COUNT_OF(STATUS_PATHS); i++) {
        ask(fixture, "GET", STATUS_PATHS[i], "");
        assert_int_equal(fixture->response.status, 200);
        assert_int_equal(fixture->response.route, SCOREBOARD_STATUS);
        assert_false(fixture->asked);
        assert_string_equal(fixture->response.etag, "");
        assert_string_equal(fixture->response.cache_control, "no-store");
    }
}

static void health_says_that_the_database_is_missing(void **state)
{
    struct fixture *fixture = *state;
    ask(fixture, "GET", "/api/health", "");
    assert_int_equal(fixture->response.status, 200);
    assert_non_null(strstr(buffer_text(&fixture->response.body), "\"status\":\"down\""));
    ask(fixture, "GET", "/api/health/ready", "");
    assert_int_equal(fixture->response.status, 503);
    assert_true(fixture->response.retry_after_s > 0);
}

static void other_paths_are_not_found(void **state)
{
    static const char *const PATHS[] = {
        "",
        "/",
        "/api",
        "/api/",
        "api/proposals",
        "/api/proposal",
        "/api/proposalss",
        "/API/proposals",
        "/api/Proposals",
        "//api/proposals",
        "/api//proposals",
        "/api/proposals//",
        "/api/proposals//cm1",
        "/api/proposals/cm1//",
        "/api/proposals/cm1/x",
        "/api/proposals/cm1/x/",
        "/api/proposals/group//",
        "/api/proposals/group/12-34/x",
        "/api/proposals/group/12-34//",
        "/api/proposals/eligible-count/x",
        "/api/proposals/eligible-count//",
        "/api%2Fproposals",
        "/api/proposal%73",
        "/api/health//",
        "/api/health/other",
        "/api/health/live/x",
        "/metric",
        "/metrics/x",
        "*",
        "\xff",
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < COUNT_OF(PATHS); i++) {
        ask(fixture, "GET", PATHS[i], "");
        assert_error(fixture, 404, "NOT_FOUND");
        assert_int_equal(fixture->response.route, SCOREBOARD_NO_ROUTE);
    }
}

static void an_unknown_path_is_not_found_by_any_method(void **state)
{
    static const char *const METHODS[] = {"GET", "HEAD", "OPTIONS", "POST", "DELETE", ""};
    for (size_t i = 0; i < COUNT_OF(METHODS); i++) {
        ask(*state, METHODS[i], "/api/other", "");
        assert_error(*state, 404, "NOT_FOUND");
    }
}

static void other_methods_are_not_allowed(void **state)
{
    static const char *const METHODS[] = {"POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT",
                                          "get",  "",    "GETX",  "GE",     "OPTION"};
    struct fixture *fixture = *state;
    for (size_t i = 0; i < COUNT_OF(METHODS); i++) {
        for (size_t j = 0; j < COUNT_OF(DATABASE_ROUTES); j++) {
            ask(fixture, METHODS[i], DATABASE_ROUTES[j].path, "");
            assert_error(fixture, 405, "METHOD_NOT_ALLOWED");
            assert_string_equal(fixture->response.allow, "GET, HEAD, OPTIONS");
            assert_int_equal(fixture->response.route, DATABASE_ROUTES[j].counted_as);
        }
        ask(fixture, METHODS[i], "/metrics", "");
        assert_error(fixture, 405, "METHOD_NOT_ALLOWED");
    }
}

static void options_tell_the_methods_and_nothing_else(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < COUNT_OF(DATABASE_ROUTES); i++) {
        ask(fixture, "OPTIONS", DATABASE_ROUTES[i].path, "status=wrong");
        assert_int_equal(fixture->response.status, 204);
        assert_string_equal(fixture->response.allow, "GET, HEAD, OPTIONS");
        assert_int_equal(fixture->response.body.length, 0);
        assert_string_equal(fixture->response.etag, "");
        assert_false(fixture->asked);
    }
}

/* The worker leaves the body out; its length must be the same. */
static void head_is_answered_like_get(void **state)
{
    struct fixture *fixture = *state;
    ask(fixture, "HEAD", "/api/health/live", "");
    assert_int_equal(fixture->response.status, 200);
    size_t length = fixture->response.body.length;
    ask(fixture, "GET", "/api/health/live", "");
    assert_int_equal(fixture->response.body.length, length);
    ask(fixture, "HEAD", "/api/proposals", "limit=0");
    assert_error(fixture, 400, "VALIDATION_ERROR");
    ask(fixture, "HEAD", "/api/proposals", "");
    assert_asked(fixture);
}

static void a_body_is_refused(void **state)
{
    struct fixture *fixture = *state;
    fixture->request.has_body = true;
    for (size_t i = 0; i < COUNT_OF(DATABASE_ROUTES); i++) {
        ask(fixture, "GET", DATABASE_ROUTES[i].path, "");
        assert_error(fixture, 400, "VALIDATION_ERROR");
        ask(fixture, "HEAD", DATABASE_ROUTES[i].path, "");
        assert_error(fixture, 400, "VALIDATION_ERROR");
    }
    ask(fixture, "POST", "/api/proposals", "");
    assert_error(fixture, 405, "METHOD_NOT_ALLOWED");
}

static void a_wrong_query_asks_no_database(void **state)
{
    static const char *const QUERIES[] = {"status=",
                                          "status=WRONG",
                                          "type=x",
                                          "limit=0",
                                          "limit=101",
                                          "offset=-1",
                                          "sort=x",
                                          "limit=1e1",
                                          "a=%zz",
                                          "search=%00",
                                          "startDateFrom=2026-02-30",
                                          "search=%ff",
                                          "limit=1&limit=1"};
    for (size_t i = 0; i < COUNT_OF(QUERIES); i++) {
        ask(*state, "GET", "/api/proposals", QUERIES[i]);
        assert_error(*state, 400, "VALIDATION_ERROR");
    }
}

static void a_good_query_asks_the_database(void **state)
{
    static const char *const QUERIES[] = {"status=PENDING", "limit=100&offset=7", "other=x",
                                          "search=%C3%A9%25"};
    for (size_t i = 0; i < COUNT_OF(QUERIES); i++) {
        ask(*state, "GET", "/api/proposals", QUERIES[i]);
        assert_asked(*state);
    }
}

static void a_group_key_without_event_asks_no_database(void **state)
{
    static const char *const KEYS[] = {"-",          "-34",   "unknown",
                                       "unknown-34", "%2D34", "unkno%77n-34"};
    for (size_t i = 0; i < COUNT_OF(KEYS); i++) {
        char path[64];
        snprintf(path, sizeof(path), "/api/proposals/group/%s", KEYS[i]);
        ask(*state, "GET", path, "");
        assert_error(*state, 400, "INVALID_GROUP_KEY");
    }
}

static void broken_encoding_in_the_path_asks_no_database(void **state)
{
    static const char *const SEGMENTS[] = {"%",     "%2",  "%zz", "a%0",  "%00",
                                           "a%00b", "%ff", "%c3", "\xff", "%ed%a0%80"};
    for (size_t i = 0; i < COUNT_OF(SEGMENTS); i++) {
        char path[64];
        snprintf(path, sizeof(path), "/api/proposals/%s", SEGMENTS[i]);
        ask(*state, "GET", path, "");
        assert_error(*state, 400, "VALIDATION_ERROR");
        snprintf(path, sizeof(path), "/api/proposals/group/%s/", SEGMENTS[i]);
        ask(*state, "GET", path, "");
        assert_error(*state, 400, "VALIDATION_ERROR");
    }
}

/* An encoded '/' is part of an id, not of the path; an encoded name is an id as well. */
static void what_is_encoded_is_part_of_the_id(void **state)
{
    static const char *const PATHS[] = {"/api/proposals/a%2Fb",
                                        "/api/proposals/%2F",
                                        "/api/proposals/%C3%A9+%25",
                                        "/api/proposals/\xc3\xa9",
                                        "/api/proposals/eligible%2Dcount",
                                        "/api/proposals/%20"};
    struct fixture *fixture = *state;
    for (size_t i = 0; i < COUNT_OF(PATHS); i++) {
        ask(fixture, "GET", PATHS[i], "");
        assert_asked(fixture);
        assert_int_equal(fixture->response.route, SCOREBOARD_DETAIL);
    }
}

static void a_target_of_8000_bytes_is_the_longest(void **state)
{
    enum { TARGET_MAX = 8000 };
    static char path[TARGET_MAX + 2];
    struct fixture *fixture = *state;
    memset(path, 'x', sizeof(path) - 1);
    memcpy(path, "/api/proposals/", 15);
    ask(fixture, "GET", path, "");
    assert_error(fixture, 414, "URI_TOO_LONG");
    path[TARGET_MAX] = '\0';
    ask(fixture, "GET", path, "");
    assert_asked(fixture);
    ask(fixture, "GET", path, "a");
    assert_error(fixture, 414, "URI_TOO_LONG");
    path[TARGET_MAX - 1] = '\0';
    ask(fixture, "GET", path, "a");
    assert_asked(fixture);
    memcpy(path, "/api/somewhere/", 15);
    ask(fixture, "GET", path, "ab");
    assert_error(fixture, 414, "URI_TOO_LONG");
}

static void an_answer_too_large_becomes_an_error(void **state)
{
    struct fixture *fixture = *state;
    fixture->response.body.limit = 200;
    ask(fixture, "GET", "/metrics", "");
    assert_error(fixture, 500, "INTERNAL_ERROR");
}

static void the_request_stays_as_it_was(void **state)
{
    struct fixture *fixture = *state;
    char path[] = "/api/proposals/group/12%2D34/";
    ask(fixture, "GET", path, "");
    assert_string_equal(path, "/api/proposals/group/12%2D34/");
    assert_null(fixture->request.parameter);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

static const struct CMUnitTest TESTS[] = {
    TEST(every_route_that_needs_the_database_asks_it),
    TEST(a_missing_database_is_told_without_its_address),
    TEST(health_that_asks_no_database_is_answered),
    TEST(health_says_that_the_database_is_missing),
    TEST(other_paths_are_not_found),
    TEST(an_unknown_path_is_not_found_by_any_method),
    TEST(other_methods_are_not_allowed),
    TEST(options_tell_the_methods_and_nothing_else),
    TEST(head_is_answered_like_get),
    TEST(a_body_is_refused),
    TEST(a_wrong_query_asks_no_database),
    TEST(a_good_query_asks_the_database),
    TEST(a_group_key_without_event_asks_no_database),
    TEST(broken_encoding_in_the_path_asks_no_database),
    TEST(what_is_encoded_is_part_of_the_id),
    TEST(a_target_of_8000_bytes_is_the_longest),
    TEST(an_answer_too_large_becomes_an_error),
    TEST(the_request_stays_as_it_was),
};

int main(void)
{
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(TESTS, start, stop);
}
