#include "gateway/flow/consent.h"

#include <stdlib.h>

#include "gateway/flow/helper.h"
#include "gateway/flow/icq_auth.h"
#include "gateway/flow/icq_dialog.h"
#include "gateway/flow/presence.h"
#include "gateway/flow/winfo.h"
#include "gateway/people/named.h"

struct consents {
    struct timer sweep;
};

static void on_sweep(struct timer *t, struct worker *w);

struct consents *consents_new(void)
{
    struct consents *c = calloc(1, sizeof *c);

    if (c)
        c->sweep.due = on_sweep;
    return c;
}

void consents_free(struct worker *w, struct consents *c)
{
    if (c)
        timer_clear(w, &c->sweep);
    free(c);
}

void consents_start(struct worker *w)
{
    timer_set(w, &w->consents->sweep, w->now + 1000);
}

/* ---- the question ---- */

/* The name that AIM clients are shown for user@host. */
static struct span shown(struct worker *w, struct span who)
{
    struct named n;

    return named_find(w, who, &n) == OK ? n.shown : who;
}

/* ICQ Lite fails on full stops. */
#define USUAL_WORDS SPAN("would like to see when you are online")

/* In words, by the helper. */
static void say_question(struct worker *w, struct account *a, struct span name)
{
    struct address to = {.user = a->person->key, .host = w->own_domain};
    struct buf text = {0};

    buf_add(&text, name);
    BUF_LIT(&text, " would like to see when you are online. Reply ALLOW ");
    buf_add(&text, name);
    BUF_LIT(&text, " or REFUSE ");
    buf_add(&text, name);
    if (buf_ok(&text))
        helper_say(w, &to, buf_span(&text));
    buf_fini(&text);
}

bool consent_announces(const struct account *a)
{
    return a->icq && a->settings[USER_announce_watchers];
}

/* M-631. */
void consent_announce(struct worker *w, struct account *a, struct span who)
{
    if (!consent_announces(a))
        return;
    LIST_EACH (struct aim_session, s, &a->sessions, of_account)
        if (s->online && oscar_conn_uses_feedbag(s->conn)) {
            oscar_conn_auth(s->conn, &(struct feedbag_auth){.subtype = SNAC_FEEDBAG_YOU_WERE_ADDED,
                                                            .name = shown(w, who)});
            aim_session_dirty(s);
        }
}

static void ask(struct worker *w, struct account *a, struct span who, struct span words)
{
    struct span name = shown(w, who);
    bool on = !list_empty(&a->contacts) || !a->icq, asked = false;

    LIST_EACH (struct aim_session, s, &a->sessions, of_account)
        if (s->online) {
            asked |= icq_dialog_ask(s, name, words.n ? words : USUAL_WORDS);
            on = true;
        }
    if (!asked && on) /* else at the next sign-on */
        say_question(w, a, name);
}

void consent_signed_on(struct aim_session *s)
{
    struct cursor c = {0};
    struct request r;
    struct span names[REQUESTS_PER_USER];
    size_t n = 0;

    if (!s->account->icq)
        return;
    if (requests_list(s->w->store, s->account->id, &c) == OK)
        while (n < REQUESTS_PER_USER && requests_next(&c, &r))
            names[n++] = arena_copy(&s->w->arena, r.watcher);
    (void)cursor_close(&c);
    for (size_t i = 0; i < n; i++)
        if (!icq_dialog_ask(s, shown(s->w, names[i]), USUAL_WORDS))
            say_question(s->w, s->account, shown(s->w, names[i]));
}

/* ---- requests ---- */

struct asking {
    struct storer_op op;
    struct request row;
    bool first;
    struct span account, words; /* behind the struct, and so are the row's */
};

static enum err run_asking(struct storer_op *op, struct store *s)
{
    struct asking *q = LIST_OF(op, struct asking, op);

    return requests_add(s, &q->row, &q->first);
}

static void done_asking(struct storer_op *op, enum err e, void *ctx)
{
    struct asking *q = LIST_OF(op, struct asking, op);
    struct worker *w = ctx;
    struct account *a;

    worker_begin(w);
    a = account_loaded(w, q->account);
    if (e)
        LOG_WARNING(&w->log, "store", "a request to see somebody was not kept", "why", err_text(e));
    else if (a && q->first)
        ask(w, a, q->row.watcher, q->words);
    free(q);
}

static void keep(struct worker *w, struct account *a, struct span who, struct span uri,
                 struct span words)
{
    struct asking *q = calloc(1, sizeof *q + a->person->key.n + who.n + uri.n + words.n);
    uint8_t *bytes = (uint8_t *)(q + 1);

    if (!q)
        return; /* the next refresh asks again */
    q->account = span_place(&bytes, a->person->key);
    q->words = span_place(&bytes, words);
    q->row = (struct request){.user = a->id, .created = w->unix_now};
    q->row.watcher = span_place(&bytes, who);
    q->row.uri = span_place(&bytes, uri);
    q->op = (struct storer_op){
        .run = run_asking, .done = done_asking, .several = true, .bytes = 512 + uri.n + words.n};
    worker_write(w, &q->op);
}

int consent_judge(struct worker *w, struct account *a, const struct policy_watcher *who,
                  struct span uri)
{
    struct request row = {.user = a->id, .watcher = who->name};
    enum err e;

    if (account_refuses_watcher(w, a, who->name, who->local))
        return 403;
    if (account_allows_watcher(w, a, who->name, who->local) != PRIVACY_CONFIRM)
        return 0;
    e = requests_check(w->store, &row);
    if (e == ERR_FULL)
        return 403; /* S-349 */
    if (e == OK)
        keep(w, a, who->name, uri, (struct span){0});
    return e == OK || e == ERR_EXISTS ? 0 : 500;
}

enum err consent_request(struct worker *w, struct account *a, struct span who, struct span words)
{
    struct request row = {.user = a->id, .watcher = who};
    struct buf uri = {0};
    enum err e = requests_check(w->store, &row);

    address_to_sip_uri(&uri, &(struct address){.user = who, .host = w->own_domain});
    if (!e && buf_ok(&uri))
        keep(w, a, who, buf_span(&uri), words);
    buf_fini(&uri);
    return e;
}

bool consent_check(struct worker *w, const struct sip_core_event *ev, struct account *a,
                   const struct claim *who)
{
    int status =
        consent_judge(w, a, &(struct policy_watcher){who->name, who->local}, ev->msg->from.uri);

    if (status)
        identity_refuse(w, ev, status,
                        status == 500 ? "nothing can be stored"
                        : account_refuses_watcher(w, a, who->name, who->local)
                            ? "the user said no"
                            : "too many wait for an answer");
    return !status;
}

/* ---- answers ---- */

struct answer {
    struct storer_op op;
    int64_t user, now;
    bool allowed;
    bool asked;                       /* he waits for it */
    bool ahead;                       /* he did not ask, and may see more now than before */
    bool settled;                     /* nothing is said: no leave is needed any more */
    struct buf items;                 /* of the list of somebody of ours, which waited */
    struct span account, name, words; /* behind the struct */
};

static enum err without(enum err e)
{
    return e == ERR_NOT_FOUND ? OK : e;
}

/* Where it is somebody of ours, his list waits no longer. */
static enum err unmark(struct answer *q, struct store *s)
{
    struct arena a = {0};
    struct user_row u;
    enum err e = users_find(s, q->name, &a, &u);

    if (!e)
        e = icq_auth_unmark(s, u.id, q->account, q->now, &q->items);
    arena_fini(&a);
    return e == ERR_NO_USER ? OK : e;
}

static enum err keep_answer(struct answer *q, struct store *s)
{
    enum privacy_kind says = q->allowed ? KEPT_WATCHER_ALLOWED : KEPT_WATCHER_REFUSED;
    enum privacy_kind other = q->allowed ? KEPT_WATCHER_REFUSED : KEPT_WATCHER_ALLOWED;
    enum err e = without(privacy_delete(s, q->user, other, q->name));

    if (!e)
        e = privacy_put(s, q->user,
                        &(struct privacy_entry){.list = says, .name = q->name, .created = q->now});
    return e ? e : without(requests_delete(s, q->user, q->name));
}

static enum err run_answer(struct storer_op *op, struct store *s)
{
    struct answer *q = LIST_OF(op, struct answer, op);
    enum err e = q->settled ? OK : keep_answer(q, s);

    return e || !q->allowed ? e : unmark(q, s);
}

static void tell_user(struct worker *w, const struct answer *q, enum err e)
{
    struct address to = {.user = q->account, .host = w->own_domain};
    struct buf text = {0};

    buf_add(&text, q->name);
    if (e)
        BUF_LIT(&text, ": that could not be stored. Try again later.");
    else if (q->allowed)
        BUF_LIT(&text, " may see when you are online. REFUSE ends that.");
    else
        BUF_LIT(&text, " may not see when you are online. ALLOW changes that.");
    if (buf_ok(&text))
        helper_answer(w, &to, buf_span(&text));
    buf_fini(&text);
}

/* Somebody elsewhere hears it by his subscription. */
static void tell_asker(struct worker *w, struct account *by, const struct answer *q)
{
    if (q->asked || q->items.n || q->ahead)
        icq_dialog_tell(w, by, &(struct icq_said){.asker = q->name,
                                               .granted = q->allowed,
                                               .unasked = q->ahead && !q->items.n,
                                               .items = buf_span(&q->items),
                                               .words = q->words});
}

static void done_answer(struct storer_op *op, enum err e, void *ctx)
{
    struct answer *q = LIST_OF(op, struct answer, op);
    struct worker *w = ctx;
    struct account *a;

    worker_begin(w);
    if (e)
        LOG_ERROR(&w->log, "store", "an answer to a watcher was not kept", "why", err_text(e), "do",
                  "look at the disk of the data folder");
    a = account_loaded(w, q->account);
    if (a && !e)
        tell_asker(w, a, q);
    if (a && !e && !q->settled && account_load_rules(w, a) == OK)
        presence_rules_changed(w, a);
    if (a && !q->settled)
        tell_user(w, q, e);
    buf_fini(&q->items);
    free(q);
}

/* The request itself, for the phones that are told of it; the empty one: there is none. */
static struct request find_request(struct worker *w, const struct account *a, struct span name)
{
    struct request r, found = {0};
    struct cursor c = {0};

    if (requests_list(w->store, a->id, &c) == OK)
        while (requests_next(&c, &r))
            if (span_eq(r.watcher, name)) {
                found = r;
                found.watcher = arena_copy(&w->arena, r.watcher);
                found.uri = arena_copy(&w->arena, r.uri);
            }
    (void)cursor_close(&c);
    return found;
}

static struct answer *answer_new(struct worker *w, const struct account *a,
                                 const struct consent_said *said)
{
    struct answer *q = calloc(1, sizeof *q + a->person->key.n + said->name.n + said->words.n);
    uint8_t *bytes = (uint8_t *)(q + 1);

    if (!q)
        return NULL;
    q->account = span_place(&bytes, a->person->key);
    q->name = span_place(&bytes, said->name);
    q->words = span_place(&bytes, said->words);
    q->user = a->id;
    q->now = w->unix_now;
    q->allowed = said->allowed;
    q->op =
        (struct storer_op){.run = run_answer, .done = done_answer, .several = true, .bytes = 512};
    return q;
}

void consent_answer(struct worker *w, struct account *a, const struct consent_said *said)
{
    struct answer *q = answer_new(w, a, said);
    struct request r = find_request(w, a, said->name);

    if (!q)
        return;
    q->asked = r.uri.n > 0;
    q->ahead = !q->asked && said->allowed && account_awaits(a, said->name);
    worker_write(w, &q->op);
    if (r.uri.n)
        winfo_request_ended(w, a, &r, said->allowed ? WINFO_APPROVED : WINFO_REJECTED);
}

void consent_settled(struct worker *w, struct account *a, struct span name)
{
    struct answer *q = answer_new(w, a, &(struct consent_said){.name = name, .allowed = true});

    if (!q)
        return;
    q->asked = q->settled = true;
    worker_write(w, &q->op);
}

struct span consent_only_one(struct worker *w, struct account *a, struct buf *names)
{
    struct cursor c = {0};
    struct request r;
    struct span one = {0};
    size_t n = 0;

    if (requests_list(w->store, a->id, &c) == OK)
        while (requests_next(&c, &r)) {
            one = arena_copy(&w->arena, r.watcher);
            buf_str(names, n++ ? ", " : "");
            buf_add(names, one);
        }
    (void)cursor_close(&c);
    return n == 1 ? one : (struct span){0};
}

/* ---- too late ---- */

struct giving_up {
    struct storer_op op;
    int64_t user;
    struct span watcher; /* behind the struct */
};

static enum err run_give_up(struct storer_op *op, struct store *s)
{
    struct giving_up *g = LIST_OF(op, struct giving_up, op);

    return without(requests_delete(s, g->user, g->watcher));
}

static void done_give_up(struct storer_op *op, enum err e, void *ctx)
{
    (void)e; /* it is looked for again */
    (void)ctx;
    free(LIST_OF(op, struct giving_up, op));
}

/* M-526: its subscriptions end, and the request with them. */
static void give_up(struct worker *w, const struct request *r)
{
    struct account *a;
    struct giving_up *g = calloc(1, sizeof *g + r->watcher.n);

    if (!g)
        return;
    g->user = r->user;
    g->watcher = span_behind(g + 1, r->watcher);
    g->op =
        (struct storer_op){.run = run_give_up, .done = done_give_up, .several = true, .bytes = 256};
    worker_write(w, &g->op);
    if (account_get(w, r->name, &a))
        return;
    LIST_EACH (struct watcher, v, &a->person->watchers, node)
        if (v->pending && !v->of_list && span_eq(v->sub->who, r->watcher))
            subscription_end(w, v->sub, SIP_REASON_GIVEUP);
    winfo_request_ended(w, a, r, WINFO_GIVEUP);
}

static void on_sweep(struct timer *t, struct worker *w)
{
    struct request found[CONSENT_SWEEP_MAX], r;
    struct cursor c = {0};
    size_t n = 0;

    if (requests_list_old(w->store, w->unix_now - REQUESTS_KEEP, CONSENT_SWEEP_MAX, &c) == OK)
        while (n < CONSENT_SWEEP_MAX && requests_next(&c, &r)) {
            found[n] = r;
            found[n].name = arena_copy(&w->arena, r.name);
            found[n].watcher = arena_copy(&w->arena, r.watcher);
            found[n++].uri = arena_copy(&w->arena, r.uri);
        }
    (void)cursor_close(&c);
    for (size_t i = 0; i < n; i++)
        give_up(w, &found[i]);
    timer_set(w, t, w->now + CONSENT_SWEEP_MS);
}
