#include "oscar/tlv.h"

bool tlv_next(struct span *list, struct tlv *out)
{
    struct rd r = rd_over(*list);
    uint16_t n;

    out->type = rd_u16(&r);
    n = rd_u16(&r);
    if (!rd_ok(&r))
        return false;
    out->value = rd_span(&r, n <= r.in.n ? n : r.in.n);
    *list = r.in;
    return true;
}

bool tlv_find(struct span list, uint16_t type, struct span *out)
{
    struct tlv t;

    while (tlv_next(&list, &t)) {
        if (t.type == type) {
            *out = t.value;
            return true;
        }
    }
    *out = (struct span){0};
    return false;
}

bool tlv_has(struct span list, uint16_t type)
{
    struct span ignored;

    return tlv_find(list, type, &ignored);
}

/* A reader over the TLV's value; one that ran short where it is missing. */
static struct rd value_of(struct span list, uint16_t type)
{
    struct span value;

    if (!tlv_find(list, type, &value))
        return (struct rd){.bad = true};
    return rd_over(value);
}

uint8_t tlv_get_u8(struct span list, uint16_t type, uint8_t fallback)
{
    struct rd r = value_of(list, type);
    uint8_t v = rd_u8(&r);

    return rd_ok(&r) ? v : fallback;
}

uint16_t tlv_get_u16(struct span list, uint16_t type, uint16_t fallback)
{
    struct rd r = value_of(list, type);
    uint16_t v = rd_u16(&r);

    return rd_ok(&r) ? v : fallback;
}

uint32_t tlv_get_u32(struct span list, uint16_t type, uint32_t fallback)
{
    struct rd r = value_of(list, type);
    uint32_t v = rd_u32(&r);

    return rd_ok(&r) ? v : fallback;
}

struct span tlv_block(struct rd *r)
{
    uint16_t count = rd_u16(r);
    struct span start = r->in;
    struct tlv t;

    if (r->bad)
        return (struct span){0};
    for (uint16_t i = 0; i < count && tlv_next(&r->in, &t); i++)
        ;
    return span_first(start, start.n - r->in.n);
}

void tlv_write(struct buf *b, uint16_t type, struct span value)
{
    buf_u16(b, type);
    buf_str16(b, value);
}

void tlv_write_empty(struct buf *b, uint16_t type)
{
    buf_u16(b, type);
    buf_u16(b, 0);
}

void tlv_write_u8(struct buf *b, uint16_t type, uint8_t v)
{
    buf_u16(b, type);
    buf_u16(b, 1);
    buf_u8(b, v);
}

void tlv_write_u16(struct buf *b, uint16_t type, uint16_t v)
{
    const uint8_t tlv[] = {(uint8_t)(type >> 8), (uint8_t)type, 0, 2,
                           (uint8_t)(v >> 8),    (uint8_t)v};

    buf_put(b, tlv, sizeof tlv);
}

void tlv_write_u32(struct buf *b, uint16_t type, uint32_t v)
{
    buf_u64(b, (uint64_t)type << 48 | (uint64_t)4 << 32 | v);
}

size_t tlv_begin(struct buf *b, uint16_t type)
{
    buf_u16(b, type);
    buf_u16(b, 0);
    return b->n;
}

void tlv_end(struct buf *b, size_t begun)
{
    if (b->bad)
        return;
    if (b->n - begun > UINT16_MAX) {
        b->bad = true;
        return;
    }
    buf_set_u16(b, begun - 2, (uint16_t)(b->n - begun));
}
