#include "gateway/flow/flight.h"

#include <stdlib.h>

#include "base/pool.h"

struct flights {
    struct list all;
    struct list waiting;  /* that no place has taken yet, in the order they departed */
    struct timer give_up; /* for the first of them, or for one that waited before it */
    struct pool spare;    /* their memory */
    int64_t last_turn;    /* of the newest one */
    const struct flight_handler *on;
};

static void on_give_up(struct timer *t, struct worker *w);

struct flights *flights_new(const struct flight_handler *on)
{
    struct flights *all = calloc(1, sizeof *all);

    if (!all)
        return NULL;
    list_init(&all->all);
    list_init(&all->waiting);
    all->give_up.due = on_give_up;
    all->spare.room = FLIGHT_ROOM;
    all->on = on;
    return all;
}

void flights_free(struct worker *w, struct flights *all)
{
    if (!all)
        return;
    LIST_EACH (struct flight, f, &all->all, node) {
        list_remove(&f->node);
        free(f);
    }
    timer_clear(w, &all->give_up);
    pool_fini(&all->spare);
    free(all);
}

/* ---- the sender hears ---- */

static void answer(struct flight *f, enum outcome how)
{
    if (f->answered)
        return;
    f->answered = true;
    f->over = !outcome_is_success(how);
    list_remove(&f->waiting);
    origin_answer(f->w, &f->origin, how);
    if (f->origin.kind == ORIGIN_AIM)
        f->w->flights->on->ended(f->w, f, how);
}

/* ---- its life ---- */

static size_t texts_size(const struct message *m)
{
    return m->from.user.n + m->from.host.n + m->from_key.n + m->to.user.n + m->to.host.n +
           m->friendly.n + m->text.n + m->html.n + m->receipt_id.n + m->receipt_time.n +
           m->receipt_route.n;
}

static void take_texts(struct message *m, uint8_t **at)
{
    m->from.user = span_place(at, m->from.user);
    m->from.host = span_place(at, m->from.host);
    m->from_key = span_place(at, m->from_key);
    m->to.user = span_place(at, m->to.user);
    m->to.host = span_place(at, m->to.host);
    m->friendly = span_place(at, m->friendly);
    m->text = span_place(at, m->text);
    m->html = span_place(at, m->html);
    m->receipt_id = span_place(at, m->receipt_id);
    m->receipt_time = span_place(at, m->receipt_time);
    m->receipt_route = span_place(at, m->receipt_route);
}

/* Microseconds, and never twice the same. */
int64_t flight_turn(struct worker *w)
{
    int64_t now = w->unix_now * 1000000;
    int64_t *last = &w->flights->last_turn;

    *last = now > *last ? now : *last + 1;
    return *last;
}

struct flight *flight_new(struct worker *w, const struct origin *o, const struct message *m,
                          struct account *to, struct span recipient)
{
    size_t size = sizeof(struct flight) + texts_size(m) + o->typed.n + recipient.n;
    struct flight *f =
        w->metrics.messages_waiting < FLIGHTS_MAX ? pool_take(&w->flights->spare, size) : NULL;
    uint8_t *at = (uint8_t *)(f + 1);

    if (!f)
        return NULL;
    memset(f, 0, offsetof(struct flight, op));
    f->w = w;
    f->size = size;
    f->origin = *o;
    f->m = *m;
    take_texts(&f->m, &at);
    if (o->author.n)
        f->origin.author = f->m.from.user;
    f->origin.typed = span_place(&at, o->typed);
    f->origin.domain = to ? (struct span){0} : f->m.to.host;
    f->recipient = span_place(&at, recipient);
    f->row = o->row;
    f->turn = flight_turn(w);
    f->failure = OUTCOME_OFFLINE;
    f->to = to;
    f->open = 1; /* until it departs */
    f->answered = o->kind == ORIGIN_STORE || o->kind == ORIGIN_HELPER;
    if (to)
        to->holds++;
    list_append(&w->flights->all, &f->node);
    w->metrics.messages_waiting++;
    return f;
}

static void flight_free(struct flight *f)
{
    struct worker *w = f->w;

    list_remove(&f->waiting);
    list_remove(&f->node);
    w->metrics.messages_waiting--;
    if (f->origin.kind == ORIGIN_STORE)
        w->flights->on->landed(w, f);
    if (f->to) {
        f->to->holds--;
        account_release(w, f->to);
    }
    pool_give(&w->flights->spare, f, f->size);
}

/* ---- the store ---- */

static enum err run_store(struct storer_op *op, struct store *s)
{
    struct flight *f = LIST_OF(op, struct flight, op);

    return messages_add(s, &f->write, NULL, f->write.arrived, &f->write.id);
}

/* The domain could not be reached at all: what waits for it may still arrive. */
static bool is_link_failure(enum outcome o)
{
    return o == OUTCOME_LINK_DOWN || o == OUTCOME_CONNECT_FAILED || o == OUTCOME_NO_ROUTE ||
           o == OUTCOME_PEER_OVERLOADED;
}

/* Does what goes to that domain stay stored, or become so, after such an end? The user there, too,
 * may be back within the hour (M-712: 480, 503, 408). Our own notices outlive a link that is silent
 * and not known to be down yet, and a full lane: nothing else tells of what they tell. */
static bool may_wait(const struct flight *f)
{
    return is_link_failure(f->failure) || (f->m.patient && flight_met_nobody(f)) ||
           (f->m.notice && (f->failure == OUTCOME_TIMEOUT || f->failure == OUTCOME_RATE));
}

static void land(struct flight *f);

static void done_store(struct storer_op *op, enum err e, void *ctx)
{
    struct flight *f = LIST_OF(op, struct flight, op);
    struct worker *w = ctx;

    worker_begin(w);
    f->storing = false;
    if (e == OK || e == ERR_EXISTS) {
        f->row = f->write.id;
        w->metrics.messages_stored++;
        answer(f, f->to || flight_met_nobody(f) ? OUTCOME_STORED : OUTCOME_STORED_LINK);
        if (e == OK && f->m.receipts & RECEIPT_STORED)
            w->flights->on->receipt(w, &f->m, RECEIPT_STORED);
        w->flights->on->stored(w, f);
    } else {
        if (e != ERR_FULL) {
            w->metrics.store_failures++;
            LOG_ERROR(&w->log, "store", "a message was not stored", "why", err_text(e), "do",
                      "look at the disk of the data folder");
        }
        f->m.never_store = true; /* once is enough */
        if (f->answered) /* the sender was told "delivered", and it was not */
            w->flights->on->failed(w, &f->m);
        answer(f, e == ERR_FULL ? OUTCOME_STORE_FULL : OUTCOME_INTERNAL);
    }
    if (f->open == 0)
        land(f);
}

/* Nobody was there to say anything: unlike a phone that answered "no". */
static bool is_absence(enum outcome o)
{
    switch (o) {
    case OUTCOME_OFFLINE:
    case OUTCOME_LOST:
    case OUTCOME_TIMEOUT:
    case OUTCOME_CONNECT_FAILED:
    case OUTCOME_NO_ROUTE:
    case OUTCOME_UNREACHABLE:
    case OUTCOME_RATE: return true;
    default: return false;
    }
}

static bool is_storable(const struct flight *f)
{
    if (f->m.never_store || f->row || (f->m.auto_reply && f->origin.kind != ORIGIN_HELPER))
        return false; /* our own notices are kept: they are how a promise is ended */
    if (f->to && !f->answered && f->origin.kind == ORIGIN_AIM && !f->origin.store)
        return false; /* TLV 0x0006 is missing: the client wants to know that nobody is there */
    if (f->to)
        return account_keeps_messages(f->to) && is_absence(f->failure);
    return (f->origin.store || f->m.patient) && may_wait(f); /* M-712 */
}

static void store(struct flight *f, bool again)
{
    f->storing = true;
    f->write = (struct message_row){.direction = f->to ? MESSAGE_IN : MESSAGE_OUT,
                                    .recipient = f->recipient,
                                    .m = f->m,
                                    .arrived = f->w->unix_now,
                                    .turn = f->turn,
                                    .again = again};
    if (f->m.patient && is_link_failure(f->failure) && f->origin.store)
        f->write.m.patient = false; /* as for anybody, until the link is up */
    else if (f->m.patient)
        f->write.m.expires = f->w->unix_now + FLIGHT_PATIENCE_S;
    if (f->origin.kind == ORIGIN_SIP)
        f->write.key = span_of(f->m.cookie, sizeof f->m.cookie);
    f->op = (struct storer_op){
        .run = run_store, .done = done_store, .bytes = sizeof *f + texts_size(&f->m)};
    worker_write(f->w, &f->op);
}

static void over(struct flight *f)
{
    f->w->flights->on->over(f->w, f);
    f->row = 0;
}

/* Nothing is open any more. */
static void land(struct flight *f)
{
    struct worker *w = f->w;

    if (f->storing)
        return; /* the store's answer comes here again */
    if (f->confirmed) {
        answer(f, OUTCOME_DELIVERED);
        if (f->row)
            over(f);
        if (f->m.receipts & RECEIPT_DELIVERY)
            w->flights->on->receipt(w, &f->m, RECEIPT_DELIVERY);
    } else if (f->over) {
        flight_free(f); /* its sender heard so while a phone still thought about it */
        return;
    } else if (is_storable(f)) {
        store(f, f->answered);
        return;
    } else if (f->origin.kind == ORIGIN_STORE && !f->to && !may_wait(f)) {
        w->flights->on->failed(w, &f->m); /* their domain is back, and says no */
        over(f);
    } else if (!f->row && f->origin.kind != ORIGIN_HELPER) {
        if (f->answered)
            w->flights->on->failed(w, &f->m);
        answer(f, f->failure);
    }
    flight_free(f);
}

static void give_up(struct flight *f)
{
    if (f->storing)
        return;
    if (is_storable(f))
        store(f, false);
    else if (!f->row)
        answer(f, OUTCOME_NO_ANSWER);
}

/* All wait equally long, so one timer serves them. */
static void on_give_up(struct timer *t, struct worker *w)
{
    struct flights *all = LIST_OF(t, struct flights, give_up);

    while (!list_empty(&all->waiting)) {
        struct flight *f = LIST_OF(all->waiting.next, struct flight, waiting);

        if (f->departed + FLIGHT_GIVE_UP_MS > w->now) {
            timer_set(w, t, f->departed + FLIGHT_GIVE_UP_MS);
            return;
        }
        list_remove(&f->waiting);
        give_up(f);
    }
}

/* The timer is left to run when its flight lands: setting it for each message costs more than one
 * vain wake-up. */
static void wait_for_place(struct flight *f)
{
    struct flights *all = f->w->flights;

    f->departed = f->w->now;
    list_append(&all->waiting, &f->waiting);
    if (!timer_is_set(&all->give_up))
        timer_set(f->w, &all->give_up, f->departed + FLIGHT_GIVE_UP_MS);
}

void flight_depart(struct flight *f)
{
    f->origin.fragments = f->origin.relay = f->origin.crossing.path = (struct span){0};
    f->origin.only = NULL;
    if (f->to && f->open > 1 && !f->answered)
        wait_for_place(f);
    flight_fail(f, f->failure);
}

void flight_took(struct flight *f)
{
    answer(f, OUTCOME_DELIVERED);
}

static void close_one(struct flight *f)
{
    if (--f->open == 0)
        land(f);
}

void flight_confirm(struct flight *f, enum outcome how)
{
    f->confirmed = true;
    answer(f, f->origin.kind == ORIGIN_AIM ? how : OUTCOME_DELIVERED);
    close_one(f);
}

/* A phone's "no" does not make up for a session that broke, nor a phone that is gone for another
 * one's "no". */
static bool says_more(enum outcome why, enum outcome before)
{
    if (before == OUTCOME_LOST)
        return false;
    return outcome_is_success(before) || is_absence(before) || !is_absence(why);
}

void flight_fail(struct flight *f, enum outcome why)
{
    if (says_more(why, f->failure))
        f->failure = why;
    close_one(f);
}
