#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { SMALLEST = 64 };

void buf_fini(struct buf *b)
{
    free(b->p);
    *b = (struct buf){.max = b->max};
}

void buf_reset(struct buf *b)
{
    b->n = 0;
    b->bad = false;
}

static bool grow(struct buf *b, size_t need)
{
    size_t cap = b->cap ? b->cap : SMALLEST;
    uint8_t *p;

    while (cap < need)
        cap *= 2;
    p = realloc(b->p, cap);
    if (!p)
        return false;
    b->p = p;
    b->cap = cap;
    return true;
}

uint8_t *buf_room_slow(struct buf *b, size_t n)
{
    if (b->bad || n > SIZE_MAX / 4 || (b->max && b->n + n > b->max) ||
        ((b->cap - b->n < n || !b->p) && !grow(b, b->n + n))) {
        b->bad = true;
        return NULL;
    }
    b->n += n;
    return b->p + b->n - n;
}

void buf_str8(struct buf *b, struct span s)
{
    if (s.n > UINT8_MAX) {
        b->bad = true;
        return;
    }
    buf_u8(b, (uint8_t)s.n);
    buf_add(b, s);
}

void buf_str16(struct buf *b, struct span s)
{
    if (s.n > UINT16_MAX) {
        b->bad = true;
        return;
    }
    buf_u16(b, (uint16_t)s.n);
    buf_add(b, s);
}

void buf_number(struct buf *b, uint64_t v)
{
    char digits[20];
    size_t at = sizeof digits;

    do
        digits[--at] = (char)('0' + v % 10);
    while (v /= 10);
    buf_put(b, digits + at, sizeof digits - at);
}

void buf_set_u16(struct buf *b, size_t at, uint16_t v)
{
    if (b->bad || at + 2 > b->n)
        return;
    b->p[at] = (uint8_t)(v >> 8);
    b->p[at + 1] = (uint8_t)v;
}

void buf_fmt(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    int n;
    uint8_t *to;

    va_start(ap, fmt);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    to = n >= 0 ? buf_room(b, (size_t)n + 1) : NULL;
    if (!to)
        return;
    va_start(ap, fmt);
    (void)vsnprintf((char *)to, (size_t)n + 1, fmt, ap);
    va_end(ap);
    b->n--; /* the NUL */
}

void buf_drop(struct buf *b, size_t n)
{
    if (n >= b->n) {
        b->n = 0;
        return;
    }
    memmove(b->p, b->p + n, b->n - n);
    b->n -= n;
}

const char *buf_cstr(struct buf *b)
{
    uint8_t *nul = buf_room(b, 1);

    if (!nul)
        return "";
    *nul = 0;
    b->n--;
    return (const char *)b->p;
}
