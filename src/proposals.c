/*
 * Owns: what the proposals routes answer.
 * Must not: write SQL (proposals_sql), know enrichment's rules (enrich_proposal) or touch a socket.
 */
#include "proposals.h"

#include "count_cache.h"
#include "database_manager.h"
#include "enrich_proposal.h"
#include "filters.h"
#include "group_key.h"
#include "json_writer.h"
#include "proposals_sql.h"
#include "query_string.h"
#include "render.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { RETRY_AFTER_S = 1 };

static void answer_internal_error(struct response *response)
{
    http_error(response, 500, "INTERNAL_ERROR", "Internal server error");
}

/* What a client is told when a database has no answer. */
static void answer_database_error(enum database_status status, struct response *response)
{
    switch (status) {
    case DATABASE_UNCONFIGURED:
    case DATABASE_UNAVAILABLE:
        http_error(response, 503, "DATABASE_UNAVAILABLE", "The database cannot be reached");
        response->retry_after_s = RETRY_AFTER_S;
        return;
    case DATABASE_TIMEOUT:
    case DATABASE_ABANDONED: /* nobody is left to read it; the access log has the status */
        http_error(response, 504, "TIMEOUT", "The request took too long");
        return;
    case DATABASE_OK:
    case DATABASE_FAILED:
        break;
    }
    answer_internal_error(response);
}

/* Writes an answer made of proposals; `context` is what else it takes. */
typedef void write_answer(struct buffer *body, const PGresult *rows,
                          const struct enrichments *enrichments, const void *context);

static void answer_enriched(const struct request *request, const PGresult *rows,
                            write_answer *write, const void *context, struct response *response)
{
    struct enrichments enrichments = {0};
    enum database_status status =
        enrich_proposals(rows, request->arena, &request->deadline, &enrichments);
    if (status == DATABASE_OK) {
        response->status = 200;
        write(&response->body, rows, &enrichments, context);
    } else {
        answer_database_error(status, response);
    }
    enrichments_free(&enrichments);
}

/* False: the client has been told what is wrong. */
static bool read_filters(const struct request *request, struct query_string *query,
                         struct filters *filters, struct response *response)
{
    char problem[FILTERS_PROBLEM_SIZE];
    switch (query_string_parse(request->query, request->arena, query)) {
    case QUERY_OK:
        if (filters_parse(query, filters, problem))
            return true;
        http_error(response, 400, "VALIDATION_ERROR", problem);
        return false;
    case QUERY_TOO_MANY:
        http_error(response, 400, "VALIDATION_ERROR", "The query has more than 100 parameters");
        return false;
    case QUERY_BAD_ENCODING:
        http_error(response, 400, "VALIDATION_ERROR",
                   "The query is not valid percent-encoded UTF-8 text");
        return false;
    case QUERY_NO_MEMORY:
        break;
    }
    answer_internal_error(response);
    return false;
}

/* What a page says besides its rows. */
struct page {
    const struct filters *filters;
    int64_t total;
};

static void write_page(struct buffer *body, const PGresult *rows,
                       const struct enrichments *enrichments, const void *context)
{
    const struct page *page = context;
    const struct filters *filters = page->filters;
    buffer_append_literal(body, "{\"success\":true,\"data\":[");
    for (int row = 0; row < PQntuples(rows); row++) {
        if (row > 0)
            buffer_append_char(body, ',');
        render_proposal(body, rows, row, enrichments, AGENT_WITHOUT_ID);
        buffer_append_literal(body, ",\"groupCount\":");
        buffer_append_text(body, PQgetvalue(rows, row, PROPOSAL_GROUP_COUNT));
        buffer_append_char(body, '}');
    }
    buffer_append_format(body,
                         "],\"meta\":{\"total\":%" PRId64 ",\"limit\":%" PRId64
                         ",\"offset\":%" PRId64 ",\"hasMore\":%s,\"enrichment\":\"%s\"}}",
                         page->total, filters->limit, filters->offset,
                         filters->offset + filters->limit < page->total ? "true" : "false",
                         enrichment_state_name(enrichments->state));
}

/* The rows, and in the same round trip the total where none is remembered. */
static enum database_status fetch_page(const struct request *request, struct query *rows,
                                       struct query *count, int64_t *total)
{
    struct query *const queries[] = {rows, count};
    bool is_known = count_cache_find(count, total);
    enum database_status status =
        database_manager_ask_data_agents(queries, is_known ? 1 : 2, true, &request->deadline);
    if (status == DATABASE_OK && !is_known) {
        *total = strtoll(PQgetvalue(count->result, 0, 0), NULL, 10);
        count_cache_store(count, *total);
    }
    return status;
}

void proposals_list(const struct request *request, struct response *response)
{
    struct query_string query_string;
    struct filters filters;
    struct query rows;
    struct query count;
    int64_t total = 0;
    if (!read_filters(request, &query_string, &filters, response))
        return;
    if (!proposals_sql_page(&filters, request->arena, &rows, &count)) {
        answer_internal_error(response);
        return;
    }
    enum database_status status = fetch_page(request, &rows, &count, &total);
    struct page page = {&filters, total};
    if (status == DATABASE_OK)
        answer_enriched(request, rows.result, write_page, &page, response);
    else
        answer_database_error(status, response);
    query_clear(&rows);
    query_clear(&count);
}

static void write_related(const PGresult *related, struct buffer *body)
{
    buffer_append_literal(body, ",\"relatedProposals\":[");
    for (int row = 0; row < PQntuples(related); row++) {
        if (row > 0)
            buffer_append_char(body, ',');
        render_proposal(body, related, row, NULL, AGENT_WITHOUT_ID);
        buffer_append_char(body, '}');
    }
    buffer_append_char(body, ']');
}

static void write_detail(struct buffer *body, const PGresult *rows,
                         const struct enrichments *enrichments, const void *context)
{
    const PGresult *related = context;
    buffer_append_literal(body, "{\"success\":true,\"data\":");
    render_proposal(body, rows, 0, enrichments, AGENT_WITH_ID);
    write_related(related, body);
    buffer_append_literal(body, "}}");
}

void proposals_detail(const struct request *request, struct response *response)
{
    struct query proposal;
    struct query related;
    proposals_sql_detail(request->parameter, &proposal, &related);
    struct query *const queries[] = {&proposal, &related};
    enum database_status status =
        database_manager_ask_data_agents(queries, 2, true, &request->deadline);
    if (status != DATABASE_OK)
        answer_database_error(status, response);
    else if (PQntuples(proposal.result) == 0)
        http_error(response, 404, "PROPOSAL_NOT_FOUND", "Proposal not found");
    else
        answer_enriched(request, proposal.result, write_detail, related.result, response);
    query_clear(&proposal);
    query_clear(&related);
}

static void write_group(struct buffer *body, const PGresult *rows,
                        const struct enrichments *enrichments, const void *context)
{
    const char *key = context;
    buffer_append_literal(body, "{\"success\":true,\"data\":[");
    for (int row = 0; row < PQntuples(rows); row++) {
        if (row > 0)
            buffer_append_char(body, ',');
        render_proposal(body, rows, row, enrichments, AGENT_WITHOUT_ID);
        buffer_append_literal(body, ",\"applications\":");
        buffer_append_text(body, PQgetvalue(rows, row, PROPOSAL_APPLICATIONS));
        buffer_append_char(body, '}');
    }
    buffer_append_format(body, "],\"meta\":{\"total\":%d,\"groupKey\":", PQntuples(rows));
    json_write_string(body, key);
    buffer_append_format(body, ",\"enrichment\":\"%s\"}}",
                         enrichment_state_name(enrichments->state));
}

void proposals_group(const struct request *request, struct response *response)
{
    struct query rows;
    struct group_key key;
    char *text = arena_copy(request->arena, request->parameter, strlen(request->parameter));
    if (text == NULL) {
        answer_internal_error(response);
        return;
    }
    if (!group_key_parse(text, &key)) {
        http_error(response, 400, "INVALID_GROUP_KEY", "Invalid group key format");
        return;
    }
    proposals_sql_group(&key, &rows);
    struct query *const queries[] = {&rows};
    enum database_status status =
        database_manager_ask_data_agents(queries, 1, true, &request->deadline);
    if (status == DATABASE_OK)
        answer_enriched(request, rows.result, write_group, request->parameter, response);
    else
        answer_database_error(status, response);
    query_clear(&rows);
}

void proposals_eligible_count(const struct request *request, struct response *response)
{
    struct query count;
    proposals_sql_eligible_count(&count);
    struct query *const queries[] = {&count};
    enum database_status status =
        database_manager_ask_data_agents(queries, 1, false, &request->deadline);
    if (status != DATABASE_OK) {
        answer_database_error(status, response);
        return;
    }
    response->status = 200;
    if (PQntuples(count.result) > 0)
        buffer_append_format(&response->body, "{\"success\":true,\"data\":{\"count\":%s}}",
                             PQgetvalue(count.result, 0, 0));
    else
        buffer_append_literal(&response->body,
                              "{\"success\":true,\"data\":{\"count\":0,"
                              "\"message\":\"FFA Scraper agent not found\"}}");
    query_clear(&count);
}
