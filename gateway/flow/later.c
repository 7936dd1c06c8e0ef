#include "gateway/flow/later.h"

#include "gateway/flow/backlog.h"
#include "gateway/flow/knock.h"
#include "gateway/flow/helper.h"
#include "gateway/flow/lane.h"
#include "gateway/flow/receipt.h"
#include "gateway/peer/links.h"
#include "mapping/message_sip.h"

#include <stdlib.h>

struct later {
    struct timer sweep;
};

static void on_sweep(struct timer *t, struct worker *w);

struct later *later_new(void)
{
    struct later *l = calloc(1, sizeof *l);

    if (!l)
        return NULL;
    l->sweep.due = on_sweep;
    return l;
}

void later_free(struct worker *w, struct later *l)
{
    if (!l)
        return;
    timer_clear(w, &l->sweep);
    free(l);
}

/* ---- the places of a local user ---- */

/* The place where stored messages go: a session that is past the time when it is asked, or the
 * phone that registered last. */
struct place {
    struct aim_session *session;
    const struct contact *phone;
};

static struct aim_session *settled_session(const struct account *a)
{
    LIST_EACH (struct aim_session, s, &a->sessions, of_account)
        if (s->online && !oscar_conn_is_over(s->conn) && !timer_is_set(&s->push))
            return s;
    return NULL;
}

static const struct contact *newest_phone(const struct account *a)
{
    const struct contact *newest = NULL;

    LIST_EACH (struct contact, c, &a->contacts, node)
        if (sip_contact_allows(&c->c, SPAN("MESSAGE")) &&
            (!newest || c->refreshed > newest->refreshed))
            newest = c;
    return newest;
}

static void on_resume(struct timer *t, struct worker *w);

static void resume_in(struct worker *w, struct account *a, uint64_t ms)
{
    a->resume.due = on_resume;
    timer_set(w, &a->resume, w->now + ms);
}

/* Nothing is on its way any more. A phone that took nothing is not asked again before it registers;
 * a session is there, and only has too much to read. */
static void batch_ended(struct worker *w, struct account *a)
{
    if (a->asked || (a->more && a->arrived))
        resume_in(w, a, 0);
    else if (a->more && settled_session(a))
        resume_in(w, a, LATER_RESUME_MS);
}

static void landed(struct worker *w, struct account *a, bool arrived)
{
    if (a->delivering == 0)
        return; /* it was let go, and loaded anew, in between */
    a->arrived |= arrived;
    if (--a->delivering == 0)
        batch_ended(w, a);
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
        landed(w, a, e == OK);
    backlog_forget(w, d->row);
    free(d);
}

/* False: no memory, it comes again: twice rather than never. */
static bool delete_row(struct worker *w, int64_t row, struct span key, bool counted)
{
    struct done *d = calloc(1, sizeof *d + key.n);

    if (!d)
        return false;
    d->key = span_behind(d + 1, key);
    d->counted = counted;
    d->row = row;
    d->now = w->unix_now;
    d->op = (struct storer_op){.run = run_done, .done = done_done, .several = true, .bytes = 128};
    worker_write(w, &d->op);
    return true;
}

void later_over(struct worker *w, const struct flight *f)
{
    bool counted = f->to && f->origin.kind == ORIGIN_STORE;

    if (delete_row(w, f->row, counted ? f->to->person->key : (struct span){0}, counted))
        return;
    backlog_forget(w, f->row);
    if (counted)
        landed(w, f->to, false);
}

static void give_up(struct worker *w, const struct message_row *row)
{
    receipt_failed(w, &row->m);
    w->metrics.messages_expired++;
    (void)delete_row(w, row->id, (struct span){0}, false);
}

static void on_sweep(struct timer *t, struct worker *w)
{
    struct cursor c = {0};
    struct message_row row;

    if (messages_list_expired(w->store, w->unix_now, LATER_BATCH, &c) == OK)
        while (messages_next(&c, &row))
            give_up(w, &row);
    (void)cursor_close(&c);
    backlog_review(w);
    timer_set(w, t, w->now + LATER_SWEEP_MS);
}

/* ---- to local users ---- */

/* As privacy lists have him; good until the scratch is used again. */
static struct span sender_of(struct worker *w, const struct message *m)
{
    if (address_is_own(&w->rules, &m->from))
        return m->from.user;
    buf_reset(&w->scratch);
    address_key(&w->scratch, &w->rules, &m->from);
    return buf_span(&w->scratch);
}

/* Decided anew at delivery (M-703, M-705). */
static bool is_still_wanted(struct worker *w, struct account *a, const struct message_row *row)
{
    struct span sender = sender_of(w, &row->m);
    bool before;

    if (row->m.expires && row->m.expires <= w->unix_now)
        return false;
    if (row->m.notice)
        return true; /* the service speaks to whom it must, whatever his list */
    return account_allows_message(a, sender) == PRIVACY_ALLOW &&
           !account_turned_down(w, a, sender, &before);
}

/* False: not now. */
static bool deliver_row(struct worker *w, struct account *to, const struct message_row *row,
                        struct place at, bool pushed)
{
    struct origin o = {.kind = ORIGIN_STORE, .row = row->id};
    struct flight *f = flight_new(w, &o, &row->m, to, to->person->key);
    struct buf prefix = {0};
    bool sent;

    if (!f)
        return false;
    to->delivering++;
    if (pushed) /* the client shows no time of its own (M-707) */
        message_sent_prefix(&prefix, row->m.sent);
    sent = at.session ? flight_to_session(f, at.session, buf_span(&prefix), !pushed)
                      : lane_to_contact(f, at.phone);
    buf_fini(&prefix);
    flight_depart(f);
    return sent;
}

/* All that waits, oldest first, to one place. */
static void deliver(struct worker *w, struct account *a, struct place to, bool pushed)
{
    struct cursor at = {0};
    struct message_row row;

    if (a->delivering > 0) {
        a->asked = true; /* another place was first */
        return;
    }
    a->more = a->arrived = a->asked = false;
    if (messages_list(w->store, a->person->key, &at) == OK)
        while (!a->more && messages_next(&at, &row)) {
            if (!is_still_wanted(w, a, &row))
                give_up(w, &row);
            else if (!knock_holds(w, a, &row, sender_of(w, &row.m)))
                a->more = !deliver_row(w, a, &row, to, pushed);
        }
    (void)cursor_close(&at);
    if (a->delivering == 0)
        batch_ended(w, a);
}

static void on_resume(struct timer *t, struct worker *w)
{
    struct account *a = LIST_OF(t, struct account, resume);
    struct place to = {.session = settled_session(a)};

    if (to.session)
        deliver(w, a, to, !to.session->asked_offline);
    else if ((to.phone = newest_phone(a)) != NULL)
        deliver(w, a, to, false);
}

void later_asked(struct aim_session *s, uint32_t id, const struct oscar_event *icq)
{
    s->asked_offline = true;
    timer_clear(s->w, &s->push);
    if (s->online)
        deliver(s->w, s->account, (struct place){.session = s}, false);
    if (icq)
        oscar_conn_icq_offline_done(s->conn, id, &icq->icq);
    else
        oscar_conn_offline_done(s->conn, id);
    aim_session_dirty(s);
}

void later_push(struct aim_session *s)
{
    deliver(s->w, s->account, (struct place){.session = s}, !s->asked_offline);
}

void later_registered(struct worker *w, struct account *a)
{
    struct place to = {.phone = newest_phone(a)};

    if (to.phone)
        deliver(w, a, to, false);
}

void later_landed(struct worker *w, const struct flight *f)
{
    if (!f->to)
        backlog_landed(w, f);
    else if (f->row) /* else when the row is gone */
        landed(w, f->to, false);
}

void later_wake(struct worker *w, struct account *a)
{
    if (!timer_is_set(&a->resume))
        resume_in(w, a, 0);
}

/* M-381: the acknowledgement is the same; with notify_stored the writer hears of the difference. */
static void tell_stored(struct worker *w, const struct flight *f)
{
    struct account *a =
        f->origin.kind == ORIGIN_AIM ? account_loaded(w, f->m.from.user) : NULL;
    bool patient = !f->to && flight_met_nobody(f);
    struct buf text = {0};

    if (!a || (!patient && !a->settings[USER_notify_stored]))
        return;
    BUF_LIT(&text, "What you wrote to ");
    buf_add(&text, f->origin.typed);
    if (patient) {
        BUF_LIT(&text, " is kept for an hour, and will be delivered when ");
        buf_add(&text, f->origin.typed);
        BUF_LIT(&text, " is back.");
    } else {
        BUF_LIT(&text, " is kept, and delivered later.");
    }
    if (buf_ok(&text))
        helper_say(w, &f->m.from, buf_span(&text));
    buf_fini(&text);
}

void later_stored(struct worker *w, const struct flight *f)
{
    tell_stored(w, f);
    if (!f->to)
        backlog_stored(w, f);
    else if (f->open == 0 && !timer_is_set(&f->to->resume) && settled_session(f->to))
        resume_in(w, f->to, 0); /* it came meanwhile, or did not take more just then */
    else if (f->open == 0 && !timer_is_set(&f->to->resume) && newest_phone(f->to))
        resume_in(w, f->to, LATER_RESUME_MS);
}

void later_start(struct worker *w)
{
    backlog_start(w);
    timer_set(w, &w->later->sweep, w->now + 1000);
}
