#include "gateway/flow/many.h"

#include "gateway/flow/limits.h"
#include "gateway/flow/may_write.h"
#include "gateway/flow/receipt.h"
#include "gateway/flow/route.h"
#include "gateway/flow/warn.h"
#include "gateway/flow/warned.h"
#include "mapping/message_sip.h"
#include "simple/doc/resource_lists.h"

#include <stdlib.h>

/* Under way: answered when all have said how it went. */
struct many {
    struct origin_group group; /* first */
    struct sip_txn txn;
    struct message m; /* from and sent: what their sender is told of those that failed */
    struct account *to[MANY_MAX];
    enum outcome how[MANY_MAX];
    size_t n, open;
    uint8_t texts[]; /* of m */
};

bool many_is_asked(const struct worker *w, const struct sip_uri *target)
{
    return w->conf->sip.list_messages && span_case_eq(target->host, w->own_domain) &&
           span_case_is(target->user, MANY_USER);
}

/* ---- who they are ---- */

static bool is_there(const struct many *l, const struct account *a)
{
    for (size_t i = 0; i < l->n; i++)
        if (l->to[i] == a)
            return true;
    return false;
}

/* Unknown, elsewhere, blocking, not asked: all the same to who sends (RFC 5360 5.9.2). */
static struct account *who_agreed(struct worker *w, const struct claim *who, struct span uri)
{
    struct address to;
    struct account *a;

    if (uri_to_address(uri, &w->rules, &w->arena, &to) || !address_is_own(&w->rules, &to) ||
        account_get(w, to.user, &a) || may_write(a, who->name, who->account) != OUTCOME_DELIVERED ||
        !account_permits_relay(w, a, who->name))
        return NULL;
    return a;
}

/* All have agreed. False: 470 was answered, with those who have not. */
static bool find_all(struct worker *w, const struct sip_core_event *ev, const struct claim *who,
                     const struct resource_list *list, struct many *l)
{
    struct buf missing = {0};

    for (size_t i = 0; i < list->n; i++) {
        struct account *a = who_agreed(w, who, list->v[i].uri);

        if (!a) {
            buf_str(&missing, missing.n ? ", <" : "Permission-Missing: <");
            buf_add(&missing, list->v[i].uri);
            buf_str(&missing, ">");
        } else if (!is_there(l, a)) {
            l->to[l->n++] = a;
        }
    }
    if (missing.n == 0)
        return true;
    BUF_LIT(&missing, "\r\n");
    identity_refuse_with(w, ev, 470, "not all of them have agreed", &missing);
    return false;
}

/* ---- how it ends ---- */

/* 202 is a promise for all: who is not reached is told of (contract of the 202). */
static void answer(struct worker *w, struct many *l)
{
    struct origin one = {.kind = ORIGIN_SIP, .txn = l->txn};
    size_t good = 0;

    for (size_t i = 0; i < l->n; i++)
        good += outcome_is_success(l->how[i]);
    if (good == 0) {
        origin_answer(w, &one, l->how[0]);
        return;
    }
    sip_core_answer(w->sip, l->txn, 202, w->now);
    for (size_t i = 0; i < l->n; i++)
        if (!outcome_is_success(l->how[i])) {
            l->m.to = (struct address){.user = l->to[i]->person->key, .host = w->own_domain};
            receipt_failed(w, &l->m);
        }
}

static void close_one(struct worker *w, struct many *l)
{
    if (--l->open > 0)
        return;
    answer(w, l);
    for (size_t i = 0; i < l->n; i++) {
        l->to[i]->holds--;
        account_release(w, l->to[i]);
    }
    free(l);
}

static void ended(struct worker *w, struct origin_group *g, size_t which, enum outcome how)
{
    struct many *l = LIST_OF(g, struct many, group);

    l->how[which] = how;
    close_one(w, l);
}

/* ---- sending ---- */

static void send_one(struct worker *w, struct many *l, size_t i, const struct message *m,
                     const struct claim *who)
{
    struct origin o = {
        .kind = ORIGIN_GROUP, .store = true, .by_sip_uri = true, .group = &l->group, .which = i};
    struct account *to = l->to[i];
    struct message own = *m;
    struct flight *f;

    if (warned_refuses(w, &o, m, to, who->account, who->name))
        return;
    own.to = (struct address){.user = to->person->key, .host = w->own_domain};
    own.cookie[7] ^= (uint8_t)(i + 1); /* each is a message of its own */
    f = flight_new(w, &o, &own, to, to->person->key);
    if (!f) {
        origin_answer(w, &o, OUTCOME_OVERLOAD);
        return;
    }
    warn_heard(w, to, who->name);
    route_to_account(f, to);
    f->failure = account_keeps_messages(to) ? OUTCOME_OFFLINE : OUTCOME_NOT_STORED;
    flight_depart(f);
}

static void send_all(struct worker *w, struct many *l, const struct message *m,
                     const struct claim *who)
{
    size_t n = l->n;

    l->open = n + 1;
    for (size_t i = 0; i < n; i++)
        l->to[i]->holds++;
    for (size_t i = 0; i < n; i++)
        send_one(w, l, i, m, who);
    close_one(w, l);
}

static struct many *many_new(const struct sip_core_event *ev, const struct message *m)
{
    struct many *l = calloc(1, sizeof *l + m->from.user.n + m->from.host.n);
    uint8_t *at;

    if (!l)
        return NULL;
    at = l->texts;
    l->group.ended = ended;
    l->txn = ev->txn;
    l->m.from.user = span_place(&at, m->from.user);
    l->m.from.host = span_place(&at, m->from.host);
    l->m.sent = m->sent;
    return l;
}

/* ---- what came ---- */

/* False: it was answered. */
static bool read_list(struct worker *w, const struct sip_core_event *ev, struct resource_list *list,
                      struct sip_list_body *body)
{
    enum err e = message_sip_split_list(sip_msg_value(ev->msg, SIP_HDR_CONTENT_TYPE), ev->msg->body,
                                        &w->arena, body);

    if (!e)
        e = resource_lists_parse(body->list, &w->arena, list);
    if (e == ERR_NOMEM)
        identity_refuse(w, ev, 500, "no memory");
    else if (e == ERR_FULL || (!e && list->n > MANY_MAX))
        identity_refuse(w, ev, 403, "more than 20 on the list");
    else if (e == ERR_UNSUPPORTED)
        sip_core_respond(
            w->sip, ev->txn,
            &(struct sip_answer){.status = 415, .headers = SPAN("Accept: multipart/mixed\r\n")},
            w->now);
    else if (e || list->n == 0)
        identity_refuse(w, ev, 400,
                        "a list of recipients and what is for them belong into the body");
    else
        return true;
    return false;
}

static bool read_text(struct worker *w, const struct sip_core_event *ev,
                      const struct sip_list_body *body, struct message *m)
{
    struct sip_body_in in = {.content_type = body->content_type,
                             .auto_submitted = sip_msg_value(ev->msg, SIP_HDR_AUTO_SUBMITTED),
                             .subject = sip_msg_value(ev->msg, SIP_HDR_SUBJECT),
                             .body = body->body};
    struct sip_body_out out;

    message_sip_read(&in, &w->arena, m, &out);
    if (out.kind == SIP_BODY_TEXT)
        return true;
    identity_refuse(w, ev, out.kind == SIP_BODY_REFUSE ? (int)out.status : 415,
                    "only text is sent to many");
    return false;
}

/* Each of them counts. */
static bool is_within_limits(struct worker *w, const struct claim *who, struct many *l)
{
    struct origin o = {.kind = ORIGIN_SIP, .txn = l->txn};
    uint32_t wait = 0;
    enum outcome how = OUTCOME_RATE;

    for (size_t i = 0; i < l->n && !wait; i++)
        wait = limits_sip(w, who, l->to[i]->person->key, LIMITS_MESSAGE, &how);
    if (wait)
        origin_answer_after(w, &o, how, wait);
    return !wait;
}

void many_request(struct worker *w, const struct sip_core_event *ev, const struct claim *who,
                  struct message *m)
{
    struct resource_list list;
    struct sip_list_body body;
    struct many *l;

    if (!read_list(w, ev, &list, &body) || !read_text(w, ev, &body, m))
        return;
    m->warned = warned_level(w, who->account, who->name);
    l = many_new(ev, m);
    if (!l)
        sip_core_answer(w->sip, ev->txn, 500, w->now);
    else if (!find_all(w, ev, who, &list, l) || !is_within_limits(w, who, l))
        free(l);
    else
        send_all(w, l, m, who);
}
