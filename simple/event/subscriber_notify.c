/* NOTIFY as the subscriber sees it (RFC 6665 4.1.3). It makes the dialog, and may come before the
 * answer to SUBSCRIBE (S-284). */
#include "simple/event/reason.h"
#include "simple/event/subscriber.h"
#include "simple/wire/print.h"

static struct sip_sub *sub_of(struct dialog *d)
{
    return (struct sip_sub *)(void *)d;
}

/* One NOTIFY on its way through the checks. */
struct notify {
    struct sip_core *c;
    const struct sip_msg *m;
    const struct sip_hop *from;
    const struct txn_key *key;
    struct sip_sub *s;
    struct sip_subscription_state state;
    uint64_t now;
};

static bool refuse(const struct notify *n, int status, const char *reason)
{
    core_refuse(n->c, n->from, n->key, status, span_str(reason),
                status == 489 ? SPAN("Allow-Events: presence\r\n") : (struct span){0});
    return true;
}

/* S-288: unknown Event 489, no Subscription-State 400, matching nothing 481; an older one than the
 * last 500. A second dialog from a fork has another tag than the first, and matches nothing
 * (S-286). */
static bool refused(struct notify *n)
{
    struct sip_event event;
    struct dialog *d;

    if (!sip_event_parse(sip_msg_value(n->m, SIP_HDR_EVENT), &event) ||
        !span_eq(event.package, SPAN("presence")))
        return refuse(n, 489, NULL);
    d = core_dialog(n->c, n->m, DIALOG_SUB);
    if (!d || event.id.n || !n->m->from.tag.n)
        return refuse(n, 481, NULL);
    if (!sip_subscription_state_parse(sip_msg_value(n->m, SIP_HDR_SUBSCRIPTION_STATE), &n->state))
        return refuse(n, 400,
                      sip_msg_has(n->m, SIP_HDR_SUBSCRIPTION_STATE) ? "Malformed Subscription-State"
                                                                    : "Missing Subscription-State");
    if (!dialog_advance(d, n->m))
        return refuse(n, 500, "CSeq Too Low");
    n->s = sub_of(d);
    return false;
}

/* RFC 6665 4.4.1: the first NOTIFY makes the dialog: tag, route set (S-287) and target. Later ones
 * may move the target. */
static bool take_dialog(const struct notify *n)
{
    struct sip_sub *s = n->s;
    struct dialog_parts parts = dialog_parts(&s->d);
    struct buf routes = {.max = DIALOG_TEXT_MAX};
    struct span contact;
    bool moved = dialog_target(n->m, &contact) && !span_eq(contact, parts.target);
    bool done = true;

    if (moved)
        parts.target = contact;
    if (!s->has_dialog) {
        parts.remote_tag = n->m->from.tag;
        done = dialog_put_routes(&routes, n->m);
        parts.routes = buf_span(&routes);
    }
    if (done && (moved || !s->has_dialog))
        done = dialog_set(&s->d, &parts);
    buf_fini(&routes);
    s->has_dialog = s->has_dialog || done;
    return done;
}

static struct sip_core_event event_of(const struct notify *n, enum sip_event_kind kind,
                                      struct sip_txn txn)
{
    uint32_t wait = n->state.has_retry_after ? n->state.retry_after : 0;

    return (struct sip_core_event){
        .kind = kind,
        .method = SIP_NOTIFY,
        .state = n->state.state,
        .reason = sip_reason_parse(n->state.reason),
        .retry_after = wait < CORE_EXPIRES_MAX ? wait : CORE_EXPIRES_MAX,
        .expires = n->state.has_expires ? n->state.expires : 0,
        .owner = n->s->owner,
        .txn = txn,
        .sub = n->s,
        .msg = n->m,
        .from = *n->from,
    };
}

/* Nobody here wants it any more: say so, once there is a dialog to say it in. */
static void answer_leaving(const struct notify *n, struct sip_txn txn)
{
    struct sip_sub *s = n->s;

    sip_core_answer(n->c, txn, 200, n->now);
    if (n->state.state == SIP_SUBSTATE_TERMINATED ||
        (!s->said_bye && !s->in_flight && !sub_send(n->c, s, n->now)))
        sub_free(n->c, s);
    else
        sub_schedule(n->c, s);
}

void subscriber_notify(struct sip_core *c, const struct sip_hop *from, const struct txn_key *key,
                       uint64_t now)
{
    struct notify n = {.c = c, .m = &c->msg, .from = from, .key = key, .now = now};
    struct sip_core_event ev;
    struct sip_txn txn;

    if (refused(&n))
        return;
    if (!take_dialog(&n)) {
        refuse(&n, 400, "Malformed Record-Route");
        return;
    }
    txn = server_open(&c->server, n.m, from, key, now);
    if (!txn.id)
        return;
    if (!(n.s->said_bye && n.state.state != SIP_SUBSTATE_TERMINATED))
        n.s->silence_at = DEADLINE_NEVER;
    if (n.s->state == SUB_LEAVING) {
        answer_leaving(&n, txn);
    } else if (n.state.state == SIP_SUBSTATE_TERMINATED) {
        sip_core_answer(c, txn, 200, now);
        ev = event_of(&n, SIP_EVENT_SUB_ENDED, (struct sip_txn){0});
        sub_over_by_message(c, n.s, &ev);
    } else {
        n.s->state = SUB_LIVE;
        if (n.state.has_expires)
            sub_granted(c, n.s, n.state.expires, now);
        sub_schedule(c, n.s);
        ev = event_of(&n, SIP_EVENT_SUB_NOTIFY, txn);
        core_tell(c, &ev);
    }
}
