#ifndef PROPOSALS_H
#define PROPOSALS_H

#include "http.h"

/* GET /api/proposals: a page of proposals, filtered, sorted, enriched. */
void proposals_list(const struct request *request, struct response *response);

/* GET /api/proposals/:id: one proposal, enriched, with those related to it. */
void proposals_detail(const struct request *request, struct response *response);

/* GET /api/proposals/group/:groupKey: the proposals of one event and edition, enriched. */
void proposals_group(const struct request *request, struct response *response);

/* GET /api/proposals/eligible-count. */
void proposals_eligible_count(const struct request *request, struct response *response);

#endif
