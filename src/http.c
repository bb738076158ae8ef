/*
 * Owns: what requests and answers are, and the envelope of errors.
 * Must not: know FastCGI (worker does) or routes.
 */
#include "http.h"

#include "json_writer.h"

#include <stddef.h>

const char HTTP_JSON[] = "application/json; charset=utf-8";

const char *http_reason(int status)
{
    static const struct {
        int status;
        const char *reason;
    } REASONS[] = {
        {200, "OK"},
        {204, "No Content"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {414, "URI Too Long"},
        {500, "Internal Server Error"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
    };
    for (size_t i = 0; i < sizeof(REASONS) / sizeof(REASONS[0]); i++)
        if (REASONS[i].status == status)
            return REASONS[i].reason;
    return "";
}

void http_error(struct response *response, int status, const char *code, const char *message)
{
    struct buffer *body = &response->body;
    response->status = status;
    response->content_type = HTTP_JSON;
    buffer_reset(body, body->capacity);
    buffer_append_literal(body, "{\"success\":false,\"error\":{\"code\":");
    json_write_string(body, code);
    buffer_append_literal(body, ",\"message\":");
    json_write_string(body, message);
    buffer_append_literal(body, "}}");
}
