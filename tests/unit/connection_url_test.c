/*
 * connection_url: URLs as Prisma's users have them, every parameter, every form of host; and
 * canary passwords, which no message and no description may repeat.
 */
#include "buffer.h"
#include "connection_url.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

static int set_up(void **state)
{
    static struct connection_options options;
    options = (struct connection_options){0};
    *state = &options;
    return 0;
}

static int tear_down(void **state)
{
    connection_options_free(*state);
    return 0;
}

static void accept(struct connection_options *options, const char *url)
{
    connection_options_free(options);
    const char *problem = connection_url_parse(url, options);
    if (problem != NULL)
        fail_msg("%s: %s", url, problem);
}

static const char *refuse(struct connection_options *options, const char *url)
{
    connection_options_free(options);
    const char *problem = connection_url_parse(url, options);
    if (problem == NULL)
        fail_msg("%s is taken", url);
    assert_int_equal(options->count, 0);
    assert_null(options->search_path);
    assert_null(options->ignored);
    return problem;
}

/* `expected` NULL: not set. */
static void assert_option(const struct connection_options *options, const char *keyword,
                          const char *expected)
{
    const char *value = connection_options_get(options, keyword);
    if (expected == NULL)
        assert_null(value);
    else if (value == NULL)
        fail_msg("%s is not set", keyword);
    else
        assert_string_equal(value, expected);
}

static void every_part_is_read(void **state)
{
    accept(*state, "postgresql://bob:secret@db.example.org:6432/agents?sslmode=require");
    assert_option(*state, "user", "bob");
    assert_option(*state, "password", "secret");
    assert_option(*state, "host", "db.example.org");
    assert_option(*state, "port", "6432");
    assert_option(*state, "dbname", "agents");
    assert_option(*state, "sslmode", "require");
}

static void both_schemes_are_taken(void **state)
{
    accept(*state, "postgres://bob@h/d");
    assert_option(*state, "user", "bob");
    accept(*state, "postgresql://bob@h/d");
    assert_option(*state, "user", "bob");
}

static void other_schemes_are_refused(void **state)
{
    static const char *const URLS[] = {"",
                                       "h",
                                       "host=h dbname=d",
                                       "mysql://h/d",
                                       "http://h/d",
                                       "prisma+postgres://accelerate.example/?api_key=canary",
                                       "prisma://h/?api_key=canary",
                                       "postgresql:/h/d",
                                       "postgresql:",
                                       "postgres",
                                       "file:./dev.db",
                                       " postgresql://h/d",
                                       "\"postgresql://h/d\""};
    for (size_t i = 0; i < COUNT_OF(URLS); i++)
        assert_string_equal(refuse(*state, URLS[i]),
                            "it does not start with postgresql:// or postgres://");
}

static void every_part_may_be_missing(void **state)
{
    static const char *const URLS[] = {"postgresql://", "postgresql:///", "postgresql://?",
                                       "postgresql:///?", "postgresql://@"};
    struct connection_options *options = *state;
    for (size_t i = 0; i < COUNT_OF(URLS); i++) {
        accept(options, URLS[i]);
        assert_int_equal(options->count, 0);
    }
}

static void some_parts_may_be_missing(void **state)
{
    accept(*state, "postgresql://h");
    assert_option(*state, "host", "h");
    assert_option(*state, "user", NULL);
    assert_option(*state, "port", NULL);
    assert_option(*state, "dbname", NULL);
    accept(*state, "postgresql://h:1");
    assert_option(*state, "port", "1");
    accept(*state, "postgresql:///d");
    assert_option(*state, "dbname", "d");
    assert_option(*state, "host", NULL);
    accept(*state, "postgresql://bob@/d");
    assert_option(*state, "user", "bob");
    assert_option(*state, "password", NULL);
    accept(*state, "postgresql://h:/d");
    assert_option(*state, "host", "h");
    assert_option(*state, "port", NULL);
}

static void parts_are_percent_decoded(void **state)
{
    accept(*state, "postgresql://b%40b:p%25%2F%3A%40%23%3F@h%2De:5432/d%20%C3%A9");
    assert_option(*state, "user", "b@b");
    assert_option(*state, "password", "p%/:@#?");
    assert_option(*state, "host", "h-e");
    assert_option(*state, "dbname", "d \xc3\xa9");
}

static void plus_is_no_space(void **state)
{
    accept(*state, "postgresql://a+b:c+d@h/e+f?schema=g+h");
    assert_option(*state, "user", "a+b");
    assert_option(*state, "password", "c+d");
    assert_option(*state, "dbname", "e+f");
    assert_string_equal(((struct connection_options *)*state)->search_path, "g+h");
}

static void prisma_urls_are_taken(void **state)
{
    struct connection_options *options = *state;
    accept(options,
           "postgresql://bob:secret@localhost:5432/agents?schema=public&connection_limit=5"
           "&pgbouncer=true&pool_timeout=10&socket_timeout=10&connect_timeout=15"
           "&sslmode=prefer&sslaccept=accept_invalid_certs&statement_cache_size=0");
    assert_string_equal(options->search_path, "public");
    assert_true(options->transaction_pooling);
    assert_int_equal(options->connect_timeout_ms, 15000);
    assert_option(options, "sslmode", "prefer");
    assert_null(options->ignored);
    assert_int_equal(options->count, 6);
}

static void pgbouncer_means_transaction_pooling_only_when_true(void **state)
{
    struct connection_options *options = *state;
    accept(options, "postgresql://h/d");
    assert_false(options->transaction_pooling);
    accept(options, "postgresql://h/d?pgbouncer=false");
    assert_false(options->transaction_pooling);
    accept(options, "postgresql://h/d?pgbouncer=true");
    assert_true(options->transaction_pooling);
}

static void what_means_nothing_here_is_passed_over(void **state)
{
    static const char *const NAMES[] = {"connection_limit",
                                        "pool_timeout",
                                        "socket_timeout",
                                        "statement_cache_size",
                                        "application_name",
                                        "client_encoding",
                                        "max_idle_connection_lifetime"};
    struct connection_options *options = *state;
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        char url[128];
        snprintf(url, sizeof(url), "postgresql://h/d?%s=1", NAMES[i]);
        accept(options, url);
        assert_int_equal(options->count, 2);
        assert_null(options->ignored);
    }
}

static void unknown_parameters_are_listed_by_name(void **state)
{
    struct connection_options *options = *state;
    accept(options, "postgresql://h/d?foo=canary&schema=s&bar2=canary&_=");
    assert_string_equal(options->ignored, "foo, bar2, _");
    assert_string_equal(options->search_path, "s");
}

static void libpq_parameters_are_passed_through(void **state)
{
    static const char *const NAMES[] = {"host",
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
                                        "channel_binding",
                                        "tcp_user_timeout",
                                        "keepalives",
                                        "keepalives_idle",
                                        "keepalives_interval",
                                        "keepalives_count",
                                        "target_session_attrs"};
    struct connection_options *options = *state;
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        char url[128];
        snprintf(url, sizeof(url), "postgresql:///?%s=%%2Fa%%20b", NAMES[i]);
        accept(options, url);
        assert_option(options, NAMES[i], "/a b");
        assert_int_equal(options->count, 1);
        assert_null(options->ignored);
    }
}

static void server_options_are_kept_apart(void **state)
{
    struct connection_options *options = *state;
    accept(options, "postgresql://h/d?options=-c%20geqo%3Doff");
    assert_string_equal(options->server_options, "-c geqo=off");
    assert_option(options, "options", NULL);
}

static void the_last_of_a_repeated_parameter_counts(void **state)
{
    struct connection_options *options = *state;
    accept(options,
           "postgresql://h/d?schema=a&schema=b&sslmode=allow&sslmode=require&options=-a"
           "&options=-b");
    assert_string_equal(options->search_path, "b");
    assert_string_equal(options->server_options, "-b");
    assert_option(options, "sslmode", "require");
}

static void a_parameter_may_say_host_and_port(void **state)
{
    accept(*state, "postgresql://bob@/d?host=/var/run/postgresql&port=5433");
    assert_option(*state, "host", "/var/run/postgresql");
    assert_option(*state, "port", "5433");
    accept(*state, "postgresql://bob@h:1/d?host=other&port=2");
    assert_option(*state, "host", "other");
    assert_option(*state, "port", "2");
}

static void every_sslmode_is_taken(void **state)
{
    static const char *const MODES[] = {"disable", "allow",     "prefer",
                                        "require", "verify-ca", "verify-full"};
    for (size_t i = 0; i < COUNT_OF(MODES); i++) {
        char url[64];
        snprintf(url, sizeof(url), "postgresql://h/d?sslmode=%s", MODES[i]);
        accept(*state, url);
        assert_option(*state, "sslmode", MODES[i]);
    }
    accept(*state, "postgresql://h/d?sslmode=no-verify");
    assert_option(*state, "sslmode", "require");
    assert_string_equal(refuse(*state, "postgresql://h/d?sslmode=canary"), "sslmode is unknown");
}

static void strict_sslaccept_verifies(void **state)
{
    accept(*state, "postgresql://h/d?sslmode=require&sslaccept=strict");
    assert_option(*state, "sslmode", "verify-full");
    accept(*state, "postgresql://h/d?sslaccept=accept_invalid_certs");
    assert_option(*state, "sslmode", NULL);
}

static void strict_sslaccept_verifies_wherever_it_stands(void **state)
{
    accept(*state, "postgresql://h/d?sslaccept=strict&sslmode=require");
    assert_option(*state, "sslmode", "verify-full");
}

static void the_last_sslaccept_counts(void **state)
{
    accept(*state, "postgresql://h/d?sslaccept=strict&sslmode=require&sslaccept=accept");
    assert_option(*state, "sslmode", "require");
    accept(*state, "postgresql://h/d?sslaccept=accept&sslaccept=strict&sslmode=disable");
    assert_option(*state, "sslmode", "verify-full");
}

static void strict_sslaccept_excuses_no_unknown_sslmode(void **state)
{
    assert_string_equal(refuse(*state, "postgresql://h/d?sslaccept=strict&sslmode=x"),
                        "sslmode is unknown");
}

static void an_empty_schema_is_none(void **state)
{
    struct connection_options *options = *state;
    accept(options, "postgresql://h/d?schema=");
    assert_null(options->search_path);
    assert_null(options->ignored);
}

static void an_at_sign_behind_the_path_must_be_encoded(void **state)
{
    static const char *const URLS[] = {
        "postgresql://h/d?user=a@b", "postgresql://h/d?a@b=1",
        "postgresql://bob:x?y@h/d",  "postgresql://bob:x/y@h/d",
        "postgresql://h?@",          "postgresql://h/d?schema=s&password=@"};
    for (size_t i = 0; i < COUNT_OF(URLS); i++)
        assert_non_null(strstr(refuse(*state, URLS[i]), "percent-encoded"));
    accept(*state, "postgresql://h/d?user=a%40b");
    assert_option(*state, "user", "a@b");
}

static void a_host_in_a_list_is_not_empty(void **state)
{
    static const char *const HOSTS[] = {",", ",a", "a,,b", ",,", "a:1,,b:2", "[::1],,a"};
    for (size_t i = 0; i < COUNT_OF(HOSTS); i++) {
        char url[64];
        snprintf(url, sizeof(url), "postgresql://bob:p@%s/d", HOSTS[i]);
        assert_string_equal(refuse(*state, url), "a host is empty");
    }
}

static void connect_timeouts_are_seconds(void **state)
{
    struct connection_options *options = *state;
    static const char *const VALUES[] = {"", "-1", "abc", "1.5", "3601", "99999999999999999999"};
    accept(options, "postgresql://h/d?connect_timeout=3600");
    assert_int_equal(options->connect_timeout_ms, 3600000);
    accept(options, "postgresql://h/d?connect_timeout=0");
    assert_int_equal(options->connect_timeout_ms, 0);
    for (size_t i = 0; i < COUNT_OF(VALUES); i++) {
        char url[96];
        snprintf(url, sizeof(url), "postgresql://h/d?connect_timeout=%s", VALUES[i]);
        refuse(options, url);
    }
}

static void empty_pieces_between_parameters_are_skipped(void **state)
{
    struct connection_options *options = *state;
    accept(options, "postgresql://h/d?&&schema=s&&sslmode=allow&");
    assert_string_equal(options->search_path, "s");
    assert_option(options, "sslmode", "allow");
}

static void what_is_no_parameter_is_refused(void **state)
{
    static const char *const QUERIES[] = {"schema",     "=x",       "a-b=x",      "%61=x",
                                          "a%00=x",     "schema=%", "schema=%zz", "schema=%00",
                                          "schema=%ff", "a b=c"};
    for (size_t i = 0; i < COUNT_OF(QUERIES); i++) {
        char url[64];
        snprintf(url, sizeof(url), "postgresql://h/d?%s", QUERIES[i]);
        refuse(*state, url);
    }
}

static void ports_are_from_1_to_65535(void **state)
{
    static const char *const PORTS[] = {"0",     "65536",       "-1",  "+1",    "abc",
                                        "5432x", "99999999999", "%35", " 5432", "5432:5433"};
    accept(*state, "postgresql://h:1/d");
    assert_option(*state, "port", "1");
    accept(*state, "postgresql://h:65535/d");
    assert_option(*state, "port", "65535");
    for (size_t i = 0; i < COUNT_OF(PORTS); i++) {
        char url[64];
        snprintf(url, sizeof(url), "postgresql://h:%s/d", PORTS[i]);
        assert_string_equal(refuse(*state, url), "the port is not a number from 1 to 65535");
        snprintf(url, sizeof(url), "postgresql://h/d?port=%s", PORTS[i]);
        if (strcmp(PORTS[i], "%35") != 0)
            refuse(*state, url);
    }
}

/* What the hosts of a URL are read as; NULL: no ports. */
static void assert_hosts(struct connection_options *options, const char *text, const char *hosts,
                         const char *ports)
{
    char url[256];
    snprintf(url, sizeof(url), "postgresql://bob:p@%s/d", text);
    accept(options, url);
    assert_option(options, "host", hosts);
    assert_option(options, "port", ports);
    assert_option(options, "dbname", "d");
}

static void ipv6_addresses_stand_in_brackets(void **state)
{
    assert_hosts(*state, "[::1]", "::1", NULL);
    assert_hosts(*state, "[::1]:5433", "::1", "5433");
    assert_hosts(*state, "[2001:db8::7]:1", "2001:db8::7", "1");
    assert_hosts(*state, "[::1]:5433,[::2]", "::1,::2", "5433,");
}

static void several_hosts_are_two_lists(void **state)
{
    assert_hosts(*state, "a,b", "a,b", ",");
    assert_hosts(*state, "a:1,b:2", "a,b", "1,2");
    assert_hosts(*state, "a:1,b,c:3", "a,b,c", "1,,3");
    assert_hosts(*state, "a,b:2", "a,b", ",2");
}

static void unix_socket_directories_are_hosts(void **state)
{
    assert_hosts(*state, "%2Fvar%2Frun%2Fpostgresql", "/var/run/postgresql", NULL);
    assert_hosts(*state, "%2Ftmp:5433", "/tmp", "5433");
}

static void assert_password(struct connection_options *options, const char *raw,
                            const char *expected)
{
    char url[2048];
    snprintf(url, sizeof(url), "postgresql://bob:%s@db.example.org:6432/agents?schema=public", raw);
    accept(options, url);
    assert_option(options, "password", expected);
    assert_option(options, "user", "bob");
    assert_option(options, "host", "db.example.org");
    assert_option(options, "dbname", "agents");
}

static void passwords_that_can_be_read_are(void **state)
{
    static const struct {
        const char *raw;
        const char *password;
    } ROWS[] = {
        {"p%zz", "p%zz"},
        {"p%25zz", "p%zz"},
        {"a@b", "a@b"},
        {"a%40b", "a@b"},
        {"a%23b", "a#b"},
        {"a:b", "a:b"},
        {"a%3Ab%2Fc%3Fd", "a:b/c?d"},
        {"", ""},
        {"%", "%"},
        {"100%", "100%"},
        {"[x]", "[x]"},
        {"a,b", "a,b"},
        {"p@@", "p@@"},
        {"a&b=c", "a&b=c"},
        {"\xc3\xa9", "\xc3\xa9"},
        {"\xff", "\xff"},
    };
    for (size_t i = 0; i < COUNT_OF(ROWS); i++)
        assert_password(*state, ROWS[i].raw, ROWS[i].password);
}

static void long_passwords_are_read(void **state)
{
    char password[1024];
    memset(password, 'x', sizeof(password));
    password[200] = '\0';
    assert_password(*state, password, password);
    password[200] = 'x';
    password[1023] = '\0';
    assert_password(*state, password, password);
}

static void parts_too_long_are_refused(void **state)
{
    static const char *const FORMS[] = {"postgresql://%s:p@h/d", "postgresql://u:%s@h/d",
                                        "postgresql://u:p@%s/d", "postgresql://u:p@h/%s",
                                        "postgresql://u:p@h/d?schema=%s"};
    char part[1025];
    memset(part, 'x', sizeof(part) - 1);
    part[sizeof(part) - 1] = '\0';
    for (size_t i = 0; i < COUNT_OF(FORMS); i++) {
        struct buffer url = {0};
        const char *hole = strstr(FORMS[i], "%s");
        buffer_append(&url, FORMS[i], (size_t)(hole - FORMS[i]));
        buffer_append_text(&url, part);
        buffer_append_text(&url, hole + 2);
        assert_null(strstr(refuse(*state, buffer_text(&url)), "xxx"));
        buffer_free(&url);
    }
}

/* Passwords that people have, marked so that no part of one can come out unseen. */
static const char *const CANARIES[] = {
    "zq1p%zz9kx",
    "zq1@9kx",
    "zq1#9kx",
    "zq1:zq2/zq3?9kx",
    "zq1/9kx",
    "zq1?9kx",
    "zq1%9kx",
    "zq1%409kx",
    "zq1 9kx",
    "5432/zq1?9kx",
    "5432/zq1",
    "5432?zq1",
    "5432?zq1=9kx",
    "5432/zq1?zq2=9kx",
    "5432#zq1",
    "zq1\n9kx",
    "zq1%009kx",
    "zq1%ff9kx",
    "[zq1]9kx",
    "zq1,zq2:9kx",
    "zq1\"'9kx",
    "zq1/zq2@9kx",
    "@zq1",
    "zq1@",
    "zq1/@9kx",
    "5432/zq1?a=b@9kx",
    "zq1?host=9kx",
    "5432,zq1",
    "5432,zq1/9kx",
    "zq1&9kx=1",
    "5432?sslmode=zq1",
    "5432?connect_timeout=zq1",
    "5432?port=zq1",
    "?zq1=9kx",
    "/zq1?a=b",
    "5432?schema=zq1",
    "zq1@9kx?a=b",
    "zq1@9kx/zq2?a=b",
    "5432,zq1/9kx?a=b",
};

/* The URL's forms, with where the password stands; what is around it has no "zq" and no "9kx". */
static const char *const FORMS[] = {
    "postgresql://bob:%s@db.example.org:6432/agents?schema=public",
    "postgres://bob:%s@db.example.org",
    "postgresql://bob:%s@a,b:2/agents",
    "postgresql://:%s@[::1]:5433/agents",
    "prisma+postgres://bob:%s@db.example.org/agents",
    "postgresql://db.example.org/agents?user=bob&password=%s",
    "postgresql://bob:%s@db.example.org:port/agents",
    "postgresql://bob:%s@db.example.org/agents?sslmode=wrong",
};

static void assert_no_canary(const char *url, const char *text)
{
    if (text != NULL && (strstr(text, "zq") != NULL || strstr(text, "9kx") != NULL))
        fail_msg("\"%s\" leads to \"%s\"", url, text);
}

static void assert_secret_stays(struct connection_options *options, const char *form,
                                const char *password)
{
    char url[512];
    char description[CONNECTION_DESCRIPTION_SIZE];
    const char *hole = strstr(form, "%s");
    snprintf(url, sizeof(url), "%.*s%s%s", (int)(hole - form), form, password, hole + 2);
    connection_options_free(options);
    assert_no_canary(url, connection_url_parse(url, options));
    assert_no_canary(url, connection_options_describe(options, description));
    assert_no_canary(url, options->ignored);
}

/* A raw '&' ends the parameter, by the syntax of any query: what follows is another's name. */
static bool can_stand_raw(const char *form, const char *password)
{
    return strstr(form, "password=%s") == NULL || strchr(password, '&') == NULL;
}

static void raw_passwords_come_out_nowhere(void **state)
{
    for (size_t i = 0; i < COUNT_OF(FORMS); i++)
        for (size_t j = 0; j < COUNT_OF(CANARIES); j++)
            if (can_stand_raw(FORMS[i], CANARIES[j]))
                assert_secret_stays(*state, FORMS[i], CANARIES[j]);
}

/* Every byte as %XX. */
static const char *percent_encode(const char *text, char encoded[256])
{
    size_t length = 0;
    for (; *text != '\0'; text++)
        length += (size_t)snprintf(encoded + length, 256 - length, "%%%02X",
                                   (unsigned)(unsigned char)*text);
    return encoded;
}

static void encoded_passwords_come_out_nowhere(void **state)
{
    char encoded[256];
    for (size_t i = 0; i < COUNT_OF(FORMS); i++)
        for (size_t j = 0; j < COUNT_OF(CANARIES); j++)
            assert_secret_stays(*state, FORMS[i], percent_encode(CANARIES[j], encoded));
}

static void encoded_passwords_are_read_whatever_they_are(void **state)
{
    char encoded[256];
    for (size_t j = 0; j < COUNT_OF(CANARIES); j++)
        assert_password(*state, percent_encode(CANARIES[j], encoded), CANARIES[j]);
}

static void messages_are_ours_alone(void **state)
{
    static const char *const PARTS[] = {"bob", "secret", "db.example", "6432x", "agents", "pub"};
    const char *problem =
        refuse(*state, "postgresql://bob:secret@db.example.org:6432x/agents?schema=public");
    for (size_t i = 0; i < COUNT_OF(PARTS); i++)
        assert_null(strstr(problem, PARTS[i]));
}

static void raw_slashes_and_hashes_say_how_to_write_them(void **state)
{
    assert_non_null(strstr(refuse(*state, "postgresql://bob:a#b@h/d"), "%23"));
    assert_non_null(strstr(refuse(*state, "postgresql://bob:1/b@h/d"), "percent-encoded"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

static const struct CMUnitTest TESTS[] = {
    TEST(every_part_is_read),
    TEST(both_schemes_are_taken),
    TEST(other_schemes_are_refused),
    TEST(every_part_may_be_missing),
    TEST(some_parts_may_be_missing),
    TEST(parts_are_percent_decoded),
    TEST(plus_is_no_space),
    TEST(prisma_urls_are_taken),
    TEST(pgbouncer_means_transaction_pooling_only_when_true),
    TEST(what_means_nothing_here_is_passed_over),
    TEST(unknown_parameters_are_listed_by_name),
    TEST(libpq_parameters_are_passed_through),
    TEST(server_options_are_kept_apart),
    TEST(the_last_of_a_repeated_parameter_counts),
    TEST(a_parameter_may_say_host_and_port),
    TEST(every_sslmode_is_taken),
    TEST(strict_sslaccept_verifies),
    TEST(strict_sslaccept_verifies_wherever_it_stands),
    TEST(the_last_sslaccept_counts),
    TEST(strict_sslaccept_excuses_no_unknown_sslmode),
    TEST(an_empty_schema_is_none),
    TEST(an_at_sign_behind_the_path_must_be_encoded),
    TEST(a_host_in_a_list_is_not_empty),
    TEST(connect_timeouts_are_seconds),
    TEST(empty_pieces_between_parameters_are_skipped),
    TEST(what_is_no_parameter_is_refused),
    TEST(ports_are_from_1_to_65535),
    TEST(ipv6_addresses_stand_in_brackets),
    TEST(several_hosts_are_two_lists),
    TEST(unix_socket_directories_are_hosts),
    TEST(passwords_that_can_be_read_are),
    TEST(long_passwords_are_read),
    TEST(parts_too_long_are_refused),
    TEST(raw_passwords_come_out_nowhere),
    TEST(encoded_passwords_come_out_nowhere),
    TEST(encoded_passwords_are_read_whatever_they_are),
    TEST(messages_are_ours_alone),
    TEST(raw_slashes_and_hashes_say_how_to_write_them),
};

RUN_TESTS(TESTS)
