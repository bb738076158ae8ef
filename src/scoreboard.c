/*
 * Owns: the memory that a master and its processes share.
 * Must not: know what is done with what stands there.
 */
#include "scoreboard.h"

#include "deadline.h"

#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct board {
    _Atomic int64_t started;
    struct scoreboard_slot slots[SCOREBOARD_SLOTS];
};

static struct board alone;
static struct board *board = &alone;
static int slot_count = 1;
static int own_slot;

static bool map_board(int fd)
{
    void *memory = mmap(NULL, sizeof(struct board), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED)
        return false;
    board = memory;
    slot_count = SCOREBOARD_SLOTS;
    return true;
}

int scoreboard_create(void)
{
    int fd = memfd_create("scoreboard", MFD_CLOEXEC);
    if (fd >= 0 && (ftruncate(fd, (off_t)sizeof(struct board)) != 0 || !map_board(fd))) {
        close(fd);
        return -1;
    }
    board->started = clock_now();
    return fd;
}

bool scoreboard_attach(int fd, int slot, bool is_worker)
{
    if (fd >= 0) {
        bool mapped = map_board(fd);
        close(fd);
        if (!mapped || slot < 0 || slot >= SCOREBOARD_SLOTS)
            return false;
        own_slot = slot;
    } else {
        board->started = clock_now();
    }
    scoreboard_mine()->is_worker = is_worker;
    scoreboard_mine()->pid = getpid();
    return true;
}

struct scoreboard_slot *scoreboard_mine(void)
{
    return &board->slots[own_slot];
}

int64_t scoreboard_started(void)
{
    return board->started;
}

const struct scoreboard_slot *scoreboard_slot(int number)
{
    return number < slot_count ? &board->slots[number] : NULL;
}

void scoreboard_clear(int number)
{
    struct scoreboard_slot *slot = &board->slots[number];
    slot->pid = 0;
    slot->is_worker = false;
    for (int i = 0; i < SCOREBOARD_DATABASES; i++) {
        slot->state[i] = DATABASE_UNUSED;
        slot->connected[i] = false;
    }
}
