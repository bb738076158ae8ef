/*
 * Owns: which settings there are, their defaults and ranges. The table below is the only place: it
 * is what is read, what --help prints, and what --check says.
 * Must not: act on a setting.
 */
#include "settings.h"

#include "connection_url.h"
#include "listener.h"
#include "text.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum setting_kind { SETTING_ADDRESS, SETTING_URL, SETTING_NUMBER, SETTING_LOG_LEVEL };

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

static int load(struct settings *settings, const struct setting *setting, FILE *faults)
{
    const char *value = getenv(setting->name);
    if (value == NULL || value[0] == '\0')
        value = setting->otherwise;
    if (value == NULL)
        return fault(faults, setting, "must be set");
    switch (setting->kind) {
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

int settings_load(struct settings *settings, FILE *faults)
{
    int count = 0;
    *settings = (struct settings){.log_level = LOG_LEVEL_INFO};
    for (size_t i = 0; i < SETTING_COUNT; i++)
        count += load(settings, &SETTINGS[i], faults);
    return count;
}

void settings_print(const struct settings *settings, FILE *out)
{
    struct settings copy = *settings;
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const struct setting *setting = &SETTINGS[i];
        char where[CONNECTION_DESCRIPTION_SIZE];
        if (setting->kind == SETTING_URL)
            fprintf(out, "%s=postgresql://%s%s\n", setting->name,
                    connection_options_describe(&settings->data_agents, where),
                    connection_options_get(&settings->data_agents, "password") != NULL
                        ? " (password not shown)"
                        : "");
        else if (setting->kind == SETTING_NUMBER)
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
}
