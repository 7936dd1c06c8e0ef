#include "gateway/flow/list_asked.h"

#include "gateway/flow/identity.h"
#include "simple/doc/xml.h"
#include "simple/wire/encoding.h"

static void refuse_with(struct worker *w, const struct sip_core_event *ev, int status,
                        struct span headers)
{
    sip_core_respond(w->sip, ev->txn, &(struct sip_answer){.status = status, .headers = headers},
                     w->now);
}

bool list_asked_is_readable(struct worker *w, const struct sip_core_event *ev)
{
    if (!sip_has_token(ev->msg, SIP_HDR_SUPPORTED, "eventlist")) { /* S-350, RFC 4662 4.1 */
        refuse_with(w, ev, 421, SPAN("Require: eventlist\r\n"));
        return false;
    }
    if (!sip_accepts(ev->msg, "multipart", "related", true) ||
        !sip_accepts(ev->msg, "application", "rlmi+xml", true)) { /* RFC 4662 4.3 */
        refuse_with(
            w, ev, 406,
            SPAN("Accept: multipart/related, application/rlmi+xml, application/pidf+xml\r\n"));
        return false;
    }
    return true;
}

bool list_asked_body(struct worker *w, const struct sip_core_event *ev, struct resource_list *out)
{
    struct sip_type type;
    struct span body;
    enum err e;

    if (ev->msg->body.n == 0) {
        identity_refuse(w, ev, 400, "whom? the list belongs into the body");
        return false;
    }
    if (!sip_type_parse(sip_msg_value(ev->msg, SIP_HDR_CONTENT_TYPE), &type) ||
        !sip_type_is(&type, "application", "resource-lists+xml")) {
        refuse_with(w, ev, 415, SPAN("Accept: " RESOURCE_LISTS_TYPE "\r\n"));
        return false;
    }
    e = sip_body_decode(ev->msg, XML_SIZE_MAX, &w->arena, &body);
    if (e == ERR_UNSUPPORTED) {
        refuse_with(w, ev, 415, SPAN("Accept-Encoding: " SIP_ENCODINGS "\r\n"));
        return false;
    }
    if (e == ERR_FULL)
        identity_refuse(w, ev, 413, "the list is too large");
    else if (!e && (e = resource_lists_parse(body, &w->arena, out)) == ERR_FULL)
        identity_refuse(w, ev, 403, "too many on the list");
    else if (e)
        identity_refuse(w, ev, e == ERR_NOMEM ? 500 : 400, "not a list of resources");
    return e == OK;
}

bool list_asked_by_linphone(const struct sip_msg *m)
{
    struct span agent = sip_msg_value(m, SIP_HDR_USER_AGENT);

    for (; agent.n; agent = span_skip(agent, 1))
        if (span_case_starts(agent, SPAN("linphone")))
            return true;
    return false;
}
