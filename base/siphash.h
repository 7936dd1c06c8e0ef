/* SipHash-1-3 (Aumasson, Bernstein 2012): a keyed hash for tables whose keys strangers choose. */
#ifndef BASE_SIPHASH_H
#define BASE_SIPHASH_H

#include "base/span.h"

uint64_t siphash(const uint64_t key[2], struct span in);
/* 128 bits over several texts, in one pass. Where one ends and the next begins is hashed too:
 * ("ab", "c") is not ("a", "bc"). */
void siphash_parts(const uint64_t key[2], const struct span *parts, size_t count, uint64_t out[2]);

#endif
