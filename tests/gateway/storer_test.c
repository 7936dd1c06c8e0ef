#include "gateway/storer.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "db/messages.h"
#include "db/store_open.h"
#include "tests/db/folder.h"

enum { NOW = 1100000000 };

struct bench {
    struct folder f;
    struct storer *st;
    int woken; /* an eventfd, as a loop would have */
    size_t done, order_broken;
    uint64_t last;
};

/* One message to be stored. */
struct add {
    struct storer_op op;
    struct bench *b;
    uint64_t number;
    char recipient[24];
    enum err fail_after; /* what `run` says after it has written */
    enum err result;
    int64_t id;
    bool keep; /* the test reads the result */
};

static enum err add_run(struct storer_op *op, struct store *s)
{
    struct add *a = LIST_OF(op, struct add, op);
    uint8_t key[16] = {0};
    struct message_row row = {
        .recipient = span_str(a->recipient),
        .key = span_of(key, sizeof key),
        .m = {.from = {SPAN("bob"), SPAN("example.com")},
              .to = {span_str(a->recipient), SPAN("aim.example.net")},
              .text = SPAN(
                  "a message of the usual length, some eighty octets of what people say at work"),
              .sent = NOW},
    };
    enum err e;

    /* keys are hashes: spread them */
    for (size_t i = 0; i < 8; i++)
        key[i] = (uint8_t)((a->number * 0x9E3779B97F4A7C15u) >> (8 * i));
    memcpy(key + 8, &a->number, 8);
    e = messages_add(s, &row, NULL, NOW, &a->id);
    return e == OK ? a->fail_after : e;
}

static enum err nothing_run(struct storer_op *op, struct store *s)
{
    (void)op;
    (void)s;
    return OK;
}

static void add_done(struct storer_op *op, enum err e, void *ctx)
{
    struct add *a = LIST_OF(op, struct add, op);
    struct bench *b = ctx;

    b->order_broken += b->done > 0 && a->number <= b->last;
    b->last = a->number;
    b->done++;
    a->result = e;
    if (!a->keep)
        free(a);
}

static struct add *add_new(struct bench *b, uint64_t number, const char *recipient)
{
    struct add *a = calloc(1, sizeof *a);

    assert_non_null(a);
    a->op = (struct storer_op){.run = add_run, .done = add_done, .bytes = 300};
    a->b = b;
    a->number = number;
    if (recipient)
        (void)snprintf(a->recipient, sizeof a->recipient, "%s", recipient);
    else
        (void)snprintf(a->recipient, sizeof a->recipient, "user%llu",
                       (unsigned long long)(number / 50));
    return a;
}

static void on_wake(void *ctx)
{
    struct bench *b = ctx;
    uint64_t one = 1;

    (void)!write(b->woken, &one, sizeof one);
}

static void start(struct bench *b, bool no_thread)
{
    struct storer_conf conf = {
        .path = b->f.db, .wake = on_wake, .wake_ctx = b, .no_thread = no_thread};

    GOOD(storer_start(&conf, &b->st));
}

/* As the loop does: sleeps until woken, then finishes what is ready. */
static void turn(struct bench *b)
{
    struct pollfd p = {.fd = b->woken, .events = POLLIN};
    uint64_t n;

    storer_go(b->st);
    assert_int_equal(poll(&p, 1, 20000), 1);
    assert_int_equal(read(b->woken, &n, sizeof n), sizeof n);
    storer_finish(b->st, b);
}

static int setup(void **state)
{
    struct bench *b = calloc(1, sizeof *b);

    assert_non_null(b);
    folder_make(&b->f);
    b->woken = eventfd(0, EFD_CLOEXEC);
    assert_true(b->woken >= 0);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;

    storer_free(b->st);
    (void)close(b->woken);
    folder_clean(&b->f);
    free(b);
    return 0;
}

static int64_t stored(struct bench *b, const char *recipient)
{
    int64_t count, bytes;
    struct store *s;

    GOOD(store_open(b->f.db, STORE_READ, &s));
    GOOD(messages_count(s, span_str(recipient), &count, &bytes));
    store_close(s);
    return count;
}

static void what_was_submitted_is_done_in_order_and_on_disk(void **state)
{
    struct bench *b = *state;

    start(b, false);
    for (uint64_t i = 1; i <= 50; i++)
        GOOD(storer_submit(b->st, &add_new(b, i, "alice")->op));
    while (b->done < 50)
        turn(b);
    assert_int_equal(b->order_broken, 0);
    assert_int_equal(stored(b, "alice"), 50);
    assert_true(storer_health(b->st).ok);
    assert_int_equal(storer_health(b->st).queued, 0);
    assert_int_equal(storer_health(b->st).bytes, 0);
    assert_int_equal(storer_health(b->st).ops, 50);
}

static void one_refusal_does_not_touch_its_group(void **state)
{
    struct bench *b = *state;
    static const struct {
        const char *recipient;
        enum err fail_after;
        bool several;
        enum err result;
        int64_t stored;
    } cases[] = {
        {"alice", OK, false, OK, 1},
        {"bob", ERR_DENIED, true, ERR_DENIED, 0}, /* undone as a whole */
        {"carol", OK, true, OK, 1},
        {"dave", ERR_NOT_FOUND, false, ERR_NOT_FOUND, 1}, /* said nothing of several statements */
    };
    struct add *a[4];

    start(b, true);
    for (uint64_t i = 0; i < 4; i++) {
        a[i] = add_new(b, i + 1, cases[i].recipient);
        a[i]->fail_after = cases[i].fail_after;
        a[i]->op.several = cases[i].several;
        a[i]->keep = true;
        GOOD(storer_submit(b->st, &a[i]->op));
    }
    assert_true(storer_step(b->st));
    assert_false(storer_step(b->st));
    assert_int_equal(b->done, 0); /* nobody is told before the loop asks */
    storer_finish(b->st, b);
    for (size_t i = 0; i < 4; i++) {
        EXPECT(a[i]->result, cases[i].result);
        assert_int_equal(stored(b, cases[i].recipient), cases[i].stored);
        free(a[i]);
    }
    assert_int_equal(storer_health(b->st).groups, 1);
}

static void a_group_is_bounded_and_the_queue_too(void **state)
{
    struct bench *b = *state;
    struct add *big = add_new(b, 0, "alice"), *more;
    size_t steps = 0;

    start(b, true);
    big->op.bytes = STORER_BYTES_MAX - 10;
    big->number = 1;
    GOOD(storer_submit(b->st, &big->op));
    more = add_new(b, 2, "alice");
    EXPECT(storer_submit(b->st, &more->op), ERR_FULL); /* 300 more octets have no room */
    more->op.bytes = 10;
    GOOD(storer_submit(b->st, &more->op));
    assert_true(storer_step(b->st));
    storer_finish(b->st, b);
    for (uint64_t i = 3; i < 3 + STORER_OPS_MAX; i++) {
        struct add *a = add_new(b, i, NULL);

        a->op.bytes = 1;
        a->op.run = nothing_run;
        GOOD(storer_submit(b->st, &a->op));
    }
    more = add_new(b, 1000000, "alice");
    EXPECT(storer_submit(b->st, &more->op), ERR_FULL);
    free(more);
    while (storer_step(b->st))
        steps++;
    assert_int_equal(steps, (STORER_OPS_MAX + STORER_GROUP_MAX - 1) / STORER_GROUP_MAX);
    storer_finish(b->st, b);
    assert_int_equal(b->done, 2 + STORER_OPS_MAX);
    assert_int_equal(b->order_broken, 0);
}

static void stopping_commits_what_was_submitted(void **state)
{
    struct bench *b = *state;
    struct add *late = add_new(b, 100000, "alice");

    start(b, false);
    for (uint64_t i = 1; i <= 2000; i++)
        GOOD(storer_submit(b->st, &add_new(b, i, NULL)->op));
    storer_stop(b->st);
    EXPECT(storer_submit(b->st, &late->op), ERR_FULL);
    free(late);
    storer_finish(b->st, b);
    assert_int_equal(b->done, 2000);
    assert_int_equal(storer_health(b->st).ops, 2000);
    assert_int_equal(stored(b, "user7"), 50);
}

static void set_file_limit(rlim_t most)
{
    struct rlimit l;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &l), 0);
    l.rlim_cur = most;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &l), 0);
}

static void a_full_disk_is_an_error_and_heals_by_itself(void **state)
{
    struct bench *b = *state;
    uint64_t number = 1;
    int64_t good = 0;
    enum err last;
    int waited = 0;

    (void)signal(SIGXFSZ, SIG_IGN);
    start(b, false);
    set_file_limit(262144);
    do { /* as much as fits, then no more: nothing that was refused is there */
        struct add *a = add_new(b, number++, "alice");
        a->keep = true;
        GOOD(storer_submit(b->st, &a->op));
        while (b->done < number - 1)
            turn(b);
        last = a->result;
        good += last == OK;
        free(a);
    } while (b->done < 90 && storer_health(b->st).ok);
    EXPECT(last, ERR_STORE);
    assert_false(storer_health(b->st).ok);
    set_file_limit(RLIM_INFINITY);
    while (!storer_health(b->st).ok && waited++ < 100)
        (void)usleep(50000);
    assert_true(storer_health(b->st).ok);
    assert_true(good > 0);
    assert_int_equal(stored(b, "alice"), good);
    (void)signal(SIGXFSZ, SIG_DFL);
}

/* The child tells each number through the pipe only once its `done` said OK. */
static int tell_to;

static void told_done(struct storer_op *op, enum err e, void *ctx)
{
    struct add *a = LIST_OF(op, struct add, op);
    uint64_t number = a->number;

    add_done(op, e, ctx);
    if (e == OK && write(tell_to, &number, sizeof number) != sizeof number)
        _exit(3);
}

static void child(struct bench *b)
{
    start(b, false);
    for (uint64_t i = 1;;) {
        while (storer_health(b->st).queued < 200) {
            struct add *a = add_new(b, i++, NULL);

            a->op.done = told_done;
            if (storer_submit(b->st, &a->op) != OK)
                _exit(4);
        }
        turn(b);
    }
}

static uint64_t read_told(int from)
{
    uint64_t number, last = 0;

    while (read(from, &number, sizeof number) == sizeof number)
        last = number;
    return last;
}

static void what_was_acknowledged_outlives_kill_9(void **state)
{
    struct bench *b = *state;
    uint64_t last;

    for (int round = 0; round < 3; round++) {
        int fds[2];
        pid_t pid;
        struct timespec some = {.tv_nsec = 150000000 + round * 90000000};

        (void)unlink(b->f.db);
        assert_int_equal(pipe(fds), 0);
        pid = fork();
        if (pid == 0) {
            (void)close(fds[0]);
            tell_to = fds[1];
            child(b);
            _exit(0);
        }
        (void)close(fds[1]);
        (void)fcntl(fds[0], F_SETPIPE_SZ, 1 << 20);
        assert_int_equal(read(fds[0], &last, sizeof last), sizeof last); /* it is at work */
        (void)nanosleep(&some, NULL);
        assert_int_equal(kill(pid, SIGKILL), 0);
        (void)waitpid(pid, NULL, 0);
        last = read_told(fds[0]);
        (void)close(fds[0]);
        assert_true(last > 1);
        GOOD(store_open(b->f.db, STORE_UPDATE, &b->f.s));
        for (uint64_t i = 1; i <= last; i++) {
            uint8_t key[16];
            int64_t id;

            for (size_t k = 0; k < 8; k++)
                key[k] = (uint8_t)((i * 0x9E3779B97F4A7C15u) >> (8 * k));
            memcpy(key + 8, &i, 8);
            GOOD(messages_find_key(b->f.s, span_of(key, sizeof key), NOW, &id));
        }
        store_close(b->f.s);
        b->f.s = NULL;
        print_message("# killed after %llu acknowledged, all there\n", (unsigned long long)last);
    }
}

static double seconds(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void many_writers_share_one_sync(void **state)
{
    struct bench *b = *state;
    const char *n_text = getenv("STORER_BENCH");
    uint64_t n = n_text ? strtoull(n_text, NULL, 10) : 5000, i = 0;
    double began, took;
    struct storer_health h;

    start(b, false);
    began = seconds();
    while (b->done < n) {
        while (i < n && storer_health(b->st).queued < 4096)
            GOOD(storer_submit(b->st, &add_new(b, ++i, NULL)->op));
        turn(b);
    }
    took = seconds() - began;
    h = storer_health(b->st);
    print_message("# %llu messages in %.2f s: %.0f a second, in %llu groups\n",
                  (unsigned long long)n, took, (double)n / took, (unsigned long long)h.groups);
    assert_int_equal(h.ops, n);
    assert_true(h.groups < n / 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_submitted_is_done_in_order_and_on_disk, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(one_refusal_does_not_touch_its_group, setup, teardown),
        cmocka_unit_test_setup_teardown(a_group_is_bounded_and_the_queue_too, setup, teardown),
        cmocka_unit_test_setup_teardown(stopping_commits_what_was_submitted, setup, teardown),
        cmocka_unit_test_setup_teardown(a_full_disk_is_an_error_and_heals_by_itself, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_was_acknowledged_outlives_kill_9, setup, teardown),
        cmocka_unit_test_setup_teardown(many_writers_share_one_sync, setup, teardown),
    };

    return cmocka_run_group_tests_name("gateway/storer", tests, NULL, NULL);
}
