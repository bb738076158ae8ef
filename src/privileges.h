#ifndef PRIVILEGES_H
#define PRIVILEGES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Who to become. */
struct identity {
    uid_t user;
    gid_t group;
    const char *name; /* of the user */
};

/*
 * Looks up USER_NAME and GROUP_NAME ("": the present user; the user's own group). False: `problem`
 * says which is unknown.
 */
bool privileges_find(const char *user_name, const char *group_name, struct identity *identity,
                     char *problem, size_t size);

/*
 * Becomes that user with all of its groups, for good, and gives up the right to gain privileges by
 * running a program. Not root: only the latter, and an error if another user is wanted. False:
 * `problem` says why; the process must not go on.
 */
bool privileges_drop(const struct identity *identity, char *problem, size_t size);

#endif
