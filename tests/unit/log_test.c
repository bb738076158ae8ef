/*
 * log: a record is one line in one write, whatever is in it; text from outside is made harmless.
 * Standard error is a pipe while a test logs.
 */
#include "log.h"
#include "text.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct capture {
    int standard_error; /* the real one */
    int reading_end;
};

static struct capture start_capture(void)
{
    int ends[2];
    struct capture capture = {.standard_error = dup(STDERR_FILENO)};
    assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    close(ends[1]);
    capture.reading_end = ends[0];
    return capture;
}

static const char *end_capture(struct capture *capture)
{
    static char text[16384];
    ssize_t length = read(capture->reading_end, text, sizeof(text) - 1);
    text[length > 0 ? length : 0] = '\0';
    dup2(capture->standard_error, STDERR_FILENO);
    close(capture->standard_error);
    close(capture->reading_end);
    return text;
}

static const char *captured(enum log_level level, const char *message)
{
    struct capture capture = start_capture();
    log_record(level, "%s", message);
    return end_capture(&capture);
}

static int set_up(void **state)
{
    (void)state;
    log_open(LOG_LEVEL_INFO, "worker 2");
    log_set_request(NULL);
    return 0;
}

/* The record behind its time, "2026-11-23T10:58:27.123Z ". */
static const char *behind_time(const char *record)
{
    static const char FORM[] = "dddd-dd-ddTdd:dd:dd.dddZ ";
    for (size_t i = 0; i < sizeof(FORM) - 1; i++) {
        bool fits = FORM[i] == 'd' ? record[i] >= '0' && record[i] <= '9' : record[i] == FORM[i];
        if (!fits)
            fail_msg("no time: %s", record);
    }
    return record + sizeof(FORM) - 1;
}

static void a_record_says_time_process_level_and_message(void **state)
{
    (void)state;
    const char *record = captured(LOG_LEVEL_INFO,
                                  "Connexion cr\xc3\xa9\xc3\xa9"
                                  "e pour: localhost");
    assert_string_equal(behind_time(record),
                        "[worker 2] info: Connexion cr\xc3\xa9\xc3\xa9"
                        "e pour: localhost\n");
}

static void the_time_is_that_of_utc(void **state)
{
    (void)state;
    char expected[32];
    time_t before = time(NULL);
    setenv("TZ", "Asia/Tokyo", 1);
    tzset();
    const char *record = captured(LOG_LEVEL_INFO, "x");
    unsetenv("TZ");
    tzset();
    for (time_t at = before; at <= time(NULL); at++) {
        struct tm utc;
        gmtime_r(&at, &utc);
        strftime(expected, sizeof(expected), "%Y-%m-%dT%H:%M:%S", &utc);
        if (strncmp(record, expected, strlen(expected)) == 0)
            return;
    }
    fail_msg("%s", record);
}

static void a_record_says_its_request(void **state)
{
    (void)state;
    log_set_request("ab12cd34");
    assert_string_equal(behind_time(captured(LOG_LEVEL_WARN, "slow")),
                        "[worker 2] [request ab12cd34] warn: slow\n");
    log_set_request(NULL);
    assert_string_equal(behind_time(captured(LOG_LEVEL_WARN, "slow")), "[worker 2] warn: slow\n");
}

static void an_empty_request_id_is_none(void **state)
{
    (void)state;
    log_set_request("");
    assert_string_equal(behind_time(captured(LOG_LEVEL_WARN, "x")), "[worker 2] warn: x\n");
}

static void a_hostile_request_id_is_harmless(void **state)
{
    (void)state;
    log_set_request("a] b\n\x1b[31m\"\xc3\xa9");
    assert_string_equal(behind_time(captured(LOG_LEVEL_INFO, "x")),
                        "[worker 2] [request a]\\x20b\\x0a\\x1b[31m\\x22\\xc3\\xa9] info: x\n");
}

static void a_request_id_is_copied_and_cut(void **state)
{
    (void)state;
    char id[200];
    memset(id, 'a', sizeof(id) - 1);
    id[sizeof(id) - 1] = '\0';
    log_set_request(id);
    memset(id, 'b', sizeof(id) - 1);
    const char *request = strstr(captured(LOG_LEVEL_INFO, "x"), "[request ");
    assert_non_null(request);
    assert_int_equal(strspn(request + 9, "a"), 64);
    assert_string_equal(request + 9 + 64, "] info: x\n");
}

static void every_level_has_its_word(void **state)
{
    (void)state;
    static const char *const WORDS[] = {[LOG_LEVEL_ERROR] = "error",
                                        [LOG_LEVEL_WARN] = "warn",
                                        [LOG_LEVEL_INFO] = "info",
                                        [LOG_LEVEL_DEBUG] = "debug"};
    log_open(LOG_LEVEL_DEBUG, "master");
    for (int level = LOG_LEVEL_ERROR; level <= LOG_LEVEL_DEBUG; level++) {
        char expected[32];
        snprintf(expected, sizeof(expected), "[master] %s: x\n", WORDS[level]);
        assert_string_equal(behind_time(captured((enum log_level)level, "x")), expected);
    }
}

static void levels_beyond_the_threshold_are_dropped(void **state)
{
    (void)state;
    for (int threshold = LOG_LEVEL_ERROR; threshold <= LOG_LEVEL_DEBUG; threshold++) {
        log_open((enum log_level)threshold, "master");
        for (int level = LOG_LEVEL_ERROR; level <= LOG_LEVEL_DEBUG; level++)
            assert_int_equal(captured((enum log_level)level, "x")[0] != '\0', level <= threshold);
    }
}

static void each_record_is_one_line(void **state)
{
    (void)state;
    struct capture capture = start_capture();
    log_info("first %d", 1);
    log_warn("second");
    log_debug("not this one");
    log_error("third");
    const char *text = end_capture(&capture);
    assert_non_null(strstr(text, "info: first 1\n"));
    assert_non_null(strstr(text, "warn: second\n"));
    assert_non_null(strstr(text, "error: third\n"));
    int lines = 0;
    for (; *text != '\0'; text++)
        lines += *text == '\n';
    assert_int_equal(lines, 3);
}

static void a_record_too_long_is_cut_and_ended(void **state)
{
    (void)state;
    char message[8000];
    memset(message, 'x', sizeof(message) - 1);
    message[sizeof(message) - 1] = '\0';
    const char *record = captured(LOG_LEVEL_INFO, message);
    size_t length = strlen(record);
    assert_int_equal(length, 2048);
    assert_int_equal(record[length - 1], '\n');
    assert_ptr_equal(strchr(record, '\n'), record + length - 1);
}

static void messages_of_every_length_end_with_one_newline(void **state)
{
    (void)state;
    char message[2100];
    memset(message, 'x', sizeof(message));
    for (size_t length = 1900; length < sizeof(message); length++) {
        message[length] = '\0';
        const char *record = captured(LOG_LEVEL_INFO, message);
        assert_true(strlen(record) <= 2048);
        assert_ptr_equal(strchr(record, '\n'), record + strlen(record) - 1);
        message[length] = 'x';
    }
}

static void a_full_pipe_drops_the_record_and_does_not_block(void **state)
{
    (void)state;
    char filling[4096];
    struct capture capture = start_capture();
    memset(filling, 'f', sizeof(filling));
    while (write(STDERR_FILENO, filling, sizeof(filling)) > 0)
        ;
    fcntl(STDERR_FILENO, F_SETFL, 0); /* a write would now block for ever */
    alarm(20);
    log_info("dropped");
    alarm(0);
    const char *text = end_capture(&capture);
    assert_int_equal(text[0], 'f');
}

static void errno_survives_a_record(void **state)
{
    (void)state;
    struct capture capture = start_capture();
    errno = ENOTDIR;
    log_info("x");
    int after = errno;
    end_capture(&capture);
    assert_int_equal(after, ENOTDIR);
}

static void assert_escaped(const char *text, const char *expected)
{
    char escaped[256];
    assert_ptr_equal(log_escape(escaped, sizeof(escaped), text), escaped);
    assert_string_equal(escaped, expected);
}

static void plain_text_stays(void **state)
{
    (void)state;
    assert_escaped("", "");
    assert_escaped("GET", "GET");
    assert_escaped("/api/proposals?a=%20&b=[x]'{}", "/api/proposals?a=%20&b=[x]'{}");
}

static void what_could_forge_a_line_is_escaped(void **state)
{
    (void)state;
    assert_escaped("a\nb", "a\\x0ab");
    assert_escaped("a\r\nb", "a\\x0d\\x0ab");
    assert_escaped("a b", "a\\x20b");
    assert_escaped("\x1b[2J", "\\x1b[2J");
    assert_escaped("\"\\", "\\x22\\x5c");
    assert_escaped("\x7f", "\\x7f");
    assert_escaped("\xc3\xa9\xff", "\\xc3\\xa9\\xff");
}

static void every_byte_is_printable_once_escaped(void **state)
{
    (void)state;
    for (int byte = 1; byte < 256; byte++) {
        char text[2] = {(char)byte, '\0'};
        char escaped[8];
        log_escape(escaped, sizeof(escaped), text);
        for (const char *at = escaped; *at != '\0'; at++)
            assert_true(*at > ' ' && *at < 0x7f && *at != '"');
        assert_true(strlen(escaped) == 1 || strlen(escaped) == 4);
    }
}

static void escaped_text_is_cut_between_escapes(void **state)
{
    (void)state;
    for (size_t size = 1; size < 20; size++) {
        char *escaped = malloc(size);
        assert_non_null(escaped);
        log_escape(escaped, size, "\n\n\n\n");
        assert_int_equal(strlen(escaped), (size - 1) / 4 * 4);
        log_escape(escaped, size, "aaaaaaaaaaaaaaaaaaaaaaaa");
        assert_int_equal(strlen(escaped), size - 1);
        free(escaped);
    }
}

static void assert_sentence(const char *text, const char *expected)
{
    char escaped[256];
    assert_ptr_equal(log_escape_sentence(escaped, sizeof(escaped), text), escaped);
    assert_string_equal(escaped, expected);
}

static void sentences_keep_spaces_quotes_and_utf8(void **state)
{
    (void)state;
    assert_sentence("base \"\xc3\xa9v\xc3\xa9nements\" introuvable",
                    "base \"\xc3\xa9v\xc3\xa9nements\" introuvable");
}

static void sentences_lose_what_could_forge_a_line(void **state)
{
    (void)state;
    assert_sentence("a\nb\t\x1b[31m\\\x7f", "a\\x0ab\\x09\\x1b[31m\\x5c\\x7f");
}

static void sentences_that_are_not_utf8_are_escaped_as_bytes(void **state)
{
    (void)state;
    assert_sentence("a \xc3\xa9 \xff", "a\\x20\\xc3\\xa9\\x20\\xff");
}

/* U+0080 to U+009F control a terminal too: U+009B is what ESC [ is. */
static void sentences_lose_controls_above_ascii(void **state)
{
    (void)state;
    for (int byte = 0x80; byte < 0xa0; byte++) {
        char text[8];
        char escaped[32];
        snprintf(text, sizeof(text), "a\xc2%cb", (char)byte);
        log_escape_sentence(escaped, sizeof(escaped), text);
        if (strstr(escaped, "\xc2") != NULL)
            fail_msg("U+%04X stays", (unsigned)byte);
    }
}

static void cut_sentences_are_still_utf8(void **state)
{
    (void)state;
    for (size_t size = 1; size < 20; size++) {
        char escaped[20];
        log_escape_sentence(escaped, size, "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x8f\x83\xc3\xa9");
        if (!text_is_utf8(escaped, strlen(escaped)))
            fail_msg("cut to %zu bytes", size - 1);
    }
}

static void controls_above_ascii_are_escaped_whole(void **state)
{
    (void)state;
    assert_sentence(
        "a\xc2\x80"
        "b",
        "a\\xc2\\x80b");
    assert_sentence(
        "\xc2\x9b"
        "31m",
        "\\xc2\\x9b31m");
    assert_sentence("\xc2\x9f", "\\xc2\\x9f");
}

/* U+00A0 is the first above them; other characters have their bytes too. */
static void characters_beside_the_controls_stay(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {"\xc2\xa0", "\xc2\xbf",     "\xc3\x80",
                                        "\xc3\x9b", "\xe2\x82\x80", "\xf0\x9f\x82\x9b"};
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++)
        assert_sentence(TEXTS[i], TEXTS[i]);
}

/* What is cut off is what does not fit, and no more. */
static void cut_sentences_keep_every_character_that_fits(void **state)
{
    (void)state;
    static const char TEXT[] = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x8f\x83z";
    static const size_t ENDS[] = {0, 1, 3, 6, 10, 11};
    for (size_t size = 1; size < 16; size++) {
        char escaped[16];
        size_t expected = 0;
        for (size_t i = 0; i < COUNT_OF(ENDS); i++)
            if (ENDS[i] < size)
                expected = ENDS[i];
        log_escape_sentence(escaped, size, TEXT);
        assert_int_equal(strlen(escaped), expected);
        assert_int_equal(strncmp(escaped, TEXT, expected), 0);
    }
}

static void an_escaped_character_is_cut_as_one(void **state)
{
    (void)state;
    for (size_t size = 1; size < 20; size++) {
        char escaped[20];
        log_escape_sentence(escaped, size, "\xc2\x9b\xc2\x9b");
        assert_int_equal(strlen(escaped), (size - 1) / 8 * 8);
    }
}

#define TEST(function) cmocka_unit_test_setup(function, set_up)

static const struct CMUnitTest TESTS[] = {
    TEST(a_record_says_time_process_level_and_message),
    TEST(the_time_is_that_of_utc),
    TEST(a_record_says_its_request),
    TEST(an_empty_request_id_is_none),
    TEST(a_hostile_request_id_is_harmless),
    TEST(a_request_id_is_copied_and_cut),
    TEST(every_level_has_its_word),
    TEST(levels_beyond_the_threshold_are_dropped),
    TEST(each_record_is_one_line),
    TEST(a_record_too_long_is_cut_and_ended),
    TEST(messages_of_every_length_end_with_one_newline),
    TEST(a_full_pipe_drops_the_record_and_does_not_block),
    TEST(errno_survives_a_record),
    TEST(plain_text_stays),
    TEST(what_could_forge_a_line_is_escaped),
    TEST(every_byte_is_printable_once_escaped),
    TEST(escaped_text_is_cut_between_escapes),
    TEST(sentences_keep_spaces_quotes_and_utf8),
    TEST(sentences_lose_what_could_forge_a_line),
    TEST(sentences_that_are_not_utf8_are_escaped_as_bytes),
    TEST(sentences_lose_controls_above_ascii),
    TEST(cut_sentences_are_still_utf8),
    TEST(controls_above_ascii_are_escaped_whole),
    TEST(characters_beside_the_controls_stay),
    TEST(cut_sentences_keep_every_character_that_fits),
    TEST(an_escaped_character_is_cut_as_one),
};

RUN_TESTS(TESTS)
