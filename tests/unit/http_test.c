/*
 * http: the words of statuses, and the error envelope as another parser reads it.
 */
#include "http.h"
#include "unit.h"

#include <json-c/json.h>
#include <string.h>

static struct json_object *parse_body(struct response *response)
{
    struct json_object *body = json_tokener_parse(buffer_text(&response->body));
    assert_non_null(body);
    return body;
}

static struct json_object *member(struct json_object *object, const char *name)
{
    struct json_object *value = NULL;
    assert_true(json_object_object_get_ex(object, name, &value));
    return value;
}

static void assert_error(struct response *response, const char *code, const char *message)
{
    struct json_object *body = parse_body(response);
    struct json_object *error = member(body, "error");
    assert_int_equal(json_object_object_length(body), 2);
    assert_int_equal(json_object_object_length(error), 2);
    assert_true(json_object_is_type(member(body, "success"), json_type_boolean));
    assert_false(json_object_get_boolean(member(body, "success")));
    assert_string_equal(json_object_get_string(member(error, "code")), code);
    assert_string_equal(json_object_get_string(member(error, "message")), message);
    json_object_put(body);
}

static void an_error_is_an_envelope(void **state)
{
    (void)state;
    struct response response = {0};
    http_error(&response, 400, "VALIDATION_ERROR", "limit: must be an integer from 1 to 100");
    assert_int_equal(response.status, 400);
    assert_error(&response, "VALIDATION_ERROR", "limit: must be an integer from 1 to 100");
    buffer_free(&response.body);
}

static void messages_are_escaped(void **state)
{
    (void)state;
    static const char MESSAGE[] = "a \"quote\", a \\, a \n, a \x01, a \xc3\xa9 and a }]";
    struct response response = {0};
    http_error(&response, 500, "INTERNAL_ERROR", MESSAGE);
    assert_error(&response, "INTERNAL_ERROR", MESSAGE);
    buffer_free(&response.body);
}

static void an_error_takes_the_place_of_a_half_made_body(void **state)
{
    (void)state;
    struct response response = {.status = 200};
    buffer_append_text(&response.body, "{\"success\":true,\"data\":[{\"id\":");
    http_error(&response, 504, "TIMEOUT", "too slow");
    assert_int_equal(response.status, 504);
    assert_error(&response, "TIMEOUT", "too slow");
    buffer_free(&response.body);
}

static void an_error_takes_the_place_of_a_body_too_large(void **state)
{
    (void)state;
    static const char BYTES[5000] = {0};
    struct response response = {.body = {.limit = 4096}};
    buffer_append(&response.body, BYTES, sizeof(BYTES));
    assert_true(response.body.failed);
    http_error(&response, 500, "INTERNAL_ERROR", "too large");
    assert_error(&response, "INTERNAL_ERROR", "too large");
    buffer_free(&response.body);
}

static void every_status_of_the_contract_has_words(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *reason;
    } ROWS[] = {
        {200, "OK"},
        {400, "Bad Request"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {500, "Internal Server Error"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
    };
    for (size_t i = 0; i < COUNT_OF(ROWS); i++)
        assert_string_equal(http_reason(ROWS[i].status), ROWS[i].reason);
}

static void an_unknown_status_has_no_words(void **state)
{
    (void)state;
    assert_string_equal(http_reason(299), "");
    assert_string_equal(http_reason(0), "");
}

static const struct CMUnitTest TESTS[] = {
    cmocka_unit_test(an_error_is_an_envelope),
    cmocka_unit_test(messages_are_escaped),
    cmocka_unit_test(an_error_takes_the_place_of_a_half_made_body),
    cmocka_unit_test(an_error_takes_the_place_of_a_body_too_large),
    cmocka_unit_test(every_status_of_the_contract_has_words),
    cmocka_unit_test(an_unknown_status_has_no_words),
};

RUN_TESTS(TESTS)
