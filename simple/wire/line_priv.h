/* Lines of a message head: CRLF ends one unless white space follows (RFC 3261 7.3.1). */
#ifndef SIMPLE_WIRE_LINE_PRIV_H
#define SIMPLE_WIRE_LINE_PRIV_H

#include "base/span.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* The first CR or LF in [p, end), or end. */
static inline const uint8_t *line_break(const uint8_t *p, const uint8_t *end)
{
#ifdef __SSE2__
    const __m128i cr = _mm_set1_epi8('\r'), lf = _mm_set1_epi8('\n');

    for (; end - p >= 16; p += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        int mask = _mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(v, cr), _mm_cmpeq_epi8(v, lf)));

        if (mask)
            return p + __builtin_ctz((unsigned)mask);
    }
#endif
    while (p < end && *p != '\r' && *p != '\n')
        p++;
    return p;
}

static inline bool line_is_crlf(const uint8_t *p, const uint8_t *end)
{
    return end - p >= 2 && p[0] == '\r' && p[1] == '\n';
}

#endif
