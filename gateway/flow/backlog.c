#include "gateway/flow/backlog.h"

#include <stdlib.h>

#include "gateway/flow/lane.h"
#include "gateway/peer/links.h"

/* A domain that messages wait for. */
struct waiting {
    struct timer retry;
    uint64_t busy_until; /* its last batch may still be under way */
    uint64_t patient_at; /* before that, nothing is sent again that is patient */
    struct span domain;  /* behind the struct */
};

struct backlog {
    struct table waiting; /* by their domain */
    bool left_out;        /* one for which there was no room */
};

enum { RETRY_BUSY_MS = 35000 /* longer than a transaction lives */ };

static void on_retry(struct timer *t, struct worker *w);

struct backlog *backlog_new(void)
{
    struct backlog *b = calloc(1, sizeof *b);

    if (b)
        table_init(&b->waiting);
    return b;
}

void backlog_free(struct worker *w, struct backlog *b)
{
    size_t at = 0;

    if (!b)
        return;
    for (struct waiting *d = NULL; (d = table_next(&b->waiting, &at));) {
        timer_clear(w, &d->retry);
        free(d);
    }
    table_fini(&b->waiting);
    free(b);
}

/* NULL: there is no room, and it is looked for later. */
static struct waiting *wait_for(struct worker *w, struct span domain, uint64_t ms)
{
    struct backlog *b = w->backlog;
    struct waiting *d = table_find(&b->waiting, domain);

    if (d)
        return d;
    d = table_count(&b->waiting) < BACKLOG_DOMAINS_MAX ? calloc(1, sizeof *d + domain.n) : NULL;
    if (d)
        d->domain = span_behind(d + 1, domain);
    if (!d || table_add(&b->waiting, d->domain, d)) {
        b->left_out = true; /* a sweep looks for it */
        free(d);
        return NULL;
    }
    d->retry.due = on_retry;
    d->patient_at = w->now + BACKLOG_PATIENT_MS;
    timer_set(w, &d->retry, w->now + ms);
    return d;
}

static void retry_row(struct worker *w, const struct message_row *row)
{
    struct origin o = {.kind = ORIGIN_STORE, .row = row->id};
    struct flight *f = flight_new(w, &o, &row->m, NULL, row->recipient);

    if (!f)
        return;
    if (!lane_to_domain(f))
        f->failure = OUTCOME_NO_ROUTE; /* its lane is full: it stays stored, and the next round takes it */
    flight_depart(f);
}

/* A batch of what waits for it. When it is to be tried again; 0: nothing waits any more. */
static uint64_t retry_rows(struct worker *w, struct waiting *d)
{
    bool all = w->now >= d->patient_at, soon = false, any = false;
    struct cursor c = {0};
    struct message_row row;
    size_t n = 0;

    if (messages_list_domain(w->store, d->domain, 0, &c) == OK)
        while (n < BACKLOG_BATCH && messages_next(&c, &row)) {
            any = true;
            soon |= !row.m.patient;
            if (row.m.patient && !all)
                continue;
            retry_row(w, &row);
            n++;
        }
    (void)cursor_close(&c);
    if (all)
        d->patient_at = w->now + BACKLOG_PATIENT_MS;
    if (soon || n == BACKLOG_BATCH)
        return w->now + BACKLOG_RETRY_MS + 10000;
    return any ? d->patient_at : 0;
}

static void on_retry(struct timer *t, struct worker *w)
{
    struct waiting *d = LIST_OF(t, struct waiting, retry);
    uint64_t again;

    if (links_is_shut(w, d->domain)) { /* M-655; backlog_peer_is_up follows */
        d->patient_at = 0;
        timer_set(w, t, w->now + BACKLOG_RETRY_MS);
        return;
    }
    d->busy_until = w->now + RETRY_BUSY_MS;
    again = retry_rows(w, d);
    if (again) {
        timer_set(w, &d->retry, again);
        return;
    }
    table_remove(&w->backlog->waiting, d->domain);
    free(d);
}

void backlog_peer_is_up(struct worker *w, struct span domain)
{
    struct waiting *d = table_count(&w->backlog->waiting) ? table_find(&w->backlog->waiting, domain) : NULL;

    if (d)
        timer_set(w, &d->retry, d->busy_until > w->now ? d->busy_until : w->now);
}

void backlog_is_back(struct worker *w, struct span user, struct span name)
{
    struct span domain = span_skip(name, span_find(name, '@') + 1);
    struct waiting *d = table_count(&w->backlog->waiting) ? table_find(&w->backlog->waiting, domain) : NULL;
    struct cursor c = {0};
    struct message_row row;

    if (d && messages_list(w->store, name, &c) == OK)
        while (messages_next(&c, &row))
            if (row.m.patient && span_eq(row.m.from.user, user))
                retry_row(w, &row);
    (void)cursor_close(&c);
}

void backlog_stored(struct worker *w, const struct flight *f)
{
    struct waiting *d = wait_for(w, f->m.to.host, BACKLOG_RETRY_MS);

    if (d && !flight_met_nobody(f))
        d->patient_at = 0; /* it is the domain that is to come back, and all goes with it */
}

void backlog_start(struct worker *w)
{
    struct cursor c = {0};
    struct message_count count;

    w->backlog->left_out = false;
    if (messages_list_counts(w->store, &c) == OK)
        while (messages_next_count(&c, &count)) {
            size_t at = span_find(count.recipient, '@');

            if (count.direction == MESSAGE_OUT)
                (void)wait_for(w, span_skip(count.recipient, at + 1), 1000);
        }
    (void)cursor_close(&c);
}

void backlog_review(struct worker *w)
{
    if (w->backlog->left_out && table_count(&w->backlog->waiting) < BACKLOG_DOMAINS_MAX)
        backlog_start(w);
}
