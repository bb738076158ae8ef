/*
 * Owns: the memory of one request.
 * Must not: outlive it. What is kept between requests has an owner of its own.
 */
#include "arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 16 * 1024 };

struct arena_block {
    struct arena_block *next;
    size_t used;
    size_t size;
    alignas(max_align_t) char bytes[];
};

static struct arena_block *add_block(struct arena *arena, size_t size)
{
    struct arena_block *block = calloc(1, sizeof(*block) + size);
    if (block == NULL)
        return NULL;
    block->size = size;
    block->next = arena->blocks;
    arena->blocks = block;
    return block;
}

void *arena_allocate(struct arena *arena, size_t count, size_t size)
{
    if (size != 0 && count > (SIZE_MAX / 2) / size)
        return NULL;
    const size_t alignment = alignof(max_align_t);
    size_t needed = (count * size + alignment - 1) / alignment * alignment;
    struct arena_block *block = arena->blocks;
    if (block == NULL || needed > block->size - block->used)
        block = add_block(arena, needed > BLOCK_SIZE ? needed : BLOCK_SIZE);
    if (block == NULL)
        return NULL;
    void *memory = block->bytes + block->used;
    block->used += needed;
    return memory;
}

char *arena_copy(struct arena *arena, const char *bytes, size_t length)
{
    char *copy = arena_allocate(arena, length + 1, 1);
    if (copy != NULL)
        memcpy(copy, bytes, length);
    return copy;
}

void arena_free(struct arena *arena)
{
    while (arena->blocks != NULL) {
        struct arena_block *block = arena->blocks;
        arena->blocks = block->next;
        free(block);
    }
}
