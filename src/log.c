/*
 * Owns: the form of a log record, and its way to standard error.
 * Must not: block a request. Where standard error cannot take a record at once, it is dropped.
 */
#include "log.h"

#include "text.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { RECORD_SIZE = 2048, REQUEST_ID_SIZE = 65 };

static const char *const LEVEL_NAMES[] = {"error", "warn", "info", "debug"};

static enum log_level threshold = LOG_LEVEL_INFO;
static const char *process_name = "proposals-fcgi";
static bool is_pipe; /* what standard error is */
static char request_id[REQUEST_ID_SIZE];

void log_open(enum log_level level, const char *process)
{
    struct stat status;
    is_pipe = fstat(STDERR_FILENO, &status) == 0 && S_ISFIFO(status.st_mode);
    threshold = level;
    process_name = process;
}

void log_set_request(const char *id)
{
    log_escape(request_id, sizeof(request_id), id != NULL ? id : "");
}

static bool is_plain(struct slice character)
{
    unsigned char byte = (unsigned char)character.start[0];
    return byte > ' ' && byte < 0x7f && byte != '"' && byte != '\\';
}

/* Of a whole character: U+0080 to U+009F, which terminals obey, are C2 80 to C2 9F. */
static bool is_plain_in_sentence(struct slice character)
{
    unsigned char byte = (unsigned char)character.start[0];
    bool is_control =
        byte < ' ' || byte == 0x7f || (byte == 0xc2 && (unsigned char)character.start[1] < 0xa0);
    return !is_control && byte != '\\';
}

/* Cuts between characters, so that what fits is still text. */
static const char *escape(char *escaped, size_t size, const char *text, bool is_utf8,
                          bool (*stays)(struct slice character))
{
    size_t length = 0;
    while (*text != '\0') {
        size_t bytes = is_utf8 ? text_character_length(text) : 1;
        bool plain = stays((struct slice){text, bytes});
        if (length + (plain ? bytes : 4 * bytes) >= size)
            break;
        for (; bytes > 0; bytes--, text++) {
            if (plain)
                escaped[length++] = *text;
            else
                length += (size_t)snprintf(escaped + length, size - length, "\\x%02x",
                                           (unsigned char)*text);
        }
    }
    escaped[length] = '\0';
    return escaped;
}

const char *log_escape(char *escaped, size_t size, const char *text)
{
    return escape(escaped, size, text, false, is_plain);
}

const char *log_escape_sentence(char *escaped, size_t size, const char *text)
{
    if (!text_is_utf8(text, strlen(text)))
        return log_escape(escaped, size, text);
    return escape(escaped, size, text, true, is_plain_in_sentence);
}

static size_t write_prefix(char *record, size_t size, enum log_level level)
{
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    size_t length = strftime(record, size, "%Y-%m-%dT%H:%M:%S", &utc);
    length += (size_t)snprintf(record + length, size - length, ".%03ldZ [%s] ",
                               now.tv_nsec / 1000000, process_name);
    if (request_id[0] != '\0')
        length += (size_t)snprintf(record + length, size - length, "[request %s] ", request_id);
    return length + (size_t)snprintf(record + length, size - length, "%s: ", LEVEL_NAMES[level]);
}

/*
 * A record is shorter than PIPE_BUF, so a pipe takes it whole or, with RWF_NOWAIT, not at all.
 * Where the kernel has no such flag for what standard error is, poll tells. The descriptor itself
 * is shared with who knows whom, and is not ours to make non-blocking.
 */
static void write_record(const char *record, size_t length)
{
    struct pollfd output = {.fd = STDERR_FILENO, .events = POLLOUT};
    struct iovec piece = {(void *)(uintptr_t)record, length};
    if (is_pipe && pwritev2(STDERR_FILENO, &piece, 1, -1, RWF_NOWAIT) >= 0)
        return;
    if (is_pipe && errno != EOPNOTSUPP)
        return;
    if (poll(&output, 1, 0) == 1 && (output.revents & POLLOUT) != 0) {
        ssize_t written = write(STDERR_FILENO, record, length);
        (void)written;
    }
}

void log_record(enum log_level level, const char *format, ...)
{
    if (level > threshold)
        return;
    int saved_errno = errno;
    char record[RECORD_SIZE];
    size_t length = write_prefix(record, sizeof(record), level);
    va_list arguments;
    va_start(arguments, format);
    int added = vsnprintf(record + length, sizeof(record) - length, format, arguments);
    va_end(arguments);
    if (added > 0)
        length += (size_t)added;
    if (length > sizeof(record) - 1)
        length = sizeof(record) - 1;
    record[length++] = '\n';
    write_record(record, length);
    errno = saved_errno;
}
