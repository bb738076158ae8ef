#ifndef RENDER_H
#define RENDER_H

#include "buffer.h"
#include "enrich_proposal.h"

enum agent_form { AGENT_WITHOUT_ID, AGENT_WITH_ID };

/*
 * Writes one proposal as a JSON object: its columns, the agent, and what it gains (nothing where
 * `enrichments` is NULL: it goes out as stored). The object is left open, so that a route can add
 * keys of its own before it writes '}'.
 */
void render_proposal(struct buffer *out, const PGresult *proposals, int row,
                     const struct enrichments *enrichments, enum agent_form agent);

#endif
