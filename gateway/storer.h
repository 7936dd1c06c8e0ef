/* The storer: one thread that owns the write side of the database.
 * Comes in: operations, from the loop thread. Goes out: the same operations, done, on the loop
 * thread. What waits is committed in groups, so that many writers share one sync of the disk. Of
 * its own the thread does one thing: once a minute it drops what has ended by itself (db/sweep.h).
 * Stays out: what an operation does (flows embed struct storer_op in their own), libuv (`wake` is
 * the caller's). */
#ifndef GATEWAY_STORER_H
#define GATEWAY_STORER_H

#include "base/list.h"
#include "base/log.h"
#include "db/store.h"

struct storer;

/* Embedded in the caller's own heap struct, which holds whatever `run` needs. From storer_submit
 * until `done` it belongs to the storer; `done` frees it or uses it again. */
struct storer_op {
    /* On the storer's thread, inside a transaction: touch nothing but the op and the store. What it
     * returns is handed to `done`, unless the transaction failed. */
    enum err (*run)(struct storer_op *op, struct store *s);
    /* On the loop thread, from storer_finish, in the order of submission. OK means: on disk.
     * ERR_STORE: nothing of it happened. */
    void (*done)(struct storer_op *op, enum err e, void *ctx);
    bool several; /* more than one writing statement: undone as a whole when `run` does not return
                     OK */
    size_t bytes; /* roughly what it holds in memory, for the bound on the queue */
    /* the storer's own */
    struct list node;
    enum err err;
    uint64_t since;
};

enum {
    STORER_OPS_MAX = 100000, /* queued and not yet finished */
    STORER_BYTES_MAX = 64 * 1024 * 1024,
    STORER_GROUP_MAX = 512, /* operations in one transaction */
};

struct storer_conf {
    const char *path; /* the database; opened STORE_WRITE */
    void (*wake)(
        void *ctx); /* from the storer's thread: storer_finish has something to do. May coalesce */
    void *wake_ctx;
    const struct log *log; /* may be NULL; must outlive the storer */
    bool no_thread;        /* scenario tests: nothing runs until storer_step */
};

struct storer_health {
    bool ok; /* the last commit went well; a failed one is tried anew every second without being
                asked */
    enum err last;        /* why not */
    size_t queued, bytes; /* now: submitted and not finished */
    uint64_t ops, groups,
        failed; /* since the start: committed, transactions, refused by a failed transaction */
    uint64_t commit_us; /* the last commit, microseconds */
};

/* Whatever store_open says; ERR_NOMEM. */
enum err storer_start(const struct storer_conf *conf, struct storer **out);
/* From the loop thread. ERR_FULL: the queue is at its bound, and the op is still the caller's. */
enum err storer_submit(struct storer *st, struct storer_op *op);
/* From the loop thread, at the end of each turn: wakes the thread for what was submitted in it. Not
 * with each op, or the first of a turn would be committed alone. */
void storer_go(struct storer *st);
/* From the loop thread, after `wake`: runs `done` of all that is ready, in order. They may submit
 * more. */
void storer_finish(struct storer *st, void *ctx);
/* Commits all that was submitted and ends the thread; storer_finish still has to be called for the
 * last ones. */
void storer_stop(struct storer *st);
/* After storer_stop (it stops if need be) and storer_finish; ops that were never finished are the
 * caller's loss. */
void storer_free(struct storer *st);
struct storer_health storer_health(struct storer *st);
/* With no_thread only: runs one group as the thread would; false when nothing waited. */
bool storer_step(struct storer *st);

#endif
