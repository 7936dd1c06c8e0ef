#include "gateway/flow/watch.h"

#include <stdlib.h>

#include "gateway/flow/buddy.h"
#include "gateway/flow/consent.h"
#include "gateway/flow/lists.h"
#include "gateway/flow/presence.h"
#include "gateway/flow/target.h"
#include "gateway/flow/winfo.h"
#include "gateway/people/book.h"

struct watch {
    struct subscription sub; /* first */
    struct watcher edge;
    uint8_t who[];
};

/* ---- the kind ---- */

static struct watch *watch_of(struct subscription *s)
{
    return LIST_OF(s, struct watch, sub);
}

static void describe(const struct subscription *s, struct watcher_row *row, struct arena *a)
{
    const struct watch *v = LIST_OF_CONST(s, struct watch, sub);

    row->event = SPAN("presence");
    row->presentity = arena_copy(a, v->edge.target->key);
}

static void tell(struct worker *w, struct subscription *s, bool urgent)
{
    presence_tell_watcher(w, &watch_of(s)->edge, urgent);
    winfo_watches(w, &watch_of(s)->edge);
}

static void leave(struct worker *w, struct subscription *s)
{
    winfo_left(w, &watch_of(s)->edge, s->gone);
}

static bool is_pending(const struct worker *w, const struct subscription *s)
{
    const struct watch *v = LIST_OF_CONST(s, struct watch, sub);
    struct account *a = v->edge.target->account;

    return a && account_allows_watcher(w, a, s->who, s->local) == PRIVACY_CONFIRM;
}

static void free_watch(struct worker *w, struct subscription *s)
{
    struct watch *v = watch_of(s);
    struct person *target = v->edge.target;

    list_remove(&v->edge.node);
    free(v);
    target_release(w, target);
}

static const struct subscription_kind watching = {.describe = describe,
                                                  .tell = tell,
                                                  .is_pending = is_pending,
                                                  .leave = leave,
                                                  .free = free_watch};

static struct watch *watch_new(struct person *target, struct span who, bool local)
{
    struct watch *v = calloc(1, sizeof *v + who.n);

    if (!v)
        return NULL;
    memcpy(v->who, who.p, who.n);
    v->sub =
        (struct subscription){.kind = &watching, .who = span_of(v->who, who.n), .local = local};
    v->edge.sub = &v->sub;
    v->edge.target = target;
    list_append(&target->watchers, &v->edge.node);
    return v;
}

/* ---- requests ---- */

/* Whom they mean; NULL: it was answered. */
static struct person *target_of(struct worker *w, const struct sip_core_event *ev,
                                const struct claim *who)
{
    struct refusal why = {404, "no such user"};
    struct person *p = NULL;
    struct address to;

    if (!address_from_parts(ev->msg->target.user, ev->msg->target.host, &w->rules, &w->arena, &to))
        p = target_find(w, who->account, &to, &why);
    if (p && p->account && account_hides(w, p->account, who->name)) { /* S-275 */
        target_release(w, p);
        p = NULL;
        why = (struct refusal){404, "no such user"};
    }
    if (p && p->account && account_rejects(w, p->account, who->name)) { /* M-524 */
        target_release(w, p);
        p = NULL;
        why = (struct refusal){403, "the user does not want to be seen by you"};
    }
    if (!p)
        identity_refuse(w, ev, why.status, why.text);
    return p;
}

/* Is this the only one of that watcher, is it to last, and may he see the user? */
static bool is_news(const struct worker *w, struct person *target, const struct watch *v,
                    uint32_t expires)
{
    LIST_EACH (struct watcher, other, &target->watchers, node)
        if (other != &v->edge && span_eq(other->sub->who, v->sub.who))
            return false;
    return expires > 0 &&
           account_allows_watcher(w, target->account, v->sub.who, v->sub.local) == PRIVACY_ALLOW;
}

void watch_request(struct worker *w, const struct sip_core_event *ev, const struct claim *who)
{
    struct person *target;
    struct watch *v;
    uint32_t expires;

    if (ev->winfo) {
        winfo_request(w, ev, who);
        return;
    }
    if (lists_request(w, ev, who))
        return;
    target = target_of(w, ev, who);
    if (!target)
        return;
    if (target->account && !consent_check(w, ev, target->account, who)) {
        target_release(w, target);
        return;
    }
    v = subscription_grant(w, ev, who->local, &expires) ? watch_new(target, who->name, who->local)
                                                        : NULL;
    if (!v) {
        target_release(w, target);
        return;
    }
    if (!subscription_accept(w, &v->sub, ev))
        return;
    if (target->foreign)
        buddy_want(w, target);
    if (target->account && consent_announces(target->account) && is_news(w, target, v, expires))
        consent_announce(w, target->account, v->sub.who);
    subscription_begin(w, &v->sub, ev, expires);
}

void watch_end_all(struct worker *w, struct account *a)
{
    a->holds++; /* it stays until the last one is told */
    winfo_forget(w, a);
    lists_forget(w, a);
    LIST_EACH (struct watcher, v, &a->person->watchers, node)
        subscription_end(w, v->sub, SIP_REASON_NORESOURCE);
    a->holds--;
}

void watch_free_all(struct person *p)
{
    LIST_EACH (struct watcher, v, &p->watchers, node) {
        list_remove(&v->node);
        free(LIST_OF(v, struct watch, edge));
    }
}

/* ---- after a restart ---- */

/* Whom a row is about: an account, or the buddy elsewhere of one. NULL: nobody any more. */
static struct person *target_of_row(struct worker *w, struct span presentity)
{
    size_t at = span_find(presentity, ' ');
    struct span name = span_skip(presentity, at + 1);
    size_t host = span_find(name, '@');
    struct refusal why;
    struct address to;
    struct account *a;

    if (at == presentity.n && book_is_helper(w, presentity))
        return person_find(w->people, presentity);
    if (account_get(w, span_first(presentity, at), &a))
        return NULL;
    if (at == presentity.n)
        return a->person;
    if (address_from_parts(span_first(name, host), span_skip(name, host + 1), &w->rules, &w->arena,
                           &to))
        return NULL;
    return target_find(w, a, &to, &why);
}

static void restore(struct worker *w, const struct watcher_row *row, struct span who)
{
    struct person *target = target_of_row(w, row->presentity);
    struct watch *v;

    if (!target)
        return;
    v = watch_new(target, who, span_is(row->state, "local"));
    if (!v) {
        target_release(w, target);
        return;
    }
    if (!subscription_restore(w, &v->sub, row))
        return;
    if (target->foreign)
        buddy_want(w, target);
    if (target->account && account_refuses_watcher(w, target->account, v->sub.who, v->sub.local))
        subscription_end(w, &v->sub, SIP_REASON_REJECTED); /* since we were down */
    else
        tell(w, &v->sub, false);
}

/* Rows that ended while we were down, and those of nobody any more. */
struct leftovers {
    struct storer_op op;
    int64_t until;
};

static enum err run_leftovers(struct storer_op *op, struct store *s)
{
    return watchers_expire(s, LIST_OF(op, struct leftovers, op)->until);
}

static void done_leftovers(struct storer_op *op, enum err e, void *ctx)
{
    (void)e; /* they are in nobody's way until the next start */
    (void)ctx;
    free(LIST_OF(op, struct leftovers, op));
}

static void forget_leftovers(struct worker *w)
{
    struct leftovers *l = calloc(1, sizeof *l);

    if (!l)
        return;
    l->op = (struct storer_op){.run = run_leftovers, .done = done_leftovers};
    l->until = w->unix_now;
    worker_write(w, &l->op);
}

void watch_restore(struct worker *w)
{
    struct cursor c = {0};
    struct watcher_row row;

    if (watchers_list(w->store, &c) == OK)
        while (watchers_next(&c, &row)) {
            struct buf who = {0};

            w->last_row = row.id;
            if (row.expires <= w->unix_now || !subscription_who(w, &row, &who))
                ;
            else if (span_is(row.event, "presence.winfo"))
                winfo_restore(w, &row);
            else if (row.list.n > 0)
                lists_restore(w, &row, buf_span(&who));
            else
                restore(w, &row, buf_span(&who));
            buf_fini(&who);
            arena_reset(&w->arena);
        }
    (void)cursor_close(&c);
    forget_leftovers(w);
}
