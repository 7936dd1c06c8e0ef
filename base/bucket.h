/* A token bucket: so many at once, so many more each second. It counts what is missing, so a zeroed
 * one is full, and other numbers may be asked of it at any time. Comes in: time in milliseconds,
 * and thousandths of a token. */
#ifndef BASE_BUCKET_H
#define BASE_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

enum { BUCKET_TOKEN = 1000 };

struct rate {
    uint32_t per_second, at_once; /* thousandths; at_once 0: there is no limit */
};

struct bucket {
    uint64_t at;      /* when `missing` was right */
    uint64_t missing; /* millionths */
};

/* Takes that much, or nothing. */
bool bucket_take(struct bucket *k, struct rate r, uint32_t cost, uint64_t now);
/* Until so much is there: milliseconds; 0: now, UINT64_MAX: never. */
uint64_t bucket_wait(const struct bucket *k, struct rate r, uint32_t cost, uint64_t now);
/* What is missing now, millionths. */
uint64_t bucket_missing(const struct bucket *k, struct rate r, uint64_t now);

#endif
