#include "gateway/flow/later.h"

#include "gateway/flow/lane.h"
#include "gateway/flow/receipt.h"
#include "gateway/peer/peers.h"
#include "mapping/message_sip.h"

#include <stdlib.h>

/* A foreign domain that messages wait for. */
struct waiting {
    struct list node;
    struct timer retry;
    uint64_t busy_until; /* its last batch may still be under way */
    struct span domain;  /* behind the struct */
};

struct later {
    struct timer sweep;
    struct list waiting;
};

enum { RETRY_BUSY_MS = 35000 /* longer than a transaction lives */, DOMAINS_MAX = 10000 };

static void on_sweep(struct timer *t, struct worker *w);
static void on_retry(struct timer *t, struct worker *w);

struct later *later_new(void)
{
    struct later *l = calloc(1, sizeof *l);

    if (!l)
        return NULL;
    l->sweep.due = on_sweep;
    list_init(&l->waiting);
    return l;
}

void later_free(struct worker *w, struct later *l)
{
    if (!l)
        return;
    LIST_EACH (struct waiting, d, &l->waiting, node) {
        timer_clear(w, &d->retry);
        free(d);
    }
    timer_clear(w, &l->sweep);
    free(l);
}

/* ---- rows that are over ---- */

struct done {
    struct storer_op op;
    int64_t row, now;
    bool counted;    /* its account counts it as on its way */
    struct span key; /* of the account; behind the struct */
};

static enum err run_done(struct storer_op *op, struct store *s)
{
    struct done *d = LIST_OF(op, struct done, op);
    enum err e = messages_done(s, d->row, d->now);

    return e == ERR_NOT_FOUND ? OK : e;
}

static void done_done(struct storer_op *op, enum err e, void *ctx)
{
    struct done *d = LIST_OF(op, struct done, op);
    struct worker *w = ctx;
    struct account *a = d->counted ? account_loaded(w, d->key) : NULL;

    if (e)
        LOG_ERROR(&w->log, "store", "a delivered message could not be deleted: it will come again",
                  "why", err_text(e), "do", "look at the disk of the data folder");
    else
        w->metrics.messages_later++;
    if (a)
        later_landed(w, a);
    free(d);
}

static void delete_row(struct worker *w, int64_t row, struct span key, bool counted)
{
    struct done *d = calloc(1, sizeof *d + key.n);

    if (!d)
        return; /* it comes again: twice rather than never */
    if (key.n)
        memcpy(d + 1, key.p, key.n);
    d->key = span_of(d + 1, key.n);
    d->counted = counted;
    d->row = row;
    d->now = w->unix_now;
    d->op = (struct storer_op){.run = run_done, .done = done_done, .several = true, .bytes = 128};
    worker_write(w, &d->op);
}

void later_over(struct worker *w, const struct flight *f)
{
    bool counted = f->to && f->origin.kind == ORIGIN_STORE;

    delete_row(w, f->row, counted ? f->to->person->key : (struct span){0}, counted);
}

static void give_up(struct worker *w, const struct message_row *row)
{
    receipt_failed(w, &row->m);
    w->metrics.messages_expired++;
    delete_row(w, row->id, (struct span){0}, false);
}

static void on_sweep(struct timer *t, struct worker *w)
{
    struct cursor c = {0};
    struct message_row row;

    if (messages_list_expired(w->store, w->unix_now, LATER_BATCH, &c) == OK)
        while (messages_next(&c, &row))
            give_up(w, &row);
    (void)cursor_close(&c);
    timer_set(w, t, w->now + LATER_SWEEP_MS);
}

/* ---- to local users ---- */

/* Decided anew at delivery (M-703, M-705). */
static bool is_still_wanted(struct worker *w, struct account *a, const struct message_row *row)
{
    struct buf *key = &w->scratch;
    struct span sender = row->m.from.user;

    if (row->m.expires && row->m.expires <= w->unix_now)
        return false;
    if (!address_is_own(&w->rules, &row->m.from)) {
        buf_reset(key);
        address_key(key, &w->rules, &row->m.from);
        sender = buf_span(key);
    }
    return account_allows_message(a, sender) == PRIVACY_ALLOW;
}

/* To a live session, or (session NULL) a phone. False: not now. */
static bool deliver_row(struct worker *w, struct account *to, const struct message_row *row,
                        struct aim_session *s, const struct contact *c, bool pushed)
{
    struct origin o = {.kind = ORIGIN_STORE, .row = row->id};
    struct flight *f = flight_new(w, &o, &row->m, to, to->person->key);
    struct buf prefix = {0};
    bool sent;

    if (!f)
        return false;
    if (pushed) /* the client shows no time of its own (M-707) */
        message_sent_prefix(&prefix, row->m.sent);
    sent = s ? flight_to_session(f, s, buf_span(&prefix), !pushed) : lane_to_contact(f, c);
    buf_fini(&prefix);
    flight_depart(f);
    return sent;
}

/* All that waits, oldest first, to one place: a session, or a phone. */
static void deliver(struct worker *w, struct account *a, struct aim_session *s, const struct contact *c,
                    bool pushed)
{
    struct cursor at = {0};
    struct message_row row;

    if (a->delivering > 0)
        return; /* another place asked first */
    if (messages_list(w->store, a->person->key, &at) == OK)
        while (messages_next(&at, &row)) {
            if (!is_still_wanted(w, a, &row)) {
                give_up(w, &row);
                continue;
            }
            a->delivering++;
            if (!deliver_row(w, a, &row, s, c, pushed))
                break; /* the rest at the next occasion */
        }
    (void)cursor_close(&at);
}

void later_asked(struct aim_session *s, uint32_t id, const struct oscar_event *icq)
{
    s->asked_offline = true;
    timer_clear(s->w, &s->push);
    if (s->online)
        deliver(s->w, s->account, s, NULL, false);
    if (icq)
        oscar_conn_icq_offline_done(s->conn, id, icq->icq.uin, icq->icq.seq);
    else
        oscar_conn_offline_done(s->conn, id);
    aim_session_dirty(s);
}

void later_push(struct aim_session *s)
{
    deliver(s->w, s->account, s, NULL, true);
}

void later_registered(struct worker *w, struct account *a)
{
    LIST_EACH (struct contact, c, &a->contacts, node)
        if (sip_contact_allows(&c->c, SPAN("MESSAGE"))) {
            deliver(w, a, NULL, c, false);
            return;
        }
}

void later_landed(struct worker *w, struct account *a)
{
    (void)w;
    if (a && a->delivering > 0)
        a->delivering--;
}

/* Is there a session that is past the time when stored messages go out? */
static struct aim_session *settled_session(struct account *a)
{
    LIST_EACH (struct aim_session, s, &a->sessions, of_account)
        if (s->online && !oscar_conn_is_over(s->conn) && !timer_is_set(&s->push))
            return s;
    return NULL;
}

/* ---- to other domains ---- */

static struct waiting *find_domain(struct later *l, struct span domain)
{
    LIST_EACH (struct waiting, d, &l->waiting, node)
        if (span_eq(d->domain, domain))
            return d;
    return NULL;
}

static void wait_for(struct worker *w, struct span domain, uint64_t ms)
{
    struct later *l = w->later;
    struct waiting *d = find_domain(l, domain);

    if (d || (d = calloc(1, sizeof *d + domain.n)) == NULL)
        return;
    memcpy(d + 1, domain.p, domain.n);
    d->domain = span_of(d + 1, domain.n);
    d->retry.due = on_retry;
    list_append(&l->waiting, &d->node);
    timer_set(w, &d->retry, w->now + ms);
}

static void retry_row(struct worker *w, const struct message_row *row)
{
    struct origin o = {.kind = ORIGIN_STORE, .row = row->id};
    struct flight *f = flight_new(w, &o, &row->m, NULL, row->recipient);

    if (!f)
        return;
    f->failure = lane_to_peer(f);
    flight_depart(f);
}

static void on_retry(struct timer *t, struct worker *w)
{
    struct waiting *d = LIST_OF(t, struct waiting, retry);
    struct cursor c = {0};
    struct message_row row;
    size_t n = 0;

    d->busy_until = w->now + RETRY_BUSY_MS;
    if (messages_list_domain(w->store, d->domain, 0, &c) == OK)
        while (n < LATER_BATCH && messages_next(&c, &row)) {
            retry_row(w, &row);
            n++;
        }
    (void)cursor_close(&c);
    if (n > 0) {
        timer_set(w, &d->retry, w->now + LATER_RETRY_MS + 10000);
        return;
    }
    list_remove(&d->node);
    free(d);
}

void later_peer_is_up(struct worker *w, struct span domain)
{
    struct waiting *d = list_empty(&w->later->waiting)
                            ? NULL
                            : find_domain(w->later, domain);

    if (d && d->busy_until <= w->now)
        timer_set(w, &d->retry, w->now);
}

void later_stored(struct worker *w, const struct flight *f)
{
    struct aim_session *s;

    if (!f->to) {
        wait_for(w, f->m.to.host, LATER_RETRY_MS);
        return;
    }
    s = f->open == 0 ? settled_session(f->to) : NULL;
    if (s)
        deliver(w, f->to, s, NULL, !s->asked_offline);
}

void later_start(struct worker *w)
{
    struct cursor c = {0};
    struct message_count count;

    if (messages_list_counts(w->store, &c) == OK)
        while (messages_next_count(&c, &count)) {
            size_t at = span_find(count.recipient, '@');

            if (count.direction == MESSAGE_OUT)
                wait_for(w, span_skip(count.recipient, at + 1), 1000);
        }
    (void)cursor_close(&c);
    timer_set(w, &w->later->sweep, w->now + 1000);
}
