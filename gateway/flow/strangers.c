#include "gateway/flow/strangers.h"

#include <stdlib.h>

#include "gateway/flow/helper.h"
#include "gateway/flow/receipt.h"

struct strangers {
    const struct strangers_handler *on;
};

struct strangers *strangers_new(const struct strangers_handler *on)
{
    struct strangers *s = calloc(1, sizeof *s);

    if (s)
        s->on = on;
    return s;
}

void strangers_free(struct strangers *s)
{
    free(s);
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

void strangers_drop(struct worker *w, struct account *a, struct span name, const char *words)
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
    bool again;    /* a second no */
    bool for_good; /* let in by other means: nothing of it is kept */
    int64_t user, now;
    int n;                          /* messages that were let in */
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
                                                .until = q->now + STRANGERS_WELCOME_S,
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
                                                   .until = q->now + STRANGERS_AGAIN_S,
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
        BUF_LIT(text,
                " may write to you for a day, or for good once on your list. What waited follows.");
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
    strangers_drop(w, a, q->name,
                   a->settings[USER_look_offline] ? "could not be delivered" : "were not accepted");
    if (q->again)
        w->strangers->on->block(w, a, q->name, true);
}

static void done_answer(struct storer_op *op, enum err e, void *ctx)
{
    struct answer *q = LIST_OF(op, struct answer, op);
    struct worker *w = ctx;
    struct account *a;

    worker_begin(w);
    if (e)
        LOG_ERROR(&w->log, "store", "an answer to a stranger was not kept", "why", err_text(e),
                  "do", "look at the disk of the data folder");
    a = account_loaded(w, q->account);
    tell_user(w, q, e);
    if (a && !e) {
        (void)account_load_rules(w, a);
        if (q->what == SAYING_NO)
            refuse(w, a, q);
        else if (q->n > 0)
            w->strangers->on->wake(w, a);
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
    q->op =
        (struct storer_op){.run = run_answer, .done = done_answer, .several = true, .bytes = 512};
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

void strangers_yes(struct worker *w, struct account *a, struct span name)
{
    say(w, a, name, SAYING_YES);
}

void strangers_no(struct worker *w, struct account *a, struct span name)
{
    say(w, a, name, SAYING_NO);
}

void strangers_wrote(struct worker *w, struct account *a, const struct address *to)
{
    struct buf key = {0};
    struct span name = to->user;
    int64_t soon = w->unix_now + STRANGERS_WELCOME_S - 3600; /* one write an hour is enough */

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

void strangers_review(struct worker *w, struct account *a)
{
    struct cursor c = {0};
    struct message_count n;

    if (messages_list_strangers(w->store, a->person->key, &c) == OK)
        while (messages_next_count(&c, &n)) {
            struct span name = messages_stranger(n.recipient);
            struct answer *q =
                account_is_stranger(w, a, name) ? NULL : answer_new(w, a, name, SAYING_NOTHING);

            if (!q)
                continue;
            q->for_good = true;
            worker_write(w, &q->op);
        }
    (void)cursor_close(&c);
}

struct span strangers_only_one(struct worker *w, struct account *a, struct buf *names)
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
