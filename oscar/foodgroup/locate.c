#include "oscar/foodgroup/locate.h"

#include "oscar/caps.h"
#include "oscar/tlv.h"

enum {
    TLV_PROFILE_MIME = 0x0001,
    TLV_PROFILE = 0x0002,
    TLV_AWAY_MIME = 0x0003,
    TLV_AWAY = 0x0004,
    TLV_CAPS = 0x0005,
};

void locate_set_read(struct span body, struct locate_set *out)
{
    *out = (struct locate_set){0};
    (void)tlv_find(body, TLV_PROFILE_MIME, &out->profile_mime);
    out->has_profile = tlv_find(body, TLV_PROFILE, &out->profile);
    (void)tlv_find(body, TLV_AWAY_MIME, &out->away_mime);
    out->has_away = tlv_find(body, TLV_AWAY, &out->away);
    out->has_caps = tlv_find(body, TLV_CAPS, &out->caps);
    out->caps.n -= out->caps.n % CAPS_UUID;
    out->caps = span_first(out->caps, (size_t)LOCATE_CAPS_MAX * CAPS_UUID);
}

void locate_set_write(struct buf *b, const struct locate_set *s)
{
    if (s->has_profile) {
        tlv_write(b, TLV_PROFILE_MIME, s->profile_mime);
        tlv_write(b, TLV_PROFILE, s->profile);
    }
    if (s->has_away) {
        if (s->away.n)
            tlv_write(b, TLV_AWAY_MIME, s->away_mime);
        tlv_write(b, TLV_AWAY, s->away);
    }
    if (s->has_caps)
        tlv_write(b, TLV_CAPS, s->caps);
}

bool locate_query_read(struct span body, bool long_mask, struct locate_query *out)
{
    struct rd r = rd_over(body);

    out->what = long_mask ? rd_u32(&r) : rd_u16(&r);
    out->name = rd_str8(&r);
    return rd_ok(&r);
}

void locate_query_write(struct buf *b, const struct locate_query *q)
{
    buf_u32(b, q->what);
    buf_str8(b, q->name);
}

void locate_info_write(struct buf *b, const struct locate_info *i)
{
    userinfo_write(b, i->user);
    if (i->what & LOCATE_PROFILE && i->profile.n) {
        tlv_write(b, TLV_PROFILE_MIME, i->profile_mime);
        tlv_write(b, TLV_PROFILE, i->profile);
    }
    if (i->what & LOCATE_AWAY && i->away.n) {
        tlv_write(b, TLV_AWAY_MIME, i->away_mime);
        tlv_write(b, TLV_AWAY, i->away);
    }
    if (i->what & LOCATE_CAPS && i->caps.n)
        tlv_write(b, TLV_CAPS, i->caps);
}

bool locate_info_read(struct span body, struct oscar_userinfo *user, struct locate_set *out)
{
    struct rd r = rd_over(body);
    bool whole = userinfo_read(&r, user);

    locate_set_read(r.in, out);
    return whole;
}

void locate_rights_write(struct buf *b)
{
    static const uint16_t rights[] = {
        LOCATE_TEXT_MAX,        16 /* capabilities */,        10 /* addresses to find */,
        2048 /* certificate */, 128 /* short capabilities */,
    };

    for (size_t i = 0; i < sizeof rights / sizeof rights[0]; i++)
        tlv_write_u16(b, (uint16_t)(i + 1), rights[i]);
}
