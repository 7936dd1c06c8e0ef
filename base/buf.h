/* Growable output with a sticky error. Writers append without asking; `buf_ok` is asked once,
 * before the bytes are used. A buffer that failed to grow (no memory, or `max` reached) stays bad
 * until buf_reset. Zeroed is a valid empty buffer without a bound. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/span.h"

struct buf {
    uint8_t *p;
    size_t n, cap;
    size_t max; /* 0: no bound */
    bool bad;
};

void buf_fini(struct buf *b);  /* frees, and leaves an empty buffer with the same bound */
void buf_reset(struct buf *b); /* empty and good again; keeps the memory */
static inline bool buf_ok(const struct buf *b)
{
    return !b->bad;
}
static inline struct span buf_span(const struct buf *b)
{
    return (struct span){b->p, b->n};
}

/* Room for n more octets at the end, or NULL and bad. The caller fills all of them. */
uint8_t *buf_room_slow(struct buf *b, size_t n);
static inline uint8_t *buf_room(struct buf *b, size_t n)
{
    if (!b->bad && b->cap - b->n >= n && (b->max == 0 || b->n + n <= b->max) && b->p) {
        b->n += n;
        return b->p + b->n - n;
    }
    return buf_room_slow(b, n);
}

static inline void buf_put(struct buf *b, const void *p, size_t n)
{
    uint8_t *to = n ? buf_room(b, n) : NULL;

    if (to)
        memcpy(to, p, n); /* NOLINT(clang-analyzer-core.NonNullParamChecker): octets that are counted are there */
}

static inline void buf_add(struct buf *b, struct span s)
{
    buf_put(b, s.p, s.n);
}

#define BUF_LIT(b, literal) buf_put((b), ("" literal), sizeof(literal) - 1)

static inline void buf_str(struct buf *b, const char *s)
{
    buf_put(b, s, strlen(s));
}

static inline void buf_u8(struct buf *b, uint8_t v)
{
    buf_put(b, &v, 1);
}

static inline void buf_u16(struct buf *b, uint16_t v)
{
    uint8_t be[2] = {(uint8_t)(v >> 8), (uint8_t)v};

    buf_put(b, be, sizeof be);
}

static inline void buf_u32(struct buf *b, uint32_t v)
{
    uint8_t be[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};

    buf_put(b, be, sizeof be);
}

static inline void buf_u64(struct buf *b, uint64_t v)
{
    uint8_t be[8] = {(uint8_t)(v >> 56), (uint8_t)(v >> 48), (uint8_t)(v >> 40), (uint8_t)(v >> 32),
                     (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8),  (uint8_t)v};

    buf_put(b, be, sizeof be);
}

/* u8 / u16 length, then the octets; longer ones mark the buffer bad. */
void buf_str8(struct buf *b, struct span s);
void buf_str16(struct buf *b, struct span s);
/* Decimal. */
void buf_number(struct buf *b, uint64_t v);
/* Overwrites two octets written before, at offset `at` (a length that is known only afterwards). */
void buf_set_u16(struct buf *b, size_t at, uint16_t v);
/* printf into the buffer. Not for hot paths. */
void buf_fmt(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Drops n octets from the front (n <= b->n). */
void buf_drop(struct buf *b, size_t n);
/* NUL-terminates without counting the NUL; "" when bad. Good until the next write. */
const char *buf_cstr(struct buf *b);

#endif
