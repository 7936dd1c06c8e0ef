/* How the line-mode SIP client comes to be reachable and seen: REGISTER and PUBLISH, refreshed in
 * time. */
#include "gateway/cmd/sip.h"

#include <time.h>

#include "base/deadlines.h"
#include "gateway/cmd/client_say.h"
#include "mapping/presence_sip.h"
#include "simple/wire/print.h"

void ua_register(struct ua *ua, uint32_t expires)
{
    struct ua_request *r = ua_request_new(ua, UA_REGISTER);

    ua->register_at = DEADLINE_NEVER;
    if (!r)
        return;
    buf_add(&r->uri, buf_span(&ua->registrar));
    buf_add(&r->to, buf_span(&ua->uri));
    sip_put_hdr(&r->headers, SIP_HDR_CONTACT, buf_span(&ua->contact));
    sip_put_hdr_number(&r->headers, SIP_HDR_EXPIRES, expires);
    sip_put_hdr_str(&r->headers, SIP_HDR_ALLOW, "MESSAGE, NOTIFY, OPTIONS");
    (void)ua_request_begin(ua, r);
}

static void put_document(struct ua *ua, struct buf *body)
{
    int64_t now = (int64_t)time(NULL);
    struct presence p = {
        .online = true, .away = ua->away.n > 0, .away_text = buf_span(&ua->away), .changed = now};
    struct address who = {.user = buf_span(&ua->user), .host = span_str(ua->t->cmd->conf->domain)};

    presence_write_pidf(body, &p, who, &(struct presence_writing){.now = now});
}

void ua_publish(struct ua *ua, uint32_t expires)
{
    struct ua_request *r;

    ua->publish_at = DEADLINE_NEVER;
    ua->publish_again = ua->publishing;
    if (ua->publishing)
        return;
    r = ua_request_new(ua, UA_PUBLISH);
    if (!r)
        return;
    buf_add(&r->uri, buf_span(&ua->uri));
    buf_add(&r->to, buf_span(&ua->uri));
    sip_put_hdr_str(&r->headers, SIP_HDR_EVENT, "presence");
    sip_put_hdr_number(&r->headers, SIP_HDR_EXPIRES, expires);
    if (ua->etag.n)
        sip_put_hdr(&r->headers, SIP_HDR_SIP_IF_MATCH, buf_span(&ua->etag));
    if (expires)
        put_document(ua, &r->body);
    ua->publishing = ua_request_begin(ua, r);
}

/* ---- answers ---- */

static uint64_t refresh_at(const struct ua *ua, uint32_t granted)
{
    return ua->t->now + (uint64_t)(granted ? granted : UA_EXPIRES) * 800;
}

static uint32_t granted_of(const struct sip_msg *m)
{
    struct sip_each each = sip_each(m, SIP_HDR_CONTACT);
    struct sip_contact_value c;
    uint32_t granted = UA_EXPIRES, own = UA_EXPIRES;

    (void)sip_seconds_parse(sip_msg_value(m, SIP_HDR_EXPIRES), &granted);
    while (sip_contact_next(&each, &c)) /* others have less or more: the least is early enough */
        if (c.has_expires && c.expires && c.expires < own)
            own = c.expires;
    return granted < own ? granted : own;
}

static void refused(struct ua *ua, const struct sip_core_event *ev)
{
    struct client_talk *t = ua->t;

    if (ev->status == 401 || ev->status == 407)
        client_refused(t,
                       "wrong password for %s; try again, or set a new one with: aimgate user "
                       "passwd %s",
                       t->name, t->name);
    else if (ev->status == 404)
        client_refused(t,
                       "there is no user %s; `aimgate user list` shows all, `aimgate user add "
                       "%s` makes it",
                       t->name, t->name);
    else if (ev->cause == SIP_BY_PEER)
        client_refused(t, "the gateway refuses %s: %d %.*s; look at its log", t->name, ev->status,
                       SPAN_ARG(ev->msg->reason));
    else
        client_lost(t, "the gateway does not answer");
}

void ua_registered(struct ua *ua, const struct sip_core_event *ev)
{
    if (ua->leaving)
        return;
    if (ev->status < 300) {
        ua->register_at = refresh_at(ua, granted_of(ev->msg));
        if (ua->t->phase == CLIENT_SIGNING_ON)
            ua_publish(ua, UA_EXPIRES);
    } else if (ua->t->phase == CLIENT_SIGNING_ON) {
        refused(ua, ev);
    } else {
        client_lost(ua->t, "the gateway took the registration back");
    }
}

void ua_published(struct ua *ua, const struct sip_core_event *ev)
{
    uint32_t granted = UA_EXPIRES;

    ua->publishing = false;
    if (ua->leaving)
        return;
    if (ev->status < 300) {
        buf_reset(&ua->etag);
        buf_add(&ua->etag, sip_msg_value(ev->msg, SIP_HDR_SIP_ETAG));
        (void)sip_seconds_parse(sip_msg_value(ev->msg, SIP_HDR_EXPIRES), &granted);
        ua->publish_at = refresh_at(ua, granted);
    } else if (ev->status == 412 && ua->etag.n) { /* the gateway forgot it: anew */
        buf_reset(&ua->etag);
        ua->publish_again = true;
    } else {
        client_say("others do not see how you are (%d); look at the log of the gateway",
                   ev->status);
        ua->publish_at = refresh_at(ua, UA_EXPIRES);
    }
    if (ua->publish_again)
        ua_publish(ua, UA_EXPIRES);
    if (ua->t->phase == CLIENT_SIGNING_ON)
        client_on(ua->t, span_str(ua->t->name));
}
