/* SipHash-1-3 (Aumasson, Bernstein 2012): a keyed hash for tables whose keys strangers choose. */
#ifndef BASE_SIPHASH_H
#define BASE_SIPHASH_H

#include "base/span.h"

uint64_t siphash(const uint64_t key[2], struct span in);

#endif
