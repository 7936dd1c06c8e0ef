#include "oscar/foodgroup/icq.h"

#include "oscar/tlv.h"

enum {
    TLV_BLOCK = 0x0001,
    BLOCK_HEADER = 2 + 4 + 2 + 2, /* length of the rest, UIN, type, sequence */
    META_HEADER = 2 + 1,          /* subtype, how it went */
    META_OK = 0x0A,
    META_FAILED = 0x32,
};

static uint16_t u16_le(struct rd *r)
{
    uint16_t v = rd_u16(r);

    return (uint16_t)(v << 8 | v >> 8);
}

uint32_t icq_u32_read(struct rd *r)
{
    return __builtin_bswap32(rd_u32(r));
}

void icq_u16_write(struct buf *b, uint16_t v)
{
    buf_u16(b, (uint16_t)(v << 8 | v >> 8));
}

void icq_u32_write(struct buf *b, uint32_t v)
{
    buf_u32(b, __builtin_bswap32(v));
}

struct span icq_text_read(struct rd *r)
{
    struct span text = rd_span(r, u16_le(r));

    return span_first(text, span_find(text, 0));
}

void icq_text_write(struct buf *b, struct span text)
{
    icq_u16_write(b, (uint16_t)(text.n + 1));
    buf_add(b, text);
    buf_u8(b, 0);
}

bool icq_request_read(struct span body, struct icq_request *out)
{
    struct span block;
    struct rd r;

    if (!tlv_find(body, TLV_BLOCK, &block))
        return false;
    r = rd_over(block);
    (void)u16_le(&r); /* the length of the rest: QIP gets it wrong, the TLV's own holds */
    out->who.uin = icq_u32_read(&r);
    out->type = u16_le(&r);
    out->who.seq = u16_le(&r);
    out->data = rd_rest(&r);
    return rd_ok(&r);
}

bool icq_meta_read(const struct icq_request *r, struct icq_meta *out)
{
    struct rd rd = rd_over(r->data);

    out->who = r->who;
    out->type = u16_le(&rd);
    out->data = rd_rest(&rd);
    return rd_ok(&rd);
}

bool icq_tlv_next(struct span *list, uint16_t *type, struct span *value)
{
    struct rd r = rd_over(*list);
    uint16_t n;

    *type = u16_le(&r);
    n = u16_le(&r);
    if (!rd_ok(&r))
        return false;
    *value = span_first(r.in, n);
    *list = span_skip(r.in, n);
    return true;
}

/* The block up to its data, of which `n` octets follow. */
static void block_write(struct buf *b, const struct icq_id *who, uint16_t type, size_t n)
{
    buf_u16(b, TLV_BLOCK);
    buf_u16(b, (uint16_t)(BLOCK_HEADER + n));
    icq_u16_write(b, (uint16_t)(BLOCK_HEADER - 2 + n));
    icq_u32_write(b, who->uin);
    icq_u16_write(b, type);
    icq_u16_write(b, who->seq);
}

void icq_offline_done_write(struct buf *b, const struct icq_id *who)
{
    block_write(b, who, ICQ_OFFLINE_DONE, 1);
    buf_u8(b, 0);
}

void icq_answer_write(struct buf *b, const struct icq_answer *a)
{
    block_write(b, &a->who, ICQ_META_ANSWER, META_HEADER + a->data.n);
    icq_u16_write(b, a->type);
    buf_u8(b, a->failed ? META_FAILED : META_OK);
    buf_add(b, a->data);
}
