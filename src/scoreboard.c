/*
 * Owns: the memory that a master and its processes share.
 * Must not: lock anything. Every value but the totals has one writer, and a reader may see one
 * value older than another.
 */
#include "scoreboard.h"

#include "deadline.h"
#include "log.h"

#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* To be raised where a change of `struct board` leaves its size as it is. */
enum { LAYOUT = 2 };

struct board {
    uint64_t layout;
    _Atomic int64_t started;
    _Atomic uint32_t moves;
    struct scoreboard_counters ended;
    _Atomic uint32_t remembered; /* how many values have been put into the history so far */
    _Atomic uint16_t history[SCOREBOARD_HISTORY];
    struct scoreboard_total totals[SCOREBOARD_TOTALS];
    struct scoreboard_slot slots[SCOREBOARD_SLOTS];
};

static struct board *board;
static int slot_count;
static int own_slot;

static const int STATUS_CODES[SCOREBOARD_STATUSES] = {200, 204, 304, 400, 404, 405,
                                                      414, 500, 503, 504, 403, 0};

static const int64_t NANOSECONDS_PER_US = 1000;
static const int32_t BUCKET_BOUNDS_US[SCOREBOARD_BUCKETS - 1] = {
    250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 1000000, 2500000, 10000000};

/* After SIGHUP a new program may find the board of an old master. */
static bool fits(int fd)
{
    struct stat status;
    uint64_t layout = 0;
    return fstat(fd, &status) == 0 && status.st_size == (off_t)sizeof(struct board) &&
           pread(fd, &layout, sizeof(layout), offsetof(struct board, layout)) ==
               (ssize_t)sizeof(layout) &&
           layout == LAYOUT;
}

/* The mapping is kept for the life of the process. */
static bool map_board(int fd)
{
    int flags = fd >= 0 ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS;
    void *memory = mmap(NULL, sizeof(struct board), PROT_READ | PROT_WRITE, flags, fd, 0);
    if (memory == MAP_FAILED)
        return false;
    board = memory;
    slot_count = fd >= 0 ? SCOREBOARD_SLOTS : 1;
    return true;
}

int scoreboard_create(void)
{
    int fd = memfd_create("scoreboard", MFD_CLOEXEC);
    if (fd < 0)
        return -1;
    if (ftruncate(fd, (off_t)sizeof(struct board)) != 0 || !map_board(fd)) {
        close(fd);
        return -1;
    }
    board->layout = LAYOUT;
    board->started = clock_now();
    return fd;
}

bool scoreboard_attach(int fd, const struct scoreboard_place *place)
{
    bool is_shared = fd >= 0 && fits(fd);
    bool mapped =
        place->slot >= 0 && place->slot < SCOREBOARD_SLOTS && map_board(is_shared ? fd : -1);
    if (fd >= 0)
        close(fd);
    if (!mapped)
        return false;
    own_slot = is_shared ? place->slot : 0;
    if (!is_shared)
        board->started = clock_now();
    if (fd >= 0 && !is_shared)
        log_warn(
            "the master is of another version: until it is restarted, /metrics and the state of "
            "the service know nothing of this process");
    struct scoreboard_slot *mine = scoreboard_mine();
    mine->number = place->number;
    mine->is_worker = place->is_worker;
    mine->started = clock_now();
    mine->pid = getpid();
    return true;
}

struct scoreboard_slot *scoreboard_mine(void)
{
    static struct scoreboard_slot nowhere; /* before a board is attached */
    return board != NULL ? &board->slots[own_slot] : &nowhere;
}

struct scoreboard_total *scoreboard_totals(void)
{
    static struct scoreboard_total nowhere[SCOREBOARD_TOTALS];
    return board != NULL ? board->totals : nowhere;
}

int64_t scoreboard_started(void)
{
    return board->started;
}

const struct scoreboard_slot *scoreboard_slot(int number)
{
    return number < slot_count ? &board->slots[number] : NULL;
}

uint32_t scoreboard_moves(void)
{
    atomic_thread_fence(memory_order_seq_cst);
    return board->moves;
}

const struct scoreboard_counters *scoreboard_ended(void)
{
    return &board->ended;
}

int scoreboard_status_code(int column)
{
    return STATUS_CODES[column];
}

int64_t scoreboard_bucket_bound(int bucket)
{
    return bucket < SCOREBOARD_BUCKETS - 1 ? BUCKET_BOUNDS_US[bucket] * NANOSECONDS_PER_US : -1;
}

/* A single writer needs no atomic addition, only that readers never see half a number. */
static void add(_Atomic uint64_t *counter, uint64_t more)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + more,
                          memory_order_relaxed);
}

static int status_column(int status)
{
    int column = 0;
    while (column < SCOREBOARD_STATUSES - 1 && STATUS_CODES[column] != status)
        column++;
    return column;
}

static int bucket_of(int64_t nanoseconds)
{
    int bucket = 0;
    while (bucket < SCOREBOARD_BUCKETS - 1 && nanoseconds > scoreboard_bucket_bound(bucket))
        bucket++;
    return bucket;
}

void scoreboard_count_request(const struct scoreboard_request *request)
{
    struct scoreboard_counters *counters = &scoreboard_mine()->counters;
    add(&counters->requests[request->route][status_column(request->status)], 1);
    add(&counters->bytes, request->bytes);
    for (int i = 0; i < SCOREBOARD_DURATIONS; i++) {
        int64_t nanoseconds = request->durations[i];
        if (nanoseconds <= 0)
            continue;
        add(&counters->buckets[i][bucket_of(nanoseconds)], 1);
        add(&counters->nanoseconds[i], (uint64_t)nanoseconds);
    }
}

void scoreboard_count_opened(enum scoreboard_database database, bool is_reconnect)
{
    struct scoreboard_counters *counters = &scoreboard_mine()->counters;
    add(&counters->opened[database], 1);
    add(&counters->reconnects[database], is_reconnect ? 1 : 0);
}

void scoreboard_count_failure(enum scoreboard_database database)
{
    add(&scoreboard_mine()->counters.failures[database], 1);
}

void scoreboard_count_enrichment(enum scoreboard_enrichment outcome)
{
    add(&scoreboard_mine()->counters.enrichments[outcome], 1);
}

/* The counters are nothing but counters, so they are added up as an array. */
void scoreboard_add_counters(struct scoreboard_counters *sum,
                             const struct scoreboard_counters *more)
{
    _Atomic uint64_t *to = (_Atomic uint64_t *)sum;
    const _Atomic uint64_t *from = (const _Atomic uint64_t *)more;
    for (size_t i = 0; i < sizeof(*sum) / sizeof(*to); i++)
        add(&to[i], from[i]);
}

void scoreboard_clear(int number)
{
    struct scoreboard_slot *slot = &board->slots[number];
    board->moves = board->moves + 1;
    atomic_thread_fence(memory_order_seq_cst);
    slot->pid = 0;
    scoreboard_add_counters(&board->ended, &slot->counters);
    memset(slot, 0, sizeof(*slot));
    atomic_thread_fence(memory_order_seq_cst);
    board->moves = board->moves + 1;
}

void scoreboard_count_restart(enum scoreboard_restart cause)
{
    add(&board->ended.restarts[cause], 1);
}

int scoreboard_count_connections(enum scoreboard_database database)
{
    int count = 0;
    for (int i = 0; i < slot_count; i++)
        count += board->slots[i].pid != 0 && board->slots[i].connected[database] ? 1 : 0;
    return count;
}

void scoreboard_remember_connections(void)
{
    int count = scoreboard_count_connections(SCOREBOARD_MILES_REPUBLIC);
    board->history[board->remembered % SCOREBOARD_HISTORY] = (uint16_t)count;
    board->remembered = board->remembered + 1;
}

int scoreboard_connections_ago(int seconds)
{
    uint32_t remembered = board->remembered;
    if (seconds >= SCOREBOARD_HISTORY || (uint32_t)seconds >= remembered)
        return -1;
    return board->history[(remembered - 1 - (uint32_t)seconds) % SCOREBOARD_HISTORY];
}
