#include "base/rng.h"

#include "base/siphash.h"

#include <stdlib.h>
#include <sys/random.h>

void rng_seed(void *to, size_t n)
{
    uint8_t *p = to;

    while (n > 0) {
        size_t step = n < 256 ? n : 256; /* getentropy(3) gives at most 256 at once */

        if (getentropy(p, step) != 0)
            abort(); /* nothing here is safe without it */
        p += step;
        n -= step;
    }
}

void rng_init(struct rng *r)
{
    *r = (struct rng){0};
}

void rng_init_fixed(struct rng *r, uint64_t seed)
{
    *r = (struct rng){.fixed = true, .counter = seed << 32};
}

static void refill(struct rng *r)
{
    static const uint64_t key[2] = {1, 2};

    if (!r->fixed) {
        rng_seed(r->pool, sizeof r->pool);
    } else {
        for (size_t i = 0; i < sizeof r->pool; i += 8) {
            uint64_t v = siphash(key, span_of(&r->counter, sizeof r->counter));

            r->counter++;
            memcpy(r->pool + i, &v, 8);
        }
    }
    r->left = sizeof r->pool;
}

void rng_bytes(struct rng *r, void *to, size_t n)
{
    uint8_t *p = to;

    while (n > 0) {
        size_t step;

        if (r->left == 0)
            refill(r);
        step = n < r->left ? n : r->left;
        memcpy(p, r->pool + sizeof r->pool - r->left, step);
        memset(r->pool + sizeof r->pool - r->left, 0, step);
        r->left -= step;
        p += step;
        n -= step;
    }
}

uint32_t rng_u32(struct rng *r)
{
    uint32_t v;

    rng_bytes(r, &v, sizeof v);
    return v;
}

void rng_token(struct rng *r, char *to, size_t n)
{
    rng_bytes(r, to, n);
    for (size_t i = 0; i < n; i++)
        to[i] = "abcdefghijklmnopqrstuvwxyz234567"[(uint8_t)to[i] & 31];
}
