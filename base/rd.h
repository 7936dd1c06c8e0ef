/* A bounds-checked reader over a span, big-endian, with a sticky error: after a short read every
 * read gives 0 or the empty span, so a parser reads like the packet diagram and asks once. */
#ifndef BASE_RD_H
#define BASE_RD_H

#include "base/span.h"

struct rd {
    struct span in; /* what is left */
    bool bad;
};

static inline struct rd rd_over(struct span in)
{
    return (struct rd){.in = in};
}

static inline bool rd_ok(const struct rd *r)
{
    return !r->bad;
}

static inline size_t rd_left(const struct rd *r)
{
    return r->bad ? 0 : r->in.n;
}

static inline struct span rd_span(struct rd *r, size_t n)
{
    struct span out = {r->in.p, n};

    if (r->bad || n > r->in.n) {
        r->bad = true;
        return (struct span){0};
    }
    r->in = span_skip(r->in, n);
    return out;
}

static inline uint8_t rd_u8(struct rd *r)
{
    struct span s = rd_span(r, 1);

    return s.n ? s.p[0] : 0;
}

static inline uint16_t rd_u16(struct rd *r)
{
    struct span s = rd_span(r, 2);

    if (!s.n)
        return 0;
    return (uint16_t)(s.p[0] << 8 | s.p[1]);
}

static inline uint32_t rd_u32(struct rd *r)
{
    struct span s = rd_span(r, 4);

    return s.n ? (uint32_t)s.p[0] << 24 | (uint32_t)s.p[1] << 16 | (uint32_t)s.p[2] << 8 | s.p[3]
               : 0;
}

static inline uint64_t rd_u64(struct rd *r)
{
    uint64_t high = rd_u32(r);

    return high << 32 | rd_u32(r);
}

/* u8 length, then that many octets. */
static inline struct span rd_str8(struct rd *r)
{
    return rd_span(r, rd_u8(r));
}

/* u16 length, then that many octets. */
static inline struct span rd_str16(struct rd *r)
{
    return rd_span(r, rd_u16(r));
}

/* All that is left. */
static inline struct span rd_rest(struct rd *r)
{
    return rd_span(r, rd_left(r));
}

#endif
