/*
 * Owns: how values become JSON text.
 * Must not: know what an answer looks like.
 */
#include "json_writer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void write_escape(struct buffer *out, unsigned char byte)
{
    switch (byte) {
    case '"':
        buffer_append_literal(out, "\\\"");
        return;
    case '\\':
        buffer_append_literal(out, "\\\\");
        return;
    case '\b':
        buffer_append_literal(out, "\\b");
        return;
    case '\f':
        buffer_append_literal(out, "\\f");
        return;
    case '\n':
        buffer_append_literal(out, "\\n");
        return;
    case '\r':
        buffer_append_literal(out, "\\r");
        return;
    case '\t':
        buffer_append_literal(out, "\\t");
        return;
    default:
        buffer_append_format(out, "\\u%04x", byte);
    }
}

void json_write_bytes(struct buffer *out, const char *bytes, size_t length)
{
    buffer_append_char(out, '"');
    size_t plain = 0; /* start of what has not been written yet */
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if (byte >= ' ' && byte != '"' && byte != '\\')
            continue;
        buffer_append(out, bytes + plain, i - plain);
        write_escape(out, byte);
        plain = i + 1;
    }
    buffer_append(out, bytes + plain, length - plain);
    buffer_append_char(out, '"');
}

void json_write_string(struct buffer *out, const char *text)
{
    json_write_bytes(out, text, strlen(text));
}

void json_write_double(struct buffer *out, double value)
{
    if (!isfinite(value)) {
        buffer_append_literal(out, "null");
        return;
    }
    char text[32];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    buffer_append_text(out, text);
}

void json_write_float8(struct buffer *out, const char *text)
{
    bool finite = text[0] != 'N' && text[0] != 'I' && text[1] != 'I';
    buffer_append_text(out, finite ? text : "null");
}

void json_write_boolean(struct buffer *out, const char *text)
{
    buffer_append_text(out, text[0] == 't' ? "true" : "false");
}
