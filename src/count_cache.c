/*
 * Owns: totals, how long they are good for, and who counts anew.
 * Must not: grow. Filters come from clients, and there is no end of them.
 *
 * The totals are all workers' and nobody waits for them: a place is read and written word by word,
 * and its `check`, the key mixed with the other words, shows whether they belong together.
 */
#include "count_cache.h"

#include "buffer.h"
#include "deadline.h"
#include "scoreboard.h"

#include <string.h>
#include <xxhash.h>

/* 128 bits, of the database, the statement and its values: they do not collide by chance. */
struct total {
    XXH128_hash_t key;
    uint64_t number;
    uint64_t counted_at; /* monotonic clock, nanoseconds; 0: the place is free */
};

static int64_t max_age; /* nanoseconds; 0: nothing is remembered */
static const char *source = "";

void count_cache_start(int max_age_ms, const char *database)
{
    max_age = max_age_ms * NANOSECONDS_PER_MS;
    source = database;
}

static void append_text(struct buffer *text, const char *part)
{
    buffer_append(text, part, strlen(part) + 1); /* or "ab","c" would be "a","bc" */
}

/* False: out of memory. */
static bool make_key(const struct query *count, XXH128_hash_t *key)
{
    struct buffer text = {0};
    append_text(&text, source);
    append_text(&text, count->name);
    for (int i = 0; i < count->value_count; i++)
        append_text(&text, count->values[i]);
    bool complete = !text.failed;
    if (complete)
        *key = XXH3_128bits(text.data, text.length);
    buffer_free(&text);
    return complete;
}

static uint64_t load(const _Atomic uint64_t *word)
{
    return atomic_load_explicit(word, memory_order_relaxed);
}

static void store(_Atomic uint64_t *word, uint64_t value)
{
    atomic_store_explicit(word, value, memory_order_relaxed);
}

/* Words of two writers give a key that is nobody's. */
static struct total read_place(const struct scoreboard_total *place)
{
    struct total total = {.number = load(&place->total), .counted_at = load(&place->counted_at)};
    uint64_t mixed = total.number ^ total.counted_at;
    total.key.low64 = load(&place->check[0]) ^ mixed;
    total.key.high64 = load(&place->check[1]) ^ mixed;
    return total;
}

static void write_place(struct scoreboard_total *place, const struct total *total)
{
    uint64_t mixed = total->number ^ total->counted_at;
    store(&place->check[0], total->key.low64 ^ mixed);
    store(&place->check[1], total->key.high64 ^ mixed);
    store(&place->total, total->number);
    store(&place->counted_at, total->counted_at);
}

/* Negative where another worker was there since this one looked at the clock. */
static int64_t age_of(uint64_t then, uint64_t now)
{
    return (int64_t)(now - then);
}

/*
 * In the last quarter of a total's age one worker counts anew, while the others go on with what
 * there is: they would otherwise all count at once when it is over. As they do where to count takes
 * longer than that.
 */
static bool is_mine_to_count(struct scoreboard_total *place, int64_t age, uint64_t now)
{
    uint64_t claimed_at = load(&place->claimed_at);
    if (age < max_age - max_age / 4 || age_of(claimed_at, now) < max_age / 4)
        return false;
    return atomic_compare_exchange_strong(&place->claimed_at, &claimed_at, now);
}

bool count_cache_find(const struct query *count, int64_t *total)
{
    XXH128_hash_t key;
    struct scoreboard_total *places = scoreboard_totals();
    if (max_age == 0 || !make_key(count, &key))
        return false;
    uint64_t now = (uint64_t)clock_now();
    for (size_t i = 0; i < SCOREBOARD_TOTALS; i++) {
        struct total known = read_place(&places[i]);
        if (known.counted_at == 0 || !XXH128_isEqual(known.key, key))
            continue;
        int64_t age = age_of(known.counted_at, now);
        if (age > max_age || is_mine_to_count(&places[i], age, now))
            return false;
        *total = (int64_t)known.number;
        return true;
    }
    return false;
}

void count_cache_store(const struct query *count, int64_t total)
{
    struct total fresh = {.number = (uint64_t)total, .counted_at = (uint64_t)clock_now()};
    struct scoreboard_total *places = scoreboard_totals();
    if (max_age == 0 || !make_key(count, &fresh.key))
        return;
    struct scoreboard_total *place = &places[0];
    for (size_t i = 0; i < SCOREBOARD_TOTALS; i++) {
        if (XXH128_isEqual(read_place(&places[i]).key, fresh.key)) {
            place = &places[i];
            break;
        }
        if (load(&places[i].counted_at) < load(&place->counted_at))
            place = &places[i];
    }
    write_place(place, &fresh);
}
