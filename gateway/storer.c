#include "gateway/storer.h"

#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

#include "db/store_open.h"
#include "db/store_transaction.h"
#include "db/sweep.h"

enum {
    RETRY_US = 1000000,       /* how often an unhealthy store is tried without being asked */
    SWEEP_US = 60 * 1000000,  /* how often what has ended is dropped */
    SWEEP_AGAIN_US = 1000000, /* the same while there is more of it */
    LOOK_US = 5 * 1000000,    /* how often the disk is asked for room */
};

struct storer {
    struct storer_conf conf;
    struct store *store; /* the storer thread's, once it runs */
    uint64_t sweep_at, look_at; /* the thread's: microseconds */
    bool idle;           /* the loop thread's: the thread may sleep while ops wait */
    pthread_t thread;
    bool running;
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t more;
    struct list waiting, ready; /* of struct storer_op: to be committed; to be handed back */
    bool stop;
    bool full; /* the disk had no room when it was looked at last */
    struct storer_health health;
};

static uint64_t now_us(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static struct storer_op *op_of(struct list *node)
{
    return LIST_OF(node, struct storer_op, node);
}

static void move_all(struct list *from, struct list *to)
{
    while (!list_empty(from)) {
        struct list *node = from->next;

        list_remove(node);
        list_append(to, node);
    }
}

/* Up to one group off the front of the queue. The lock is held. */
static size_t take_group(struct storer *st, struct list *group)
{
    size_t n = 0;

    list_init(group);
    for (; n < STORER_GROUP_MAX && !list_empty(&st->waiting); n++) {
        struct list *node = st->waiting.next;

        list_remove(node);
        list_append(group, node);
    }
    return n;
}

/* An op of several statements is undone as a whole when it fails; one of a single statement has
 * undone itself. */
static void run_op(struct storer_op *op, struct store *s)
{
    if (!op->several) {
        op->err = op->run(op, s);
        return;
    }
    op->err = store_mark(s);
    if (op->err != OK)
        return;
    op->err = op->run(op, s);
    if (op->err != OK)
        store_undo(s);
    else
        op->err = store_release(s);
}

/* All of a group in one transaction. Anything but OK: nothing of it happened. */
static enum err run_group(struct storer *st, struct list *group)
{
    enum err e = store_begin(st->store);

    if (e != OK)
        return e;
    LIST_EACH (struct storer_op, op, group, node) {
        run_op(op, st->store);
        if (!store_in_transaction(st->store))
            return ERR_STORE; /* sqlite gave the transaction up: disk full, I/O error, no memory */
    }
    return store_commit(st->store);
}

/* `e` is how the last write went. Where the disk is full small ones may still find a place in what
 * the log has of it: the next one may not. */
static void judge(struct storer *st, enum err e)
{
    bool was_ok = st->health.ok;

    st->health.ok = e == OK && !st->full;
    st->health.last = st->full ? ERR_STORE : e;
    if (was_ok && !st->health.ok)
        LOG_ERROR(st->conf.log, "store", "nothing can be stored", "error",
                  err_text(st->health.last), "sqlite",
                  e == OK ? "the disk is full" : store_why(st->store), "do",
                  "check that the disk has room and can be written");
    else if (!was_ok && st->health.ok)
        LOG_WARNING(st->conf.log, "store", "storing works again");
}

static void note_health(struct storer *st, enum err e, size_t n, uint64_t began)
{
    st->health.commit_us = now_us() - began;
    st->health.groups += n > 0;
    if (e == OK)
        st->health.ops += n;
    else
        st->health.failed += n;
    judge(st, e);
}

/* A disk that fills up shows before anybody's message meets it. The lock is held. */
static void look(struct storer *st)
{
    bool room;

    pthread_mutex_unlock(&st->lock);
    room = store_has_room(st->store);
    pthread_mutex_lock(&st->lock);
    st->look_at = now_us() + LOOK_US;
    st->full = !room;
    if (st->full && st->health.ok)
        judge(st, OK);
}

/* Commits one group without the lock, then hands it over. The lock is held at both ends. */
static void serve_group(struct storer *st)
{
    struct list group;
    size_t n = take_group(st, &group);
    uint64_t began = now_us();
    enum err e;

    pthread_mutex_unlock(&st->lock);
    e = run_group(st, &group);
    if (e != OK)
        LIST_EACH (struct storer_op, op, &group, node)
            op->err = ERR_STORE;
    pthread_mutex_lock(&st->lock);
    note_health(st, e, n, began);
    move_all(&group, &st->ready);
    pthread_mutex_unlock(&st->lock);
    if (st->conf.wake)
        st->conf.wake(st->conf.wake_ctx);
    pthread_mutex_lock(&st->lock);
}

/* While unhealthy: a small write of our own, so that /health turns well again by itself. The lock
 * is held. */
static void probe(struct storer *st)
{
    uint64_t began = now_us();
    enum err e;

    look(st);
    if (st->full)
        return;
    pthread_mutex_unlock(&st->lock);
    e = store_probe(st->store, (int64_t)time(NULL));
    pthread_mutex_lock(&st->lock);
    note_health(st, e, 0, began);
}

/* The lock is held. */
static void sweep(struct storer *st)
{
    uint64_t began = now_us();
    bool more = false;
    enum err e;

    pthread_mutex_unlock(&st->lock);
    e = store_begin(st->store);
    if (e == OK)
        e = store_sweep(st->store, (int64_t)time(NULL), &more);
    if (e == OK)
        e = store_commit(st->store);
    store_rollback(st->store);
    st->sweep_at = now_us() + (more ? SWEEP_AGAIN_US : SWEEP_US);
    pthread_mutex_lock(&st->lock);
    note_health(st, e, 0, began);
}

/* Until there is work, or it is time for a sweep or a look (for a probe, while unhealthy). The lock
 * is held. */
static void wait_for_more(struct storer *st)
{
    uint64_t next = st->sweep_at < st->look_at ? st->sweep_at : st->look_at;
    uint64_t until = st->health.ok ? next : now_us() + RETRY_US;
    struct timespec t = {.tv_sec = (time_t)(until / 1000000),
                         .tv_nsec = (long)(until % 1000000) * 1000};
    bool timed_out = pthread_cond_timedwait(&st->more, &st->lock, &t) != 0;

    if (timed_out && !st->health.ok && list_empty(&st->waiting) && !st->stop)
        probe(st);
}

/* A loop thread that has more to do goes first: its next turn may bring more into the same group.
 * The lock is held at both ends. */
static void let_gather(struct storer *st)
{
    pthread_mutex_unlock(&st->lock);
    (void)sched_yield();
    pthread_mutex_lock(&st->lock);
}

static void *thread_main(void *arg)
{
    struct storer *st = arg;

    pthread_mutex_lock(&st->lock);
    for (;;) {
        if (!st->stop && now_us() >= st->look_at)
            look(st);
        if (st->health.ok && !st->stop && now_us() >= st->sweep_at)
            sweep(st);
        if (!list_empty(&st->waiting)) {
            let_gather(st);
            serve_group(st);
        } else if (st->stop)
            break;
        else
            wait_for_more(st);
    }
    pthread_mutex_unlock(&st->lock);
    return NULL;
}

static bool init_locks(struct storer *st)
{
    pthread_condattr_t attr;
    bool ok;

    if (pthread_condattr_init(&attr) != 0)
        return false;
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    ok = pthread_cond_init(&st->more, &attr) == 0;
    (void)pthread_condattr_destroy(&attr);
    if (ok && pthread_mutex_init(&st->lock, NULL) != 0) {
        (void)pthread_cond_destroy(&st->more);
        ok = false;
    }
    return ok;
}

enum err storer_start(const struct storer_conf *conf, struct storer **out)
{
    struct storer *st = calloc(1, sizeof *st);
    enum err e;

    *out = NULL;
    if (!st)
        return ERR_NOMEM;
    st->conf = *conf;
    st->conf.path = NULL; /* the caller's string may go */
    st->health.ok = true;
    st->sweep_at = now_us() + SWEEP_US;
    list_init(&st->waiting);
    list_init(&st->ready);
    if (!init_locks(st)) {
        free(st);
        return ERR_NOMEM;
    }
    e = store_open(conf->path, STORE_WRITE, &st->store);
    if (e == OK && !conf->no_thread) {
        st->running = pthread_create(&st->thread, NULL, thread_main, st) == 0;
        e = st->running ? OK : ERR_NOMEM;
    }
    if (e != OK) {
        storer_free(st);
        return e;
    }
    *out = st;
    return OK;
}

enum err storer_submit(struct storer *st, struct storer_op *op)
{
    assert(!list_linked(&op->node));
    pthread_mutex_lock(&st->lock);
    if (st->stop || st->health.queued >= STORER_OPS_MAX ||
        op->bytes > STORER_BYTES_MAX - st->health.bytes) {
        pthread_mutex_unlock(&st->lock);
        return ERR_FULL;
    }
    st->idle = st->idle || list_empty(&st->waiting);
    op->since = now_us();
    list_append(&st->waiting, &op->node);
    st->health.queued++;
    st->health.bytes += op->bytes;
    pthread_mutex_unlock(&st->lock);
    return OK;
}

void storer_go(struct storer *st)
{
    if (st->idle)
        pthread_cond_signal(&st->more);
    st->idle = false;
}

void storer_finish(struct storer *st, void *ctx)
{
    struct list ready;

    list_init(&ready);
    pthread_mutex_lock(&st->lock);
    move_all(&st->ready, &ready);
    LIST_EACH (struct storer_op, op, &ready, node) {
        st->health.queued--;
        st->health.bytes -= op->bytes;
    }
    pthread_mutex_unlock(&st->lock);
    while (!list_empty(&ready)) {
        struct storer_op *op = op_of(ready.next);

        list_remove(&op->node); /* from here on it is the caller's again */
        op->done(op, op->err, ctx);
    }
}

bool storer_step(struct storer *st)
{
    bool any;

    assert(!st->running);
    pthread_mutex_lock(&st->lock);
    any = !list_empty(&st->waiting);
    if (any)
        serve_group(st);
    pthread_mutex_unlock(&st->lock);
    return any;
}

void storer_stop(struct storer *st)
{
    pthread_mutex_lock(&st->lock);
    st->stop = true;
    pthread_cond_signal(&st->more);
    pthread_mutex_unlock(&st->lock);
    if (st->running)
        (void)pthread_join(st->thread, NULL);
    else
        while (st->store && storer_step(st))
            ;
    st->running = false;
}

void storer_free(struct storer *st)
{
    if (!st)
        return;
    storer_stop(st);
    store_close(st->store);
    (void)pthread_cond_destroy(&st->more);
    (void)pthread_mutex_destroy(&st->lock);
    free(st);
}

struct storer_health storer_health(struct storer *st)
{
    struct storer_health h;

    pthread_mutex_lock(&st->lock);
    h = st->health;
    pthread_mutex_unlock(&st->lock);
    return h;
}
