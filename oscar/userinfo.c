#include "oscar/userinfo.h"

#include "oscar/tlv.h"

enum { ICQ_RECORD = 37 };

static uint16_t count_of(const struct oscar_userinfo *u)
{
    return (uint16_t)(4 + u->idle + (u->caps.n > 0) + (u->bart.n > 0) + (u->member_since != 0) +
                      u->icq_record);
}

/* The record of direct connections, with address, port and cookie zeroed: nobody's IP is revealed.
 */
static void icq_record_write(struct buf *b)
{
    static const uint8_t record[ICQ_RECORD] = {
        [10] = 8 /* protocol version */, [22] = 3 /* times */};

    tlv_write(b, USERINFO_TLV_ICQ, span_of(record, sizeof record));
}

void userinfo_write_more(struct buf *b, const struct oscar_userinfo *u, uint16_t more)
{
    buf_str8(b, u->name);
    buf_u16(b, u->warning);
    buf_u16(b, (uint16_t)(count_of(u) + more));
    tlv_write_u16(b, USERINFO_TLV_CLASS, u->class_flags);
    tlv_write_u32(b, USERINFO_TLV_STATUS, u->status);
    tlv_write_u32(b, USERINFO_TLV_SESSION, u->session);
    tlv_write_u32(b, USERINFO_TLV_SIGNON, u->signon);
    if (u->idle)
        tlv_write_u16(b, USERINFO_TLV_IDLE, u->idle_minutes);
    if (u->caps.n)
        tlv_write(b, USERINFO_TLV_CAPS, u->caps);
    if (u->bart.n)
        tlv_write(b, USERINFO_TLV_BART, u->bart);
    if (u->member_since)
        tlv_write_u32(b, USERINFO_TLV_MEMBER_SINCE, u->member_since);
    if (u->icq_record)
        icq_record_write(b);
}

void userinfo_write(struct buf *b, const struct oscar_userinfo *u)
{
    userinfo_write_more(b, u, 0);
}

void userinfo_write_gone(struct buf *b, struct span name)
{
    buf_str8(b, name);
    buf_u16(b, 0);
    buf_u16(b, 1);
    tlv_write_u16(b, USERINFO_TLV_CLASS, 0);
}

bool userinfo_read(struct rd *r, struct oscar_userinfo *out)
{
    struct span tlvs;

    *out = (struct oscar_userinfo){.name = rd_str8(r)};
    out->warning = rd_u16(r);
    tlvs = tlv_block(r);
    out->class_flags = tlv_get_u16(tlvs, USERINFO_TLV_CLASS, 0);
    out->status = tlv_get_u32(tlvs, USERINFO_TLV_STATUS, 0);
    out->session = tlv_get_u32(tlvs, USERINFO_TLV_SESSION, 0);
    out->signon = tlv_get_u32(tlvs, USERINFO_TLV_SIGNON, 0);
    out->member_since = tlv_get_u32(tlvs, USERINFO_TLV_MEMBER_SINCE, 0);
    out->idle = tlv_has(tlvs, USERINFO_TLV_IDLE);
    out->idle_minutes = tlv_get_u16(tlvs, USERINFO_TLV_IDLE, 0);
    out->icq_record = tlv_has(tlvs, USERINFO_TLV_ICQ);
    (void)tlv_find(tlvs, USERINFO_TLV_CAPS, &out->caps);
    (void)tlv_find(tlvs, USERINFO_TLV_BART, &out->bart);
    return rd_ok(r);
}
