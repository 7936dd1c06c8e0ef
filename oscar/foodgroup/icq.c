#include "oscar/foodgroup/icq.h"

#include "oscar/tlv.h"

enum { TLV_BLOCK = 0x0001, DONE_BLOCK = 11, DONE_LENGTH = 9 };

static uint16_t u16_le(struct rd *r)
{
    uint16_t v = rd_u16(r);

    return (uint16_t)(v << 8 | v >> 8);
}

static uint32_t u32_le(struct rd *r)
{
    return __builtin_bswap32(rd_u32(r));
}

static void put_u16_le(struct buf *b, uint16_t v)
{
    buf_u16(b, (uint16_t)(v << 8 | v >> 8));
}

bool icq_request_read(struct span body, struct icq_request *out)
{
    struct span block;
    struct rd r;

    if (!tlv_find(body, TLV_BLOCK, &block))
        return false;
    r = rd_over(block);
    (void)u16_le(&r); /* the length of the rest: QIP gets it wrong, the TLV's own holds */
    out->uin = u32_le(&r);
    out->type = u16_le(&r);
    out->seq = u16_le(&r);
    out->data = rd_rest(&r);
    return rd_ok(&r);
}

void icq_offline_done_write(struct buf *b, uint32_t uin, uint16_t seq)
{
    buf_u16(b, TLV_BLOCK);
    buf_u16(b, DONE_BLOCK);
    put_u16_le(b, DONE_LENGTH);
    buf_u32(b, __builtin_bswap32(uin));
    put_u16_le(b, ICQ_OFFLINE_DONE);
    put_u16_le(b, seq);
    buf_u8(b, 0);
}
