#ifndef SETTINGS_H
#define SETTINGS_H

#include "connection_options.h"
#include "log.h"

#include <stdio.h>

enum { EXIT_CONFIGURATION = 2 }; /* by a process that cannot start with what it was told */

/* The effective configuration. Texts are those of the environment, the file, or static. */
struct settings {
    const char *database_url;
    const char *listen;
    const char *status_listen;
    const char *log_level_name;
    int listen_backlog;
    int workers;
    int request_timeout_ms;
    int miles_timeout_ms;
    int connection_max_age_s;
    int count_max_age_ms;
    int max_requests;
    int worker_memory_mb;
    int shutdown_timeout_s;
    const char *user_name;
    const char *group_name;

    char *file; /* the text of CONFIG_FILE, cut into lines; owned */
    size_t file_length;
    struct connection_options data_agents; /* database_url, parsed */
    enum log_level log_level;
};

/*
 * Reads the environment, and the file that CONFIG_FILE names: lines of NAME=value, of which the
 * environment has the last word. Writes one line for each fault to `faults` and returns how many
 * there are. With faults, `settings` holds what could be read.
 */
int settings_load(struct settings *settings, FILE *faults);

/* The same, with a log record for each fault: for a process that must not block on its output. */
int settings_load_or_log(struct settings *settings);

/* The effective configuration, NAME=value, without secrets. */
void settings_print(const struct settings *settings, FILE *out);

/* The table of settings: name, default, range, meaning. */
void settings_print_table(FILE *out);

void settings_free(struct settings *settings);

#endif
