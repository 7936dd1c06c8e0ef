#include "base/hex.h"

int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void hex_print(struct span in, char *to)
{
    for (size_t i = 0; i < in.n; i++) {
        *to++ = "0123456789abcdef"[in.p[i] >> 4];
        *to++ = "0123456789abcdef"[in.p[i] & 15];
    }
    *to = 0;
}

void hex_write(struct buf *b, struct span in)
{
    for (size_t i = 0; i < in.n; i++) {
        buf_u8(b, (uint8_t) "0123456789abcdef"[in.p[i] >> 4]);
        buf_u8(b, (uint8_t) "0123456789abcdef"[in.p[i] & 15]);
    }
}

bool hex_read(struct span in, void *to, size_t n)
{
    uint8_t *p = to;

    if (in.n != 2 * n)
        return false;
    for (size_t i = 0; i < n; i++) {
        int high = hex_value(in.p[2 * i]), low = hex_value(in.p[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        p[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}
