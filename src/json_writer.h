#ifndef JSON_WRITER_H
#define JSON_WRITER_H

#include "buffer.h"

/*
 * Appends JSON values. Keys and punctuation are the caller's: they are constant, and written as one
 * piece. Text must be UTF-8 and goes out as it is, but for what RFC 8259 section 7 has escaped.
 */
void json_write_string(struct buffer *out, const char *text);
void json_write_bytes(struct buffer *out, const char *bytes, size_t length);

/* 15 to 17 digits, as few as read back as the same double; NaN and Infinity are null. */
void json_write_double(struct buffer *out, double value);

/* PostgreSQL's text of a float8, which is JSON but for NaN and Infinity: those are null. */
void json_write_float8(struct buffer *out, const char *text);

/* PostgreSQL's 't' and 'f'. */
void json_write_boolean(struct buffer *out, const char *text);

#endif
