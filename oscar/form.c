#include "oscar/form.h"

#include "base/hex.h"

bool form_next(struct span *form, struct form_field *out)
{
    while (form->n) {
        size_t end = span_find(*form, '&');
        size_t equals;

        out->whole = span_first(*form, end);
        *form = span_skip(*form, end + 1);
        if (!out->whole.n)
            continue;
        equals = span_find(out->whole, '=');
        out->name = span_first(out->whole, equals);
        out->value = span_skip(out->whole, equals + 1);
        return true;
    }
    return false;
}

bool form_find(struct span form, const char *name, struct span *value)
{
    struct form_field f;

    for (int i = 0; i < FORM_FIELDS_MAX && form_next(&form, &f); i++)
        if (span_is(f.name, name)) {
            *value = f.value;
            return true;
        }
    *value = (struct span){0};
    return false;
}

bool form_decode(struct span raw, uint8_t plus, struct buf *out)
{
    for (size_t i = 0; i < raw.n; i++) {
        uint8_t c = raw.p[i] == '+' ? plus : raw.p[i];

        if (c == '%') {
            if (!hex_read(span_first(span_skip(raw, i + 1), 2), &c, 1))
                return false;
            i += 2;
        }
        if (c == 0)
            return false;
        buf_u8(out, c);
    }
    return true;
}

static bool is_unreserved(uint8_t c)
{
    return (c >= '0' && c <= '9') || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') ||
           (c && strchr("-._~", c));
}

void form_encode(struct buf *b, struct span text)
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        uint8_t escaped[] = {'%', (uint8_t)digits[c >> 4], (uint8_t)digits[c & 15]};

        if (is_unreserved(c))
            buf_u8(b, c);
        else
            buf_put(b, escaped, sizeof escaped);
    }
}
