#ifndef LOG_H
#define LOG_H

#include <stdbool.h>
#include <stddef.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* `process` ("master", "worker 2") stands in every record; the text must outlive the process. */
void log_open(enum log_level level, const char *process);

/* The id that records carry from now on; NULL: none. Copied; made harmless if it is not plain. */
void log_set_request(const char *id);

/* One record, one line, one write. The format's text is ours; client text goes through log_escape.
 */
void log_record(enum log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#define log_error(...) log_record(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...)  log_record(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...)  log_record(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_record(LOG_LEVEL_DEBUG, __VA_ARGS__)

/*
 * Copies `text` so that it cannot end a line, forge another or confuse a terminal: control bytes,
 * bytes above ASCII, quotes and backslashes become \xNN. Cut to fit; returns `escaped`.
 */
const char *log_escape(char *escaped, size_t size, const char *text);

/* The same for sentences (a server's message, a name): spaces and UTF-8 stay, quotes too. */
const char *log_escape_sentence(char *escaped, size_t size, const char *text);

#endif
