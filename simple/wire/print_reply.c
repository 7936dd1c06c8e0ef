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

/* A value, or a part of one, of that line. */
static void put_part(struct buf *b, const struct sip_hdr *h, struct span part)
{
    if (h->broken)
        sip_put_unfolded(b, part);
    else
        buf_add(b, part);
}

/* "Name: value". As it came where that is all it holds, in one piece: most lines are so. */
static void put_line(struct buf *b, const struct sip_hdr *h)
{
    if (!h->broken && h->name.n > 1) {
        buf_put(b, h->name.p, (size_t)(h->value.p + h->value.n - h->name.p));
        return;
    }
    buf_str(b, sip_hdr_name(h->id));
    BUF_LIT(b, ": ");
    sip_put_unfolded(b, h->value);
}

/* The top Via with our received and rport in place of any that it came with. */
static void put_top_via(struct buf *b, const struct sip_hdr *h, const struct sip_via *via,
                        const struct sip_addr *source)
{
    struct span rest = via->params;
    const uint8_t *end = via->text.p + via->text.n;
    struct sip_param param;

    BUF_LIT(b, "Via: ");
    put_part(b, h, scan_trim(scan_since(via->text, rest)));
    for (;;) {
        struct span start = rest;

        if (!sip_param_next(&rest, &param, NULL))
            break;
        if (!is_received_or_rport(param.name))
            put_part(b, h, scan_trim(scan_since(start, rest)));
    }
    if (via->has_rport) {
        BUF_LIT(b, ";rport=");
        buf_number(b, source->port);
    }
    if (needs_received(via, source)) {
        BUF_LIT(b, ";received=");
        sip_addr_print(b, source);
    }
    /* what is combined with it on its line */
    put_part(b, h, (struct span){end, (size_t)(h->value.p + h->value.n - end)});
}

static void put_vias(struct buf *b, const struct sip_msg *request, const struct sip_addr *source)
{
    const struct sip_hdr *h = sip_msg_hdr(request, SIP_HDR_VIA);
    const struct sip_via *via = &request->via;

    if (h && request->has_via && source && source->family &&
        (via->received.n || needs_received(via, source))) {
        put_top_via(b, h, via, source);
        BUF_LIT(b, "\r\n");
        h = sip_msg_hdr_next(request, h);
    }
    for (; h; h = sip_msg_hdr_next(request, h)) {
        put_line(b, h);
        BUF_LIT(b, "\r\n");
    }
}

static void put_first(struct buf *b, const struct sip_msg *request, enum sip_hdr_id id,
                      struct span tag)
{
    const struct sip_hdr *h = sip_msg_hdr(request, id);

    if (!h)
        return;
    put_line(b, h);
    if (tag.n > 0) {
        BUF_LIT(b, ";tag=");
        buf_add(b, tag);
    }
    BUF_LIT(b, "\r\n");
}

void sip_put_repeated(struct buf *b, const struct sip_msg *request, const struct sip_reply *r)
{
    struct span tag = request->to.tag.n > 0 ? (struct span){0} : r->to_tag;

    put_vias(b, request, r->source);
    put_first(b, request, SIP_HDR_FROM, (struct span){0});
    put_first(b, request, SIP_HDR_TO, tag);
    put_first(b, request, SIP_HDR_CALL_ID, (struct span){0});
    put_first(b, request, SIP_HDR_CSEQ, (struct span){0});
}

void sip_put_reply(struct buf *b, const struct sip_msg *request, const struct sip_reply *r)
{
    sip_put_status_line(b, r->status, r->reason);
    sip_put_repeated(b, request, r);
}
