#ifndef ARENA_H
#define ARENA_H

#include <stddef.h>

/*
 * What one request allocates, freed in one go when the request ends. Zero-initialise it.
 */
struct arena {
    struct arena_block *blocks; /* newest first */
};

/* Zeroed memory for `count` items of `size` bytes, or NULL. Valid until arena_free. */
void *arena_allocate(struct arena *arena, size_t count, size_t size);

/* A NUL-terminated copy of `length` bytes, or NULL. */
char *arena_copy(struct arena *arena, const char *bytes, size_t length);

void arena_free(struct arena *arena);

#endif
