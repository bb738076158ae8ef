/*
 * Owns: which settings there are, their defaults and ranges. The table below is the only place: it
 * is what is read, what --help prints, and what --check says.
 * Must not: act on a setting.
 */
#include "settings.h"

#include "connection_url.h"
#include "listener.h"
#include "text.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum setting_kind { SETTING_NAME, SETTING_ADDRESS, SETTING_URL, SETTING_NUMBER, SETTING_LOG_LEVEL };

struct setting {
    const char *name;
    enum setting_kind kind;
    const char *otherwise; /* the default; NULL: must be set */
    int minimum;
    int maximum;
    size_t offset; /* in struct settings: a const char *, or an int */
    const char *meaning;
};

enum { MINUTE_MS = 60 * 1000 };

#define FIELD(name) offsetof(struct settings, name)

static const struct setting SETTINGS[] = {
    {"DATABASE_URL", SETTING_URL, NULL, 0, 0, FIELD(database_url),
     "the data_agents database: postgresql://user:password@host:port/database?..."},
    {"LISTEN", SETTING_ADDRESS, "/run/proposals-fcgi/proposals.sock", 0, 0, FIELD(listen),
     "where nginx finds the workers: the path of a unix socket (mode 0660), or address:port"},
    {"STATUS_LISTEN", SETTING_ADDRESS, "/run/proposals-fcgi/status.sock", 0, 0,
     FIELD(status_listen), "the same for the process that answers /api/health"},
    {"LISTEN_BACKLOG", SETTING_NUMBER, "1024", 1, 65535, FIELD(listen_backlog),
     "connections that may wait for a worker; nginx answers 502 to those beyond"},
    {"WORKERS", SETTING_NUMBER, "4", 1, 256, FIELD(workers),
     "worker processes; each has at most one connection to each database"},
    {"REQUEST_TIMEOUT_MS", SETTING_NUMBER, "10000", 100, 10 * MINUTE_MS, FIELD(request_timeout_ms),
     "time for a whole request, both databases included"},
    {"MILES_TIMEOUT_MS", SETTING_NUMBER, "2000", 50, 10 * MINUTE_MS, FIELD(miles_timeout_ms),
     "time within that for Miles Republic; then rows go out as stored"},
    {"CONNECTION_MAX_AGE_S", SETTING_NUMBER, "1800", 0, 7 * 24 * 3600, FIELD(connection_max_age_s),
     "a connection older than this (less up to a fifth) is renewed between requests; 0: never"},
    {"COUNT_MAX_AGE_MS", SETTING_NUMBER, "1000", 0, 3600000, FIELD(count_max_age_ms),
     "how old the total of a filter (meta.total) may be; 0: always counted. Rows are never old"},
    {"MAX_REQUESTS", SETTING_NUMBER, "0", 0, 1000000000, FIELD(max_requests),
     "requests after which a worker is replaced; 0: never"},
    {"WORKER_MEMORY_MB", SETTING_NUMBER, "256", 0, 1048576, FIELD(worker_memory_mb),
     "resident memory above which a worker is replaced; 0: any"},
    {"USER_NAME", SETTING_NAME, "", 0, 0, FIELD(user_name),
     "the user to become when started as root; empty: stay"},
    {"GROUP_NAME", SETTING_NAME, "", 0, 0, FIELD(group_name),
     "the group to become likewise, and that of the sockets; empty: the user's own"},
    {"SHUTDOWN_TIMEOUT_S", SETTING_NUMBER, "10", 1, 600, FIELD(shutdown_timeout_s),
     "time for requests in hand when asked to stop"},
    {"LOG_LEVEL", SETTING_LOG_LEVEL, "info", 0, 0, FIELD(log_level_name),
     "error, warn, info or debug"},
};

enum { SETTING_COUNT = sizeof(SETTINGS) / sizeof(SETTINGS[0]) };

static const char **text_field(struct settings *settings, const struct setting *setting)
{
    return (const char **)((char *)settings + setting->offset);
}

static int *number_field(struct settings *settings, const struct setting *setting)
{
    return (int *)((char *)settings + setting->offset);
}

static int fault(FILE *faults, const struct setting *setting, const char *what)
{
    fprintf(faults, "proposals-fcgi: %s: %s\n", setting->name, what);
    return 1;
}

static int load_address(struct settings *settings, const struct setting *setting, const char *value,
                        FILE *faults)
{
    *text_field(settings, setting) = value;
    const char *problem = listener_check(value);
    return problem != NULL ? fault(faults, setting, problem) : 0;
}

static int load_number(struct settings *settings, const struct setting *setting, const char *value,
                       FILE *faults)
{
    int64_t number;
    if (text_is_digits(value) && text_to_count(value, setting->maximum, &number) &&
        number >= setting->minimum) {
        *number_field(settings, setting) = (int)number;
        return 0;
    }
    fprintf(faults, "proposals-fcgi: %s: must be a whole number from %d to %d\n", setting->name,
            setting->minimum, setting->maximum);
    return 1;
}

static int load_url(struct settings *settings, const struct setting *setting, const char *value,
                    FILE *faults)
{
    *text_field(settings, setting) = value;
    const char *problem = connection_url_parse(value, &settings->data_agents);
    return problem != NULL ? fault(faults, setting, problem) : 0;
}

static int load_log_level(struct settings *settings, const struct setting *setting,
                          const char *value, FILE *faults)
{
    static const char *const LEVELS[] = {[LOG_LEVEL_ERROR] = "error",
                                         [LOG_LEVEL_WARN] = "warn",
                                         [LOG_LEVEL_INFO] = "info",
                                         [LOG_LEVEL_DEBUG] = "debug"};
    *text_field(settings, setting) = value;
    for (size_t i = 0; i < sizeof(LEVELS) / sizeof(LEVELS[0]); i++) {
        if (strcmp(value, LEVELS[i]) == 0) {
            settings->log_level = (enum log_level)i;
            return 0;
        }
    }
    return fault(faults, setting, "must be error, warn, info or debug");
}

/* The value of a line NAME=value of the file; NULL: it has none. */
static const char *file_value(const struct settings *settings, const char *name)
{
    size_t length = strlen(name);
    for (size_t at = 0; at < settings->file_length; at += strlen(settings->file + at) + 1) {
        const char *line = settings->file + at;
        if (strncmp(line, name, length) == 0 && line[length] == '=')
            return line + length + 1;
    }
    return NULL;
}

static int load(struct settings *settings, const struct setting *setting, FILE *faults)
{
    const char *value = getenv(setting->name);
    if (value == NULL || value[0] == '\0')
        value = file_value(settings, setting->name);
    if (value == NULL || value[0] == '\0')
        value = setting->otherwise;
    if (value == NULL)
        return fault(faults, setting, "must be set");
    switch (setting->kind) {
    case SETTING_NAME:
        *text_field(settings, setting) = value;
        return 0;
    case SETTING_ADDRESS:
        return load_address(settings, setting, value, faults);
    case SETTING_URL:
        return load_url(settings, setting, value, faults);
    case SETTING_NUMBER:
        return load_number(settings, setting, value, faults);
    case SETTING_LOG_LEVEL:
        return load_log_level(settings, setting, value, faults);
    }
    return 1;
}

static bool is_known_line(const char *line)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        size_t length = strlen(SETTINGS[i].name);
        if (strncmp(line, SETTINGS[i].name, length) == 0 && line[length] == '=')
            return true;
    }
    return line[0] == '\0' || line[0] == '#';
}

/* Cuts the file into lines. A line's text is in no message: it may be a secret gone astray. */
static int cut_lines(struct settings *settings, FILE *faults)
{
    int count = 0;
    int number = 1;
    for (size_t i = 0; i < settings->file_length; i++)
        if (settings->file[i] == '\n')
            settings->file[i] = '\0';
    for (size_t at = 0; at < settings->file_length; number++) {
        if (!is_known_line(settings->file + at)) {
            fprintf(faults, "proposals-fcgi: CONFIG_FILE: line %d is not a setting\n", number);
            count++;
        }
        at += strlen(settings->file + at) + 1;
    }
    return count;
}

static int load_file(struct settings *settings, FILE *faults)
{
    const char *path = getenv("CONFIG_FILE");
    if (path == NULL || path[0] == '\0')
        return 0;
    FILE *file = fopen(path, "re");
    size_t size = 0;
    ssize_t length = file != NULL ? getdelim(&settings->file, &size, '\0', file) : -1;
    bool is_empty = file != NULL && length < 0 && feof(file) != 0;
    if (file != NULL)
        fclose(file);
    if (length < 0 && !is_empty) {
        fprintf(faults, "proposals-fcgi: CONFIG_FILE: it cannot be read\n");
        return 1;
    }
    settings->file_length = length > 0 ? (size_t)length : 0;
    if (length > 0 && settings->file[length - 1] == '\0') {
        fprintf(faults, "proposals-fcgi: CONFIG_FILE: it is not text\n");
        return 1;
    }
    return cut_lines(settings, faults);
}

int settings_load(struct settings *settings, FILE *faults)
{
    int count = 0;
    *settings = (struct settings){.log_level = LOG_LEVEL_INFO};
    count += load_file(settings, faults);
    for (size_t i = 0; i < SETTING_COUNT; i++)
        count += load(settings, &SETTINGS[i], faults);
    if (count == 0 && strcmp(settings->listen, settings->status_listen) == 0) {
        fprintf(faults, "proposals-fcgi: STATUS_LISTEN: must be another address than LISTEN\n");
        count++;
    }
    return count;
}

int settings_load_or_log(struct settings *settings)
{
    char *text = NULL;
    size_t size = 0;
    FILE *faults = open_memstream(&text, &size);
    if (faults == NULL) {
        *settings = (struct settings){0};
        log_error("the configuration cannot be read: %s", strerror(errno));
        return 1;
    }
    int count = settings_load(settings, faults);
    fclose(faults);
    char *rest = text;
    for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n"))
        if (line[0] != '\0')
            log_error("%s", line);
    free(text);
    return count;
}

void settings_print(const struct settings *settings, FILE *out)
{
    struct settings copy = *settings;
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const struct setting *setting = &SETTINGS[i];
        char where[CONNECTION_DESCRIPTION_SIZE];
        if (setting->kind == SETTING_URL) {
            fprintf(out, "%s=postgresql://%s%s\n", setting->name,
                    connection_options_describe(&settings->data_agents, where),
                    connection_options_get(&settings->data_agents, "password") != NULL
                        ? " (password not shown)"
                        : "");
            if (settings->data_agents.ignored != NULL)
                fprintf(out, "# ignored in %s: %s\n", setting->name, settings->data_agents.ignored);
        } else if (setting->kind == SETTING_NUMBER)
            fprintf(out, "%s=%d\n", setting->name, *number_field(&copy, setting));
        else
            fprintf(out, "%s=%s\n", setting->name, *text_field(&copy, setting));
    }
}

void settings_print_table(FILE *out)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const struct setting *setting = &SETTINGS[i];
        char range[32] = "";
        if (setting->kind == SETTING_NUMBER)
            snprintf(range, sizeof(range), ", %d to %d", setting->minimum, setting->maximum);
        fprintf(out, "  %s (%s%s)\n      %s\n", setting->name,
                setting->otherwise != NULL ? setting->otherwise : "must be set", range,
                setting->meaning);
    }
}

void settings_free(struct settings *settings)
{
    connection_options_free(&settings->data_agents);
    if (settings->file != NULL)
        explicit_bzero(settings->file, settings->file_length);
    free(settings->file);
    settings->file = NULL;
}
