/* Reading text off the front of a span, in the words of RFC 3261 25.1. The spans are header values
 * or URIs that were cut from a message: a CR or LF in them is part of a fold, hence white space. */
#ifndef SIMPLE_WIRE_SCAN_H
#define SIMPLE_WIRE_SCAN_H

#include "base/span.h"

enum scan_class {
    SCAN_TOKEN = 1,  /* token */
    SCAN_WORD = 2,   /* word, of a Call-ID */
    SCAN_USER = 4,   /* user and password, without the escapes */
    SCAN_HOST = 8,   /* hostname and IPv4; '_' too, since hosts are named so */
    SCAN_PARAM = 16, /* uri-parameter, without the escapes */
    SCAN_VALUE = 32, /* value of a header parameter: token, host, and what is found in the wild */
    SCAN_URI = 64,   /* anything that may stand in a URI, with % */
    SCAN_LWS = 128,
};
extern const uint8_t scan_classes[256];

static inline bool scan_is(uint8_t c, enum scan_class mask)
{
    return (scan_classes[c] & mask) != 0;
}

/* The first octet, or 0 at the end. */
static inline uint8_t scan_peek(struct span s)
{
    return s.n ? s.p[0] : 0;
}

static inline void scan_drop(struct span *s, size_t n)
{
    if (n == 0)
        return; /* an empty span may have no address to add to */
    s->p += n;
    s->n -= n;
}

static inline bool scan_char(struct span *s, uint8_t c)
{
    if (s->n == 0 || s->p[0] != c)
        return false;
    scan_drop(s, 1);
    return true;
}

/* As many octets of the class as there are. */
static inline struct span scan_run(struct span *s, enum scan_class mask)
{
    struct span out = {s->p, 0};

    while (out.n < s->n && scan_is(s->p[out.n], mask))
        out.n++;
    scan_drop(s, out.n);
    return out;
}

static inline struct span scan_token(struct span *s)
{
    return scan_run(s, SCAN_TOKEN);
}

static inline void scan_lws(struct span *s)
{
    while (s->n && scan_is(s->p[0], SCAN_LWS))
        scan_drop(s, 1);
}

/* White space, the character, white space: EQUAL, SEMI, COMMA, SLASH. Nothing is taken if the
 * character is not there, except the white space. */
static inline bool scan_separator(struct span *s, uint8_t c)
{
    scan_lws(s);
    if (!scan_char(s, c))
        return false;
    scan_lws(s);
    return true;
}

/* White space and then nothing more. */
static inline bool scan_end(struct span *s)
{
    scan_lws(s);
    return s->n == 0;
}

/* Cuts off everything up to where s now begins: what was taken since `from` had the same end. */
static inline struct span scan_since(struct span from, struct span s)
{
    return (struct span){from.p, from.n - s.n};
}

/* Zeroes a struct. The size is hidden from the compiler: for a known one it writes `rep stos`,
 * which takes longer to start than most of the readers take for all they do. */
static inline void scan_clear(void *p, size_t n)
{
    __asm__("" : "+r"(n));
    memset(p, 0, n);
}

/* A quoted-string; *inside is between the quotes and still has its backslashes. False (nothing
 * taken) if there is none or it does not end. */
bool scan_quoted(struct span *s, struct span *inside);
/* Decimal digits as a number up to max. False if there is no digit or it is more than max. */
bool scan_number(struct span *s, uint64_t max, uint64_t *out);
/* Only class octets and %HH, all of s. */
bool scan_all_escaped(struct span s, enum scan_class mask);
/* Without white space (folds too) at either end. */
struct span scan_trim(struct span s);
/* ASCII case folded; `lower` is in lower case. */
static inline bool scan_is_word(struct span s, struct span lower)
{
    if (s.n != lower.n)
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (ascii_lower(s.p[i]) != lower.p[i])
            return false;
    return true;
}

#endif
