/*
 * Owns: how root's powers are given up, and the proof that they are gone.
 * Must not: be called after a process has been started.
 */
#include "privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

bool privileges_find(const char *user_name, const char *group_name, struct identity *identity,
                     char *problem, size_t size)
{
    const struct passwd *user = user_name[0] != '\0' ? getpwnam(user_name) : getpwuid(geteuid());
    *identity = (struct identity){
        .user = geteuid(), .group = getegid(), .name = user != NULL ? user->pw_name : ""};
    if (user == NULL && user_name[0] != '\0') {
        snprintf(problem, size, "USER_NAME: there is no such user");
        return false;
    }
    if (user != NULL && user_name[0] != '\0')
        *identity = (struct identity){user->pw_uid, user->pw_gid, user_name};
    if (group_name[0] == '\0')
        return true;
    const struct group *group = getgrnam(group_name);
    if (group == NULL) {
        snprintf(problem, size, "GROUP_NAME: there is no such group");
        return false;
    }
    identity->group = group->gr_gid;
    return true;
}

static bool is_identity(const struct identity *identity)
{
    uid_t users[3];
    gid_t groups[3];
    if (getresuid(&users[0], &users[1], &users[2]) != 0 ||
        getresgid(&groups[0], &groups[1], &groups[2]) != 0)
        return false;
    for (int i = 0; i < 3; i++)
        if (users[i] != identity->user || groups[i] != identity->group)
            return false;
    return true;
}

static bool become(const struct identity *identity)
{
    return initgroups(identity->name, identity->group) == 0 &&
           setresgid(identity->group, identity->group, identity->group) == 0 &&
           setresuid(identity->user, identity->user, identity->user) == 0;
}

bool privileges_drop(const struct identity *identity, char *problem, size_t size)
{
    bool changes = identity->user != geteuid() || identity->group != getegid();
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        snprintf(problem, size, "no_new_privs: %s", strerror(errno));
        return false;
    }
    if (!changes)
        return true;
    if (!become(identity)) {
        snprintf(problem, size, "cannot become user %s: %s", identity->name, strerror(errno));
        return false;
    }
    bool is_root = identity->user == 0;
    if (!is_identity(identity) || (!is_root && (setuid(0) == 0 || setgid(0) == 0))) {
        snprintf(problem, size, "privileges are not gone after becoming user %s", identity->name);
        return false;
    }
    return true;
}
