#include "gateway/flow/consent.h"

#include <stdlib.h>

#include "gateway/flow/buddy.h"
#include "gateway/flow/helper.h"
#include "gateway/flow/lane.h"
#include "gateway/flow/limits.h"
#include "gateway/flow/presence.h"
#include "gateway/flow/winfo.h"
#include "gateway/people/book.h"
#include "gateway/people/named.h"
#include "gateway/peer/peers.h"
#include "mapping/charset.h"

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

static void ask_icq(struct aim_session *s, struct span who)
{
    oscar_conn_auth(
        s->conn, &(struct feedbag_auth){.subtype = SNAC_FEEDBAG_AUTH_REQUESTED,
                                        .name = who,
                                        /* ICQ Lite fails on full stops */
                                        .reason = SPAN("would like to see when you are online")});
    aim_session_dirty(s);
}

static bool asks_icq(struct account *a, struct span who)
{
    bool any = false;

    LIST_EACH (struct aim_session, s, &a->sessions, of_account)
        if (a->icq && s->online && oscar_conn_uses_feedbag(s->conn)) {
            ask_icq(s, who);
            any = true;
        }
    return any;
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

static void ask(struct worker *w, struct account *a, struct span who)
{
    struct address to = {.user = a->person->key, .host = w->own_domain};
    struct span name = shown(w, who);
    struct buf text = {0};

    if (asks_icq(a, name) || (a->icq && list_empty(&a->contacts)))
        return; /* or at the next sign-on */
    buf_add(&text, name);
    BUF_LIT(&text, " would like to see when you are online. Reply ALLOW ");
    buf_add(&text, name);
    BUF_LIT(&text, " or REFUSE ");
    buf_add(&text, name);
    if (buf_ok(&text))
        helper_say(w, &to, buf_span(&text));
    buf_fini(&text);
}

void consent_signed_on(struct aim_session *s)
{
    struct cursor c = {0};
    struct request r;
    struct span names[REQUESTS_PER_USER];
    size_t n = 0;

    if (!s->account->icq || !oscar_conn_uses_feedbag(s->conn))
        return;
    if (requests_list(s->w->store, s->account->id, &c) == OK)
        while (n < REQUESTS_PER_USER && requests_next(&c, &r))
            names[n++] = arena_copy(&s->w->arena, r.watcher);
    (void)cursor_close(&c);
    for (size_t i = 0; i < n; i++)
        ask_icq(s, shown(s->w, names[i]));
}

/* ---- requests ---- */

struct asking {
    struct storer_op op;
    struct request row;
    bool first;
    struct span account; /* behind the struct, and so are the row's */
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
        ask(w, a, q->row.watcher);
    free(q);
}

static void keep(struct worker *w, struct account *a, struct span who, struct span uri)
{
    struct asking *q = calloc(1, sizeof *q + a->person->key.n + who.n + uri.n);
    uint8_t *bytes = (uint8_t *)(q + 1);

    if (!q)
        return; /* the next refresh asks again */
    q->account = span_place(&bytes, a->person->key);
    q->row = (struct request){.user = a->id, .created = w->unix_now};
    q->row.watcher = span_place(&bytes, who);
    q->row.uri = span_place(&bytes, uri);
    q->op = (struct storer_op){
        .run = run_asking, .done = done_asking, .several = true, .bytes = 512 + uri.n};
    worker_write(w, &q->op);
}

int consent_judge(struct worker *w, struct account *a, const struct policy_watcher *who, struct span uri)
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
        keep(w, a, who->name, uri);
    return e == OK || e == ERR_EXISTS ? 0 : 500;
}

bool consent_check(struct worker *w, const struct sip_core_event *ev, struct account *a,
                   const struct claim *who)
{
    int status = consent_judge(w, a, &(struct policy_watcher){who->name, who->local}, ev->msg->from.uri);

    if (status)
        identity_refuse(w, ev, status,
                        status == 500 ? "nothing can be stored"
                        : account_refuses_watcher(w, a, who->name, who->local) ? "the user said no"
                                                                               : "too many wait for an answer");
    return !status;
}

/* ---- answers ---- */

struct answer {
    struct storer_op op;
    int64_t user, now;
    bool allowed;
    struct span account, name; /* behind the struct */
};

static enum err without(enum err e)
{
    return e == ERR_NOT_FOUND ? OK : e;
}

static enum err run_answer(struct storer_op *op, struct store *s)
{
    struct answer *q = LIST_OF(op, struct answer, op);
    enum privacy_kind says = q->allowed ? KEPT_WATCHER_ALLOWED : KEPT_WATCHER_REFUSED;
    enum privacy_kind other = q->allowed ? KEPT_WATCHER_REFUSED : KEPT_WATCHER_ALLOWED;
    enum err e = without(privacy_delete(s, q->user, other, q->name));

    if (!e)
        e = privacy_put(s, q->user,
                        &(struct privacy_entry){.list = says, .name = q->name, .created = q->now});
    return e ? e : without(requests_delete(s, q->user, q->name));
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
    if (a && !e && account_load_rules(w, a) == OK)
        presence_rules_changed(w, a);
    if (a)
        tell_user(w, q, e);
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

void consent_answer(struct worker *w, struct account *a, struct span name, bool allowed)
{
    struct answer *q = calloc(1, sizeof *q + a->person->key.n + name.n);
    struct request r = find_request(w, a, name);
    uint8_t *bytes = (uint8_t *)(q + 1);

    if (!q)
        return;
    q->account = span_place(&bytes, a->person->key);
    q->name = span_place(&bytes, name);
    q->user = a->id;
    q->now = w->unix_now;
    q->allowed = allowed;
    q->op =
        (struct storer_op){.run = run_answer, .done = done_answer, .several = true, .bytes = 512};
    worker_write(w, &q->op);
    if (r.uri.n)
        winfo_request_ended(w, a, &r, allowed ? WINFO_APPROVED : WINFO_REJECTED);
}

/* 5.3 of the tables: SUBSCRIBE has no place for words, so they go in a MESSAGE, where the peer wants them. */
static void send_words(struct aim_session *s, const struct named *to, struct span words)
{
    struct worker *w = s->w;
    struct account *own = s->account;
    struct origin o = {.kind = ORIGIN_HELPER, .author = own->person->key, .typed = to->shown, .store = true};
    struct message m = {.from = {own->person->key, w->own_domain},
                        .to = to->address,
                        .friendly = own->formatted,
                        .sent = w->unix_now};
    struct buf text = {0};
    struct flight *f;

    if (!words.n || !peer_switches(peer_find(w->peers, to->address.host))->auth_text ||
        account_blocks(own, to->key) || limits_aim(w, own, to->address.host))
        return;
    BUF_LIT(&text, "[Authorisation request] ");
    oscar_text_read(&text, OSCAR_ASCII, words);
    m.text = buf_span(&text);
    rng_bytes(&w->rng, m.cookie, sizeof m.cookie);
    f = buf_ok(&text) ? flight_new(w, &o, &m, NULL, to->key) : NULL;
    buf_fini(&text);
    if (!f)
        return;
    if (!lane_to_domain(f))
        f->failure = OUTCOME_RATE;
    flight_depart(f);
}

/* ICQ clients ask and answer by dialogs of their own. Their users here need no leave to be on a
 * list. */
void consent_auth(struct aim_session *s, const struct feedbag_auth *auth)
{
    struct worker *w = s->w;
    struct named who;
    struct person *p;

    if (named_find(w, auth->name, &who) || (who.local && book_is_helper(w, who.key)))
        return;
    if (auth->subtype == SNAC_FEEDBAG_AUTH_ANSWER) {
        consent_answer(w, s->account, who.key, auth->granted);
    } else if (auth->subtype == SNAC_FEEDBAG_AUTH_GRANT) {
        consent_answer(w, s->account, who.key, true);
    } else if (!who.local) { /* asked for anew: so is the subscription */
        send_words(s, &who, auth->reason);
        p = buddy_get(w, s->account, &who.address);
        if (p)
            buddy_want(w, p);
        if (p)
            person_release(w, p);
    }
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
