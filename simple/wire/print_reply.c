/* What a response repeats from its request: RFC 3261 8.2.6.2, with the top Via completed as 18.2.1
 * and RFC 3581 4 say. */
#include "simple/wire/print.h"
#include "simple/wire/scan.h"

static bool is_received_or_rport(struct span name)
{
    return scan_is_word(name, SPAN("received")) || scan_is_word(name, SPAN("rport"));
}

/* The sent-by host is another than the one the request came from. A name is another always: it is
 * not looked up. */
static bool needs_received(const struct sip_via *via, const struct sip_addr *source)
{
    return via->has_rport || via->ip.family == 0 || !sip_addr_same_host(&via->ip, source);
}

/* The top Via with our received and rport in place of any that it came with. */
static void put_top_via(struct buf *b, const struct sip_via *via, const struct sip_addr *source)
{
    struct span rest = via->params;
    struct sip_param param;

    sip_put_unfolded(b, scan_trim(scan_since(via->text, rest)));
    for (;;) {
        struct span start = rest;

        if (!sip_param_next(&rest, &param, NULL))
            break;
        if (!is_received_or_rport(param.name))
            sip_put_unfolded(b, scan_trim(scan_since(start, rest)));
    }
    if (via->has_rport) {
        BUF_LIT(b, ";rport=");
        buf_number(b, source->port);
    }
    if (needs_received(via, source)) {
        BUF_LIT(b, ";received=");
        sip_addr_print(b, source);
    }
}

static void put_vias(struct buf *b, const struct sip_msg *request, const struct sip_addr *source)
{
    const struct sip_hdr *h = sip_msg_hdr(request, SIP_HDR_VIA);

    if (h && request->has_via && source && source->family) {
        const uint8_t *end = request->via.text.p + request->via.text.n;

        BUF_LIT(b, "Via: ");
        put_top_via(b, &request->via, source);
        /* what is combined with it on its line */
        sip_put_unfolded(b, (struct span){end, (size_t)(h->value.p + h->value.n - end)});
        BUF_LIT(b, "\r\n");
        h = sip_msg_hdr_next(request, h);
    }
    for (; h; h = sip_msg_hdr_next(request, h)) {
        BUF_LIT(b, "Via: ");
        sip_put_unfolded(b, h->value);
        BUF_LIT(b, "\r\n");
    }
}

static void put_first(struct buf *b, const struct sip_msg *request, enum sip_hdr_id id,
                      struct span tag)
{
    const struct sip_hdr *h = sip_msg_hdr(request, id);

    if (!h)
        return;
    buf_str(b, sip_hdr_name(id));
    BUF_LIT(b, ": ");
    sip_put_unfolded(b, h->value);
    if (tag.n > 0) {
        BUF_LIT(b, ";tag=");
        buf_add(b, tag);
    }
    BUF_LIT(b, "\r\n");
}

void sip_put_reply(struct buf *b, const struct sip_msg *request, const struct sip_reply *r)
{
    struct span tag = request->to.tag.n > 0 ? (struct span){0} : r->to_tag;

    sip_put_status_line(b, r->status, r->reason);
    put_vias(b, request, r->source);
    put_first(b, request, SIP_HDR_FROM, (struct span){0});
    put_first(b, request, SIP_HDR_TO, tag);
    put_first(b, request, SIP_HDR_CALL_ID, (struct span){0});
    put_first(b, request, SIP_HDR_CSEQ, (struct span){0});
}
