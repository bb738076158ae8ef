/*
 * Owns: which paths and methods there are, and what holds for all of them.
 * Must not: know what a route answers.
 */
#include "routes.h"

#include "proposals.h"

#include <stddef.h>
#include <string.h>

enum { TARGET_SIZE_MAX = 8000 };

struct route {
    const char *path; /* with or without one '/' more at the end */
    void (*answer)(const struct request *request, struct response *response);
};

static const struct route ROUTES[] = {
    {"/api/proposals", proposals_list},
};

static bool is_route(const struct route *route, const char *path)
{
    size_t length = strlen(route->path);
    if (strncmp(path, route->path, length) != 0)
        return false;
    return path[length] == '\0' || strcmp(path + length, "/") == 0;
}

static const struct route *find_route(const char *path)
{
    for (size_t i = 0; i < sizeof(ROUTES) / sizeof(ROUTES[0]); i++)
        if (is_route(&ROUTES[i], path))
            return &ROUTES[i];
    return NULL;
}

static bool is_read(const char *method)
{
    return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

static void answer(const struct request *request, struct response *response)
{
    const struct route *route = find_route(request->path);
    if (strlen(request->path) + strlen(request->query) > TARGET_SIZE_MAX) {
        http_error(response, 414, "URI_TOO_LONG", "The request target is too long");
    } else if (route == NULL) {
        http_error(response, 404, "NOT_FOUND", "Route not found");
    } else if (!is_read(request->method)) {
        http_error(response, 405, "METHOD_NOT_ALLOWED", "Method not allowed");
        response->allow = "GET, HEAD";
    } else if (request->has_body) {
        http_error(response, 400, "VALIDATION_ERROR", "A request of this method has no body");
    } else {
        route->answer(request, response);
    }
}

void routes_answer(const struct request *request, struct response *response)
{
    answer(request, response);
    if (response->body.failed)
        http_error(response, 500, "INTERNAL_ERROR", "Internal server error");
}
