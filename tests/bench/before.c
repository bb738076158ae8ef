/*
 * The seed's "before", to compare with: before DATA_AGENTS_URL MILES_REPUBLIC_URL PROCESSES SECONDS
 * Each process makes pages over and over: the rows, and then for each proposal that can be enriched
 * a connection of its own to Miles Republic and a query for each fact. It counts no total, groups
 * nothing and writes no JSON, all to its advantage. Prints the pages a second of all together.
 */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char ROWS_SQL[] =
    "SELECT p.type, p.\"eventId\", p.\"editionId\", p.\"eventName\", p.*, a.name, a.type"
    " FROM proposals p JOIN agents a ON a.id = p.\"agentId\" WHERE p.status = 'PENDING'"
    " ORDER BY p.\"createdAt\" DESC LIMIT 20";
static const char EVENT_SQL[] = "SELECT * FROM \"Event\" WHERE id = $1";
static const char EDITION_SQL[] = "SELECT year, \"Edition\".* FROM \"Edition\" WHERE id = $1";
static const char PREVIOUS_SQL[] = "SELECT * FROM \"Edition\" WHERE \"eventId\" = $1 AND year = $2";
static const char RACES_SQL[] = "SELECT * FROM \"Race\" WHERE \"editionId\" = $1 ORDER BY name";

enum column { TYPE, EVENT_ID, EDITION_ID, EVENT_NAME };

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static PGconn *open_connection(const char *url)
{
    PGconn *connection = PQconnectdb(url);
    if (PQstatus(connection) == CONNECTION_OK)
        return connection;
    fprintf(stderr, "before: %s", PQerrorMessage(connection));
    exit(EXIT_FAILURE);
}

static PGresult *ask(PGconn *connection, const char *sql, const char *first, const char *second)
{
    const char *const values[] = {first, second};
    int count = first == NULL ? 0 : second == NULL ? 1 : 2;
    PGresult *result = PQexecParams(connection, sql, count, NULL, values, NULL, NULL, 0);
    if (PQresultStatus(result) == PGRES_TUPLES_OK)
        return result;
    fprintf(stderr, "before: %s", PQerrorMessage(connection));
    exit(EXIT_FAILURE);
}

static void enrich_edition(PGconn *miles, const char *event, const char *edition)
{
    char previous_year[16];
    PGresult *found = ask(miles, EDITION_SQL, edition, NULL);
    snprintf(previous_year, sizeof(previous_year), "%d", atoi(PQgetvalue(found, 0, 0)) - 1);
    PQclear(found);
    PQclear(ask(miles, PREVIOUS_SQL, event, previous_year));
    PQclear(ask(miles, RACES_SQL, edition, NULL));
}

static void enrich(const PGresult *rows, int row, const char *miles_url)
{
    const char *event = PQgetvalue(rows, row, EVENT_ID);
    const char *type = PQgetvalue(rows, row, TYPE);
    int by_edition =
        strcmp(type, "EDITION_UPDATE") == 0 && PQgetvalue(rows, row, EVENT_NAME)[0] == '\0';
    if (!by_edition && strcmp(type, "EVENT_UPDATE") != 0)
        return;
    PGconn *miles = open_connection(miles_url);
    PQclear(ask(miles, EVENT_SQL, event, NULL));
    if (by_edition)
        enrich_edition(miles, event, PQgetvalue(rows, row, EDITION_ID));
    PQfinish(miles);
}

static int make_pages(const char *data_agents_url, const char *miles_url, double end)
{
    PGconn *data_agents = open_connection(data_agents_url);
    int pages = 0;
    for (; seconds() < end; pages++) {
        PGresult *rows = ask(data_agents, ROWS_SQL, NULL, NULL);
        for (int row = 0; row < PQntuples(rows); row++)
            enrich(rows, row, miles_url);
        PQclear(rows);
    }
    PQfinish(data_agents);
    return pages;
}

int main(int argc, char **argv)
{
    if (argc != 5)
        return EXIT_FAILURE;
    int processes = atoi(argv[3]);
    double start = seconds();
    double end = start + atof(argv[4]);
    int *pages = mmap(NULL, processes * sizeof(*pages), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (processes < 1 || pages == MAP_FAILED)
        return EXIT_FAILURE;
    for (int i = 0; i < processes; i++) {
        if (fork() != 0)
            continue;
        pages[i] = make_pages(argv[1], argv[2], end);
        _exit(EXIT_SUCCESS);
    }
    int status;
    int failed = 0;
    int sum = 0;
    while (wait(&status) > 0)
        failed = failed || status != 0;
    for (int i = 0; i < processes; i++)
        sum += pages[i];
    printf("%.3f\n", sum / (seconds() - start));
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
