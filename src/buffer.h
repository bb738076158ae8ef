#ifndef BUFFER_H
#define BUFFER_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

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

/* Room for `more` bytes, and one for a NUL behind them. False: the buffer has failed. */
bool buffer_reserve(struct buffer *buffer, size_t more);

/* Here to be inlined: a page is some thousand short appends, most of a length known beforehand. */
static inline void buffer_append(struct buffer *buffer, const char *bytes, size_t length)
{
    if (length == 0)
        return;
    if (length >= buffer->capacity - buffer->length || buffer->failed || buffer->limit > 0)
        if (!buffer_reserve(buffer, length))
            return;
    memcpy(buffer->data + buffer->length, bytes, length);
    buffer->length += length;
}

static inline void buffer_append_char(struct buffer *buffer, char byte)
{
    buffer_append(buffer, &byte, 1);
}

void buffer_append_text(struct buffer *buffer, const char *text);
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
