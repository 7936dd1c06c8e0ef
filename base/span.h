/* Borrowed bytes. A span never owns and is never NUL-terminated: it dies with whoever owns the
 * bytes. Everything parsed in this program is a span into the bytes that arrived. */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
    const uint8_t *p;
    size_t n;
};

/* A string literal as a span; also usable in static tables. */
#define SPAN(literal) ((struct span){(const uint8_t *)("" literal), sizeof(literal) - 1})
/* For printf: "%.*s", SPAN_ARG(s) */
#define SPAN_ARG(s) ((int)(s).n), ((const char *)((s).p ? (s).p : (const uint8_t *)""))

static inline struct span span_of(const void *p, size_t n)
{
    return (struct span){(const uint8_t *)p, n};
}

/* NULL gives the empty span. */
static inline struct span span_str(const char *s)
{
    return (struct span){(const uint8_t *)s, s ? strlen(s) : 0};
}

static inline bool span_eq(struct span a, struct span b)
{
    /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): octets that are counted are there */
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool span_is(struct span a, const char *s)
{
    return span_eq(a, span_str(s));
}

/* For a field that owns its octets, and says so: it becomes a copy of `s` (false: no memory, it
 * stays as it was); it becomes empty. */
bool span_keep(struct span *owned, struct span s);
void span_free(struct span *owned);

/* From octet `from` on; empty where there is nothing. */
static inline struct span span_skip(struct span s, size_t from)
{
    return from >= s.n ? (struct span){s.p ? s.p + s.n : NULL, 0}
                       : (struct span){s.p + from, s.n - from};
}

static inline struct span span_first(struct span s, size_t n)
{
    return (struct span){s.p, n < s.n ? n : s.n};
}

/* Copies it to *at and moves *at behind it: for texts that stand behind the struct that holds their
 * spans. */
static inline struct span span_place(uint8_t **at, struct span s)
{
    struct span copy = {*at, s.n};

    if (s.n)
        memcpy(*at, s.p, s.n);
    *at += s.n;
    return copy;
}

/* The same for the only one: s->name = span_behind(s + 1, name). */
static inline struct span span_behind(void *at, struct span s)
{
    uint8_t *bytes = (uint8_t *)at;

    return span_place(&bytes, s);
}

static inline uint8_t ascii_lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

/* ASCII letters folded; other octets as they are. */
bool span_case_eq(struct span a, struct span b);
bool span_case_is(struct span a, const char *s);
bool span_starts(struct span s, struct span prefix);
bool span_case_starts(struct span s, struct span prefix);
int span_cmp(struct span a, struct span b);
/* Index of the first `c`, or s.n. */
size_t span_find(struct span s, uint8_t c);
/* Index of the first `needle`, or s.n. */
size_t span_search(struct span s, struct span needle);
/* Without spaces and tabs (and CR, LF) at either end. */
struct span span_trim(struct span s);
/* Decimal digits only, at least one, at most `max`. */
bool span_number(struct span s, uint64_t max, uint64_t *out);
/* Copies into `to` (room for `size`), NUL-terminated; false (and an empty string) if it does not
 * fit or holds a NUL. */
bool span_copy(struct span s, char *to, size_t size);

#endif
