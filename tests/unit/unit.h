#ifndef UNIT_H
#define UNIT_H

/* What every unit test includes first: cmocka, and the headers that it expects before its own. */

/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* set_up and tear_down for a `struct fixture` with an `arena` in it: all zero for each test. */
#define ARENA_FIXTURE                                                                              \
    static int set_up(void **state)                                                                \
    {                                                                                              \
        static struct fixture fixture;                                                             \
        fixture = (struct fixture){0};                                                             \
        *state = &fixture;                                                                         \
        return 0;                                                                                  \
    }                                                                                              \
                                                                                                   \
    static int tear_down(void **state)                                                             \
    {                                                                                              \
        struct fixture *fixture = *state;                                                          \
        arena_free(&fixture->arena);                                                               \
        return 0;                                                                                  \
    }

/* A program's main(): runs the tests and prints TAP. */
#define RUN_TESTS(tests)                                                                           \
    int main(void)                                                                                 \
    {                                                                                              \
        cmocka_set_message_output(CM_OUTPUT_TAP);                                                  \
        return cmocka_run_group_tests(tests, NULL, NULL);                                          \
    }

#endif
