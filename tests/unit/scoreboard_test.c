/*
 * scoreboard: slots, what is counted in which column and bucket, what becomes of the counters of a
 * process that has ended, and the history of connections.
 */
#include "http.h"
#include "log.h"
#include "scoreboard.h"
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const int STATUSES[] = {200, 204, 304, 400, 403, 404, 405, 414, 500, 503, 504};

/* A board of this process alone, and empty. */
static int attach_alone(void **state)
{
    (void)state;
    static const struct scoreboard_place PLACE = {.slot = 0, .number = 3, .is_worker = true};
    return scoreboard_attach(-1, &PLACE) ? 0 : -1;
}

static const struct scoreboard_counters *counters(void)
{
    return &scoreboard_mine()->counters;
}

/* What a run of counters adds up to. */
static uint64_t sum(const _Atomic uint64_t *first, size_t count)
{
    uint64_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += first[i];
    return total;
}

static uint64_t sum_all(const struct scoreboard_counters *all)
{
    return sum((const _Atomic uint64_t *)all, sizeof(*all) / sizeof(_Atomic uint64_t));
}

static int column_of(int status)
{
    for (int column = 0; column < SCOREBOARD_STATUSES; column++)
        if (scoreboard_status_code(column) == status)
            return column;
    fail_msg("%d has no column", status);
    return -1;
}

static void count_request(int status)
{
    scoreboard_count_request(
        &(struct scoreboard_request){.route = SCOREBOARD_LIST, .status = status});
}

/* Runs first, while no board is attached. */
static void without_a_board_counting_does_no_harm(void **state)
{
    (void)state;
    assert_non_null(scoreboard_mine());
    count_request(200);
    scoreboard_count_failure(SCOREBOARD_DATA_AGENTS);
}

static void a_process_alone_has_one_slot_of_its_own(void **state)
{
    (void)state;
    const struct scoreboard_slot *slot = scoreboard_slot(0);
    assert_ptr_equal(slot, scoreboard_mine());
    assert_null(scoreboard_slot(1));
    assert_int_equal(slot->pid, getpid());
    assert_int_equal(slot->number, 3);
    assert_true(slot->is_worker);
    assert_int_equal(slot->busy_since, 0);
    assert_int_equal(slot->served, 0);
    assert_int_equal(sum_all(&slot->counters), 0);
    assert_int_equal(sum_all(scoreboard_ended()), 0);
}

static void it_has_just_started(void **state)
{
    (void)state;
    int64_t now = clock_now();
    assert_in_range(scoreboard_started(), 1, now);
    assert_in_range(scoreboard_mine()->started, scoreboard_started(), now);
    assert_true(now - scoreboard_started() < INT64_C(60000000000));
}

static void there_is_no_slot_outside_the_board(void **state)
{
    (void)state;
    static const int SLOTS[] = {-1, SCOREBOARD_SLOTS, 100000};
    for (size_t i = 0; i < COUNT_OF(SLOTS); i++) {
        int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        struct scoreboard_place place = {.slot = SLOTS[i]};
        assert_false(scoreboard_attach(-1, &place));
        assert_false(scoreboard_attach(fd, &place));
        assert_int_equal(fcntl(fd, F_GETFD), -1);
    }
}

/* After a reload: the old master's board, larger or smaller, or of the same size and not alike. */
static void another_layout_is_left_alone(void **state)
{
    (void)state;
    struct stat made;
    struct scoreboard_place place = {.slot = 1};
    int own = scoreboard_create();
    assert_true(own >= 0);
    assert_int_equal(fstat(own, &made), 0);
    log_open(LOG_LEVEL_ERROR, "test"); /* each is warned of */
    const off_t SIZES[] = {0, 1, made.st_size - 8, made.st_size, made.st_size + 8};
    for (size_t i = 0; i < COUNT_OF(SIZES); i++) {
        int fd = memfd_create("test", MFD_CLOEXEC);
        int copy = dup(fd);
        assert_int_equal(ftruncate(fd, SIZES[i]), 0);
        assert_true(scoreboard_attach(fd, &place));
        assert_int_equal(fcntl(fd, F_GETFD), -1);
        assert_ptr_equal(scoreboard_slot(0), scoreboard_mine());
        assert_null(scoreboard_slot(1));
        for (char byte; read(copy, &byte, 1) == 1;)
            assert_int_equal(byte, 0);
        close(copy);
    }
    assert_true(scoreboard_attach(own, &place));
    assert_ptr_equal(scoreboard_slot(1), scoreboard_mine());
}

static void what_ends_moves_its_counters_in_two_steps(void **state)
{
    (void)state;
    uint32_t moves = scoreboard_moves();
    assert_int_equal(moves % 2, 0);
    scoreboard_clear(0);
    assert_int_equal(scoreboard_moves(), moves + 2);
}

static void every_status_has_a_column(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(STATUSES); i++) {
        count_request(STATUSES[i]);
        assert_int_equal(counters()->requests[SCOREBOARD_LIST][column_of(STATUSES[i])], 1);
    }
    assert_int_equal(sum_all(counters()), COUNT_OF(STATUSES));
}

static void every_status_that_is_answered_has_a_column_of_its_own(void **state)
{
    (void)state;
    for (int status = 100; status < 600; status++)
        if (http_reason(status)[0] != '\0')
            assert_int_not_equal(column_of(status), column_of(0));
}

static void any_other_status_is_in_the_last_column(void **state)
{
    (void)state;
    static const int OTHERS[] = {0, -1, 100, 201, 301, 418, 502, 599, 100000};
    assert_int_equal(scoreboard_status_code(SCOREBOARD_STATUSES - 1), 0);
    for (size_t i = 0; i < COUNT_OF(OTHERS); i++)
        count_request(OTHERS[i]);
    assert_int_equal(counters()->requests[SCOREBOARD_LIST][SCOREBOARD_STATUSES - 1],
                     COUNT_OF(OTHERS));
}

static void routes_are_counted_apart(void **state)
{
    (void)state;
    for (int route = 0; route < SCOREBOARD_ROUTES; route++)
        for (int i = 0; i <= route; i++)
            scoreboard_count_request(
                &(struct scoreboard_request){.route = (enum scoreboard_route)route, .status = 200});
    for (int route = 0; route < SCOREBOARD_ROUTES; route++)
        assert_int_equal(counters()->requests[route][column_of(200)], route + 1);
}

static void bytes_add_up(void **state)
{
    (void)state;
    static const size_t BYTES[] = {0, 1, 30000, 5000000000};
    for (size_t i = 0; i < COUNT_OF(BYTES); i++)
        scoreboard_count_request(&(struct scoreboard_request){.status = 200, .bytes = BYTES[i]});
    assert_int_equal(counters()->bytes, 5000030001);
}

static void bounds_rise_from_a_quarter_millisecond_to_ten_seconds(void **state)
{
    (void)state;
    assert_int_equal(scoreboard_bucket_bound(0), 250000);
    for (int bucket = 1; bucket < SCOREBOARD_BUCKETS - 1; bucket++)
        assert_true(scoreboard_bucket_bound(bucket) > scoreboard_bucket_bound(bucket - 1));
    assert_int_equal(scoreboard_bucket_bound(SCOREBOARD_BUCKETS - 2), 10000000000);
    assert_int_equal(scoreboard_bucket_bound(SCOREBOARD_BUCKETS - 1), -1);
}

static void count_duration(enum scoreboard_duration which, int64_t nanoseconds)
{
    struct scoreboard_request request = {.status = 200};
    request.durations[which] = nanoseconds;
    scoreboard_count_request(&request);
}

static void a_bound_belongs_to_its_bucket(void **state)
{
    (void)state;
    for (int bucket = 0; bucket < SCOREBOARD_BUCKETS - 1; bucket++)
        count_duration(DURATION_REQUEST, scoreboard_bucket_bound(bucket));
    for (int bucket = 0; bucket < SCOREBOARD_BUCKETS - 1; bucket++)
        assert_int_equal(counters()->buckets[DURATION_REQUEST][bucket], 1);
    assert_int_equal(counters()->buckets[DURATION_REQUEST][SCOREBOARD_BUCKETS - 1], 0);
}

static void what_is_above_a_bound_is_in_the_next_bucket(void **state)
{
    (void)state;
    count_duration(DURATION_REQUEST, 1);
    for (int bucket = 0; bucket < SCOREBOARD_BUCKETS - 1; bucket++)
        count_duration(DURATION_REQUEST, scoreboard_bucket_bound(bucket) + 1);
    count_duration(DURATION_REQUEST, INT64_C(3600000000000));
    for (int bucket = 0; bucket < SCOREBOARD_BUCKETS - 1; bucket++)
        assert_int_equal(counters()->buckets[DURATION_REQUEST][bucket], 1);
    assert_int_equal(counters()->buckets[DURATION_REQUEST][SCOREBOARD_BUCKETS - 1], 2);
}

static void durations_are_apart_and_add_up(void **state)
{
    (void)state;
    scoreboard_count_request(
        &(struct scoreboard_request){.status = 200,
                                     .durations = {[DURATION_DATA_AGENTS] = 1000,
                                                   [DURATION_MILES_REPUBLIC] = 300000,
                                                   [DURATION_REQUEST] = 600000}});
    count_duration(DURATION_DATA_AGENTS, 2000);
    assert_int_equal(counters()->nanoseconds[DURATION_DATA_AGENTS], 3000);
    assert_int_equal(counters()->nanoseconds[DURATION_MILES_REPUBLIC], 300000);
    assert_int_equal(counters()->nanoseconds[DURATION_REQUEST], 600000);
    assert_int_equal(counters()->buckets[DURATION_DATA_AGENTS][0], 2);
    assert_int_equal(counters()->buckets[DURATION_MILES_REPUBLIC][1], 1);
    assert_int_equal(counters()->buckets[DURATION_REQUEST][2], 1);
}

static void a_database_that_was_not_asked_has_no_duration(void **state)
{
    (void)state;
    count_duration(DURATION_MILES_REPUBLIC, 0);
    count_duration(DURATION_MILES_REPUBLIC, -1);
    assert_int_equal(sum(counters()->buckets[DURATION_MILES_REPUBLIC], SCOREBOARD_BUCKETS), 0);
    assert_int_equal(counters()->nanoseconds[DURATION_MILES_REPUBLIC], 0);
}

static void connections_are_counted_for_each_database(void **state)
{
    (void)state;
    scoreboard_count_opened(SCOREBOARD_DATA_AGENTS, false);
    scoreboard_count_opened(SCOREBOARD_MILES_REPUBLIC, false);
    scoreboard_count_opened(SCOREBOARD_MILES_REPUBLIC, true);
    scoreboard_count_failure(SCOREBOARD_MILES_REPUBLIC);
    assert_int_equal(counters()->opened[SCOREBOARD_DATA_AGENTS], 1);
    assert_int_equal(counters()->opened[SCOREBOARD_MILES_REPUBLIC], 2);
    assert_int_equal(counters()->reconnects[SCOREBOARD_DATA_AGENTS], 0);
    assert_int_equal(counters()->reconnects[SCOREBOARD_MILES_REPUBLIC], 1);
    assert_int_equal(counters()->failures[SCOREBOARD_DATA_AGENTS], 0);
    assert_int_equal(counters()->failures[SCOREBOARD_MILES_REPUBLIC], 1);
}

static void enrichments_are_counted_by_outcome(void **state)
{
    (void)state;
    for (int outcome = 0; outcome < SCOREBOARD_ENRICHMENTS; outcome++) {
        scoreboard_count_enrichment((enum scoreboard_enrichment)outcome);
        assert_int_equal(counters()->enrichments[outcome], 1);
    }
    assert_int_equal(sum_all(counters()), SCOREBOARD_ENRICHMENTS);
}

static void counters_are_added_one_to_one(void **state)
{
    (void)state;
    static struct scoreboard_counters total;
    static struct scoreboard_counters more;
    _Atomic uint64_t *each = (_Atomic uint64_t *)&more;
    const _Atomic uint64_t *totals = (const _Atomic uint64_t *)&total;
    size_t count = sizeof(more) / sizeof(*each);
    for (size_t i = 0; i < count; i++)
        each[i] = i + 1;
    scoreboard_add_counters(&total, &more);
    scoreboard_add_counters(&total, &more);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(totals[i], 2 * (i + 1));
    assert_int_equal(more.restarts[SCOREBOARD_RESTARTS - 1], count);
}

static void clearing_a_slot_keeps_what_it_counted(void **state)
{
    (void)state;
    for (int round = 1; round <= 2; round++) {
        struct scoreboard_slot *slot = scoreboard_mine();
        slot->pid = getpid();
        slot->served = 5;
        slot->connected[SCOREBOARD_MILES_REPUBLIC] = true;
        count_request(503);
        scoreboard_count_failure(SCOREBOARD_DATA_AGENTS);
        scoreboard_clear(0);
        assert_int_equal(slot->pid, 0);
        assert_int_equal(slot->served, 0);
        assert_false(slot->connected[SCOREBOARD_MILES_REPUBLIC]);
        assert_int_equal(sum_all(&slot->counters), 0);
        assert_int_equal(scoreboard_ended()->requests[SCOREBOARD_LIST][column_of(503)], round);
        assert_int_equal(scoreboard_ended()->failures[SCOREBOARD_DATA_AGENTS], round);
    }
}

static void restarts_are_counted_by_cause(void **state)
{
    (void)state;
    for (int cause = 0; cause < SCOREBOARD_RESTARTS; cause++)
        for (int i = 0; i <= cause; i++)
            scoreboard_count_restart((enum scoreboard_restart)cause);
    scoreboard_clear(0);
    for (int cause = 0; cause < SCOREBOARD_RESTARTS; cause++)
        assert_int_equal(scoreboard_ended()->restarts[cause], cause + 1);
}

static void only_connections_of_living_processes_count(void **state)
{
    (void)state;
    struct scoreboard_slot *slot = scoreboard_mine();
    assert_int_equal(scoreboard_count_connections(SCOREBOARD_MILES_REPUBLIC), 0);
    slot->connected[SCOREBOARD_MILES_REPUBLIC] = true;
    assert_int_equal(scoreboard_count_connections(SCOREBOARD_MILES_REPUBLIC), 1);
    assert_int_equal(scoreboard_count_connections(SCOREBOARD_DATA_AGENTS), 0);
    slot->pid = 0;
    assert_int_equal(scoreboard_count_connections(SCOREBOARD_MILES_REPUBLIC), 0);
}

static void remember(bool connected)
{
    scoreboard_mine()->connected[SCOREBOARD_MILES_REPUBLIC] = connected;
    scoreboard_remember_connections();
}

static void nothing_is_remembered_at_first(void **state)
{
    (void)state;
    assert_int_equal(scoreboard_connections_ago(0), -1);
    assert_int_equal(scoreboard_connections_ago(SCOREBOARD_HISTORY - 1), -1);
}

static void the_newest_has_age_0(void **state)
{
    (void)state;
    remember(true);
    assert_int_equal(scoreboard_connections_ago(0), 1);
    assert_int_equal(scoreboard_connections_ago(1), -1);
    remember(false);
    assert_int_equal(scoreboard_connections_ago(0), 0);
    assert_int_equal(scoreboard_connections_ago(1), 1);
    assert_int_equal(scoreboard_connections_ago(2), -1);
}

static void connections_to_data_agents_are_not_remembered(void **state)
{
    (void)state;
    scoreboard_mine()->connected[SCOREBOARD_DATA_AGENTS] = true;
    remember(false);
    assert_int_equal(scoreboard_connections_ago(0), 0);
}

static void the_history_has_an_end(void **state)
{
    (void)state;
    for (int i = 0; i < 2 * SCOREBOARD_HISTORY + 7; i++)
        remember(i % 3 == 0);
    int newest = 2 * SCOREBOARD_HISTORY + 6;
    for (int age = 0; age < SCOREBOARD_HISTORY; age++)
        assert_int_equal(scoreboard_connections_ago(age), (newest - age) % 3 == 0);
    assert_int_equal(scoreboard_connections_ago(SCOREBOARD_HISTORY), -1);
    assert_int_equal(scoreboard_connections_ago(SCOREBOARD_HISTORY + 1), -1);
}

/* A process in a slot of the board that counts one request, and ends. Its exit status. */
static int run_process(int fd, int slot)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct scoreboard_place place = {.slot = slot, .number = slot + 1, .is_worker = true};
        if (!scoreboard_attach(dup(fd), &place))
            _exit(1);
        count_request(200);
        scoreboard_mine()->connected[SCOREBOARD_MILES_REPUBLIC] = true;
        _exit(scoreboard_slot(slot) == scoreboard_mine() ? 0 : 2);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void processes_share_a_board(void **state)
{
    (void)state;
    static const int SLOTS[] = {0, 1, SCOREBOARD_SLOTS - 1};
    int fd = scoreboard_create();
    assert_true(fd >= 0);
    assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    for (size_t i = 0; i < COUNT_OF(SLOTS); i++) {
        assert_int_equal(run_process(fd, SLOTS[i]), 0);
        const struct scoreboard_slot *slot = scoreboard_slot(SLOTS[i]);
        assert_non_null(slot);
        assert_int_equal(slot->number, SLOTS[i] + 1);
        assert_true(slot->pid > 0 && slot->pid != getpid());
        assert_int_equal(sum_all(&slot->counters), 1);
        assert_int_equal(scoreboard_count_connections(SCOREBOARD_MILES_REPUBLIC), i + 1);
    }
    assert_int_equal(scoreboard_slot(2)->pid, 0);
    assert_null(scoreboard_slot(SCOREBOARD_SLOTS));
    scoreboard_remember_connections();
    assert_int_equal(scoreboard_connections_ago(0), COUNT_OF(SLOTS));
    scoreboard_clear(1);
    assert_int_equal(scoreboard_count_connections(SCOREBOARD_MILES_REPUBLIC), 2);
    assert_int_equal(sum_all(scoreboard_ended()), 1);
    close(fd);
}

static void every_board_starts_empty(void **state)
{
    (void)state;
    for (int round = 0; round < 2; round++) {
        int fd = scoreboard_create();
        assert_true(fd >= 0);
        for (int slot = 0; slot < SCOREBOARD_SLOTS; slot++)
            assert_int_equal(scoreboard_slot(slot)->pid, 0);
        assert_int_equal(sum_all(scoreboard_ended()), 0);
        assert_int_equal(scoreboard_connections_ago(0), -1);
        assert_int_equal(run_process(fd, round), 0);
        scoreboard_clear(round);
        scoreboard_remember_connections();
        close(fd);
    }
}

#define TEST(function) cmocka_unit_test_setup(function, attach_alone)

static const struct CMUnitTest TESTS[] = {
    cmocka_unit_test(without_a_board_counting_does_no_harm),
    TEST(a_process_alone_has_one_slot_of_its_own),
    TEST(it_has_just_started),
    TEST(there_is_no_slot_outside_the_board),
    TEST(another_layout_is_left_alone),
    TEST(what_ends_moves_its_counters_in_two_steps),
    TEST(every_status_has_a_column),
    TEST(every_status_that_is_answered_has_a_column_of_its_own),
    TEST(any_other_status_is_in_the_last_column),
    TEST(routes_are_counted_apart),
    TEST(bytes_add_up),
    TEST(bounds_rise_from_a_quarter_millisecond_to_ten_seconds),
    TEST(a_bound_belongs_to_its_bucket),
    TEST(what_is_above_a_bound_is_in_the_next_bucket),
    TEST(durations_are_apart_and_add_up),
    TEST(a_database_that_was_not_asked_has_no_duration),
    TEST(connections_are_counted_for_each_database),
    TEST(enrichments_are_counted_by_outcome),
    TEST(counters_are_added_one_to_one),
    TEST(clearing_a_slot_keeps_what_it_counted),
    TEST(restarts_are_counted_by_cause),
    TEST(only_connections_of_living_processes_count),
    TEST(nothing_is_remembered_at_first),
    TEST(the_newest_has_age_0),
    TEST(connections_to_data_agents_are_not_remembered),
    TEST(the_history_has_an_end),
    TEST(processes_share_a_board),
    TEST(every_board_starts_empty),
};

RUN_TESTS(TESTS)
