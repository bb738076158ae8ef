#ifndef HEALTH_H
#define HEALTH_H

#include "http.h"

/* GET /api/health: version, uptime, workers, and the state of both databases. Always 200. */
void health_report(const struct request *request, struct response *response);

/* GET /api/health/live: this process answers. Asks no database. */
void health_live(const struct request *request, struct response *response);

/* GET /api/health/ready: a page could be served; else 503. */
void health_ready(const struct request *request, struct response *response);

/*
 * GET /api/health/workers: what each worker is doing, and how many Miles Republic connections there
 * are, now and over the last minutes.
 */
void health_workers(const struct request *request, struct response *response);

#endif
