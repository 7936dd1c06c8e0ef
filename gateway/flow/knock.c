#include "gateway/flow/knock.h"

#include <stdlib.h>

#include "base/bucket.h"
#include "gateway/door/sip.h"
#include "gateway/flow/helper.h"
#include "gateway/flow/receipt.h"
#include "gateway/peer/peers.h"
#include "gateway/people/book.h"

/* M-548: new strangers of one domain: 5 a minute. */
static const struct rate new_strangers = {.per_second = BUCKET_TOKEN / 12,
                                          .at_once = 5 * BUCKET_TOKEN};

struct domain {
    struct list node; /* quiet longest first */
    struct bucket left;
    struct span name; /* behind the struct */
};

struct knocks {
    struct table domains;
    struct list domain_list;
};

struct knocks *knocks_new(void)
{
    struct knocks *k = calloc(1, sizeof *k);

    if (!k)
        return NULL;
    table_init(&k->domains);
    list_init(&k->domain_list);
    return k;
}

static void forget(struct knocks *k, struct domain *d)
{
    table_remove(&k->domains, d->name);
    list_remove(&d->node);
    free(d);
}

void knocks_free(struct knocks *k)
{
    if (!k)
        return;
    LIST_EACH (struct domain, d, &k->domain_list, node)
        forget(k, d);
    table_fini(&k->domains);
    free(k);
}

/* ---- how many ---- */

static struct domain *domain_get(struct knocks *k, struct span name)
{
    struct domain *d = table_find(&k->domains, name);

    if (d) {
        list_remove(&d->node);
        list_append(&k->domain_list, &d->node);
        return d;
    }
    if (table_count(&k->domains) >= KNOCK_DOMAINS_MAX)
        forget(k, LIST_OF(k->domain_list.next, struct domain, node));
    d = calloc(1, sizeof *d + name.n);
    if (!d)
        return NULL;
    d->name = span_behind(d + 1, name);
    if (table_add(&k->domains, d->name, d)) {
        free(d);
        return NULL;
    }
    list_append(&k->domain_list, &d->node);
    return d;
}

static bool is_waiting(struct worker *w, struct span box)
{
    int64_t n = 0, bytes;

    return messages_count(w->store, box, &n, &bytes) == OK && n > 0;
}

/* One more stranger of that domain; our own, and links without limits, are not counted. */
static bool has_room(struct worker *w, struct span host)
{
    const struct peer *p = peer_find(w->peers, host);
    struct domain *d;

    if (span_eq(host, w->own_domain) || (p && !peer_is_limited(p)))
        return true;
    d = domain_get(w->knocks, host);
    return d && bucket_take(&d->left, new_strangers, BUCKET_TOKEN, w->now);
}

/* ---- the question ---- */

static void ask(struct worker *w, struct span account, const struct address *from)
{
    struct address to = {.user = account, .host = w->own_domain};
    struct shown_name shown = {.name = from->user};
    struct buf text = {0};

    if (!address_is_own(&w->rules, from) && book_show(w, from, false, &shown))
        return;
    buf_add(&text, shown.name);
    BUF_LIT(&text, " (not on your list) wants to talk. Reply YES ");
    buf_add(&text, shown.name);
    BUF_LIT(&text, " to accept, NO ");
    buf_add(&text, shown.name);
    BUF_LIT(&text, " to refuse");
    if (buf_ok(&text))
        helper_say(w, &to, buf_span(&text));
    buf_fini(&text);
}

/* ---- held ---- */

struct hold {
    struct storer_op op;
    struct arena arena;
    struct message_row row;
    struct origin origin;
    struct span account;
    bool first;
};

static enum err run_hold(struct storer_op *op, struct store *s)
{
    struct hold *h = LIST_OF(op, struct hold, op);

    return messages_add_held(s, &h->row, h->row.arrived, &h->row.id, &h->first);
}

static enum outcome outcome_of(enum err e)
{
    switch (e) {
    case OK:
    case ERR_EXISTS: return OUTCOME_HELD;
    case ERR_FULL: return OUTCOME_HELD_FULL;
    case ERR_BUSY: return OUTCOME_STRANGERS_FULL;
    default: return OUTCOME_INTERNAL;
    }
}

static void hold_free(struct hold *h)
{
    arena_fini(&h->arena);
    free(h);
}

static void done_hold(struct storer_op *op, enum err e, void *ctx)
{
    struct hold *h = LIST_OF(op, struct hold, op);
    struct worker *w = ctx;
    enum outcome how = outcome_of(e);

    worker_begin(w);
    if (how == OUTCOME_INTERNAL)
        LOG_ERROR(&w->log, "store", "a stranger's message was not stored", "why", err_text(e), "do",
                  "look at the disk of the data folder");
    origin_answer(w, &h->origin, how);
    if (e == OK) {
        w->metrics.messages_stored++;
        if (h->row.m.receipts & RECEIPT_STORED)
            receipt_send(w, &h->row.m, RECEIPT_STORED);
        if (h->first)
            ask(w, h->account, &h->row.m.from);
    }
    hold_free(h);
}

static bool fill(struct worker *w, struct hold *h, const struct origin *o, const struct message *m,
                 struct span box)
{
    h->row = (struct message_row){.direction = MESSAGE_IN,
                                  .recipient = arena_copy(&h->arena, box),
                                  .m = *m,
                                  .arrived = w->unix_now,
                                  .turn = flight_turn(w),
                                  .held = true};
    h->origin = *o;
    h->origin.author = arena_copy(&h->arena, o->author);
    h->origin.typed = arena_copy(&h->arena, o->typed);
    h->origin.domain = h->origin.fragments = h->origin.relay = (struct span){0};
    h->origin.crossing.path = (struct span){0};
    h->account = arena_copy(&h->arena, m->to.user);
    if (!message_keep(&h->row.m, &h->arena))
        return false;
    if (o->kind == ORIGIN_SIP)
        h->row.key = span_of(h->row.m.cookie, sizeof h->row.m.cookie);
    return true;
}

static void hold(struct worker *w, const struct origin *o, const struct message *m, struct span box)
{
    struct hold *h = calloc(1, sizeof *h);

    if (!h || !fill(w, h, o, m, box)) {
        if (h)
            hold_free(h);
        origin_answer(w, o, OUTCOME_OVERLOAD);
        return;
    }
    h->op = (struct storer_op){
        .run = run_hold, .done = done_hold, .several = true, .bytes = 2048 + m->text.n + m->html.n};
    worker_write(w, &h->op);
}

/* Somebody is there to be asked. */
static bool is_reachable(struct worker *w, struct account *a)
{
    LIST_EACH (struct aim_session, s, &a->sessions, of_account)
        if (s->online && !oscar_conn_is_over(s->conn))
            return true;
    LIST_EACH (struct contact, c, &a->contacts, node)
        if (sip_door_takes(w->sip_door, a, c, SPAN("MESSAGE")))
            return true;
    return false;
}

/* What is to become of it; OUTCOME_DELIVERED: it goes its way, OUTCOME_HELD: it waits. */
static enum outcome judge(struct worker *w, const struct message *m, struct account *to,
                          struct span sender, struct span box)
{
    bool before;

    if (account_turned_down(w, to, sender, &before))
        return outcome_as_shown(OUTCOME_REFUSED, to->settings[USER_look_offline]);
    if (!account_is_stranger(w, to, sender) || !is_reachable(w, to))
        return OUTCOME_DELIVERED;
    if (m->never_store || m->auto_reply)
        return OUTCOME_OFFLINE; /* it cannot wait */
    return is_waiting(w, box) || has_room(w, m->from.host) ? OUTCOME_HELD : OUTCOME_STRANGERS_FULL;
}

bool knock_takes(struct worker *w, const struct origin *o, const struct message *m,
                 struct account *to, struct span sender)
{
    struct buf box = {0};
    enum outcome how;

    if (!to->asks_strangers)
        return false;
    messages_box(&box, to->person->key, sender);
    how = buf_ok(&box) ? judge(w, m, to, sender, buf_span(&box)) : OUTCOME_OVERLOAD;
    if (how == OUTCOME_HELD)
        hold(w, o, m, buf_span(&box));
    else if (how != OUTCOME_DELIVERED)
        origin_answer(w, o, how);
    buf_fini(&box);
    return how != OUTCOME_DELIVERED;
}

/* ---- what was stored before ---- */

struct aside_op {
    struct storer_op op;
    struct arena arena;
    int64_t row, now;
    struct span account, box;
    struct address from;
    bool first;
};

static enum err run_aside(struct storer_op *op, struct store *s)
{
    struct aside_op *h = LIST_OF(op, struct aside_op, op);

    return messages_hold(s, h->row, h->account, h->box, h->now, &h->first);
}

static void done_aside(struct storer_op *op, enum err e, void *ctx)
{
    struct aside_op *h = LIST_OF(op, struct aside_op, op);
    struct worker *w = ctx;

    worker_begin(w);
    if (e == OK && h->first)
        ask(w, h->account, &h->from);
    arena_fini(&h->arena);
    free(h);
}

bool knock_holds(struct worker *w, struct account *to, const struct message_row *row,
                 struct span sender)
{
    struct aside_op *h;
    struct buf box = {0};

    if (row->m.notice || !account_is_stranger(w, to, sender))
        return false;
    h = calloc(1, sizeof *h);
    if (!h)
        return true; /* it stays where it is, for another time */
    messages_box(&box, to->person->key, sender);
    h->row = row->id;
    h->now = w->unix_now;
    h->account = arena_copy(&h->arena, to->person->key);
    h->box = arena_copy(&h->arena, buf_span(&box));
    h->from.user = arena_copy(&h->arena, row->m.from.user);
    h->from.host = arena_copy(&h->arena, row->m.from.host);
    if (buf_ok(&box) && arena_ok(&h->arena)) {
        h->op =
            (struct storer_op){.run = run_aside, .done = done_aside, .several = true, .bytes = 512};
        worker_write(w, &h->op);
    } else {
        arena_fini(&h->arena);
        free(h);
    }
    buf_fini(&box);
    return true;
}
