#ifndef PROPOSALS_H
#define PROPOSALS_H

#include "http.h"

/* GET /api/proposals: a page of proposals, filtered, sorted, enriched. */
void proposals_list(const struct request *request, struct response *response);

#endif
