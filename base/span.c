#include "base/span.h"

#include <stdlib.h>

void span_free(struct span *owned)
{
    free((void *)(uintptr_t)owned->p); /* NOLINT(performance-no-int-to-ptr): not const: it came from span_keep */
    *owned = (struct span){0};
}

bool span_keep(struct span *owned, struct span s)
{
    uint8_t *bytes = malloc(s.n + 1); /* not of nothing, which may be NULL */
    struct span copy;

    if (!bytes)
        return false;
    copy = span_behind(bytes, s); /* first: it may be a part of what is freed */
    span_free(owned);
    *owned = copy;
    return true;
}

bool span_case_eq(struct span a, struct span b)
{
    if (a.n != b.n)
        return false;
    if (span_eq(a, b))
        return true; /* most are spelled alike */
    for (size_t i = 0; i < a.n; i++)
        if (ascii_lower(a.p[i]) != ascii_lower(b.p[i]))
            return false;
    return true;
}

bool span_case_is(struct span a, const char *s)
{
    return span_case_eq(a, span_str(s));
}

bool span_starts(struct span s, struct span prefix)
{
    return s.n >= prefix.n && span_eq(span_first(s, prefix.n), prefix);
}

bool span_case_starts(struct span s, struct span prefix)
{
    return s.n >= prefix.n && span_case_eq(span_first(s, prefix.n), prefix);
}

int span_cmp(struct span a, struct span b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n ? memcmp(a.p, b.p, n) : 0;

    if (order)
        return order;
    return a.n < b.n ? -1 : a.n > b.n;
}

size_t span_find(struct span s, uint8_t c)
{
    const uint8_t *at = s.n ? memchr(s.p, c, s.n) : NULL;

    return at ? (size_t)(at - s.p) : s.n;
}

size_t span_search(struct span s, struct span needle)
{
    const uint8_t *at = s.n && needle.n ? memmem(s.p, s.n, needle.p, needle.n) : NULL;

    return at ? (size_t)(at - s.p) : s.n;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct span span_trim(struct span s)
{
    while (s.n && is_blank(s.p[0]))
        s = span_skip(s, 1);
    while (s.n && is_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

bool span_number(struct span s, uint64_t max, uint64_t *out)
{
    uint64_t v = 0;

    if (s.n == 0)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        uint64_t digit = (uint64_t)s.p[i] - '0';

        if (s.p[i] < '0' || s.p[i] > '9' || digit > max || v > (max - digit) / 10)
            return false;
        v = v * 10 + digit;
    }
    *out = v;
    return true;
}

bool span_copy(struct span s, char *to, size_t size)
{
    if (s.n >= size || span_find(s, 0) != s.n) {
        if (size)
            to[0] = 0;
        return false;
    }
    if (s.n)
        memcpy(to, s.p, s.n);
    to[s.n] = 0;
    return true;
}
