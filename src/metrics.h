#ifndef METRICS_H
#define METRICS_H

#include "http.h"

/* GET /metrics: the scoreboard in the Prometheus text format, version 0.0.4. */
void metrics_answer(const struct request *request, struct response *response);

#endif
