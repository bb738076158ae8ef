#ifndef GROUP_KEY_H
#define GROUP_KEY_H

#include <stdbool.h>

enum group_kind { GROUP_OF_ONE, GROUP_OF_EDITION, GROUP_WITHOUT_EDITION };

/* What the key of GET /api/proposals/group/:groupKey stands for. Texts point into the key. */
struct group_key {
    enum group_kind kind;
    const char *proposal_id; /* GROUP_OF_ONE */
    const char *event_id;    /* otherwise */
    const char *edition_id;  /* GROUP_OF_EDITION */
};

/* Cuts `text` up in place (contract, "GET /api/proposals/group/:groupKey"). False: no event id. */
bool group_key_parse(char *text, struct group_key *key);

#endif
