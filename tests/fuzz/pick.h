/* An input read as choices, for targets that build things which are mostly valid. Where it is used
 * up every choice is the first one, so that a short input is a small thing. */
#ifndef TESTS_FUZZ_PICK_H
#define TESTS_FUZZ_PICK_H

#include <assert.h>

#include "base/buf.h"
#include "base/rd.h"

/* 0 .. n-1 */
static inline unsigned pick(struct rd *r, unsigned n)
{
    return rd_left(r) ? rd_u8(r) % n : 0;
}

/* One of a table of words. */
#define PICK_WORD(r, words) ((words)[pick((r), sizeof(words) / sizeof *(words))])

/* A length and so many octets of the input, or what is left of it. */
static inline struct span pick_octets(struct rd *r)
{
    size_t n = pick(r, 256), left = rd_left(r);

    return rd_span(r, n < left ? n : left);
}

#endif
