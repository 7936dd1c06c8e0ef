#include "gateway/worker.h"

#include <time.h>

/* The loop's clock stands still while it sleeps: whoever is called first afterwards asks for it
 * anew. */
void worker_tell_time(struct worker *w)
{
    w->now = net_now(w->net);
    w->unix_now = time(NULL);
}

void worker_begin(struct worker *w)
{
    worker_tell_time(w);
    arena_reset(&w->arena);
}

void timer_set(struct worker *w, struct timer *t, uint64_t when)
{
    if (deadline_set(&w->timers, &t->at, when))
        LOG_ERROR(&w->log, "worker", "a timer could not be set", "why", err_text(ERR_NOMEM));
}

void timer_clear(struct worker *w, struct timer *t)
{
    deadline_clear(&w->timers, &t->at);
}

void worker_write(struct worker *w, struct storer_op *op)
{
    enum err e = storer_submit(w->storer, op);

    if (e) {
        LOG_ERROR(&w->log, "store", "a write was refused: too many wait", "do",
                  "look at the disk of the data folder");
        op->done(op, e, w);
    }
}
