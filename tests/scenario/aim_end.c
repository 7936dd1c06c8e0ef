#include "tests/scenario/world.h"

enum { OSCAR_PORT = 5190, HEADER = 6, SNAC = 10 };

/* ---- octets ---- */

struct span aim_take(struct span *in, size_t n)
{
    struct span out = span_first(*in, n);

    assert_true(in->n >= n);
    *in = span_skip(*in, n);
    return out;
}

uint8_t aim_u8(struct span *in)
{
    return aim_take(in, 1).p[0];
}

uint16_t aim_u16(struct span *in)
{
    struct span two = aim_take(in, 2);

    return (uint16_t)(two.p[0] << 8 | two.p[1]);
}

uint32_t aim_u32(struct span *in)
{
    uint32_t high = aim_u16(in);

    return high << 16 | aim_u16(in);
}

struct span aim_tlv(struct span list, unsigned type)
{
    while (list.n > 0) {
        unsigned this = aim_u16(&list);
        struct span value = aim_take(&list, aim_u16(&list));

        if (this == type)
            return value;
    }
    return (struct span){0};
}

void aim_put16(struct buf *b, unsigned v)
{
    buf_u8(b, (uint8_t)(v >> 8));
    buf_u8(b, (uint8_t)v);
}

void aim_put_tlv(struct buf *b, unsigned type, const void *value, size_t n)
{
    aim_put16(b, type);
    aim_put16(b, (unsigned)n);
    buf_put(b, value, n);
}

void aim_put_name(struct buf *b, const char *name)
{
    buf_u8(b, (uint8_t)strlen(name));
    buf_str(b, name);
}

/* ---- frames ---- */

void aim_calls(struct aim *a)
{
    a->line = net_double_call(a->w->net, OSCAR_PORT, a->from ? a->from : 1);
    assert_non_null(a->line);
}

void aim_hangs_up(struct aim *a)
{
    net_double_hang_up(&a->line);
    world_settle(a->w);
}

void aim_frame(struct aim *a, uint8_t channel, struct span data)
{
    struct buf out = {0};

    buf_u8(&out, '*');
    buf_u8(&out, channel);
    aim_put16(&out, a->seq++);
    aim_put16(&out, (unsigned)data.n);
    buf_add(&out, data);
    net_double_say(a->line, buf_span(&out));
    buf_fini(&out);
    world_settle(a->w);
}

uint32_t aim_send(struct aim *a, uint16_t family, uint16_t subtype, const void *body, size_t n)
{
    struct buf out = {0};

    aim_put16(&out, family);
    aim_put16(&out, subtype);
    aim_put16(&out, 0);
    buf_u32(&out, ++a->id);
    buf_put(&out, body, n);
    aim_frame(a, 2, buf_span(&out));
    buf_fini(&out);
    return a->id;
}

uint32_t aim_send_buf(struct aim *a, uint16_t family, uint16_t subtype, struct buf *body)
{
    uint32_t id = aim_send(a, family, subtype, body->p, body->n);

    buf_fini(body);
    return id;
}

bool aim_next(struct aim *a, struct aim_heard *h)
{
    struct buf *heard = net_double_heard(a->line);
    struct span in = buf_span(heard);

    *h = (struct aim_heard){0};
    if (in.n < HEADER)
        return false;
    assert_int_equal(aim_u8(&in), '*'); /* the gateway writes whole frames */
    h->channel = aim_u8(&in);
    (void)aim_u16(&in);
    in = aim_take(&in, aim_u16(&in));
    buf_reset(&a->taken);
    buf_add(&a->taken, in);
    buf_drop(heard, HEADER + in.n);
    h->body = buf_span(&a->taken);
    if (h->channel == 2) {
        h->family = aim_u16(&h->body);
        h->subtype = aim_u16(&h->body);
        h->flags = aim_u16(&h->body);
        h->id = aim_u32(&h->body);
    }
    return true;
}

void aim_forget(struct aim *a)
{
    if (a->line)
        buf_reset(net_double_heard(a->line));
}

bool aim_find(struct aim *a, uint16_t family, uint16_t subtype, struct aim_heard *h)
{
    while (aim_next(a, h))
        if (h->family == family && h->subtype == subtype)
            return true;
    return false;
}
