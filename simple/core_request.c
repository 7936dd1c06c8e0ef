#include "simple/core_request.h"

#include "simple/event/notifier.h"
#include "simple/event/subscriber.h"
#include "simple/wire/print.h"

#define ALLOW "Allow: MESSAGE, SUBSCRIBE, NOTIFY, PUBLISH, REGISTER, OPTIONS, CANCEL\r\n"

/* One request on its way through the checks. */
struct asked {
    struct sip_core *c;
    const struct sip_msg *m;
    const struct sip_hop *from;
    struct txn_key key;
    uint64_t now;
};

static bool refuse(const struct asked *a, int status, struct span headers)
{
    core_refuse(a->c, a->from, &a->key, status, (struct span){0}, headers);
    return true;
}

/* --- form --- */

static bool refused_by_form(const struct asked *a)
{
    const struct sip_msg *m = a->m;

    if (m->bad == SIP_GOOD)
        return false;
    if (!sip_msg_is_answerable(m))
        return true;
    core_refuse(a->c, a->from, &a->key, sip_bad_status(m->bad), span_str(sip_bad_text(m->bad)),
                (struct span){0});
    return true;
}

/* --- method --- */

static bool is_our_host(const struct sip_core *c, struct span host)
{
    if (span_case_eq(host, c->conf.domain))
        return true;
    for (int t = 0; t < SIP_TRANSPORTS; t++) {
        if ((c->names[t].host.n && span_case_eq(host, c->names[t].host)) ||
            (c->names_v6[t].host.n && span_case_eq(host, c->names_v6[t].host)))
            return true;
    }
    return false;
}

/* S-060: from another domain to another domain, which is no question of the method: never a
 * relay. */
static bool is_between_others(const struct asked *a)
{
    const struct sip_msg *m = a->m;
    struct sip_uri from;

    return m->target.scheme != SIP_SCHEME_OTHER && !is_our_host(a->c, m->target.host) &&
           sip_uri_parse(m->from.uri, &from) && !is_our_host(a->c, from.host);
}

/* S-135: 405 for a method that we know and nobody here takes, 501 for others; both with Allow.
 * INVITE is refused in one way, whomever it is for. */
static bool refused_by_method(const struct asked *a)
{
    switch (a->m->method) {
    case SIP_MESSAGE:
    case SIP_SUBSCRIBE:
    case SIP_NOTIFY:
    case SIP_PUBLISH:
    case SIP_REGISTER:
    case SIP_OPTIONS: return false;
    case SIP_CANCEL: server_cancel(&a->c->server, a->m, a->from, &a->key); return true;
    case SIP_INVITE: /* S-141: refused, and the refusal repeated until ACK */
        server_refuse_invite(&a->c->server, a->m, a->from, &a->key,
                             &(struct sip_answer){.status = 405, .headers = SPAN(ALLOW)}, a->now);
        return true;
    default: break;
    }
    if (is_between_others(a))
        return refuse(a, 403, (struct span){0});
    return refuse(a, a->m->method == SIP_METHOD_OTHER ? 501 : 405, SPAN(ALLOW));
}

/* --- again --- */

static bool is_repeat(const struct asked *a)
{
    switch (server_repeat(&a->c->server, a->m, a->from, &a->key, a->now)) {
    case SERVER_NEW: return false;
    case SERVER_REMADE: notifier_repeat(a->c, a->from, &a->key); break;
    case SERVER_SEEN: break;
    }
    return true;
}

/* --- headers --- */

static bool supports(const struct sip_core *c, struct span tag)
{
    struct span rest = c->conf.supported;

    while (rest.n) {
        size_t comma = span_find(rest, ',');

        if (span_case_eq(span_trim(span_first(rest, comma)), tag))
            return true;
        rest = span_skip(rest, comma + 1);
    }
    return false;
}

/* Adds the tags of Require that nobody here knows; of Proxy-Require that is all of them. */
static void list_unknown(const struct asked *a, enum sip_hdr_id id, struct buf *b)
{
    struct sip_each each = sip_each(a->m, id);
    struct span tag;

    while (sip_token_next(&each, &tag)) {
        if (id == SIP_HDR_REQUIRE && supports(a->c, tag))
            continue;
        if (id == SIP_HDR_REQUIRE && a->m->method == SIP_NOTIFY && span_case_is(tag, "eventlist"))
            continue; /* of a list that we subscribed to, whether or not others may do so here */
        if (b->n)
            BUF_LIT(b, ", ");
        else
            BUF_LIT(b, "Unsupported: ");
        buf_add(b, tag);
    }
}

/* S-132: an option tag we do not know in Require: 420 that names it. */
static bool refused_by_require(const struct asked *a)
{
    struct buf *b;

    if (!sip_msg_has(a->m, SIP_HDR_REQUIRE) && !sip_msg_has(a->m, SIP_HDR_PROXY_REQUIRE))
        return false;
    b = core_scratch(a->c);
    list_unknown(a, SIP_HDR_REQUIRE, b);
    list_unknown(a, SIP_HDR_PROXY_REQUIRE, b);
    if (!b->n)
        return false;
    BUF_LIT(b, "\r\n");
    return refuse(a, 420, buf_ok(b) ? buf_span(b) : (struct span){0});
}

/* S-222, RFC 3428 5: no im: in Route and Record-Route; nor anything else but sip and sips. */
static bool has_bad_routes(const struct sip_msg *m, enum sip_hdr_id id)
{
    struct sip_each each = sip_each(m, id);
    struct sip_name_addr a;
    struct sip_uri u;

    if (!sip_msg_has(m, id))
        return false;
    while (sip_name_addr_next(&each, &a)) {
        if (!sip_uri_parse(a.uri, &u) ||
            (u.scheme != SIP_SCHEME_SIP && u.scheme != SIP_SCHEME_SIPS))
            return true;
    }
    return each.bad;
}

static bool refused_by_headers(const struct asked *a)
{
    const struct sip_msg *m = a->m;

    if (m->target.scheme == SIP_SCHEME_OTHER) /* S-136: a scheme that is not served */
        return refuse(a, 416, (struct span){0});
    if (has_bad_routes(m, SIP_HDR_ROUTE) || has_bad_routes(m, SIP_HDR_RECORD_ROUTE)) {
        core_refuse(a->c, a->from, &a->key, 400, SPAN("Malformed Route"), (struct span){0});
        return true;
    }
    return refused_by_require(a);
}

/* --- what the method means --- */

/* S-137: OPTIONS for the domain itself says what is served. */
static bool answered_options(const struct asked *a)
{
    const struct sip_msg *m = a->m;
    struct buf *b;

    if (m->method != SIP_OPTIONS || m->target.has_user || !is_our_host(a->c, m->target.host))
        return false;
    b = core_scratch(a->c);
    BUF_LIT(b, ALLOW "Accept-Encoding: identity\r\nAccept-Language: en\r\n");
    if (a->c->conf.accept.n)
        sip_put_hdr(b, SIP_HDR_ACCEPT, a->c->conf.accept);
    if (a->c->conf.supported.n)
        sip_put_hdr(b, SIP_HDR_SUPPORTED, a->c->conf.supported);
    buf_str(b, "Allow-Events: presence, presence.winfo\r\n");
    return refuse(a, 200, buf_ok(b) ? buf_span(b) : SPAN(ALLOW));
}

static void to_gateway(const struct asked *a)
{
    struct sip_txn txn = server_open(&a->c->server, a->m, a->from, &a->key, a->now);

    if (txn.id)
        core_tell(a->c, &(struct sip_core_event){.kind = SIP_EVENT_REQUEST,
                                                 .method = a->m->method,
                                                 .txn = txn,
                                                 .msg = a->m,
                                                 .from = *a->from});
}

/* S-224: MESSAGE inside of a dialog that we do not have is refused; inside of one we have it is a
 * message. */
static bool refused_by_dialog(const struct asked *a)
{
    if (a->m->method != SIP_MESSAGE || !a->m->to.tag.n || core_dialog(a->c, a->m, DIALOG_WATCH) ||
        core_dialog(a->c, a->m, DIALOG_SUB))
        return false;
    return refuse(a, 481, (struct span){0});
}

void core_request(struct sip_core *c, const struct sip_hop *from, uint64_t now)
{
    struct asked a = {.c = c, .m = &c->msg, .from = from, .now = now};

    c->n_requests++;
    a.key = server_key(&c->server, a.m);
    if (a.m->method == SIP_ACK) { /* never answered, whatever is wrong with it */
        if (a.m->bad == SIP_GOOD)
            server_ack(&c->server, &a.key, now);
        return;
    }
    if (refused_by_form(&a) || refused_by_method(&a) || is_repeat(&a) || refused_by_headers(&a))
        return;
    if (a.m->method == SIP_SUBSCRIBE)
        notifier_subscribe(c, from, &a.key, now);
    else if (a.m->method == SIP_NOTIFY)
        subscriber_notify(c, from, &a.key, now);
    else if (!answered_options(&a) && !refused_by_dialog(&a))
        to_gateway(&a);
}
