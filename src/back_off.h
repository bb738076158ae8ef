#ifndef BACK_OFF_H
#define BACK_OFF_H

#include <stdint.h>

/* When to try again what has failed: after a delay that doubles. Zeroed: at once. */
struct back_off {
    int64_t until; /* monotonic clock, nanoseconds */
    int delay_ms;  /* the last one; 0: nothing has failed */
};

struct back_off_range {
    int first_ms;
    int last_ms; /* it grows no further */
};

/* It has failed again: the next delay begins now. */
void back_off_more(struct back_off *back_off, const struct back_off_range *range);

/* The same, but the delay ends anywhere in its second half, so that processes do not knock in step.
 * `delay_ms` stays what it is at most. */
void back_off_more_or_less(struct back_off *back_off, const struct back_off_range *range);

#endif
