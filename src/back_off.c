/*
 * Owns: how delays grow.
 * Must not: know what is tried again.
 */
#include "back_off.h"

#include "deadline.h"

#include <stdlib.h>

void back_off_more(struct back_off *back_off, const struct back_off_range *range)
{
    int delay = back_off->delay_ms > range->last_ms / 2 ? range->last_ms : back_off->delay_ms * 2;
    if (delay < range->first_ms)
        delay = range->first_ms;
    back_off->delay_ms = delay;
    back_off->until = clock_in(delay);
}

void back_off_more_or_less(struct back_off *back_off, const struct back_off_range *range)
{
    back_off_more(back_off, range);
    back_off->until -= random() % (back_off->delay_ms / 2 + 1) * NANOSECONDS_PER_MS;
}
