#include "oscar/foodgroup/oservice.h"

#include "oscar/foodgroup/bart.h"
#include "oscar/tlv.h"

enum {
    TLV_ADDRESS = 0x0005,
    TLV_COOKIE = 0x0006,
    TLV_FOODGROUP = 0x000D,
    TLV_TLS_NAME = 0x008D,
    TLV_TLS_STATE = 0x008E, /* 0: none, 1: TLS */
    TLV_STATUS = 0x0006, /* of SNAC 0x0001/0x001E */
    TLV_BART = 0x001D,
    TOOL_ID = 0x0110,
    TOOL_VERSION = 0x0629,
};

void oservice_families_write(struct buf *b, const uint16_t *foodgroups, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_u16(b, foodgroups[i]);
}

bool oservice_version_next(struct span *pairs, uint16_t *foodgroup, uint16_t *version)
{
    struct rd r = rd_over(*pairs);

    *foodgroup = rd_u16(&r);
    *version = rd_u16(&r);
    if (!rd_ok(&r))
        return false;
    *pairs = r.in;
    return true;
}

void oservice_version_write(struct buf *b, uint16_t foodgroup, uint16_t version)
{
    buf_u16(b, foodgroup);
    buf_u16(b, version);
}

void oservice_online_write(struct buf *b, uint16_t foodgroup, uint16_t version)
{
    oservice_version_write(b, foodgroup, version);
    buf_u16(b, TOOL_ID);
    buf_u16(b, TOOL_VERSION);
}

void oservice_redirect_write(struct buf *b, const struct oservice_redirect *r)
{
    tlv_write_u16(b, TLV_FOODGROUP, r->foodgroup); /* first: Kopete */
    tlv_write(b, TLV_ADDRESS, r->address);
    tlv_write(b, TLV_COOKIE, r->cookie);
    if (r->certificate.n) /* libpurple goes under TLS only where it is there */
        tlv_write(b, TLV_TLS_NAME, r->certificate);
    tlv_write_u8(b, TLV_TLS_STATE, r->certificate.n > 0);
}

void oservice_status_read(struct span body, struct oservice_status *out)
{
    struct span bart;
    struct bart_item item;

    *out = (struct oservice_status){
        .has_status = tlv_has(body, TLV_STATUS),
        .status = tlv_get_u32(body, TLV_STATUS, 0),
    };
    if (tlv_find(body, TLV_BART, &bart) && bart_find(bart, BART_STATUS_TEXT, &item))
        out->has_text = bart_text_read(&item, &out->text, &out->charset);
}

void oservice_status_write(struct buf *b, const struct oservice_status *s)
{
    if (s->has_status)
        tlv_write_u32(b, TLV_STATUS, s->status);
    if (s->has_text) {
        size_t begun = tlv_begin(b, TLV_BART);

        bart_text_write(b, s->text);
        tlv_end(b, begun);
    }
}

void oservice_self_write(struct buf *b, const struct oscar_userinfo *u,
                         const struct oservice_self *s)
{
    userinfo_write_more(b, u, (uint16_t)((s->ipv4 != 0) + 1 + (s->instance != 0) + s->primary));
    if (s->ipv4)
        tlv_write_u32(b, USERINFO_TLV_IPV4, s->ipv4);
    tlv_write_u32(b, USERINFO_TLV_SUBSCRIPTIONS, 0); /* AIM 6 wants it */
    if (s->instance)
        tlv_write_u8(b, USERINFO_TLV_INSTANCE, s->instance);
    if (s->primary)
        tlv_write_empty(b, USERINFO_TLV_PRIMARY);
}

void oservice_evil_write(struct buf *b, uint16_t level, const struct oscar_userinfo *by)
{
    buf_u16(b, level);
    if (by)
        userinfo_write(b, by);
}
