#include "gateway/flow/knock.h"

#include <stdlib.h>

#include "base/bucket.h"
#include "gateway/door/sip.h"
#include "gateway/flow/helper.h"
#include "gateway/flow/receipt.h"
#include "gateway/people/book.h"
#include "gateway/peer/peers.h"

/* M-548: new strangers of one domain: 5 a minute. */
static const struct rate new_strangers = {.per_second = BUCKET_TOKEN / 12, .at_once = 5 * BUCKET_TOKEN};

struct domain {
    struct list node; /* quiet longest first */
    struct bucket left;
    struct span name; /* behind the struct */
};

struct knocks {
    struct table domains;
    struct list domain_list;
    const struct knock_handler *on;
};

struct knocks *knocks_new(const struct knock_handler *on)
{
    struct knocks *k = calloc(1, sizeof *k);

    if (!k)
        return NULL;
    table_init(&k->domains);
    list_init(&k->domain_list);
    k->on = on;
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
    h->op = (struct storer_op){.run = run_hold,
                               .done = done_hold,
                               .several = true,
                               .bytes = 2048 + m->text.n + m->html.n};
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

bool knock_takes(struct worker *w, const struct origin *o, const struct message *m, struct account *to,
                 struct span sender)
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

bool knock_holds(struct worker *w, struct account *to, const struct message_row *row, struct span sender)
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
        h->op = (struct storer_op){.run = run_aside, .done = done_aside, .several = true, .bytes = 512};
        worker_write(w, &h->op);
    } else {
        arena_fini(&h->arena);
        free(h);
    }
    buf_fini(&box);
    return true;
}

/* ---- not wanted ---- */

struct drop {
    struct storer_op op;
    int64_t last, now;
    struct span box; /* behind the struct */
};

static enum err run_drop(struct storer_op *op, struct store *s)
{
    struct drop *d = LIST_OF(op, struct drop, op);

    return messages_drop_held(s, d->box, d->last, d->now);
}

static void done_drop(struct storer_op *op, enum err e, void *ctx)
{
    (void)e; /* they expire, and their sender is told once more */
    (void)ctx;
    free(LIST_OF(op, struct drop, op));
}

static void drop(struct worker *w, struct span box, int64_t last)
{
    struct drop *d = calloc(1, sizeof *d + box.n);

    if (!d)
        return;
    d->box = span_behind(d + 1, box);
    d->last = last;
    d->now = w->unix_now;
    d->op = (struct storer_op){.run = run_drop, .done = done_drop, .several = true, .bytes = 256};
    worker_write(w, &d->op);
}

static void tell_stranger(struct worker *w, const struct address *who, struct span account,
                          const char *words)
{
    struct buf text = {0};

    BUF_LIT(&text, "Your messages to ");
    buf_add(&text, account);
    buf_fmt(&text, " %s.", words);
    if (buf_ok(&text))
        helper_say(w, who, buf_span(&text));
    buf_fini(&text);
}

void knock_drop(struct worker *w, struct account *a, struct span name, const char *words)
{
    struct address who = {0};
    struct cursor c = {0};
    struct message_row row;
    struct buf box = {0};
    int64_t last = 0;

    messages_box(&box, a->person->key, name);
    if (buf_ok(&box) && messages_list(w->store, buf_span(&box), &c) == OK)
        while (messages_next(&c, &row)) {
            last = row.id > last ? row.id : last;
            if (receipt_imdn_failed(w, &row.m))
                continue; /* told by that, each */
            who.user = arena_copy(&w->arena, row.m.from.user);
            who.host = arena_copy(&w->arena, row.m.from.host);
        }
    (void)cursor_close(&c);
    if (last)
        drop(w, buf_span(&box), last);
    if (who.user.n)
        tell_stranger(w, &who, a->person->key, words);
    buf_fini(&box);
}

/* ---- answers ---- */

enum saying { SAYING_YES, SAYING_NO, SAYING_NOTHING /* yes, unsaid */ };

struct answer {
    struct storer_op op;
    enum saying what;
    bool again;     /* a second no */
    bool for_good;  /* let in by other means: nothing of it is kept */
    int64_t user, now;
    int n;          /* messages that were let in */
    struct span account, name, box; /* behind the struct */
};

static enum err remove_entry(struct store *s, const struct answer *q, enum privacy_kind list)
{
    enum err e = privacy_delete(s, q->user, list, q->name);

    return e == ERR_NOT_FOUND ? OK : e;
}

static enum err run_yes(struct answer *q, struct store *s)
{
    enum err e = remove_entry(s, q, KEPT_STRANGER_NO);

    if (!e && !q->for_good)
        e = privacy_put(s, q->user,
                        &(struct privacy_entry){.list = KEPT_STRANGER_YES,
                                                .name = q->name,
                                                .until = q->now + KNOCK_WELCOME_S,
                                                .created = q->now});
    return e ? e : messages_welcome(s, q->box, q->account, &q->n);
}

static enum err run_answer(struct storer_op *op, struct store *s)
{
    struct answer *q = LIST_OF(op, struct answer, op);
    enum err e;

    if (q->what != SAYING_NO)
        return run_yes(q, s);
    e = remove_entry(s, q, KEPT_STRANGER_YES);
    if (!e)
        e = remove_entry(s, q, KEPT_STRANGER_NO); /* its time begins anew */
    return e ? e
             : privacy_put(s, q->user,
                           &(struct privacy_entry){.list = KEPT_STRANGER_NO,
                                                   .name = q->name,
                                                   .until = q->now + KNOCK_AGAIN_S,
                                                   .created = q->now});
}

static void put_words(struct buf *text, const struct answer *q, enum err e)
{
    buf_add(text, q->name);
    if (e)
        BUF_LIT(text, ": that could not be stored. Try again later.");
    else if (q->what == SAYING_NO)
        BUF_LIT(text, " is refused for a day. A second NO within 30 days blocks.");
    else if (q->n > 0)
        BUF_LIT(text, " may write to you for a day, or for good once on your list. What waited follows.");
    else
        BUF_LIT(text, " may write to you for a day, or for good once on your list.");
}

static void tell_user(struct worker *w, const struct answer *q, enum err e)
{
    struct address to = {.user = q->account, .host = w->own_domain};
    struct buf text = {0};

    if (q->what == SAYING_NOTHING || (q->again && !e))
        return; /* the block says so itself */
    put_words(&text, q, e);
    if (buf_ok(&text))
        helper_answer(w, &to, buf_span(&text));
    buf_fini(&text);
}

static void refuse(struct worker *w, struct account *a, const struct answer *q)
{
    knock_drop(w, a, q->name,
               a->settings[USER_look_offline] ? "could not be delivered" : "were not accepted");
    if (q->again)
        w->knocks->on->block(w, a, q->name, true);
}

static void done_answer(struct storer_op *op, enum err e, void *ctx)
{
    struct answer *q = LIST_OF(op, struct answer, op);
    struct worker *w = ctx;
    struct account *a;

    worker_begin(w);
    if (e)
        LOG_ERROR(&w->log, "store", "an answer to a stranger was not kept", "why", err_text(e), "do",
                  "look at the disk of the data folder");
    a = account_loaded(w, q->account);
    tell_user(w, q, e);
    if (a && !e) {
        (void)account_load_rules(w, a);
        if (q->what == SAYING_NO)
            refuse(w, a, q);
        else if (q->n > 0)
            w->knocks->on->wake(w, a);
    }
    free(q);
}

static struct answer *answer_new(struct worker *w, struct account *a, struct span name,
                                 enum saying what)
{
    size_t size = 2 * (a->person->key.n + name.n) + 1;
    struct answer *q = calloc(1, sizeof *q + size);
    uint8_t *bytes = (uint8_t *)(q + 1);
    struct buf box = {0};

    messages_box(&box, a->person->key, name);
    if (!q || !buf_ok(&box)) {
        buf_fini(&box);
        free(q);
        return NULL;
    }
    q->account = span_place(&bytes, a->person->key);
    q->name = span_place(&bytes, name);
    q->box = span_place(&bytes, buf_span(&box));
    buf_fini(&box);
    q->what = what;
    q->user = a->id;
    q->now = w->unix_now;
    q->op = (struct storer_op){.run = run_answer, .done = done_answer, .several = true, .bytes = 512};
    return q;
}

static void say(struct worker *w, struct account *a, struct span name, enum saying what)
{
    struct answer *q = answer_new(w, a, name, what);

    if (!q)
        return;
    if (what == SAYING_NO)
        (void)account_turned_down(w, a, name, &q->again);
    worker_write(w, &q->op);
}

void knock_yes(struct worker *w, struct account *a, struct span name)
{
    say(w, a, name, SAYING_YES);
}

void knock_no(struct worker *w, struct account *a, struct span name)
{
    say(w, a, name, SAYING_NO);
}

void knock_wrote(struct worker *w, struct account *a, const struct address *to)
{
    struct buf key = {0};
    struct span name = to->user;
    int64_t soon = w->unix_now + KNOCK_WELCOME_S - 3600; /* one write an hour is enough */

    if (!a->asks_strangers)
        return;
    if (!address_is_own(&w->rules, to)) {
        address_key(&key, &w->rules, to);
        name = buf_span(&key);
    }
    if (buf_ok(&key) && !account_welcomes_until(a, name, soon) && !account_knows(w, a, name))
        say(w, a, name, SAYING_NOTHING);
    buf_fini(&key);
}

/* ---- who waits ---- */

void knock_review(struct worker *w, struct account *a)
{
    struct cursor c = {0};
    struct message_count n;

    if (messages_list_strangers(w->store, a->person->key, &c) == OK)
        while (messages_next_count(&c, &n)) {
            struct span name = messages_stranger(n.recipient);
            struct answer *q = account_is_stranger(w, a, name) ? NULL
                                                               : answer_new(w, a, name, SAYING_NOTHING);

            if (!q)
                continue;
            q->for_good = true;
            worker_write(w, &q->op);
        }
    (void)cursor_close(&c);
}

struct span knock_only_one(struct worker *w, struct account *a, struct buf *names)
{
    struct cursor c = {0};
    struct message_count n;
    struct span one = {0};
    size_t found = 0;

    if (messages_list_strangers(w->store, a->person->key, &c) == OK)
        while (messages_next_count(&c, &n)) {
            one = arena_copy(&w->arena, messages_stranger(n.recipient));
            buf_str(names, found++ ? ", " : "");
            buf_add(names, one);
        }
    (void)cursor_close(&c);
    return found == 1 ? one : (struct span){0};
}
