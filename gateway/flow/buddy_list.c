/* Users of a peer that are watched together (S-353, S-354): one subscription of a local user to the
 * peer's list service, with a list of those it is about (RFC 5367), instead of one for each. Comes
 * in: whose turn it is, what the service says about the list (RFC 4662). Goes out: what each single
 * subscription would have told. A peer that takes no lists is asked for each, for a day. */
#include "gateway/flow/buddy_priv.h"

#include <stdlib.h>

#include "gateway/flow/icq_auth.h"
#include "gateway/flow/limits.h"
#include "gateway/people/book.h"
#include "mapping/list_sip.h"
#include "simple/doc/resource_lists.h"

/* While `asked` is false it gathers; then its members only become fewer. */
struct buddy_list {
    struct asker asker;     /* first: of its subscription */
    struct list of_account; /* account.buddy_lists */
    struct list members;    /* foreign.of_list; never empty */
    size_t n;
    struct worker *w;
    struct person *owner;
    struct peer *peer;
    struct sip_sub *sub;
    struct way way;
    struct sub_ids ids;
    /* when to subscribe; while it stands: to replace it, or to ask for all of it */
    struct timer due;
    bool asked;
    bool fewer;         /* it names somebody who is not a member any more */
    bool told;          /* `version` is the last that was read */
    uint32_t version;
    uint64_t anew_at;   /* not before that */
    uint64_t since;     /* when it was taken */
    unsigned failures;
};

static void heard(struct worker *w, struct asker *a, const struct sip_core_event *ev);
static void on_due(struct timer *t, struct worker *w);

/* ---- its members ---- */

static struct buddy_list *list_new(struct worker *w, struct foreign *f, struct peer *peer)
{
    struct buddy_list *l = calloc(1, sizeof *l);
    uint64_t slot;

    if (!l)
        return NULL;
    l->asker.answered = heard;
    l->due.due = on_due;
    l->w = w;
    l->owner = f->owner;
    l->peer = peer;
    list_init(&l->members);
    list_append(&f->owner->account->buddy_lists, &l->of_account);
    slot = peer_slot(peer, w->now, BUDDY_PACE_MS); /* M-601 */
    timer_set(w, &l->due,
              slot > w->now + BUDDY_LIST_GATHER_MS ? slot : w->now + BUDDY_LIST_GATHER_MS);
    return l;
}

static void end_sub(struct buddy_list *l)
{
    if (!l->sub)
        return;
    sip_sub_end(l->w->sip, l->sub, l->w->now);
    l->w->metrics.subscriptions--;
    l->sub = NULL;
}

static void list_free(struct buddy_list *l)
{
    end_sub(l);
    timer_clear(l->w, &l->due);
    way_fini(&l->way);
    list_remove(&l->of_account);
    free(l);
}

static void enter(struct buddy_list *l, struct foreign *f)
{
    list_append(&l->members, &f->of_list);
    f->listed = l;
    f->list_end = SIP_REASON_NONE;
    l->n++;
}

/* The list stays, even if he was the last one. */
static void take_out(struct buddy_list *l, struct foreign *f)
{
    list_remove(&f->of_list);
    f->listed = NULL;
    l->n--;
}

/* True: it was the last one, and the list is gone. */
static bool free_empty(struct buddy_list *l)
{
    if (l->n > 0)
        return false;
    list_free(l);
    return true;
}

static struct buddy_list *gathering(const struct foreign *f, const struct peer *peer)
{
    LIST_EACH (struct buddy_list, l, &f->owner->account->buddy_lists, of_account)
        if (l->peer == peer && !l->asked && l->n < BUDDY_LIST_MAX)
            return l;
    return NULL;
}

bool buddy_list_join(struct worker *w, struct foreign *f)
{
    struct peer *peer = peer_find(w->peers, f->address.host);
    struct buddy_list *l;

    if (f->listed) {
        if (f->listed->asked)
            timer_set(w, &f->listed->due, w->now);
        return true;
    }
    if (f->sub || f->alone || !peer || !peer_list_service(peer, w->now))
        return false;
    l = gathering(f, peer);
    if (!l)
        l = list_new(w, f, peer);
    if (l)
        enter(l, f);
    return l != NULL;
}

void buddy_list_leave(struct worker *w, struct foreign *f)
{
    struct buddy_list *l = f->listed;

    if (!l)
        return;
    take_out(l, f);
    if (free_empty(l) || !l->sub || l->fewer)
        return;
    l->fewer = true;
    timer_set(w, &l->due, w->now + BUDDY_LIST_REPLACE_MS);
}

void buddy_list_hold(struct buddy_list *l)
{
    l->told = false;
    if (l->sub)
        sip_sub_hold(l->w->sip, l->sub);
}

static void show_offline(struct buddy_list *l)
{
    LIST_EACH (struct foreign, f, &l->members, of_list)
        buddy_show_offline(l->w, f);
}

/* Each for himself from now on. */
static void disband(struct buddy_list *l)
{
    LIST_EACH (struct foreign, f, &l->members, of_list) {
        take_out(l, f);
        buddy_queue_up(l->w, f);
    }
    list_free(l);
}

/* ---- the subscription ---- */

/* The list, of as many as fit; the others go into another one. */
static void put_list(struct buddy_list *l, struct buf *b, size_t max)
{
    struct buf uri = {0};
    size_t n = 0;

    resource_lists_begin(b);
    LIST_EACH (struct foreign, f, &l->members, of_list) {
        uri.n = 0;
        buddy_put_uri(&uri, l->peer, &f->address);
        if (n == 0 || b->n + uri.n < max) {
            resource_lists_put(b, buf_span(&uri));
            n++;
        } else {
            take_out(l, f);
            buddy_queue_up(l->w, f);
        }
    }
    resource_lists_end(b);
    if (!buf_ok(&uri))
        b->bad = true;
    buf_fini(&uri);
}

/* "*-buddies": the owner's name in the place of the star. */
static void put_service(struct buf *b, struct span pattern, struct span owner)
{
    size_t star = span_find(pattern, '*');

    buf_add(b, span_first(pattern, star));
    if (star < pattern.n)
        buf_add(b, owner);
    buf_add(b, span_skip(pattern, star + 1));
}

static bool send_subscribe(struct buddy_list *l)
{
    const char *service = peer_list_service(l->peer, l->w->now);
    bool udp = l->way.hop.transport == SIP_TRANSPORT_UDP;
    struct buf user = {0}, body = {0};
    struct address to;

    put_service(&user, span_str(service ? service : ""), l->owner->key);
    put_list(l, &body, udp ? BUDDY_LIST_BODY_UDP : BUDDY_LIST_BODY);
    to = (struct address){.user = buf_span(&user), .host = peer_domain(l->peer)};
    if (service && buf_ok(&user) && buf_ok(&body))
        l->sub = buddy_ask(l->w, &(struct buddy_ask){.owner = l->owner,
                                                     .to = &to,
                                                     .ids = &l->ids,
                                                     .way = &l->way,
                                                     .asker = &l->asker,
                                                     .list = buf_span(&body),
                                                     .expires = BUDDY_EXPIRES});
    l->w->metrics.subscriptions += l->sub != NULL;
    buf_fini(&user);
    buf_fini(&body);
    return l->sub != NULL;
}

static void retry_later(struct buddy_list *l, uint32_t seconds)
{
    uint64_t ms = seconds ? seconds * 1000ULL + rng_u32(&l->w->rng) % (seconds * 200ULL + 1)
                          : buddy_patience(l->w, l->failures++);

    timer_set(l->w, &l->due, l->w->now + ms);
}

static void on_located(void *ctx)
{
    struct buddy_list *l = ctx;

    if (way_state(&l->way) != LOCATE_FOUND || !way_next(l->w, &l->way) || !send_subscribe(l))
        retry_later(l, 0);
}

/* NULL: it is not watched. */
static struct domain_link *link_of(const struct buddy_list *l)
{
    return LIST_OF(l->members.next, struct foreign, of_list)->link;
}

static bool is_shut(const struct buddy_list *l)
{
    return link_of(l) && link_is_shut(&link_of(l)->link);
}

static bool is_cut_off(const struct buddy_list *l)
{
    return link_of(l) && link_is_down(&link_of(l)->link);
}

static void subscribe(struct buddy_list *l)
{
    struct worker *w = l->w;
    uint64_t wait;

    if (is_shut(l))
        return; /* they join again when it is up */
    wait = limits_subscribe(w, l->owner->account, peer_domain(l->peer));
    if (wait) {
        timer_set(w, &l->due, w->now + wait);
        return;
    }
    if (!peer_list_service(l->peer, w->now)) {
        disband(l); /* another list of theirs was refused meanwhile, or the switch was turned off */
        return;
    }
    l->asked = true;
    l->fewer = l->told = false;
    l->since = 0;
    way_fini(&l->way);
    buddy_draw_ids(w, &l->ids);
    if (way_to_domain(w, &l->way, SIP_SCHEME_PRES, peer_domain(l->peer), on_located, l) !=
        LOCATE_ASKING)
        on_located(l);
}

static void on_due(struct timer *t, struct worker *w)
{
    struct buddy_list *l = LIST_OF(t, struct buddy_list, due);

    if (way_state(&l->way) == LOCATE_ASKING)
        return;
    if (l->sub && !l->fewer) {
        sip_sub_refresh(w->sip, l->sub, w->now);
        return;
    }
    if (!is_shut(l))
        end_sub(l);
    subscribe(l);
}

/* ---- what is told ---- */

static void ask_anew(struct buddy_list *l)
{
    struct worker *w = l->w;

    if (l->fewer)
        return; /* it is replaced soon */
    timer_set(w, &l->due, w->now > l->anew_at ? w->now : l->anew_at);
    l->anew_at = (w->now > l->anew_at ? w->now : l->anew_at) + BUDDY_LIST_ANEW_MS;
}

static struct foreign *member_of(struct buddy_list *l, struct span uri)
{
    struct worker *w = l->w;
    struct address a;
    struct buf key = {0};
    struct foreign *found = NULL;

    if (uri_to_address(uri, &w->rules, &w->arena, &a) == OK)
        address_key(&key, &w->rules, &a);
    LIST_EACH (struct foreign, f, &l->members, of_list)
        if (!found && buf_ok(&key) && span_eq(f->name, buf_span(&key)))
            found = f;
    buf_fini(&key);
    return found;
}

static void take_end(struct worker *w, struct foreign *f, enum sip_sub_reason reason)
{
    bool final = reason == SIP_REASON_REJECTED || reason == SIP_REASON_NORESOURCE;

    buddy_show_offline(w, f);
    if (final && f->list_end != reason)
        buddy_said_no(w, f, reason == SIP_REASON_REJECTED);
    f->list_end = final ? reason : SIP_REASON_NONE;
}

/* M-607 to M-610, for one of the list; its service sees to trying again (RFC 4662 5.5). */
static void take_entry(struct worker *w, struct foreign *f, const struct list_entry *e)
{
    if (!e->r.known) {
        buddy_show_offline(w, f); /* nothing is known yet */
    } else if (e->r.state == SIP_SUBSTATE_TERMINATED) {
        take_end(w, f, e->r.reason);
    } else if (e->r.state == SIP_SUBSTATE_PENDING) {
        f->list_end = SIP_REASON_NONE;
        buddy_show_offline(w, f);
        icq_auth_heard(w, f, ICQ_AUTH_PENDING);
    } else {
        f->list_end = SIP_REASON_NONE;
        if (e->doc.n > 0)
            (void)buddy_take_part(w, f, e->type, e->doc, e->r.name);
        icq_auth_heard(w, f, ICQ_AUTH_GRANTED);
    }
}

/* All of a list tells of everybody in it: who is left out is asked for alone. */
static void drop_unnamed(struct buddy_list *l)
{
    LIST_EACH (struct foreign, f, &l->members, of_list)
        if (!f->named) {
            f->alone = true;
            take_out(l, f);
            buddy_show_offline(l->w, f);
            buddy_queue_up(l->w, f);
        }
    (void)free_empty(l);
}

/* S-353, RFC 4662 5.6: all, or what changed since the version before. */
static void take_notice(struct buddy_list *l, const struct list_notice *n)
{
    if (!n->list.full && l->told && n->list.version <= l->version)
        return; /* known already */
    if (!n->list.full && (!l->told || n->list.version != l->version + 1)) {
        l->told = false;
        ask_anew(l);
        return;
    }
    l->told = true;
    l->version = n->list.version;
    LIST_EACH (struct foreign, f, &l->members, of_list)
        f->named = false;
    for (size_t i = 0; i < n->n; i++) {
        struct foreign *f = member_of(l, n->v[i].r.uri);

        if (!f)
            continue;
        f->named = true;
        take_entry(l->w, f, &n->v[i]);
    }
    if (n->list.full)
        drop_unnamed(l);
}

static void log_list(const struct buddy_list *l, const char *text, const char *key,
                     const char *value)
{
    struct buf peer = {0}, by = {0};

    buf_add(&peer, peer_domain(l->peer));
    buf_add(&by, l->owner->key);
    LOG_WARNING(&l->w->log, "sip", text, "peer", buf_cstr(&peer), "by", buf_cstr(&by), key, value,
                "do", "look at list_service of that peer");
    buf_fini(&peer);
    buf_fini(&by);
}

static void notified(struct buddy_list *l, const struct sip_core_event *ev)
{
    static const struct sip_answer unsupported = {
        .status = 415,
        .headers =
            SPAN("Accept: multipart/related, application/rlmi+xml, application/pidf+xml\r\n")};
    struct worker *w = l->w;
    struct list_notice n;
    enum err e = OK;

    if (is_cut_off(l)) {
        link_note_heard(w, link_of(l)); /* all of it is asked for when it is up */
        sip_core_answer(w->sip, ev->txn, 200, w->now);
        return;
    }
    if (ev->state == SIP_SUBSTATE_PENDING || ev->msg->body.n == 0) {
        sip_core_answer(w->sip, ev->txn, 200, w->now);
        if (ev->state == SIP_SUBSTATE_PENDING)
            show_offline(l);
        return;
    }
    e = list_from_notify(sip_msg_value(ev->msg, SIP_HDR_CONTENT_TYPE), ev->msg->body, &w->arena,
                         &n);
    if (e == ERR_UNSUPPORTED)
        sip_core_respond(w->sip, ev->txn, &unsupported, w->now);
    else
        sip_core_answer(w->sip, ev->txn, e && e != ERR_NOMEM ? 400 : 200, w->now);
    if (e)
        log_list(l, "what a list service says cannot be used", "why", err_text(e));
    else
        take_notice(l, &n);
}

/* ---- its end ---- */

/* Nobody serves lists there, or not to this user. */
static bool is_no_to_lists(int status)
{
    return status >= 400 && status < 700 && status != 401 && status != 407 && status != 408 &&
           status != 423 && status != 429 && status != 480 && status != 491 && status != 500 &&
           (status < 502 || status > 599);
}

static void give_up(struct buddy_list *l, int status)
{
    struct buf code = {0};

    buf_number(&code, (uint64_t)status);
    log_list(l, "a peer takes no lists: its users are asked for one by one for a day", "status",
             buf_cstr(&code));
    buf_fini(&code);
    peer_refused_list(l->peer, l->w->now);
    disband(l);
}

static void lost(struct buddy_list *l)
{
    l->sub = NULL; /* dead after this event */
    l->told = false;
    l->w->metrics.subscriptions--;
    show_offline(l);
}

static void failed(struct buddy_list *l, const struct sip_core_event *ev)
{
    lost(l);
    way_note(l->w, &l->way, ev);
    if ((ev->cause != SIP_BY_PEER || ev->status == 503) && way_next(l->w, &l->way) &&
        send_subscribe(l))
        return;
    if (ev->cause == SIP_BY_PEER && is_no_to_lists(ev->status))
        give_up(l, ev->status);
    else
        retry_later(l, ev->retry_after);
}

static void ended(struct buddy_list *l, const struct sip_core_event *ev)
{
    bool final = ev->reason == SIP_REASON_REJECTED || ev->reason == SIP_REASON_NORESOURCE ||
                 ev->reason == SIP_REASON_INVARIANT;

    lost(l);
    if (final) {
        give_up(l, ev->reason == SIP_REASON_REJECTED ? 403 : 404);
        return;
    }
    if (l->w->now - l->since > 60000)
        l->failures = 0;
    retry_later(l, ev->retry_after);
}

static void heard(struct worker *w, struct asker *a, const struct sip_core_event *ev)
{
    struct buddy_list *l = LIST_OF(a, struct buddy_list, asker);

    switch (ev->kind) {
    case SIP_EVENT_SUB_ACCEPTED:
        l->since = l->since ? l->since : w->now;
        way_note(w, &l->way, ev);
        break;
    case SIP_EVENT_SUB_NOTIFY: notified(l, ev); break;
    case SIP_EVENT_SUB_DELAYED:
        way_note(w, &l->way, ev);
        if (is_shut(l))
            sip_sub_hold(w->sip, l->sub);
        break;
    case SIP_EVENT_SUB_FAILED: failed(l, ev); break;
    case SIP_EVENT_SUB_ENDED: ended(l, ev); break;
    default: break;
    }
}
