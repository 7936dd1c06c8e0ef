#include "base/utf8.h"

#include "base/run.h"

static bool is_more(uint8_t c)
{
    return (c & 0xC0) == 0x80;
}

/* Length of the valid character at the front and its value; 0 if it is not one. */
static size_t decode(struct span s, uint32_t *out)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    uint8_t c = s.p[0];
    size_t n = c < 0x80             ? 1
               : (c & 0xE0) == 0xC0 ? 2
               : (c & 0xF0) == 0xE0 ? 3
               : (c & 0xF8) == 0xF0 ? 4
                                    : 0;
    uint32_t v = n == 1 ? c : n ? c & (0x7FU >> n) : 0;

    if (n == 0 || n > s.n)
        return 0;
    for (size_t i = 1; i < n; i++) {
        if (!is_more(s.p[i]))
            return 0;
        v = v << 6 | (s.p[i] & 0x3FU);
    }
    if (v < smallest[n] || v > 0x10FFFF || (v >= 0xD800 && v <= 0xDFFF))
        return 0;
    *out = v;
    return n;
}

bool utf8_valid(struct span s)
{
    uint32_t c;

    for (;;) {
        size_t n;

        s = span_skip(s, run_ascii(s));
        if (s.n == 0)
            return true;
        n = decode(s, &c);
        if (n == 0)
            return false;
        s = span_skip(s, n);
    }
}

uint32_t utf8_next(struct span *s)
{
    uint32_t c = UTF8_REPLACEMENT;
    size_t n = decode(*s, &c);

    *s = span_skip(*s, n ? n : 1);
    return c;
}

void utf8_put(struct buf *b, uint32_t c)
{
    if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
        c = UTF8_REPLACEMENT;
    if (c < 0x80) {
        buf_u8(b, (uint8_t)c);
        return;
    }
    if (c < 0x800) {
        buf_u8(b, (uint8_t)(0xC0 | c >> 6));
    } else if (c < 0x10000) {
        buf_u8(b, (uint8_t)(0xE0 | c >> 12));
        buf_u8(b, (uint8_t)(0x80 | (c >> 6 & 0x3F)));
    } else {
        buf_u8(b, (uint8_t)(0xF0 | c >> 18));
        buf_u8(b, (uint8_t)(0x80 | (c >> 12 & 0x3F)));
        buf_u8(b, (uint8_t)(0x80 | (c >> 6 & 0x3F)));
    }
    buf_u8(b, (uint8_t)(0x80 | (c & 0x3F)));
}

size_t utf8_count(struct span s)
{
    size_t n = 0;

    for (; s.n > 0; n++)
        utf8_next(&s);
    return n;
}

struct span utf8_cut(struct span s, size_t n)
{
    if (n >= s.n)
        return s;
    while (n > 0 && is_more(s.p[n]))
        n--;
    return span_first(s, n);
}

struct span utf8_first(struct span s, size_t n)
{
    struct span rest = s;

    for (; n > 0 && rest.n > 0; n--)
        utf8_next(&rest);
    return span_first(s, s.n - rest.n);
}
