/*
 * Owns: signal handlers and masks.
 * Must not: act on a signal; the loops of master and worker do, when they get to it.
 */
#include "signals.h"

#include <poll.h>
#include <stddef.h>
#include <unistd.h>

static volatile sig_atomic_t stop_requests;
static volatile sig_atomic_t reload_requested;
static volatile sig_atomic_t child_ended;
static sigset_t waiting_mask;

static void note_signal(int number)
{
    if (number == SIGHUP)
        reload_requested = 1;
    else if (number == SIGCHLD)
        child_ended = 1;
    else if (stop_requests < 2)
        stop_requests = stop_requests + 1;
}

/* Not blocked: it must come through while a request waits for a database. */
static void note_parent_died(int number)
{
    (void)number;
    stop_requests = 2;
    alarm(1); /* SIGALRM ends the process */
}

static const int NOTED[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};

void signals_start(void)
{
    struct sigaction note = {.sa_handler = note_signal, .sa_flags = SA_RESTART};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigset_t noted;
    sigemptyset(&noted);
    for (size_t i = 0; i < sizeof(NOTED) / sizeof(NOTED[0]); i++) {
        sigaddset(&noted, NOTED[i]);
        sigaction(NOTED[i], &note, NULL);
    }
    struct sigaction parent_died = {.sa_handler = note_parent_died, .sa_flags = SA_RESTART};
    struct sigaction as_usual = {.sa_handler = SIG_DFL};
    sigaction(SIGNAL_PARENT_DIED, &parent_died, NULL);
    sigaction(SIGALRM, &as_usual, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
    sigprocmask(SIG_BLOCK, &noted, &waiting_mask);
    /* Whoever started this program may have left them blocked. */
    for (size_t i = 0; i < sizeof(NOTED) / sizeof(NOTED[0]); i++)
        sigdelset(&waiting_mask, NOTED[i]);
}

void signals_forget_children(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGCHLD, &ignore, NULL);
}

void signals_end(void)
{
    struct sigaction as_usual = {.sa_handler = SIG_DFL};
    for (size_t i = 0; i < sizeof(NOTED) / sizeof(NOTED[0]); i++)
        sigaction(NOTED[i], &as_usual, NULL);
    sigprocmask(SIG_SETMASK, &waiting_mask, NULL);
}

void signals_let_in(void)
{
    ppoll(NULL, 0, &(struct timespec){0}, &waiting_mask);
}

const sigset_t *signals_waiting(void)
{
    return &waiting_mask;
}

int signals_stop_requests(void)
{
    return stop_requests;
}

bool signals_take_reload(void)
{
    bool taken = reload_requested != 0;
    reload_requested = 0;
    return taken;
}

bool signals_take_child(void)
{
    bool taken = child_ended != 0;
    child_ended = 0;
    return taken;
}
