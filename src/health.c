/*
 * Owns: what the health routes answer. A master has a process of its own for them, on a socket of
 * its own, so that they never wait behind busy workers.
 * Must not: open a connection to Miles Republic; its state is what the workers last saw of it.
 */
#include "health.h"

#include "database_manager.h"
#include "json_writer.h"
#include "scoreboard.h"
#include "version.h"

#include <inttypes.h>

enum {
    PROBE_TIMEOUT_MS = 50,   /* what a question may wait; connecting goes on for the next one */
    PROBE_MAX_AGE_MS = 1000, /* so that many questions at once cost one probe */
    LATE_MAX_MS = 3000,      /* that answers may be late for: a busy machine is not a dead one */
    RETRY_AFTER_S = 1,
};

/* What is known of data_agents, from this process's own connection. */
struct probe {
    enum database_status status;
    bool is_miles_republic_configured;
    int64_t at;          /* 0: never */
    int64_t answered_at; /* likewise */
};

struct census {
    int workers;
    int state;       /* of Miles Republic, by the newest word that any worker had with it */
    int64_t said_at; /* when that was */
    int connected;   /* workers that are */
};

static const struct probe *probe_data_agents(const struct request *request)
{
    static struct probe last;
    if (last.at != 0 && clock_now() - last.at < PROBE_MAX_AGE_MS * NANOSECONDS_PER_MS)
        return &last;
    struct deadline deadline = deadline_within(&request->deadline, PROBE_TIMEOUT_MS);
    last.status = database_manager_ask_data_agents(NULL, 0, true, &deadline);
    last.is_miles_republic_configured = database_manager_knows_miles_republic();
    last.at = clock_now();
    if (last.status == DATABASE_OK)
        last.answered_at = last.at;
    else if (last.status == DATABASE_TIMEOUT && last.answered_at != 0 &&
             last.at - last.answered_at < LATE_MAX_MS * NANOSECONDS_PER_MS)
        last.status = DATABASE_OK;
    return &last;
}

static struct census take_census(void)
{
    struct census census = {0};
    const struct scoreboard_slot *slot;
    for (int i = 0; (slot = scoreboard_slot(i)) != NULL; i++) {
        if (slot->pid == 0 || !slot->is_worker)
            continue;
        int64_t said_at = slot->said_at[SCOREBOARD_MILES_REPUBLIC];
        if (said_at > census.said_at) {
            census.said_at = said_at;
            census.state = slot->state[SCOREBOARD_MILES_REPUBLIC];
        }
        census.workers++;
        census.connected += slot->connected[SCOREBOARD_MILES_REPUBLIC] ? 1 : 0;
    }
    return census;
}

static const char *state_name(int state)
{
    return state == DATABASE_UP ? "ok" : state == DATABASE_DOWN ? "unavailable" : "unused";
}

static const char *miles_republic_state(const struct probe *probe, const struct census *census)
{
    if (probe->status == DATABASE_OK && !probe->is_miles_republic_configured)
        return "unconfigured";
    return state_name(census->state);
}

void health_report(const struct request *request, struct response *response)
{
    struct buffer *body = &response->body;
    const struct probe *probe = probe_data_agents(request);
    struct census census = take_census();
    const char *miles_republic = miles_republic_state(probe, &census);
    bool is_up = probe->status == DATABASE_OK;
    bool is_degraded = probe->is_miles_republic_configured && census.state == DATABASE_DOWN;
    const char *status = !is_up ? "down" : is_degraded ? "degraded" : "ok";
    response->status = 200;
    response->cache_control = "no-store";
    buffer_append_format(body,
                         "{\"success\":true,\"data\":{\"status\":\"%s\",\"version\":", status);
    json_write_string(body, PROGRAM_VERSION);
    buffer_append_format(body, ",\"uptime\":%.3f,\"workers\":%d,\"databases\":{",
                         (double)(clock_now() - scoreboard_started()) / 1e9, census.workers);
    buffer_append_format(body, "\"dataAgents\":{\"state\":\"%s\"},",
                         is_up ? "ok" : database_status_name(probe->status));
    buffer_append_format(body, "\"milesRepublic\":{\"state\":\"%s\",\"connections\":%d}}}}",
                         miles_republic, census.connected);
}

void health_live(const struct request *request, struct response *response)
{
    (void)request;
    response->status = 200;
    response->cache_control = "no-store";
    buffer_append_literal(&response->body, "{\"success\":true,\"data\":{\"status\":\"live\"}}");
}

void health_ready(const struct request *request, struct response *response)
{
    response->cache_control = "no-store";
    if (probe_data_agents(request)->status != DATABASE_OK) {
        http_error(response, 503, "DATABASE_UNAVAILABLE", "The database cannot be reached");
        response->retry_after_s = RETRY_AFTER_S;
        return;
    }
    response->status = 200;
    buffer_append_literal(&response->body, "{\"success\":true,\"data\":{\"status\":\"ready\"}}");
}

static double seconds_since(int64_t at)
{
    return (double)(clock_now() - at) / 1e9;
}

static void write_database(struct buffer *body, const char *key, const struct scoreboard_slot *slot,
                           enum scoreboard_database database)
{
    buffer_append_format(
        body,
        ",\"%s\":{\"state\":\"%s\",\"connected\":%s,\"opened\":%" PRIu64 ",\"reconnects\":%" PRIu64
        "}",
        key, state_name(slot->state[database]), slot->connected[database] ? "true" : "false",
        (uint64_t)slot->counters.opened[database], (uint64_t)slot->counters.reconnects[database]);
}

static void write_worker(struct buffer *body, const struct scoreboard_slot *slot)
{
    int64_t busy_since = slot->busy_since;
    buffer_append_format(
        body,
        "{\"number\":%d,\"pid\":%d,\"age\":%.3f,\"busy\":%s,\"busyFor\":%.3f,\"requests\":%" PRIu64,
        slot->number, slot->pid, seconds_since(slot->started), busy_since != 0 ? "true" : "false",
        busy_since != 0 ? seconds_since(busy_since) : 0.0, (uint64_t)slot->served);
    write_database(body, "dataAgents", slot, SCOREBOARD_DATA_AGENTS);
    write_database(body, "milesRepublic", slot, SCOREBOARD_MILES_REPUBLIC);
    buffer_append_char(body, '}');
}

/* Oldest first, one value a second. */
static void write_history(struct buffer *body)
{
    int age = SCOREBOARD_HISTORY - 1;
    while (age >= 0 && scoreboard_connections_ago(age) < 0)
        age--;
    for (bool is_first = true; age >= 0; age--, is_first = false)
        buffer_append_format(body, "%s%d", is_first ? "" : ",", scoreboard_connections_ago(age));
}

void health_workers(const struct request *request, struct response *response)
{
    (void)request;
    struct buffer *body = &response->body;
    const struct scoreboard_slot *slot;
    bool is_first = true;
    response->status = 200;
    response->cache_control = "no-store";
    buffer_append_literal(body, "{\"success\":true,\"data\":{\"workers\":[");
    for (int i = 0; (slot = scoreboard_slot(i)) != NULL; i++) {
        if (slot->pid == 0 || !slot->is_worker)
            continue;
        if (!is_first)
            buffer_append_char(body, ',');
        write_worker(body, slot);
        is_first = false;
    }
    buffer_append_format(body, "],\"milesRepublic\":{\"connections\":%d,\"history\":[",
                         scoreboard_count_connections(SCOREBOARD_MILES_REPUBLIC));
    write_history(body);
    buffer_append_literal(body, "]}}}");
}
