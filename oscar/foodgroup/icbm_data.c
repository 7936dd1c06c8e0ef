/* TLV 0x0005 of messages: rendezvous proposals (channel 2) and ICQ's old messages (channel 4). */
#include "oscar/foodgroup/icbm.h"
#include "oscar/tlv.h"

enum { UUID = 16, TLV_CANCEL_REASON = 0x000B, OLD_TEXT_MAX = 1024 };

bool icbm_rendezvous_read(struct span data, struct icbm_rendezvous *out)
{
    struct rd r = rd_over(data);
    struct span cookie;

    out->type = rd_u16(&r);
    cookie = rd_span(&r, ICBM_COOKIE);
    out->capability = rd_span(&r, UUID);
    out->tlvs = rd_rest(&r);
    if (!rd_ok(&r))
        return false;
    memcpy(out->cookie, cookie.p, ICBM_COOKIE);
    return true;
}

void icbm_rendezvous_write_refusal(struct buf *b, const struct icbm_rendezvous *r)
{
    buf_u16(b, RENDEZVOUS_CANCEL);
    buf_put(b, r->cookie, ICBM_COOKIE);
    buf_add(b, r->capability);
    tlv_write_u16(b, TLV_CANCEL_REASON, RENDEZVOUS_DECLINED);
}

bool icbm_old_style_read(struct span data, struct icbm_old_style *out)
{
    struct rd r = rd_over(data);
    uint16_t n;

    out->uin = __builtin_bswap32(rd_u32(&r));
    out->type = rd_u8(&r);
    out->flags = rd_u8(&r);
    n = rd_u16(&r);
    n = (uint16_t)(n << 8 | n >> 8);
    out->text = rd_span(&r, n);
    out->text = span_first(out->text, span_find(out->text, 0));
    return rd_ok(&r);
}

void icbm_old_style_write(struct buf *b, const struct icbm_old_style *m)
{
    uint16_t n = (uint16_t)(span_first(m->text, OLD_TEXT_MAX).n + 1);

    buf_u32(b, __builtin_bswap32(m->uin));
    buf_u8(b, m->type);
    buf_u8(b, m->flags);
    buf_u16(b, (uint16_t)(n << 8 | n >> 8));
    buf_add(b, span_first(m->text, OLD_TEXT_MAX));
    buf_u8(b, 0);
}
