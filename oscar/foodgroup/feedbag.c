#include "oscar/foodgroup/feedbag.h"

#include "oscar/snac.h"

enum {
    NAME_LENGTH_MAX = 97,
    PREFS2_FIRST = 33, /* preferences from here on are bits of FEEDBAG_ATTR_PREFS2 */
};

/* The most items of each class, by class number: AOL's list. */
static const uint16_t class_max[FEEDBAG_CLASSES] = {600, 61, 200, 200, 1,  1,   50, 0, 0, 3,  0,
                                     0,   0,  128, 255, 20, 200, 1,  0, 1, 200};

bool feedbag_item_next(struct span *items, struct feedbag_item *out)
{
    struct rd r = rd_over(*items);

    out->name = rd_str16(&r);
    out->group = rd_u16(&r);
    out->item = rd_u16(&r);
    out->class_id = rd_u16(&r);
    out->attributes = rd_str16(&r);
    if (!rd_ok(&r))
        return false;
    *items = r.in;
    return true;
}

void feedbag_item_write(struct buf *b, const struct feedbag_item *item)
{
    buf_str16(b, item->name);
    buf_u16(b, item->group);
    buf_u16(b, item->item);
    buf_u16(b, item->class_id);
    buf_str16(b, item->attributes);
}

void feedbag_copy_read(struct span body, struct feedbag_copy *out)
{
    struct rd r = rd_over(body);

    out->time = rd_u32(&r);
    out->has_time = rd_ok(&r);
    out->count = rd_u16(&r);
    out->has_count = rd_ok(&r);
}

void feedbag_copy_write(struct buf *b, uint32_t time, uint16_t count)
{
    buf_u32(b, time);
    buf_u16(b, count);
}

uint16_t feedbag_class_max(uint16_t class_id)
{
    return class_id < FEEDBAG_CLASSES ? class_max[class_id] : 0;
}

void feedbag_rights_write(struct buf *b)
{
    size_t begun = tlv_begin(b, 0x0004);

    for (size_t i = 0; i < sizeof class_max / sizeof class_max[0]; i++)
        buf_u16(b, class_max[i]);
    tlv_end(b, begun);
    tlv_write_u16(b, 0x0002, 254); /* the meaning of this and the next two is lost; AOL's values */
    tlv_write_u16(b, 0x0003, 508);
    tlv_write_u16(b, 0x0005, 0);
    tlv_write_u16(b, 0x0006, NAME_LENGTH_MAX);
    tlv_write_u16(b, 0x0007, 10);
}

size_t feedbag_portion(struct span *items, size_t room, struct span *portion)
{
    struct span start = *items, left = start;
    struct feedbag_item item;
    size_t count = 0;

    while (feedbag_item_next(&left, &item)) {
        if (count > 0 && start.n - left.n > room)
            break;
        *items = left;
        count++;
    }
    *portion = span_first(start, start.n - items->n);
    return count;
}

void feedbag_list_write(struct buf *b, struct span portion, size_t count, const uint32_t *time)
{
    buf_u8(b, 0); /* version */
    buf_u16(b, (uint16_t)count);
    buf_add(b, portion);
    if (time)
        buf_u32(b, *time);
}

bool feedbag_list_read(struct span body, struct span *items, uint16_t *count, uint32_t *time)
{
    struct rd r = rd_over(body);
    struct feedbag_item item;
    struct span start;

    (void)rd_u8(&r);
    *count = rd_u16(&r);
    start = r.in;
    for (uint16_t i = 0; i < *count && rd_ok(&r); i++)
        r.bad |= !feedbag_item_next(&r.in, &item);
    if (!rd_ok(&r))
        return false;
    *items = span_first(start, start.n - r.in.n);
    *time = rd_left(&r) ? rd_u32(&r) : 0;
    return rd_ok(&r);
}

/* A bit counted from the most significant one of the first octet. */
static bool bit_of(struct span bits, size_t n)
{
    return n / 8 < bits.n && bits.p[n / 8] & 0x80 >> n % 8;
}

bool feedbag_pref(struct span attributes, enum feedbag_preference n, bool fallback)
{
    bool low = n < 32;
    struct span bits, valid;
    size_t at = low ? 31 - (size_t)n : (size_t)n - PREFS2_FIRST;

    if (!tlv_find(attributes, low ? FEEDBAG_ATTR_PREFS : FEEDBAG_ATTR_PREFS2, &bits))
        return fallback;
    /* libpurple sends the bits without saying which of them it means: all, then. */
    if (tlv_find(attributes, low ? FEEDBAG_ATTR_PREFS_VALID : FEEDBAG_ATTR_PREFS2_VALID, &valid) &&
        !bit_of(valid, at))
        return fallback;
    return at / 8 < bits.n ? bit_of(bits, at) : fallback;
}

bool feedbag_auth_read(uint16_t subtype, struct span body, struct feedbag_auth *out)
{
    struct rd r = rd_over(body);

    *out = (struct feedbag_auth){.subtype = subtype, .name = rd_str8(&r)};
    if (subtype == SNAC_FEEDBAG_AUTH_ANSWER)
        out->granted = rd_u8(&r) == 1;
    out->reason = rd_str16(&r);
    return rd_ok(&r) && out->name.n > 0;
}

void feedbag_auth_write(struct buf *b, const struct feedbag_auth *a)
{
    buf_str8(b, a->name);
    if (a->subtype == SNAC_FEEDBAG_YOU_WERE_ADDED)
        return;
    if (a->subtype == SNAC_FEEDBAG_AUTH_ANSWERED)
        buf_u8(b, a->granted);
    buf_str16(b, a->reason);
    buf_u16(b, 0);
}
