/*
 * Owns: what is known of one database's address and credentials.
 * Must not: open a connection, or print a password.
 */
#include "connection_options.h"

#include "log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t find(const struct connection_options *options, const char *keyword)
{
    size_t i = 0;
    while (i < options->count && strcmp(options->keywords[i], keyword) != 0)
        i++;
    return i;
}

bool connection_options_set(struct connection_options *options, const char *keyword,
                            const char *value)
{
    size_t i = find(options, keyword);
    if (i == CONNECTION_KEYWORDS_MAX)
        return false;
    char *copy = strdup(value);
    if (copy == NULL)
        return false;
    free(options->values[i]);
    options->keywords[i] = keyword;
    options->values[i] = copy;
    if (i == options->count)
        options->count++;
    return true;
}

const char *connection_options_get(const struct connection_options *options, const char *keyword)
{
    size_t i = find(options, keyword);
    return i < options->count ? options->values[i] : NULL;
}

static const char *get_or(const struct connection_options *options, const char *keyword,
                          const char *otherwise)
{
    const char *value = connection_options_get(options, keyword);
    return value != NULL && value[0] != '\0' ? value : otherwise;
}

const char *connection_options_describe(const struct connection_options *options,
                                        char description[CONNECTION_DESCRIPTION_SIZE])
{
    char plain[CONNECTION_DESCRIPTION_SIZE];
    snprintf(plain, sizeof(plain), "%s@%s:%s/%s", get_or(options, "user", ""),
             get_or(options, "host", get_or(options, "hostaddr", "localhost")),
             get_or(options, "port", "5432"), get_or(options, "dbname", ""));
    return log_escape(description, CONNECTION_DESCRIPTION_SIZE, plain);
}

bool connection_options_set_sslmode(struct connection_options *options, const char *mode)
{
    static const char *const MODES[] = {"disable", "allow",     "prefer",
                                        "require", "verify-ca", "verify-full"};
    if (strcmp(mode, "no-verify") == 0)
        mode = "require";
    for (size_t i = 0; i < sizeof(MODES) / sizeof(MODES[0]); i++)
        if (strcmp(mode, MODES[i]) == 0)
            return connection_options_set(options, "sslmode", mode);
    return false;
}

void connection_options_free(struct connection_options *options)
{
    for (size_t i = 0; i < options->count; i++) {
        explicit_bzero(options->values[i], strlen(options->values[i]));
        free(options->values[i]);
    }
    free(options->search_path);
    free(options->server_options);
    free(options->ignored);
    *options = (struct connection_options){0};
}
