#include "gateway/flow/sip_events.h"

#include "gateway/flow/identity.h"
#include "gateway/flow/message.h"
#include "gateway/flow/publish.h"
#include "gateway/flow/register.h"
#include "gateway/flow/watch.h"
#include "gateway/people/asker.h"
#include "mapping/message_sip.h"

/* OPTIONS for one of our users: may we be reached, and what is taken (RFC 3261 11.2). */
static void answer_options(struct worker *w, const struct sip_core_event *ev)
{
    struct address to;
    struct account *a;

    if (address_from_parts(ev->msg->target.user, ev->msg->target.host, &w->rules, &w->arena, &to)) {
        identity_refuse(w, ev, 404, "no such user");
        return;
    }
    if (!address_is_own(&w->rules, &to)) {
        identity_refuse(w, ev, 403, "no relay between other domains");
        return;
    }
    if (account_get(w, to.user, &a) || a->settings[USER_hide_existence] ||
        w->conf->users.hide_existence) {
        identity_refuse(w, ev, 404, "no such user");
        return;
    }
    sip_core_respond(
        w->sip, ev->txn,
        &(struct sip_answer){
            .status = 200,
            .headers = SPAN("Allow: MESSAGE, SUBSCRIBE, NOTIFY, PUBLISH, REGISTER, OPTIONS\r\n"
                            "Accept: " MESSAGE_ACCEPT "\r\n"
                            "Accept-Encoding: identity\r\nAccept-Language: en\r\n"
                            "Allow-Events: presence, presence.winfo\r\n")},
        w->now);
}

static void request(struct worker *w, const struct sip_core_event *ev)
{
    struct claim who;

    w->metrics.sip_requests++;
    if (ev->method == SIP_REGISTER) {
        register_request(w, ev);
        return;
    }
    if (ev->method == SIP_OPTIONS) {
        answer_options(w, ev);
        return;
    }
    if (!identity_check(w, ev, &who)) {
        w->metrics.sip_refused++;
        return;
    }
    switch (ev->method) {
    case SIP_MESSAGE: message_from_sip(w, ev, &who); break;
    case SIP_SUBSCRIBE: watch_request(w, ev, &who); break;
    case SIP_PUBLISH: publish_request(w, ev, &who); break;
    default: sip_core_answer(w->sip, ev->txn, 405, w->now); break;
    }
}

/* Of a request, or of a subscription of ours. What was sent without an asker is nobody's
 * concern. */
static void answer(struct worker *w, const struct sip_core_event *ev)
{
    struct asker *a = sip_event_owner(ev);

    if (a)
        a->answered(w, a, ev);
}

void sip_event(struct worker *w, const struct sip_core_event *ev)
{
    switch (ev->kind) {
    case SIP_EVENT_REQUEST: request(w, ev); break;
    case SIP_EVENT_WATCH_REFRESH: subscription_refresh(w, ev); break;
    case SIP_EVENT_WATCH_ENDED: subscription_ended(w, ev); break;
    case SIP_EVENT_RESPONSE:
    case SIP_EVENT_SUB_ACCEPTED:
    case SIP_EVENT_SUB_NOTIFY:
    case SIP_EVENT_SUB_DELAYED:
    case SIP_EVENT_SUB_FAILED:
    case SIP_EVENT_SUB_ENDED: answer(w, ev); break;
    }
}
