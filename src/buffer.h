#ifndef BUFFER_H
#define BUFFER_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * A growing run of bytes. A failure (out of memory, or over the limit) sticks: later appends do
 * nothing, so a caller builds a whole answer and asks once, at the end, whether it is complete.
 */
struct buffer {
    char *data; /* owned; may be NULL while empty; not NUL-terminated */
    size_t length;
    size_t capacity;
    size_t limit; /* bytes; 0: none */
    bool failed;
};

void buffer_append(struct buffer *buffer, const char *bytes, size_t length);
void buffer_append_text(struct buffer *buffer, const char *text);
void buffer_append_char(struct buffer *buffer, char byte);
void buffer_append_format(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The bytes as C text, valid until the next append; NULL if an append has failed. */
const char *buffer_text(struct buffer *buffer);

/* Forgets the content and any failure, and keeps the memory up to `keep` bytes. */
void buffer_reset(struct buffer *buffer, size_t keep);
void buffer_free(struct buffer *buffer);

/* A string literal, with its length known to the compiler. */
#define buffer_append_literal(buffer, literal)                                                     \
    buffer_append(buffer, "" literal, sizeof(literal) - 1)

#endif
