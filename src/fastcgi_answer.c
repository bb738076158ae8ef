/*
 * Owns: the records that an answer is sent in (FastCGI 1.0, sections 3.3, 5.3 and 5.5).
 * Must not: read; requests are libfcgi's.
 *
 * libfcgi sends what it is given in pieces of 8 KB, each copied and written by itself. A page is 40
 * KB, and goes out here in one call of the kernel, from where it stands.
 */
#include "fastcgi_answer.h"

#include <errno.h>
#include <fastcgi.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <sys/uio.h>

enum {
    RECORDS_MAX = 16,     /* sent in one call */
    CONTENT_MAX = 0xfff8, /* of one record; a multiple of eight needs no padding */
};

struct batch {
    int fd;
    FCGI_Header headers[RECORDS_MAX];
    struct iovec parts[2 * RECORDS_MAX];
    int record_count;
    int part_count;
};

/* Writes all parts, however many the kernel takes at a time. */
static bool flush_batch(struct batch *batch)
{
    struct iovec *part = batch->parts;
    int left = batch->part_count;
    batch->record_count = 0;
    batch->part_count = 0;
    while (left > 0) {
        ssize_t written = writev(batch->fd, part, left);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        for (; left > 0 && (size_t)written >= part->iov_len; part++, left--)
            written -= (ssize_t)part->iov_len;
        if (left > 0) {
            part->iov_base = (char *)part->iov_base + written;
            part->iov_len -= (size_t)written;
        }
    }
    return true;
}

static bool add_record(struct batch *batch, int type, int request_id, const void *content,
                       size_t length)
{
    if (batch->record_count == RECORDS_MAX && !flush_batch(batch))
        return false;
    FCGI_Header *header = &batch->headers[batch->record_count++];
    *header = (FCGI_Header){
        .version = FCGI_VERSION_1,
        .type = (unsigned char)type,
        .requestIdB1 = (unsigned char)(request_id >> 8),
        .requestIdB0 = (unsigned char)request_id,
        .contentLengthB1 = (unsigned char)(length >> 8),
        .contentLengthB0 = (unsigned char)length,
    };
    batch->parts[batch->part_count++] = (struct iovec){header, sizeof(*header)};
    if (length > 0)
        batch->parts[batch->part_count++] = (struct iovec){(void *)(size_t)content, length};
    return true;
}

static bool add_output(struct batch *batch, int request_id, struct slice piece)
{
    while (piece.length > 0) {
        size_t length = piece.length < CONTENT_MAX ? piece.length : CONTENT_MAX;
        if (!add_record(batch, FCGI_STDOUT, request_id, piece.start, length))
            return false;
        piece.start += length;
        piece.length -= length;
    }
    return true;
}

bool fastcgi_send_answer(int fd, int request_id, const struct slice pieces[], size_t count)
{
    static const FCGI_EndRequestBody END = {.protocolStatus = FCGI_REQUEST_COMPLETE};
    struct batch batch = {.fd = fd};
    for (size_t i = 0; i < count; i++)
        if (!add_output(&batch, request_id, pieces[i]))
            return false;
    return add_record(&batch, FCGI_STDOUT, request_id, NULL, 0) &&
           add_record(&batch, FCGI_END_REQUEST, request_id, &END, sizeof(END)) &&
           flush_batch(&batch);
}
