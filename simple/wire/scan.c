#include "simple/wire/scan.h"

#include "base/hex.h"

#define T     SCAN_TOKEN
#define W     SCAN_WORD
#define U     SCAN_USER
#define H     SCAN_HOST
#define P     SCAN_PARAM
#define V     SCAN_VALUE
#define R     SCAN_URI
#define ALNUM (T | W | U | H | P | V | R)

/* RFC 3261 25.1. Octets over 0x7F are in no class: what may hold them (quoted strings, display
 * names) asks for them itself. */
const uint8_t scan_classes[256] = {
    ['\t'] = SCAN_LWS,
    ['\n'] = SCAN_LWS,
    ['\r'] = SCAN_LWS,
    [' '] = SCAN_LWS,
    ['0' ... '9'] = ALNUM,
    ['A' ... 'Z'] = ALNUM,
    ['a' ... 'z'] = ALNUM,
    ['!'] = T | W | U | P | V | R,
    ['"'] = W,
    ['#'] = V,
    ['$'] = U | P | V | R,
    ['%'] = T | W | V | R,
    ['&'] = U | P | V | R,
    ['\''] = T | W | U | P | V | R,
    ['('] = W | U | P | V | R,
    [')'] = W | U | P | V | R,
    ['*'] = T | W | U | P | V | R,
    ['+'] = T | W | U | P | V | R,
    [','] = U | R,
    ['-'] = ALNUM,
    ['.'] = ALNUM,
    ['/'] = W | U | P | V | R,
    [':'] = W | P | V | R,
    [';'] = U | R,
    ['<'] = W,
    ['='] = U | V | R,
    ['>'] = W,
    ['?'] = W | U | V | R,
    ['@'] = V | R,
    ['['] = W | P | V | R,
    ['\\'] = W,
    [']'] = W | P | V | R,
    ['^'] = V,
    ['_'] = T | W | U | H | P | V | R,
    ['`'] = T | W | V,
    ['{'] = W | V,
    ['|'] = V,
    ['}'] = W | V,
    ['~'] = T | W | U | P | V | R,
};

bool scan_quoted(struct span *s, struct span *inside)
{
    if (scan_peek(*s) != '"')
        return false;
    for (size_t i = 1; i < s->n; i++) {
        if (s->p[i] == '\\') {
            i++;
        } else if (s->p[i] == '"') {
            *inside = (struct span){s->p + 1, i - 1};
            scan_drop(s, i + 1);
            return true;
        }
    }
    return false;
}

bool scan_number(struct span *s, uint64_t max, uint64_t *out)
{
    uint64_t v = 0;
    size_t i = 0;

    for (; i < s->n && (uint8_t)(s->p[i] - '0') < 10; i++) {
        uint8_t digit = (uint8_t)(s->p[i] - '0');

        if (digit > max || v > (max - digit) / 10)
            return false;
        v = v * 10 + digit;
    }
    scan_drop(s, i);
    *out = v;
    return i > 0;
}

bool scan_all_escaped(struct span s, enum scan_class mask)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '%') {
            if (s.n - i < 3 || hex_value(s.p[i + 1]) < 0 || hex_value(s.p[i + 2]) < 0)
                return false;
            i += 2;
        } else if (!scan_is(s.p[i], mask)) {
            return false;
        }
    }
    return true;
}

struct span scan_trim(struct span s)
{
    scan_lws(&s);
    while (s.n && scan_is(s.p[s.n - 1], SCAN_LWS))
        s.n--;
    return s;
}
