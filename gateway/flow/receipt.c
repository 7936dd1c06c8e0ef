#include "gateway/flow/receipt.h"

#include "gateway/door/sip.h"
#include "gateway/flow/helper.h"
#include "gateway/people/account.h"
#include "gateway/peer/peers.h"
#include "mapping/message_sip.h"
#include "simple/doc/xml.h"
#include "simple/doc/xml_time.h"

/* The document of RFC 5438 11: what happened to which message. */
static void write_imdn(struct buf *b, const struct message *m, struct span recipient, const char *kind,
                       const char *status)
{
    BUF_LIT(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
               "<imdn xmlns=\"urn:ietf:params:xml:ns:imdn\">\r\n  <message-id>");
    xml_escape(b, m->receipt_id);
    BUF_LIT(b, "</message-id>\r\n  <datetime>");
    if (m->receipt_time.n)
        xml_escape(b, m->receipt_time);
    else
        xml_time_print(b, m->sent);
    BUF_LIT(b, "</datetime>\r\n  <recipient-uri>");
    xml_escape(b, recipient);
    BUF_LIT(b, "</recipient-uri>\r\n  <original-recipient-uri>");
    xml_escape(b, recipient);
    BUF_LIT(b, "</original-recipient-uri>\r\n");
    buf_fmt(b, "  <%s><status><%s/></status></%s>\r\n</imdn>\r\n", kind, status, kind);
}

/* An IMDN travels inside message/cpim (RFC 5438 6.2). */
static void write_cpim(struct worker *w, struct buf *b, const struct message *m, struct span recipient,
                       struct span imdn)
{
    char id[17] = {0};

    rng_token(&w->rng, id, 16);
    BUF_LIT(b, "From: <");
    buf_add(b, recipient);
    BUF_LIT(b, ">\r\nTo: <");
    address_to_im_uri(b, &m->from);
    BUF_LIT(b, ">\r\nNS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: ");
    buf_str(b, id);
    BUF_LIT(b, "\r\n\r\nContent-Type: message/imdn+xml\r\nContent-Disposition: notification\r\n"
               "Content-Length: ");
    buf_number(b, imdn.n);
    BUF_LIT(b, "\r\n\r\n");
    buf_add(b, imdn);
}

/* To the sender's domain, or to every phone of one of ours. */
static bool send_there(struct worker *w, const struct address *who, struct sip_request *r)
{
    struct peer *peer = peer_find(w->peers, who->host);
    struct account *a;
    size_t route;
    bool sent = false;

    if (peer)
        return peer_route(peer, 0, w->now, &r->hop, &route) && sip_core_send(w->sip, r, 0, w->now);
    if (!address_is_own(&w->rules, who) || account_get(w, who->user, &a))
        return false;
    LIST_EACH (struct contact, c, &a->contacts, node)
        if (sip_contact_allows(&c->c, SPAN("MESSAGE"))) {
            r->uri = c->c.uri;
            r->hop = sip_door_hop_of(w->sip_door, c);
            sent |= sip_core_send(w->sip, r, 0, w->now) != 0;
        }
    return sent;
}

/* False: it cannot be sent there. */
static bool send_imdn(struct worker *w, const struct message *m, const char *kind, const char *status)
{
    struct buf recipient = {0}, imdn = {0}, body = {0}, from = {0}, to = {0};
    struct sip_request r = {.method = SIP_MESSAGE, .content_type = SPAN(MESSAGE_TYPE_CPIM)};
    bool sent = false;

    if (!m->receipt_id.n)
        return false;
    address_to_im_uri(&recipient, &m->to);
    write_imdn(&imdn, m, buf_span(&recipient), kind, status);
    write_cpim(w, &body, m, buf_span(&recipient), buf_span(&imdn));
    address_to_sip_uri(&from, &m->to);
    address_to_sip_uri(&to, &m->from);
    r.uri = r.to_uri = buf_span(&to);
    r.from_uri = buf_span(&from);
    r.body = buf_span(&body);
    if (buf_ok(&recipient) && buf_ok(&imdn) && buf_ok(&body) && buf_ok(&from) && buf_ok(&to))
        sent = send_there(w, &m->from, &r);
    buf_fini(&recipient);
    buf_fini(&imdn);
    buf_fini(&body);
    buf_fini(&from);
    buf_fini(&to);
    return sent;
}

void receipt_send(struct worker *w, const struct message *m, enum message_receipt what)
{
    if (what == RECEIPT_STORED)
        (void)send_imdn(w, m, "processing-notification", "stored");
    else
        (void)send_imdn(w, m, "delivery-notification", "delivered");
}

void receipt_failed(struct worker *w, const struct message *m)
{
    struct buf text = {0};

    if (m->auto_reply || ((m->receipts & RECEIPT_FAILURE) &&
                          send_imdn(w, m, "delivery-notification", "failed")))
        return; /* what a program wrote is not answered by one */
    buf_str(&text, "Your message to ");
    buf_add(&text, m->to.user);
    if (!address_is_own(&w->rules, &m->to)) {
        buf_u8(&text, '@');
        buf_add(&text, m->to.host);
    }
    buf_str(&text, ", sent at ");
    xml_time_print(&text, m->sent);
    buf_str(&text, ", could not be delivered.");
    if (buf_ok(&text))
        helper_say(w, &m->from, buf_span(&text));
    buf_fini(&text);
}
