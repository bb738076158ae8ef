/*
 * Owns: the command line, and which kind of process this becomes.
 * Must not: do the work of either.
 */
#include "index_check.h"
#include "master.h"
#include "privileges.h"
#include "settings.h"
#include "text.h"
#include "version.h"
#include "worker.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EXIT_USAGE = EXIT_CONFIGURATION };

extern char **environ;

static void print_help(void)
{
    printf(
        "usage: proposals-fcgi [--help | --check | --version]\n"
        "\n"
        "Serves GET /api/proposals over FastCGI. Without an option: where descriptor 0 is a\n"
        "listening socket (spawn-fcgi), one worker on it; otherwise a master that makes the\n"
        "sockets, or takes those that systemd passes, and keeps the workers running. SIGHUP\n"
        "replaces the workers by new ones of the program that is on disk; SIGTERM lets each\n"
        "finish its request, and ends.\n"
        "\n"
        "  --check    validate the configuration and print the effective one, without secrets;\n"
        "             exit status 0, or 2 with one line for each fault\n"
        "  --version  print the version\n"
        "  --help     print this\n"
        "\n"
        "Configured by the environment, and by NAME=value lines in the file that CONFIG_FILE\n"
        "names, which is read anew on SIGHUP; the environment has the last word (default, "
        "range):\n");
    settings_print_table(stdout);
}

/* PGHOST, PGOPTIONS and their like would change connections behind the configuration's back. */
static void clear_libpq_environment(void)
{
    for (char **variable = environ; *variable != NULL;) {
        char name[64];
        size_t length = strcspn(*variable, "=");
        if (strncmp(*variable, "PG", 2) != 0 || length >= sizeof(name)) {
            variable++;
            continue;
        }
        memcpy(name, *variable, length);
        name[length] = '\0';
        unsetenv(name);
        variable = environ;
    }
}

/* A closed standard descriptor would be given to the next socket, and log records sent there. */
static void fill_standard_descriptors(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd > STDERR_FILENO)
        close(fd);
}

static bool is_listening_socket(int fd)
{
    int listening = 0;
    socklen_t size = sizeof(listening);
    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening != 0;
}

static int check(void)
{
    struct settings settings;
    struct identity identity;
    char problem[128];
    int faults = settings_load(&settings, stderr);
    if (faults == 0 && !privileges_find(settings.user_name, settings.group_name, &identity, problem,
                                        sizeof(problem))) {
        fprintf(stderr, "proposals-fcgi: %s\n", problem);
        faults++;
    }
    if (faults == 0) {
        settings_print(&settings, stdout);
        index_check_print(&settings.data_agents, stdout);
    }
    settings_free(&settings);
    return faults == 0 ? EXIT_SUCCESS : EXIT_CONFIGURATION;
}

static int run(const struct worker_role *role)
{
    struct settings settings;
    char program[PATH_MAX];
    int status = EXIT_CONFIGURATION;
    if (!is_listening_socket(STDIN_FILENO)) {
        ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
        program[length > 0 ? length : 0] = '\0';
        return master_run(program);
    }
    int faults = role->kind == ROLE_ALONE ? settings_load(&settings, stderr)
                                          : settings_load_or_log(&settings);
    if (faults == 0)
        status = worker_run(&settings, role);
    settings_free(&settings);
    return status;
}

static int usage(void)
{
    fprintf(stderr, "proposals-fcgi: unknown arguments; see proposals-fcgi --help\n");
    return EXIT_USAGE;
}

/* Not for people: how a master starts its processes. */
static bool read_role(int argc, char **argv, struct worker_role *role)
{
    int64_t number;
    int64_t slot;
    if (argc != 4 || !text_to_count(argv[2], INT_MAX, &number) ||
        !text_to_count(argv[3], INT_MAX, &slot) || !is_listening_socket(STDIN_FILENO))
        return false;
    role->kind = strcmp(argv[1], "--status") == 0 ? ROLE_STATUS : ROLE_WORKER;
    role->number = (int)number;
    role->slot = (int)slot;
    return role->kind == ROLE_STATUS || strcmp(argv[1], "--worker") == 0;
}

int main(int argc, char **argv)
{
    struct worker_role role = {.kind = ROLE_ALONE};
    fill_standard_descriptors();
    clear_libpq_environment();
    if (argc == 1 || read_role(argc, argv, &role))
        return run(&role);
    if (argc != 2)
        return usage();
    if (strcmp(argv[1], "--check") == 0)
        return check();
    if (strcmp(argv[1], "--help") == 0)
        print_help();
    else if (strcmp(argv[1], "--version") == 0)
        printf("proposals-fcgi " PROGRAM_VERSION "\n");
    else
        return usage();
    return EXIT_SUCCESS;
}
