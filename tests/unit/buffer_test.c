/*
 * buffer: growth, the limit, and failures that stick until the buffer is reset.
 */
#include "buffer.h"
#include "unit.h"

#include <string.h>

static void an_empty_buffer_is_empty_text(void **state)
{
    (void)state;
    struct buffer buffer = {0};
    assert_string_equal(buffer_text(&buffer), "");
    assert_int_equal(buffer.length, 0);
    buffer_free(&buffer);
}

static void appends_stand_one_behind_the_other(void **state)
{
    (void)state;
    struct buffer buffer = {0};
    buffer_append(&buffer, "abc", 2);
    buffer_append_text(&buffer, "c");
    buffer_append_char(&buffer, 'd');
    buffer_append_literal(&buffer, "ef");
    buffer_append_format(&buffer, "%d%s", 42, "!");
    assert_string_equal(buffer_text(&buffer), "abcdef42!");
    assert_int_equal(buffer.length, 9);
    buffer_free(&buffer);
}

static void appending_nothing_is_nothing(void **state)
{
    (void)state;
    struct buffer buffer = {0};
    buffer_append(&buffer, NULL, 0);
    buffer_append_text(&buffer, "");
    buffer_append_format(&buffer, "%s", "");
    assert_int_equal(buffer.length, 0);
    assert_false(buffer.failed);
    buffer_free(&buffer);
}

static void nul_bytes_are_bytes(void **state)
{
    (void)state;
    struct buffer buffer = {0};
    buffer_append(&buffer, "a\0b", 3);
    buffer_append_char(&buffer, '\0');
    assert_int_equal(buffer.length, 4);
    assert_memory_equal(buffer.data, "a\0b\0", 4);
    buffer_free(&buffer);
}

static void it_grows_byte_by_byte(void **state)
{
    (void)state;
    enum { BYTES = 100000 };
    struct buffer buffer = {0};
    for (int i = 0; i < BYTES; i++)
        buffer_append_char(&buffer, (char)('a' + i % 26));
    assert_int_equal(buffer.length, BYTES);
    for (int i = 0; i < BYTES; i++)
        assert_int_equal(buffer.data[i], 'a' + i % 26);
    buffer_free(&buffer);
}

static void it_grows_for_one_large_piece(void **state)
{
    (void)state;
    static char large[300000];
    struct buffer buffer = {0};
    memset(large, 'x', sizeof(large));
    buffer_append_text(&buffer, "start ");
    buffer_append(&buffer, large, sizeof(large));
    assert_int_equal(buffer.length, 6 + sizeof(large));
    assert_memory_equal(buffer.data + 6, large, sizeof(large));
    buffer_free(&buffer);
}

static void formats_of_every_length_fit(void **state)
{
    (void)state;
    for (int length = 0; length < 1100; length++) {
        struct buffer buffer = {0};
        buffer_append_format(&buffer, "%*s", length, "");
        assert_int_equal(buffer.length, length);
        buffer_free(&buffer);
    }
}

static void text_is_ended_without_counting_the_end(void **state)
{
    (void)state;
    struct buffer buffer = {0};
    for (size_t length = 1; length < 600; length++) {
        buffer_append_char(&buffer, 'x');
        assert_int_equal(strlen(buffer_text(&buffer)), length);
        assert_int_equal(buffer.length, length);
    }
    buffer_free(&buffer);
}

static void the_limit_can_be_filled(void **state)
{
    (void)state;
    struct buffer buffer = {.limit = 1000};
    for (int i = 0; i < 1000; i++)
        buffer_append_char(&buffer, 'x');
    assert_false(buffer.failed);
    assert_int_equal(buffer.length, 1000);
    buffer_free(&buffer);
}

static void going_over_the_limit_fails(void **state)
{
    (void)state;
    static const char BYTES[1001] = {0};
    struct buffer buffer = {.limit = 1000};
    buffer_append(&buffer, BYTES, sizeof(BYTES));
    assert_true(buffer.failed);
    assert_int_equal(buffer.length, 0);
    assert_null(buffer_text(&buffer));
    buffer_free(&buffer);
}

static void a_failure_sticks(void **state)
{
    (void)state;
    static const char BYTES[2000] = {0};
    struct buffer buffer = {.limit = 1000};
    buffer_append_text(&buffer, "before");
    buffer_append(&buffer, BYTES, sizeof(BYTES));
    buffer_append_text(&buffer, "x");
    buffer_append_char(&buffer, 'x');
    buffer_append_format(&buffer, "%d", 1);
    assert_true(buffer.failed);
    assert_int_equal(buffer.length, 6);
    assert_null(buffer_text(&buffer));
    buffer_free(&buffer);
}

static void an_impossible_length_fails(void **state)
{
    (void)state;
    static volatile size_t lengths[] = {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 2, SIZE_MAX / 4};
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        struct buffer buffer = {0};
        buffer_append_text(&buffer, "x");
        buffer_append(&buffer, "", lengths[i]);
        assert_true(buffer.failed);
        assert_int_equal(buffer.length, 1);
        buffer_free(&buffer);
    }
}

static void a_full_limit_is_no_failure(void **state)
{
    (void)state;
    for (size_t limit = 1; limit < 600; limit++) {
        struct buffer buffer = {.limit = limit};
        buffer_append_format(&buffer, "%*s", (int)limit, "");
        assert_false(buffer.failed);
        assert_int_equal(strlen(buffer_text(&buffer)), limit);
        buffer_append(&buffer, "", 0);
        buffer_append_text(&buffer, "");
        assert_false(buffer.failed);
        buffer_append_char(&buffer, 'x');
        assert_true(buffer.failed);
        buffer_free(&buffer);
    }
}

/* Also where memory for one more has been there for long. */
static void one_byte_above_the_limit_fails_however_it_comes(void **state)
{
    (void)state;
    for (size_t limit = 1; limit < 600; limit++) {
        struct buffer buffer = {.limit = limit};
        buffer_append_format(&buffer, "%*s", (int)limit + 1, "");
        assert_true(buffer.failed);
        buffer_reset(&buffer, SIZE_MAX);
        for (size_t i = 0; i <= limit; i++)
            buffer_append_literal(&buffer, "x");
        assert_true(buffer.failed);
        assert_int_equal(buffer.length, limit);
        buffer_free(&buffer);
    }
}

static void nothing_is_appended_after_a_failure_though_there_is_room(void **state)
{
    (void)state;
    struct buffer buffer = {0};
    buffer_append_text(&buffer, "abc");
    buffer.failed = true;
    buffer_append_literal(&buffer, "d");
    buffer_append(&buffer, "e", 1);
    assert_int_equal(buffer.length, 3);
    buffer_free(&buffer);
}

static void ending_a_text_never_moves_the_limit(void **state)
{
    (void)state;
    struct buffer buffer = {.limit = 300};
    for (size_t length = 1; length <= 300; length++) {
        buffer_append_char(&buffer, 'x');
        assert_non_null(buffer_text(&buffer));
        assert_true(buffer.capacity > length);
    }
    buffer_free(&buffer);
}

static void reset_forgets_the_failure_and_keeps_the_limit(void **state)
{
    (void)state;
    static const char BYTES[2000] = {0};
    struct buffer buffer = {.limit = 1000};
    buffer_append(&buffer, BYTES, sizeof(BYTES));
    buffer_reset(&buffer, 4096);
    buffer_append_text(&buffer, "again");
    assert_string_equal(buffer_text(&buffer), "again");
    buffer_append(&buffer, BYTES, sizeof(BYTES));
    assert_true(buffer.failed);
    buffer_free(&buffer);
}

static void reset_keeps_memory_up_to_what_it_is_told(void **state)
{
    (void)state;
    struct buffer buffer = {0};
    buffer_append_format(&buffer, "%5000s", "");
    char *memory = buffer.data;
    buffer_reset(&buffer, buffer.capacity);
    assert_ptr_equal(buffer.data, memory);
    assert_int_equal(buffer.length, 0);
    buffer_reset(&buffer, buffer.capacity - 1);
    assert_null(buffer.data);
    assert_int_equal(buffer.capacity, 0);
    buffer_append_text(&buffer, "again");
    assert_string_equal(buffer_text(&buffer), "again");
    buffer_free(&buffer);
}

static void a_freed_buffer_can_be_filled_again(void **state)
{
    (void)state;
    struct buffer buffer = {0};
    buffer_append_text(&buffer, "once");
    buffer_free(&buffer);
    assert_null(buffer.data);
    buffer_append_text(&buffer, "twice");
    assert_string_equal(buffer_text(&buffer), "twice");
    buffer_free(&buffer);
}

static const struct CMUnitTest TESTS[] = {
    cmocka_unit_test(an_empty_buffer_is_empty_text),
    cmocka_unit_test(appends_stand_one_behind_the_other),
    cmocka_unit_test(appending_nothing_is_nothing),
    cmocka_unit_test(nul_bytes_are_bytes),
    cmocka_unit_test(it_grows_byte_by_byte),
    cmocka_unit_test(it_grows_for_one_large_piece),
    cmocka_unit_test(formats_of_every_length_fit),
    cmocka_unit_test(text_is_ended_without_counting_the_end),
    cmocka_unit_test(the_limit_can_be_filled),
    cmocka_unit_test(going_over_the_limit_fails),
    cmocka_unit_test(a_failure_sticks),
    cmocka_unit_test(an_impossible_length_fails),
    cmocka_unit_test(a_full_limit_is_no_failure),
    cmocka_unit_test(one_byte_above_the_limit_fails_however_it_comes),
    cmocka_unit_test(nothing_is_appended_after_a_failure_though_there_is_room),
    cmocka_unit_test(ending_a_text_never_moves_the_limit),
    cmocka_unit_test(reset_forgets_the_failure_and_keeps_the_limit),
    cmocka_unit_test(reset_keeps_memory_up_to_what_it_is_told),
    cmocka_unit_test(a_freed_buffer_can_be_filled_again),
};

RUN_TESTS(TESTS)
