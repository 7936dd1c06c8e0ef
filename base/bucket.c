#include "base/bucket.h"

enum { THOUSAND = 1000 };

uint64_t bucket_missing(const struct bucket *k, struct rate r, uint64_t now)
{
    uint64_t ms = now - k->at;

    /* thousandths a second are millionths a millisecond */
    if (r.per_second && ms > k->missing / r.per_second)
        return 0;
    return k->missing - ms * r.per_second;
}

bool bucket_take(struct bucket *k, struct rate r, uint32_t cost, uint64_t now)
{
    uint64_t missing;

    if (!r.at_once)
        return true;
    missing = bucket_missing(k, r, now);
    if (missing + (uint64_t)cost * THOUSAND > (uint64_t)r.at_once * THOUSAND)
        return false;
    k->missing = missing + (uint64_t)cost * THOUSAND;
    k->at = now;
    return true;
}

uint64_t bucket_wait(const struct bucket *k, struct rate r, uint32_t cost, uint64_t now)
{
    uint64_t wanted = bucket_missing(k, r, now) + (uint64_t)cost * THOUSAND;
    uint64_t there = (uint64_t)r.at_once * THOUSAND;

    if (!r.at_once || wanted <= there)
        return 0;
    return r.per_second && cost <= r.at_once ? (wanted - there + r.per_second - 1) / r.per_second
                                             : UINT64_MAX;
}
