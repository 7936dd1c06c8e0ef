/* Runs of octets that need no care, found 16 at a time: most of a text is one run. */
#ifndef BASE_RUN_H
#define BASE_RUN_H

#include "base/span.h"

#ifdef __SSE2__
#include <emmintrin.h>

/* A bit for each of 16 octets that is below 0x20. */
static inline unsigned run_controls16(__m128i v)
{
    __m128i top = _mm_set1_epi8(0x1f);

    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_max_epu8(v, top), top));
}

static inline unsigned run_equal16(__m128i v, char c)
{
    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8(c)));
}
/* A bit for each of 16 octets that is above 0x7F. */
static inline unsigned run_high16(__m128i v)
{
    return (unsigned)_mm_movemask_epi8(v);
}
#endif

/* How many octets from the start are ASCII. */
static inline size_t run_ascii(struct span s)
{
    size_t i = 0;

#ifdef __SSE2__
    for (; i + 16 <= s.n; i += 16) {
        unsigned mask = run_high16(_mm_loadu_si128((const __m128i *)(const void *)(s.p + i)));

        if (mask)
            return i + (size_t)__builtin_ctz(mask);
    }
#endif
    while (i < s.n && s.p[i] < 0x80)
        i++;
    return i;
}

/* How many octets from the start are not control characters: all of 0x20 and above. */
static inline size_t run_printable(struct span s)
{
    size_t i = 0;

#ifdef __SSE2__
    for (; i + 16 <= s.n; i += 16) {
        unsigned mask = run_controls16(_mm_loadu_si128((const __m128i *)(const void *)(s.p + i)));

        if (mask)
            return i + (size_t)__builtin_ctz(mask);
    }
#endif
    while (i < s.n && s.p[i] >= 0x20)
        i++;
    return i;
}

#endif
