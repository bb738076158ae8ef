/*
 * Owns: the names of the indexes that pages are fast with.
 * Must not: make them (src/sql/indexes.sql does, run by the table's owner).
 */
#include "index_check.h"

#include "database.h"

enum { CHECK_TIMEOUT_MS = 2000 };

static const char MISSING_SQL[] =
    "SELECT w.name FROM unnest(ARRAY['proposals_created', 'proposals_date_asc',"
    " 'proposals_date_desc', 'proposals_status_created', 'proposals_type_created',"
    " 'proposals_agent_created', 'proposals_event_edition', 'proposals_edition', 'proposals_race',"
    " 'proposal_applications_proposal', 'proposals_name_trigrams', 'proposals_city_trigrams',"
    " 'proposals_edition_year', 'proposals_changes']) WITH ORDINALITY w(name, n)"
    " WHERE NOT EXISTS (SELECT FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid"
    " WHERE c.relname = w.name AND i.indisvalid) ORDER BY w.n";

static void print_missing(struct database *database, const struct deadline *deadline, FILE *out)
{
    struct query missing = {.name = "missing_indexes", .sql = MISSING_SQL};
    struct query *const queries[] = {&missing};
    if (database_exchange(database, queries, 1, deadline) != EXCHANGE_OK) {
        fprintf(out, "# data_agents: the indexes could not be looked up\n");
        return;
    }
    for (int row = 0; row < PQntuples(missing.result); row++)
        fprintf(out, "# data_agents: index %s is missing; see make indexes\n",
                PQgetvalue(missing.result, row, 0));
    query_clear(&missing);
}

void index_check_print(const struct connection_options *data_agents, FILE *out)
{
    struct deadline deadline = deadline_in(CHECK_TIMEOUT_MS, -1);
    struct database database = {.session = {"proposals-fcgi check", CHECK_TIMEOUT_MS}};
    if (database_open(&database, data_agents, &deadline) == WAIT_READY)
        print_missing(&database, &deadline, out);
    else
        fprintf(out, "# data_agents: not reached: %s\n", database.problem);
    database_close(&database);
}
