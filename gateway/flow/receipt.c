#include "gateway/flow/receipt.h"

#include "gateway/flow/aside.h"
#include "gateway/flow/helper.h"
#include "gateway/flow/receipt_wait.h"
#include "gateway/flow/untold.h"
#include "mapping/message_sip.h"
#include "simple/doc/imdn.h"
#include "simple/doc/xml_time.h"

/* ---- to SIP ---- */

static void print_imdn(struct buf *b, const struct message *m, struct span recipient,
                       enum imdn_status status)
{
    struct imdn is = {.message_id = m->receipt_id,
                      .datetime = m->receipt_time,
                      .recipient_uri = recipient,
                      .original_recipient_uri = recipient,
                      .status = status};
    struct buf time = {0};

    if (!is.datetime.n) {
        xml_time_print(&time, m->sent);
        is.datetime = buf_span(&time);
    }
    imdn_print(b, &is);
    buf_fini(&time);
}

/* RFC 5438 7.2.1: back through those that recorded themselves, in their order. */
static void put_routes(struct buf *b, struct span routes)
{
    while (routes.n > 0) {
        size_t end = span_find(routes, ',');

        BUF_LIT(b, "imdn.IMDN-Route: <");
        buf_add(b, span_trim(span_first(routes, end)));
        BUF_LIT(b, ">\r\n");
        routes = span_skip(routes, end + 1);
    }
}

/* An IMDN travels inside message/cpim (RFC 5438 6.2). */
static void put_cpim(struct worker *w, struct buf *b, const struct message *m,
                     struct span recipient, struct span imdn)
{
    char id[RECEIPT_ID];

    rng_token(&w->rng, id, sizeof id);
    BUF_LIT(b, "From: <");
    buf_add(b, recipient);
    BUF_LIT(b, ">\r\nTo: <");
    address_to_im_uri(b, &m->from);
    BUF_LIT(b, ">\r\nNS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: ");
    buf_put(b, id, sizeof id);
    BUF_LIT(b, "\r\n");
    put_routes(b, m->receipt_route);
    BUF_LIT(b, "\r\nContent-Type: " IMDN_TYPE "\r\nContent-Disposition: notification\r\n"
               "Content-Length: ");
    buf_number(b, imdn.n);
    BUF_LIT(b, "\r\n\r\n");
    buf_add(b, imdn);
}

/* To how many places it went; `asker` hears from each (NULL: nobody). */
static unsigned send_imdn(struct worker *w, const struct message *m, enum imdn_status status,
                          struct asker *asker)
{
    struct buf recipient = {0}, imdn = {0}, body = {0};
    unsigned sent = 0;

    if (!m->receipt_id.n)
        return 0;
    address_to_im_uri(&recipient, &m->to);
    print_imdn(&imdn, m, buf_span(&recipient), status);
    put_cpim(w, &body, m, buf_span(&recipient), buf_span(&imdn));
    if (buf_ok(&recipient) && buf_ok(&imdn) && buf_ok(&body))
        sent = aside_send(w,
                          &(struct aside){.from = &m->to,
                                          .to = &m->from,
                                          .first = span_first(m->receipt_route,
                                                              span_find(m->receipt_route, ',')),
                                          .content_type = SPAN(MESSAGE_TYPE_CPIM),
                                          .body = buf_span(&body)},
                          asker);
    buf_fini(&recipient);
    buf_fini(&imdn);
    buf_fini(&body);
    return sent;
}

void receipt_send(struct worker *w, const struct message *m, enum message_receipt what)
{
    (void)send_imdn(w, m, what == RECEIPT_STORED ? IMDN_STORED : IMDN_DELIVERED, NULL);
}

bool receipt_imdn_failed(struct worker *w, const struct message *m)
{
    struct asker *asker;
    unsigned sent;

    if (m->auto_reply)
        return true;
    asker = m->receipts & RECEIPT_FAILURE ? untold_begin(w, m) : NULL;
    if (!asker)
        return false;
    sent = send_imdn(w, m, IMDN_FAILED, asker);
    untold_sent(asker, sent);
    return sent > 0;
}

void receipt_failed(struct worker *w, const struct message *m)
{
    if (!receipt_imdn_failed(w, m))
        receipt_failed_words(w, m);
}

void receipt_failed_words(struct worker *w, const struct message *m)
{
    struct buf text = {0};

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

/* ---- from SIP ---- */

void receipt_heard(struct worker *w, const struct claim *who, struct span document)
{
    struct imdn is;
    struct awaited found;
    struct buf text = {0};

    if (imdn_parse(document, &w->arena, &is) || is.status == IMDN_OTHER ||
        !receipt_wait_end(w, is.message_id, &who->address, &found) || is.status != IMDN_FAILED)
        return;
    buf_str(&text, "Your message to ");
    buf_add(&text, found.shown);
    buf_str(&text, " was not delivered.");
    if (buf_ok(&text))
        helper_say(w, &(struct address){.user = found.own, .host = w->own_domain}, buf_span(&text));
    buf_fini(&text);
}
