#ifndef RENDER_H
#define RENDER_H

#include "buffer.h"
#include "enrich_proposal.h"

/*
 * Writes one proposal as a JSON object: its columns, the agent, and what it gains. The object is
 * left open, so that a route can add keys of its own before it writes '}'.
 */
void render_proposal(struct buffer *out, const PGresult *proposals, int row,
                     const struct enrichments *enrichments);

#endif
