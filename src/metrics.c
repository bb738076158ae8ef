/*
 * Owns: the names and texts of metrics.
 * Must not: count anything (the scoreboard holds what is counted).
 */
#include "metrics.h"

#include "enrich_proposal.h"
#include "version.h"

#include <inttypes.h>
#include <string.h>

static const char *const ROUTE_NAMES[SCOREBOARD_ROUTES] = {
    [SCOREBOARD_LIST] = "list",     [SCOREBOARD_DETAIL] = "detail",
    [SCOREBOARD_GROUP] = "group",   [SCOREBOARD_ELIGIBLE_COUNT] = "eligible_count",
    [SCOREBOARD_STATUS] = "status", [SCOREBOARD_NO_ROUTE] = "none",
};

static const char *const DATABASE_NAMES[SCOREBOARD_DATABASES] = {
    [SCOREBOARD_DATA_AGENTS] = "data_agents",
    [SCOREBOARD_MILES_REPUBLIC] = "miles_republic",
};

static const char *const RESTART_NAMES[SCOREBOARD_RESTARTS] = {
    [RESTART_EXIT] = "exit",       [RESTART_SIGNAL] = "signal", [RESTART_HUNG] = "hung",
    [RESTART_RETIRED] = "retired", [RESTART_RELOAD] = "reload",
};

static void sum_counters(struct scoreboard_counters *sum)
{
    const struct scoreboard_slot *slot;
    memset(sum, 0, sizeof(*sum));
    scoreboard_add_counters(sum, scoreboard_ended());
    for (int i = 0; (slot = scoreboard_slot(i)) != NULL; i++)
        if (slot->pid != 0)
            scoreboard_add_counters(sum, &slot->counters);
}

/* Counters never go back: what moves from a slot to the rest meanwhile would be missing, so it is
 * counted again, a bounded number of times. */
static void take_counters(struct scoreboard_counters *sum)
{
    enum { TRIES = 100 };
    for (int i = 0; i < TRIES; i++) {
        uint32_t moves = scoreboard_moves();
        sum_counters(sum);
        if (moves % 2 == 0 && scoreboard_moves() == moves)
            break;
    }
}

static void head(struct buffer *out, const char *name, const char *type, const char *help)
{
    buffer_append_format(out, "# HELP proposals_%s %s\n# TYPE proposals_%s %s\n", name, help, name,
                         type);
}

static void write_requests(struct buffer *out, const struct scoreboard_counters *sum)
{
    head(out, "http_requests_total", "counter", "Requests answered, by route and status.");
    for (int route = 0; route < SCOREBOARD_ROUTES; route++) {
        for (int column = 0; column < SCOREBOARD_STATUSES; column++) {
            uint64_t count = sum->requests[route][column];
            if (count > 0)
                buffer_append_format(
                    out, "proposals_http_requests_total{route=\"%s\",status=\"%d\"} %" PRIu64 "\n",
                    ROUTE_NAMES[route], scoreboard_status_code(column), count);
        }
    }
    head(out, "http_response_bytes_total", "counter", "Bytes of bodies answered.");
    buffer_append_format(out, "proposals_http_response_bytes_total %" PRIu64 "\n",
                         (uint64_t)sum->bytes);
}

/* `labels` is empty, or ends in a comma. */
static void write_histogram(struct buffer *out, const struct scoreboard_counters *sum,
                            enum scoreboard_duration duration, const char *name, const char *labels)
{
    uint64_t count = 0;
    for (int bucket = 0; bucket < SCOREBOARD_BUCKETS; bucket++) {
        int64_t bound = scoreboard_bucket_bound(bucket);
        count += sum->buckets[duration][bucket];
        buffer_append_format(out, "proposals_%s_bucket{%sle=\"", name, labels);
        if (bound >= 0)
            buffer_append_format(out, "%g", (double)bound / 1e9);
        else
            buffer_append_literal(out, "+Inf");
        buffer_append_format(out, "\"} %" PRIu64 "\n", count);
    }
    double seconds = (double)sum->nanoseconds[duration] / 1e9;
    buffer_append_format(out, "proposals_%s_sum{%s} %.9g\nproposals_%s_count{%s} %" PRIu64 "\n",
                         name, labels, seconds, name, labels, count);
}

static void write_durations(struct buffer *out, const struct scoreboard_counters *sum)
{
    head(out, "http_request_duration_seconds", "histogram", "Time to answer a request.");
    write_histogram(out, sum, DURATION_REQUEST, "http_request_duration_seconds", "");
    head(out, "database_duration_seconds", "histogram",
         "Time that a request which asked a database spent on it.");
    write_histogram(out, sum, DURATION_DATA_AGENTS, "database_duration_seconds",
                    "database=\"data_agents\",");
    write_histogram(out, sum, DURATION_MILES_REPUBLIC, "database_duration_seconds",
                    "database=\"miles_republic\",");
}

static void write_by_database(struct buffer *out, const char *name, const char *type,
                              const char *help, const _Atomic uint64_t *values)
{
    head(out, name, type, help);
    for (int i = 0; i < SCOREBOARD_DATABASES; i++)
        buffer_append_format(out, "proposals_%s{database=\"%s\"} %" PRIu64 "\n", name,
                             DATABASE_NAMES[i], (uint64_t)values[i]);
}

static void write_databases(struct buffer *out, const struct scoreboard_counters *sum)
{
    _Atomic uint64_t open[SCOREBOARD_DATABASES];
    for (int i = 0; i < SCOREBOARD_DATABASES; i++)
        open[i] = (uint64_t)scoreboard_count_connections((enum scoreboard_database)i);
    write_by_database(out, "database_connections", "gauge", "Connections open now.", open);
    write_by_database(out, "database_connections_opened_total", "counter", "Connections opened.",
                      sum->opened);
    write_by_database(out, "database_reconnects_total", "counter",
                      "Of those, in place of one that broke.", sum->reconnects);
    write_by_database(out, "database_failures_total", "counter",
                      "Requests that a database had no answer for.", sum->failures);
}

static void write_outcomes(struct buffer *out, const struct scoreboard_counters *sum)
{
    head(out, "enrichments_total", "counter", "Answers with proposals, by outcome.");
    for (int i = 0; i < SCOREBOARD_ENRICHMENTS; i++)
        buffer_append_format(out, "proposals_enrichments_total{outcome=\"%s\"} %" PRIu64 "\n",
                             enrichment_state_name((enum scoreboard_enrichment)i),
                             (uint64_t)sum->enrichments[i]);
    head(out, "restarts_total", "counter", "Processes replaced, by cause.");
    for (int i = 0; i < SCOREBOARD_RESTARTS; i++)
        buffer_append_format(out, "proposals_restarts_total{cause=\"%s\"} %" PRIu64 "\n",
                             RESTART_NAMES[i], (uint64_t)sum->restarts[i]);
}

static void write_workers(struct buffer *out)
{
    int idle = 0;
    int busy = 0;
    const struct scoreboard_slot *slot;
    for (int i = 0; (slot = scoreboard_slot(i)) != NULL; i++) {
        if (slot->pid == 0 || !slot->is_worker)
            continue;
        if (slot->busy_since != 0)
            busy++;
        else
            idle++;
    }
    head(out, "workers", "gauge", "Worker processes, by what they are doing.");
    buffer_append_format(
        out, "proposals_workers{state=\"idle\"} %d\nproposals_workers{state=\"busy\"} %d\n", idle,
        busy);
    head(out, "uptime_seconds", "gauge", "Time since the start.");
    buffer_append_format(out, "proposals_uptime_seconds %.3f\n",
                         (double)(clock_now() - scoreboard_started()) / 1e9);
    head(out, "build_info", "gauge", "The version, as a label.");
    buffer_append_literal(out, "proposals_build_info{version=\"" PROGRAM_VERSION "\"} 1\n");
}

void metrics_answer(const struct request *request, struct response *response)
{
    (void)request;
    struct buffer *out = &response->body;
    struct scoreboard_counters sum;
    take_counters(&sum);
    response->status = 200;
    response->cache_control = "no-store";
    response->content_type = "text/plain; version=0.0.4; charset=utf-8";
    write_requests(out, &sum);
    write_durations(out, &sum);
    write_databases(out, &sum);
    write_outcomes(out, &sum);
    write_workers(out);
}
