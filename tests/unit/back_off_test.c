/*
 * back_off: that delays double, where they end, and how far they are spread. The clock is the
 * machine's, so a delay may be found a little shorter than it is.
 */
#include "back_off.h"
#include "deadline.h"
#include "unit.h"

static const struct back_off_range RANGE = {1000, 60000};

static int64_t left_ms(const struct back_off *back_off)
{
    return (back_off->until - clock_now()) / NANOSECONDS_PER_MS;
}

static void nothing_failed_is_at_once(void **state)
{
    (void)state;
    struct back_off back_off = {0};
    assert_true(clock_now() >= back_off.until);
}

static void delays_double_up_to_the_last(void **state)
{
    (void)state;
    static const int DELAYS[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000};
    struct back_off back_off = {0};
    for (size_t i = 0; i < COUNT_OF(DELAYS); i++) {
        back_off_more(&back_off, &RANGE);
        assert_int_equal(back_off.delay_ms, DELAYS[i]);
        assert_in_range(left_ms(&back_off), DELAYS[i] - 900, DELAYS[i]);
    }
}

static void the_last_may_be_any_number(void **state)
{
    (void)state;
    static const struct back_off_range RANGES[] = {{100, 5000}, {100, 150}, {100, 100}, {1, 3}};
    for (size_t i = 0; i < COUNT_OF(RANGES); i++) {
        struct back_off back_off = {0};
        for (int j = 0; j < 100; j++)
            back_off_more(&back_off, &RANGES[i]);
        assert_int_equal(back_off.delay_ms, RANGES[i].last_ms);
    }
}

static void spread_delays_end_in_their_second_half(void **state)
{
    (void)state;
    int64_t least = RANGE.last_ms;
    int64_t most = 0;
    struct back_off back_off = {.delay_ms = RANGE.last_ms};
    for (int i = 0; i < 1000; i++) {
        back_off_more_or_less(&back_off, &RANGE);
        assert_int_equal(back_off.delay_ms, RANGE.last_ms);
        int64_t left = left_ms(&back_off);
        least = left < least ? left : least;
        most = left > most ? left : most;
    }
    assert_in_range(least, RANGE.last_ms / 2 - 900, RANGE.last_ms * 6 / 10);
    assert_in_range(most, RANGE.last_ms * 9 / 10 - 900, RANGE.last_ms);
}

static void a_short_delay_can_be_spread(void **state)
{
    (void)state;
    static const struct back_off_range SHORT = {2, 2};
    struct back_off back_off = {0};
    back_off_more_or_less(&back_off, &SHORT);
    assert_int_equal(back_off.delay_ms, 2);
}

static const struct CMUnitTest TESTS[] = {
    cmocka_unit_test(nothing_failed_is_at_once),
    cmocka_unit_test(delays_double_up_to_the_last),
    cmocka_unit_test(the_last_may_be_any_number),
    cmocka_unit_test(spread_delays_end_in_their_second_half),
    cmocka_unit_test(a_short_delay_can_be_spread),
};

RUN_TESTS(TESTS)
