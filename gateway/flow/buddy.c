#include "gateway/flow/buddy_priv.h"

#include "gateway/door/sip.h"
#include "gateway/flow/limits.h"
#include "gateway/flow/buddy_notice.h"
#include "gateway/flow/icq_auth.h"
#include "gateway/flow/presence.h"
#include "gateway/people/book.h"
#include "mapping/outcome.h"

#include <stdlib.h>

static void on_retry(struct timer *t, struct worker *w);
static void heard(struct worker *w, struct asker *a, const struct sip_core_event *ev);

static struct foreign *foreign_new(struct worker *w, struct person *p, struct account *owner,
                                   const struct address *address, struct span name)
{
    struct foreign *f = calloc(1, sizeof *f + address->user.n + address->host.n + name.n);
    uint8_t *bytes = (uint8_t *)(f + 1);

    if (!f)
        return NULL;
    f->address.user = span_place(&bytes, address->user);
    f->address.host = span_place(&bytes, address->host);
    f->name = span_place(&bytes, name);
    f->w = w;
    f->person = p;
    f->owner = owner->person;
    owner->holds++; /* a phone may watch without being registered */
    f->asker.answered = heard;
    f->retry.due = on_retry;
    f->until.due = buddy_document_is_due;
    f->link = link_hold(links_get(w, f->address.host));
    if (f->link)
        list_append(&f->link->buddies, &f->of_link);
    return f;
}

static void let_go(struct worker *w, struct person *p)
{
    struct foreign *f = p->foreign;

    buddy_list_leave(w, f);
    if (f->sub) {
        sip_sub_end(w->sip, f->sub, w->now);
        w->metrics.subscriptions--;
    }
    timer_clear(w, &f->retry);
    timer_clear(w, &f->until);
    way_fini(&f->way);
    way_fini(&f->target);
    list_remove(&f->of_link);
    link_release(&f->link);
    buf_fini(&f->document);
    f->owner->account->holds--;
    account_release(w, f->owner->account);
    free(f);
}

struct person *buddy_get(struct worker *w, struct account *owner, const struct address *address)
{
    struct buf key = {0};
    struct shown_name shown;
    struct person *p = NULL;
    size_t at;

    buf_add(&key, owner->person->key);
    buf_u8(&key, ' '); /* normalised names have none */
    at = key.n;
    address_key(&key, &w->rules, address);
    if (buf_ok(&key))
        p = person_find(w->people, buf_span(&key));
    if (!p && buf_ok(&key) && book_show(w, address, false, &shown) == OK) {
        p = person_get(w, buf_span(&key), shown.name);
        if (p)
            p->foreign = foreign_new(w, p, owner, address, span_skip(buf_span(&key), at));
        if (p && p->foreign)
            p->let_go = let_go;
        if (p && !p->foreign) {
            person_release(w, p);
            p = NULL;
        }
    }
    buf_fini(&key);
    return p;
}

/* ---- the subscription ---- */

static void retry_by_schedule(struct worker *w, struct foreign *f);
static void by_effect(struct worker *w, struct foreign *f, enum sub_effect effect, uint32_t wait);

void buddy_draw_ids(struct worker *w, struct sub_ids *out)
{
    rng_token(&w->rng, out->call_id, sizeof out->call_id);
    rng_token(&w->rng, out->tag, sizeof out->tag);
}

void buddy_put_uri(struct buf *b, const struct peer *peer, const struct address *a)
{
    static const enum uri_scheme schemes[] = {
        [CONF_SCHEME_SIP] = URI_SIP, [CONF_SCHEME_SIPS] = URI_SIPS, [CONF_SCHEME_IM] = URI_PRES};

    address_to_uri(b, schemes[peer_switches(peer)->scheme], a); /* D-02, S-283 */
}

struct sip_sub *buddy_ask(struct worker *w, const struct buddy_ask *ask)
{
    struct sip_sub_want want = {.expires = ask->expires,
                                .list = ask->list,
                                .call_id = span_of(ask->ids->call_id, sizeof ask->ids->call_id),
                                .tag = span_of(ask->ids->tag, sizeof ask->ids->tag),
                                .hop =
                                    sip_door_race(w->sip_door, &ask->way->hop, &ask->way->beside)};
    struct address owner = {.user = ask->owner->key, .host = w->own_domain};
    struct buf from = {0}, to = {0};
    struct sip_sub *sub = NULL;

    buddy_put_uri(&from, ask->way->peer, &owner);
    buddy_put_uri(&to, ask->way->peer, ask->to);
    want.from_uri = buf_span(&from);
    want.from_display = ask->owner->account ? ask->owner->account->formatted : (struct span){0};
    want.to_uri = buf_span(&to);
    if (buf_ok(&from) && buf_ok(&to))
        sub = sip_sub_new(w->sip, &want, (uintptr_t)ask->asker, w->now);
    if (sub)
        way_note_sent(w, ask->way);
    buf_fini(&from);
    buf_fini(&to);
    return sub;
}

struct sip_sub *buddy_subscribe(struct worker *w, const struct foreign *f,
                                const struct sub_ids *ids, struct way *way, uint32_t expires,
                                struct asker *asker)
{
    return buddy_ask(w, &(struct buddy_ask){.owner = f->owner,
                                            .to = &f->address,
                                            .ids = ids,
                                            .way = way,
                                            .asker = asker,
                                            .expires = expires});
}

static void send_subscribe(struct worker *w, struct foreign *f)
{
    f->sub = buddy_subscribe(w, f, &f->ids, &f->way, BUDDY_EXPIRES, &f->asker);
    if (f->sub)
        w->metrics.subscriptions++;
    else
        timer_set(w, &f->retry, w->now + 30000);
}

/* To the next server, if there is one. */
static bool go_on(struct worker *w, struct foreign *f)
{
    if (!way_next(w, &f->way))
        return false;
    send_subscribe(w, f);
    return true;
}

static void on_located(void *ctx)
{
    struct foreign *f = ctx;
    enum locate_state s = way_state(&f->way);

    if (s != LOCATE_FOUND)
        by_effect(f->w, f, outcome_verdict(way_outcome(s)).initial, 0);
    else if (!go_on(f->w, f))
        retry_by_schedule(f->w, f);
}

static bool is_cut_off(const struct foreign *f)
{
    return f->link && link_is_down(&f->link->link);
}

static bool is_shut(const struct foreign *f)
{
    return f->link && link_is_shut(&f->link->link);
}

/* M-655: nothing is sent while the link is down; buddy_link_up comes here again. */
static void subscribe(struct worker *w, struct foreign *f)
{
    if (is_shut(f))
        return;
    way_fini(&f->way);
    way_fini(&f->target);
    f->taken = false;
    buddy_draw_ids(w, &f->ids);
    if (way_to_domain(w, &f->way, SIP_SCHEME_PRES, f->address.host, on_located, f) != LOCATE_ASKING)
        on_located(f);
}

static void on_retry(struct timer *t, struct worker *w)
{
    struct foreign *f = LIST_OF(t, struct foreign, retry);
    uint64_t wait;

    if (f->sub) { /* it stood while the link was down */
        sip_sub_refresh(w->sip, f->sub, w->now);
        return;
    }
    if (f->stopped || buddy_list_join(w, f))
        return;
    wait = limits_subscribe(w, f->owner->account, f->address.host);
    if (wait)
        timer_set(w, &f->retry, w->now + wait);
    else
        subscribe(w, f);
}

/* M-601: paced, where each is asked for himself. */
void buddy_queue_up(struct worker *w, struct foreign *f)
{
    struct peer *peer = peer_find(w->peers, f->address.host);

    if (buddy_list_join(w, f))
        return;
    timer_set(w, &f->retry,
              peer ? peer_slot(peer, w->now, BUDDY_PACE_MS)
                   : locator_slot(w->locator, w->now, BUDDY_DNS_PACE_MS));
}

bool buddy_is_wanted(const struct foreign *f)
{
    return f->sub || f->listed || timer_is_set(&f->retry) || way_state(&f->way) == LOCATE_ASKING;
}

void buddy_want(struct worker *w, struct person *p)
{
    struct foreign *f = p->foreign;

    if (buddy_is_wanted(f))
        return;
    f->stopped = false;
    buddy_queue_up(w, f);
}

void buddy_show_offline(struct worker *w, struct foreign *f)
{
    timer_clear(w, &f->until);
    buf_fini(&f->document);
    presence_foreign_changed(w, f->person, NULL);
}

static uint64_t about(struct worker *w, uint64_t ms)
{
    uint64_t jitter = ms / 5; /* M-614: +-20 % */

    return ms - jitter + rng_u32(&w->rng) % (2 * jitter + 1);
}

static void retry_in(struct worker *w, struct foreign *f, uint64_t ms)
{
    timer_set(w, &f->retry, w->now + about(w, ms));
}

/* Never before they said (RFC 3261 20.33), and not all at the same time. */
static void retry_after(struct worker *w, struct foreign *f, uint32_t seconds)
{
    uint64_t ms = seconds * 1000ULL;

    timer_set(w, &f->retry, w->now + ms + rng_u32(&w->rng) % (ms / 5 + 1));
}

uint64_t buddy_patience(struct worker *w, unsigned failures)
{
    static const uint64_t steps[] = {5000, 30000, 120000, 600000, 1800000};
    size_t last = sizeof steps / sizeof steps[0] - 1;

    return about(w, steps[failures < last ? failures : last]);
}

static void retry_by_schedule(struct worker *w, struct foreign *f)
{
    timer_set(w, &f->retry, w->now + buddy_patience(w, f->failures++));
}

static void lost(struct worker *w, struct foreign *f)
{
    f->sub = NULL; /* dead after this event */
    w->metrics.subscriptions--;
    buddy_show_offline(w, f);
}

static void log_refused(struct worker *w, const struct foreign *f, int status)
{
    struct buf who = {0}, by = {0}, code = {0};

    buf_add(&who, f->name);
    buf_add(&by, f->owner->key);
    buf_number(&code, (uint64_t)status);
    LOG_INFO(&w->log, "sip", "a subscription was refused", "to", buf_cstr(&who), "by",
             buf_cstr(&by), "status", buf_cstr(&code));
    buf_fini(&who);
    buf_fini(&by);
    buf_fini(&code);
}

static void by_effect(struct worker *w, struct foreign *f, enum sub_effect effect, uint32_t wait)
{
    if (effect == SUB_STOP)
        f->stopped = true;
    else if (effect == SUB_AT_ONCE)
        retry_in(w, f, 1000);
    else if (wait)
        retry_after(w, f, wait);
    else
        retry_by_schedule(w, f);
}

/* Silence after a server said yes is not that server's failure: it has nothing to tell. */
static void note_way(struct worker *w, struct foreign *f, const struct sip_core_event *ev)
{
    if (ev->cause != SIP_BY_TIMEOUT || !f->taken)
        way_note(w, &f->way, ev);
}

/* S-197: after 503, silence, or no connection: the next server (RFC 3263 4.3). */
static void failed(struct worker *w, struct foreign *f, const struct sip_core_event *ev)
{
    lost(w, f);
    note_way(w, f, ev);
    if ((ev->cause != SIP_BY_PEER || ev->status == 503) && go_on(w, f))
        return;
    log_refused(w, f, ev->status);
    by_effect(w, f, outcome_from_sip((unsigned)ev->status).initial, ev->retry_after);
}

/* ---- its dialog ---- */

static void on_target(void *ctx)
{
    struct foreign *f = ctx;

    if (f->sub && way_next(f->w, &f->target))
        sip_sub_move(f->sub, &f->target.hop);
}

/* What follows goes to where the Contact or the first Route says (RFC 3261 12.2.1.1); over a peer's
 * link it stays there. */
static void follow_dialog(struct worker *w, struct foreign *f)
{
    struct span next = sip_sub_next_uri(f->sub);
    struct buf to = {0};

    address_to_sip_uri(&to, &f->address);
    if (!f->way.peer && buf_ok(&to) && !span_eq(next, buf_span(&to))) {
        way_fini(&f->target);
        if (way_to_uri(w, &f->target, next, on_target, f) != LOCATE_ASKING)
            on_target(f);
    }
    buf_fini(&to);
}

static void accepted(struct worker *w, struct foreign *f, const struct sip_core_event *ev)
{
    f->failures = 0;
    f->taken = true;
    way_note(w, &f->way, ev);
    follow_dialog(w, f);
}

/* A refresh was not taken: it stands until it runs out, and is tried again. */
static void delayed(struct worker *w, struct foreign *f, const struct sip_core_event *ev)
{
    way_note(w, &f->way, ev);
    if (is_shut(f))
        sip_sub_hold(w->sip, f->sub);
}

/* M-610. */
static void ended(struct worker *w, struct foreign *f, const struct sip_core_event *ev)
{
    lost(w, f);
    if (ev->status) {
        by_effect(w, f, outcome_from_sip((unsigned)ev->status).refresh, ev->retry_after);
        return;
    }
    switch (ev->reason) {
    case SIP_REASON_REJECTED:
    case SIP_REASON_NORESOURCE:
    case SIP_REASON_INVARIANT: f->stopped = true; return;
    case SIP_REASON_DEACTIVATED:
        if (w->now - f->at_once_since > 60000) {
            f->at_once_since = w->now;
            f->at_once = 0;
        }
        retry_in(w, f, f->at_once++ < BUDDY_AT_ONCE_MAX ? 100 : 60000);
        return;
    case SIP_REASON_TIMEOUT: retry_in(w, f, 5000); return;
    case SIP_REASON_PROBATION:
    case SIP_REASON_GIVEUP:
        retry_after(w, f, ev->retry_after ? ev->retry_after : 300);
        return;
    default: retry_after(w, f, ev->retry_after ? ev->retry_after : 60); return;
    }
}

/* ---- what is told ---- */

void buddy_notified(struct worker *w, struct foreign *f, const struct sip_core_event *ev)
{
    enum err e = OK;

    if (is_cut_off(f))
        link_note_heard(w, f->link); /* the whole state is asked for when it is up */
    else if (ev->state == SIP_SUBSTATE_PENDING)
        buddy_show_offline(w, f); /* M-609 */
    else if (ev->msg->body.n > 0)
        e = buddy_take_document(w, f, ev->msg);
    if (e == ERR_UNSUPPORTED)
        sip_core_respond(w->sip, ev->txn,
                         &(struct sip_answer){.status = 415,
                                              .headers = SPAN("Accept: application/pidf+xml\r\n")},
                         w->now);
    else
        sip_core_answer(w->sip, ev->txn, e == ERR_SYNTAX ? 400 : 200, w->now);
}

/* RFC 3261 21.4: there is no such user, or not any more. */
static bool is_absence(const struct sip_core_event *ev)
{
    return ev->status == 404 || ev->status == 410 || ev->status == 604 ||
           ev->reason == SIP_REASON_NORESOURCE;
}

/* Did they, or their user, say no? */
static bool is_refusal(const struct sip_core_event *ev)
{
    return ev->status == 403 || ev->status == 603 || ev->reason == SIP_REASON_REJECTED;
}

void buddy_said_no(struct worker *w, struct foreign *f, bool refused)
{
    if (refused)
        icq_auth_heard(w, f, ICQ_AUTH_REFUSED);
    buddy_notice(w, f, refused);
}

static void tell_no(struct worker *w, struct foreign *f, const struct sip_core_event *ev)
{
    bool refused = is_refusal(ev);

    if (refused || is_absence(ev))
        buddy_said_no(w, f, refused);
}

static void heard(struct worker *w, struct asker *a, const struct sip_core_event *ev)
{
    struct foreign *f = LIST_OF(a, struct foreign, asker);

    switch (ev->kind) {
    case SIP_EVENT_SUB_ACCEPTED: accepted(w, f, ev); break;
    case SIP_EVENT_SUB_NOTIFY:
        buddy_notified(w, f, ev);
        icq_auth_heard(w, f,
                       ev->state == SIP_SUBSTATE_PENDING ? ICQ_AUTH_PENDING : ICQ_AUTH_GRANTED);
        break;
    case SIP_EVENT_SUB_DELAYED: delayed(w, f, ev); break;
    case SIP_EVENT_SUB_FAILED:
        failed(w, f, ev);
        tell_no(w, f, ev);
        break;
    case SIP_EVENT_SUB_ENDED:
        ended(w, f, ev);
        tell_no(w, f, ev);
        break;
    default: break;
    }
}

/* ---- the link to their domain ---- */

void buddy_link_down(struct worker *w, struct domain_link *l)
{
    LIST_EACH (struct foreign, f, &l->buddies, of_link) {
        buddy_show_offline(w, f);
        if (f->sub)
            sip_sub_hold(w->sip, f->sub);
        if (f->listed)
            buddy_list_hold(f->listed);
    }
}

bool buddy_link_try(struct worker *w, struct domain_link *l)
{
    LIST_EACH (struct foreign, f, &l->buddies, of_link)
        if (!f->stopped) {
            list_remove(&f->of_link); /* the next time it is another one's turn */
            list_append(&l->buddies, &f->of_link);
            timer_set(w, &f->retry, w->now);
            return true;
        }
    return false;
}

void buddy_link_up(struct worker *w, struct domain_link *l)
{
    LIST_EACH (struct foreign, f, &l->buddies, of_link)
        if (!f->stopped)
            buddy_queue_up(w, f);
}
