/*
 * arena: memory that is zeroed, aligned, apart from its neighbours and freed in one go (which
 * AddressSanitizer and valgrind judge).
 */
#include "arena.h"
#include "unit.h"

#include <stdalign.h>
#include <string.h>

static void memory_is_zeroed_and_writable(void **state)
{
    (void)state;
    struct arena arena = {0};
    unsigned char *memory = arena_allocate(&arena, 100, 3);
    assert_non_null(memory);
    for (size_t i = 0; i < 300; i++)
        assert_int_equal(memory[i], 0);
    memset(memory, 0xff, 300);
    arena_free(&arena);
}

static void memory_is_aligned_for_anything(void **state)
{
    (void)state;
    struct arena arena = {0};
    for (size_t size = 1; size < 100; size++) {
        void *memory = arena_allocate(&arena, 1, size);
        assert_non_null(memory);
        assert_int_equal((uintptr_t)memory % alignof(max_align_t), 0);
    }
    arena_free(&arena);
}

static void allocations_do_not_overlap(void **state)
{
    (void)state;
    enum { ITEMS = 2000 };
    struct arena arena = {0};
    unsigned char *items[ITEMS];
    for (size_t i = 0; i < ITEMS; i++) {
        items[i] = arena_allocate(&arena, 1, i % 61 + 1);
        assert_non_null(items[i]);
        memset(items[i], (int)(i % 251), i % 61 + 1);
    }
    for (size_t i = 0; i < ITEMS; i++)
        for (size_t j = 0; j < i % 61 + 1; j++)
            assert_int_equal(items[i][j], i % 251);
    arena_free(&arena);
}

static void large_allocations_get_room_of_their_own(void **state)
{
    (void)state;
    struct arena arena = {0};
    char *small = arena_copy(&arena, "kept", 4);
    char *large = arena_allocate(&arena, 1024, 1024);
    assert_non_null(small);
    assert_non_null(large);
    memset(large, 'x', 1024 * 1024);
    assert_string_equal(small, "kept");
    arena_free(&arena);
}

static void a_product_too_large_is_refused(void **state)
{
    (void)state;
    struct arena arena = {0};
    assert_null(arena_allocate(&arena, SIZE_MAX / 2, 3));
    assert_null(arena_allocate(&arena, SIZE_MAX, 1));
    assert_null(arena_allocate(&arena, 3, SIZE_MAX / 2));
    assert_non_null(arena_allocate(&arena, 1, 1));
    arena_free(&arena);
}

static void nothing_can_be_allocated(void **state)
{
    (void)state;
    struct arena arena = {0};
    assert_non_null(arena_allocate(&arena, 0, 8));
    assert_non_null(arena_allocate(&arena, 8, 0));
    arena_free(&arena);
}

static void copies_end_with_nul(void **state)
{
    (void)state;
    struct arena arena = {0};
    char *copy = arena_copy(&arena, "eventId=7", 7);
    assert_non_null(copy);
    assert_string_equal(copy, "eventId");
    char *empty = arena_copy(&arena, "", 0);
    assert_non_null(empty);
    assert_string_equal(empty, "");
    arena_free(&arena);
}

static void a_freed_arena_is_as_new(void **state)
{
    (void)state;
    struct arena arena = {0};
    assert_non_null(arena_allocate(&arena, 1, 10));
    arena_free(&arena);
    assert_null(arena.blocks);
    arena_free(&arena);
    assert_non_null(arena_allocate(&arena, 1, 10));
    arena_free(&arena);
}

static const struct CMUnitTest TESTS[] = {
    cmocka_unit_test(memory_is_zeroed_and_writable),
    cmocka_unit_test(memory_is_aligned_for_anything),
    cmocka_unit_test(allocations_do_not_overlap),
    cmocka_unit_test(large_allocations_get_room_of_their_own),
    cmocka_unit_test(a_product_too_large_is_refused),
    cmocka_unit_test(nothing_can_be_allocated),
    cmocka_unit_test(copies_end_with_nul),
    cmocka_unit_test(a_freed_arena_is_as_new),
};

RUN_TESTS(TESTS)
