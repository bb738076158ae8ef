/*
 * Owns: which paths and methods there are, and what holds for all of them.
 * Must not: know what a route answers.
 */
#include "routes.h"

#include "health.h"
#include "metrics.h"
#include "proposals.h"
#include "text.h"

#include <stddef.h>
#include <string.h>

enum { TARGET_SIZE_MAX = 8000 };

enum route_kind {
    ROUTE_EXACT,
    ROUTE_PARAMETER, /* one segment more, which is the request's parameter */
};

struct route {
    enum route_kind kind;
    const char *path;
    void (*answer)(const struct request *request, struct response *response);
    bool has_etag;
    enum scoreboard_route counted_as;
};

/* The first that fits counts. A path may have one '/' more at its end. */
static const struct route ROUTES[] = {
    {ROUTE_EXACT, "/api/proposals", proposals_list, true, SCOREBOARD_LIST},
    {ROUTE_EXACT, "/api/proposals/eligible-count", proposals_eligible_count, true,
     SCOREBOARD_ELIGIBLE_COUNT},
    {ROUTE_PARAMETER, "/api/proposals/group/", proposals_group, true, SCOREBOARD_GROUP},
    {ROUTE_PARAMETER, "/api/proposals/", proposals_detail, true, SCOREBOARD_DETAIL},
    {ROUTE_EXACT, "/api/health", health_report, false, SCOREBOARD_STATUS},
    {ROUTE_EXACT, "/api/health/live", health_live, false, SCOREBOARD_STATUS},
    {ROUTE_EXACT, "/api/health/ready", health_ready, false, SCOREBOARD_STATUS},
    {ROUTE_EXACT, "/api/health/workers", health_workers, false, SCOREBOARD_STATUS},
    {ROUTE_EXACT, "/metrics", metrics_answer, false, SCOREBOARD_STATUS},
};

static const char READ_METHODS[] = "GET, HEAD, OPTIONS";

/* Where the route fits, what the path has behind it: an empty text, or the parameter. */
static bool fits(const struct route *route, const char *path, struct slice *parameter)
{
    size_t length = strlen(route->path);
    if (strncmp(path, route->path, length) != 0)
        return false;
    const char *rest = path + length;
    size_t segment = route->kind == ROUTE_PARAMETER ? strcspn(rest, "/") : 0;
    *parameter = (struct slice){rest, segment};
    if (route->kind == ROUTE_PARAMETER && segment == 0)
        return false;
    return rest[segment] == '\0' || strcmp(rest + segment, "/") == 0;
}

static const struct route *find_route(const char *path, struct slice *parameter)
{
    for (size_t i = 0; i < sizeof(ROUTES) / sizeof(ROUTES[0]); i++)
        if (fits(&ROUTES[i], path, parameter))
            return &ROUTES[i];
    return NULL;
}

static bool is_method(const struct request *request, const char *method)
{
    return strcmp(request->method, method) == 0;
}

static void answer_read(const struct route *route, struct slice parameter,
                        const struct request *request, struct response *response)
{
    struct request with_parameter = *request;
    with_parameter.parameter = arena_allocate(request->arena, parameter.length + 1, 1);
    if (request->has_body) {
        http_error(response, 400, "VALIDATION_ERROR", "A request of this method has no body");
    } else if (with_parameter.parameter == NULL) {
        http_error(response, 500, "INTERNAL_ERROR", "Internal server error");
    } else if (!text_percent_decode(parameter, false, with_parameter.parameter)) {
        http_error(response, 400, "VALIDATION_ERROR",
                   "The path is not valid percent-encoded UTF-8 text");
    } else {
        route->answer(&with_parameter, response);
    }
}

static void answer(const struct request *request, struct response *response)
{
    struct slice parameter;
    const struct route *route = find_route(request->path, &parameter);
    response->cache_control = "no-cache";
    response->content_type = HTTP_JSON;
    response->route = route != NULL ? route->counted_as : SCOREBOARD_NO_ROUTE;
    if (strlen(request->path) + strlen(request->query) > TARGET_SIZE_MAX) {
        http_error(response, 414, "URI_TOO_LONG", "The request target is too long");
    } else if (route == NULL) {
        http_error(response, 404, "NOT_FOUND", "Route not found");
    } else if (is_method(request, "OPTIONS")) {
        response->status = 204;
        response->allow = READ_METHODS;
    } else if (is_method(request, "GET") || is_method(request, "HEAD")) {
        answer_read(route, parameter, request, response);
        if (route->has_etag && response->status == 200 && !response->body.failed)
            etag_make(response->body.data, response->body.length, response->etag);
    } else {
        http_error(response, 405, "METHOD_NOT_ALLOWED", "Method not allowed");
        response->allow = READ_METHODS;
    }
}

void routes_answer(const struct request *request, struct response *response)
{
    answer(request, response);
    if (response->body.failed)
        http_error(response, 500, "INTERNAL_ERROR", "Internal server error");
    if (response->etag[0] != '\0' && etag_matches(request->if_none_match, response->etag)) {
        response->status = 304;
        buffer_reset(&response->body, response->body.capacity);
    }
}
