#include "base/base64.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_write(struct buf *b, struct span in)
{
    for (size_t i = 0; i < in.n; i += 3) {
        size_t have = in.n - i < 3 ? in.n - i : 3;
        uint32_t v = (uint32_t)in.p[i] << 16;

        if (have > 1)
            v |= (uint32_t)in.p[i + 1] << 8;
        if (have > 2)
            v |= in.p[i + 2];
        for (size_t k = 0; k < 4; k++)
            buf_u8(b, k <= have ? (uint8_t)digits[v >> (18 - 6 * k) & 63] : '=');
    }
}

static int value_of(uint8_t c)
{
    const char *at = c ? strchr(digits, c) : NULL;

    return at ? (int)(at - digits) : -1;
}

bool base64_read(struct span in, struct buf *out)
{
    uint32_t v = 0;
    size_t have = 0, pad = 0;

    for (size_t i = 0; i < in.n; i++) {
        int d = value_of(in.p[i]);

        if (in.p[i] == ' ' || in.p[i] == '\t' || in.p[i] == '\r' || in.p[i] == '\n')
            continue;
        if (in.p[i] == '=' && have >= 2) {
            d = 0;
            pad++;
        } else if (d < 0 || pad > 0) {
            return false;
        }
        v = v << 6 | (uint32_t)d;
        if (++have == 4) {
            for (size_t k = 0; k + pad < 3; k++)
                buf_u8(out, (uint8_t)(v >> (16 - 8 * k)));
            v = 0;
            have = 0;
        }
    }
    return have == 0 && pad <= 2 && buf_ok(out);
}

void base64url_write(struct buf *b, struct span in)
{
    size_t from = b->n;

    base64_write(b, in);
    if (!buf_ok(b))
        return;
    while (b->n > from && b->p[b->n - 1] == '=')
        b->n--;
    for (size_t i = from; i < b->n; i++)
        b->p[i] = b->p[i] == '+' ? '-' : b->p[i] == '/' ? '_' : b->p[i];
}

static int url_value_of(uint8_t c)
{
    return c == '-' ? 62 : c == '_' ? 63 : c == '+' || c == '/' ? -1 : value_of(c);
}

bool base64url_read(struct span in, struct buf *out)
{
    uint32_t v = 0;
    unsigned bits = 0;

    for (size_t i = 0; i < in.n; i++) {
        int d = url_value_of(in.p[i]);

        if (d < 0)
            return false;
        v = (v << 6 | (uint32_t)d) & 0xFFFF;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            buf_u8(out, (uint8_t)(v >> bits));
        }
    }
    return bits < 6 && (v & ((1U << bits) - 1)) == 0 && buf_ok(out);
}

void base32_print(struct span in, char *to, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t bit = i * 5, at = bit / 8;
        uint32_t v = (uint32_t)in.p[at] << 8 | (at + 1 < in.n ? in.p[at + 1] : 0U);

        to[i] = "abcdefghijklmnopqrstuvwxyz234567"[v >> (11 - bit % 8) & 31];
    }
}
