/*
 * Owns: the syntax of connection URLs, and what each of their parameters means here.
 * Must not: repeat any part of a URL in a message; a password can stand anywhere in a wrong one.
 */
#include "connection_url.h"

#include "buffer.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

static const char *const OUT_OF_MEMORY = "out of memory";
static const char *const BAD_ENCODING = "a part is not valid percent-encoding";

enum { PART_SIZE = 1024 };

/* Decodes a part of the URL; NULL where that went well. */
static const char *decode(struct slice part, char decoded[PART_SIZE])
{
    if (part.length >= PART_SIZE)
        return "a part is longer than 1023 bytes";
    return text_percent_decode(part, false, decoded) ? NULL : BAD_ENCODING;
}

static const char *set_decoded(struct connection_options *options, const char *keyword,
                               struct slice part)
{
    char decoded[PART_SIZE];
    const char *problem = decode(part, decoded);
    if (problem == NULL && !connection_options_set(options, keyword, decoded))
        problem = OUT_OF_MEMORY;
    explicit_bzero(decoded, sizeof(decoded));
    return problem;
}

/*
 * In a password a lone '%' is taken as it is, as browsers' URL parsers do: p%zz is a password
 * people have, and what they typed is what they mean.
 */
static const char *set_password(struct connection_options *options, struct slice part)
{
    if (part.length >= PART_SIZE)
        return "the password is longer than 1023 bytes";
    char decoded[PART_SIZE];
    if (!text_percent_decode(part, false, decoded)) {
        memcpy(decoded, part.start, part.length);
        decoded[part.length] = '\0';
    }
    bool stored = connection_options_set(options, "password", decoded);
    explicit_bzero(decoded, sizeof(decoded));
    return stored ? NULL : OUT_OF_MEMORY;
}

static struct slice before(struct slice text, const char *at)
{
    return (struct slice){text.start, (size_t)(at - text.start)};
}

static struct slice behind(struct slice text, const char *at)
{
    return (struct slice){at + 1, text.length - (size_t)(at - text.start) - 1};
}

static const char *parse_credentials(struct slice text, struct connection_options *options)
{
    const char *colon = memchr(text.start, ':', text.length);
    if (colon == NULL)
        return text.length > 0 ? set_decoded(options, "user", text) : NULL;
    const char *problem = set_decoded(options, "user", before(text, colon));
    return problem != NULL ? problem : set_password(options, behind(text, colon));
}

/* The colon in front of the port, past an IPv6 address in brackets. */
static const char *find_port(struct slice host)
{
    const char *bracket = memrchr(host.start, ']', host.length);
    const char *from = bracket != NULL ? bracket : host.start;
    return memchr(from, ':', (size_t)(host.start + host.length - from));
}

static bool is_port(struct slice port)
{
    char digits[8];
    int64_t number;
    if (port.length >= sizeof(digits))
        return false;
    memcpy(digits, port.start, port.length);
    digits[port.length] = '\0';
    return text_is_digits(digits) && text_to_count(digits, 65535, &number) && number > 0;
}

/* One host[:port]; libpq takes several as two lists of the same length. */
static const char *parse_host(struct slice text, struct buffer *hosts, struct buffer *ports)
{
    const char *colon = find_port(text);
    struct slice host = colon != NULL ? before(text, colon) : text;
    struct slice port = colon != NULL ? behind(text, colon) : slice_of("");
    if (host.length >= 2 && host.start[0] == '[' && host.start[host.length - 1] == ']')
        host = (struct slice){host.start + 1, host.length - 2};
    if (port.length > 0 && !is_port(port))
        return "the port is not a number from 1 to 65535";
    char decoded[PART_SIZE];
    const char *problem = decode(host, decoded);
    if (problem != NULL)
        return problem;
    if (hosts->length > 0 || ports->length > 0) {
        buffer_append_char(hosts, ',');
        buffer_append_char(ports, ',');
    }
    buffer_append_text(hosts, decoded);
    buffer_append(ports, port.start, port.length);
    return NULL;
}

static const char *set_from_buffer(struct connection_options *options, const char *keyword,
                                   struct buffer *value)
{
    const char *text = buffer_text(value);
    if (text == NULL)
        return OUT_OF_MEMORY;
    if (text[0] == '\0')
        return NULL;
    return connection_options_set(options, keyword, text) ? NULL : OUT_OF_MEMORY;
}

static const char *parse_hosts(struct slice text, struct connection_options *options)
{
    struct buffer hosts = {0};
    struct buffer ports = {0};
    const char *problem = NULL;
    while (problem == NULL && text.length > 0) {
        const char *comma = memchr(text.start, ',', text.length);
        problem = comma == text.start
                      ? "a host is empty"
                      : parse_host(comma != NULL ? before(text, comma) : text, &hosts, &ports);
        text = comma != NULL ? behind(text, comma) : slice_of("");
    }
    if (problem == NULL)
        problem = set_from_buffer(options, "host", &hosts);
    if (problem == NULL)
        problem = set_from_buffer(options, "port", &ports);
    buffer_free(&hosts);
    buffer_free(&ports);
    return problem;
}

static const char *replace_text(char **owned, const char *value)
{
    free(*owned);
    *owned = strdup(value);
    return *owned != NULL ? NULL : OUT_OF_MEMORY;
}

static const char *note_ignored(struct connection_options *options, const char *name)
{
    struct buffer list = {0};
    if (options->ignored != NULL) {
        buffer_append_text(&list, options->ignored);
        buffer_append_literal(&list, ", ");
    }
    buffer_append_text(&list, name);
    const char *text = buffer_text(&list);
    const char *problem = text != NULL ? replace_text(&options->ignored, text) : OUT_OF_MEMORY;
    buffer_free(&list);
    return problem;
}

static const char *set_connect_timeout(struct connection_options *options, const char *value)
{
    int64_t seconds;
    if (!text_to_count(value, 3600, &seconds))
        return "connect_timeout is not a number of seconds up to 3600";
    options->connect_timeout_ms = seconds * 1000;
    return NULL;
}

static const char *set_keyword(struct connection_options *options, const char *keyword,
                               const char *value)
{
    return connection_options_set(options, keyword, value) ? NULL : OUT_OF_MEMORY;
}

/* libpq's keyword of that name, where a URL may set it; static text. */
static const char *passed_through(const char *name)
{
    static const char *const KEYWORDS[] = {
        "host",
        "hostaddr",
        "user",
        "password",
        "dbname",
        "passfile",
        "sslrootcert",
        "sslcert",
        "sslkey",
        "sslpassword",
        "sslcrl",
        "sslcrldir",
        "sslsni",
        "channel_binding",
        "ssl_min_protocol_version",
        "gssencmode",
        "krbsrvname",
        "ssl_max_protocol_version",
        "tcp_user_timeout",
        "keepalives",
        "keepalives_idle",
        "requirepeer",
        "keepalives_interval",
        "keepalives_count",
        "target_session_attrs",
    };
    for (size_t i = 0; i < sizeof(KEYWORDS) / sizeof(KEYWORDS[0]); i++)
        if (strcmp(name, KEYWORDS[i]) == 0)
            return KEYWORDS[i];
    return NULL;
}

/* Sizes and timeouts of pools that do not exist here, and what every connection sets by itself. */
static bool means_nothing_here(const char *name)
{
    static const char *const NAMES[] = {"connection_limit",
                                        "pool_timeout",
                                        "socket_timeout",
                                        "statement_cache_size",
                                        "application_name",
                                        "client_encoding",
                                        "max_idle_connection_lifetime",
                                        "connection_timeout",
                                        "single_use_connections"};
    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++)
        if (strcmp(name, NAMES[i]) == 0)
            return true;
    return false;
}

static const char *apply_parameter(struct connection_options *options, const char *name,
                                   const char *value)
{
    const char *keyword = passed_through(name);
    if (keyword != NULL)
        return set_keyword(options, keyword, value);
    if (strcmp(name, "schema") == 0)
        return value[0] != '\0' ? replace_text(&options->search_path, value) : NULL;
    if (strcmp(name, "options") == 0)
        return replace_text(&options->server_options, value);
    if (strcmp(name, "pgbouncer") == 0) {
        options->transaction_pooling = strcmp(value, "true") == 0;
        return NULL;
    }
    if (strcmp(name, "sslmode") == 0)
        return connection_options_set_sslmode(options, value) ? NULL : "sslmode is unknown";
    if (strcmp(name, "sslaccept") == 0) {
        options->verifies_server = strcmp(value, "strict") == 0;
        return NULL;
    }
    if (strcmp(name, "connect_timeout") == 0)
        return set_connect_timeout(options, value);
    if (strcmp(name, "port") == 0)
        return is_port(slice_of(value)) ? set_keyword(options, "port", value)
                                        : "the port is not a number from 1 to 65535";
    return means_nothing_here(name) ? NULL : note_ignored(options, name);
}

static bool is_parameter_name(struct slice name)
{
    static const char LETTERS[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    for (size_t i = 0; i < name.length; i++)
        if (memchr(LETTERS, name.start[i], sizeof(LETTERS) - 1) == NULL)
            return false;
    return name.length > 0 && name.length < 64;
}

static const char *parse_parameter(struct slice text, struct connection_options *options)
{
    const char *equals = memchr(text.start, '=', text.length);
    if (equals == NULL || !is_parameter_name(before(text, equals)))
        return "a parameter behind '?' is not name=value";
    char name[64];
    char value[PART_SIZE];
    const char *problem = decode(behind(text, equals), value);
    if (problem != NULL)
        return problem;
    size_t length = (size_t)(equals - text.start);
    memcpy(name, text.start, length);
    name[length] = '\0';
    return apply_parameter(options, name, value);
}

static const char *parse_parameters(struct slice text, struct connection_options *options)
{
    const char *problem = NULL;
    while (problem == NULL && text.length > 0) {
        const char *ampersand = memchr(text.start, '&', text.length);
        struct slice parameter = ampersand != NULL ? before(text, ampersand) : text;
        if (parameter.length > 0)
            problem = parse_parameter(parameter, options);
        text = ampersand != NULL ? behind(text, ampersand) : slice_of("");
    }
    return problem;
}

/* Cuts off what stands in front of the first of `delimiters`, or all of it. */
static struct slice cut(struct slice *text, const char *delimiters)
{
    size_t length = 0;
    while (length < text->length && strchr(delimiters, text->start[length]) == NULL)
        length++;
    struct slice head = {text->start, length};
    *text = (struct slice){text->start + length, text->length - length};
    return head;
}

static const char *parse(struct slice rest, struct connection_options *options)
{
    struct slice authority = cut(&rest, "/?#");
    struct slice path = cut(&rest, "?#");
    if (rest.length > 0 && rest.start[0] == '#')
        return "a '#' must be written %23";
    if (memchr(path.start, '@', path.length) != NULL ||
        memchr(rest.start, '@', rest.length) != NULL)
        return "a '/', '?' or '@' in the user, password or database must be percent-encoded";

    const char *at = memrchr(authority.start, '@', authority.length);
    const char *problem = NULL;
    if (at != NULL)
        problem = parse_credentials(before(authority, at), options);
    if (problem == NULL)
        problem = parse_hosts(at != NULL ? behind(authority, at) : authority, options);
    if (problem == NULL && path.length > 1)
        problem = set_decoded(options, "dbname", behind(path, path.start));
    if (problem == NULL && rest.length > 1)
        problem = parse_parameters(behind(rest, rest.start), options);
    /* sslaccept=strict asks for more than any sslmode, wherever it stands. */
    if (problem == NULL && options->verifies_server &&
        !connection_options_set_sslmode(options, "verify-full"))
        problem = OUT_OF_MEMORY;
    return problem;
}

const char *connection_url_parse(const char *url, struct connection_options *options)
{
    static const char *const SCHEMES[] = {"postgresql://", "postgres://"};
    const char *problem = "it does not start with postgresql:// or postgres://";
    *options = (struct connection_options){0};
    for (size_t i = 0; i < sizeof(SCHEMES) / sizeof(SCHEMES[0]); i++) {
        size_t length = strlen(SCHEMES[i]);
        if (strncmp(url, SCHEMES[i], length) == 0)
            problem = parse(slice_of(url + length), options);
    }
    if (problem != NULL)
        connection_options_free(options);
    return problem;
}
