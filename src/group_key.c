/*
 * Owns: the syntax of group keys.
 * Must not: know SQL.
 */
#include "group_key.h"

#include <stddef.h>
#include <string.h>

static bool is_one_of(const char *text, const char *const *names)
{
    for (; *names != NULL; names++)
        if (strcmp(text, *names) == 0)
            return true;
    return false;
}

/* The text behind a prefix, or NULL. */
static const char *behind_prefix(const char *text, const char *prefix)
{
    size_t length = strlen(prefix);
    return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

/* Ends `text` at its first '-' and returns what follows; NULL where there is none. */
static char *cut(char *text)
{
    char *dash = strchr(text, '-');
    if (dash == NULL)
        return NULL;
    *dash = '\0';
    return dash + 1;
}

bool group_key_parse(char *text, struct group_key *key)
{
    static const char *const NO_EVENT[] = {"", "unknown", NULL};
    static const char *const NO_EDITION[] = {"", "null", "undefined", "unknown", NULL};
    *key = (struct group_key){.kind = GROUP_OF_ONE};
    key->proposal_id = behind_prefix(text, "new-event-");
    if (key->proposal_id == NULL)
        key->proposal_id = behind_prefix(text, "event-merge-");
    if (key->proposal_id != NULL)
        return true;

    char *edition = cut(text);
    if (edition != NULL)
        cut(edition);
    key->event_id = text;
    key->edition_id = edition;
    key->kind = edition == NULL || is_one_of(edition, NO_EDITION) ? GROUP_WITHOUT_EDITION
                                                                  : GROUP_OF_EDITION;
    return !is_one_of(text, NO_EVENT);
}
