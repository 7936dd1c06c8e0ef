/* Random octets for tags, branches, cookies and keys. rng_seed asks the system; struct rng
 * buffers it, or repeats a fixed sequence where a test wants the same bytes twice. */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include "base/span.h"

struct rng {
    uint8_t pool[256];
    size_t left;      /* unused octets at the end of pool */
    bool fixed;       /* tests: pool comes from `counter` */
    uint64_t counter;
};

/* from the system; never fails (aborts without entropy) */
void rng_seed(void *to, size_t n);
void rng_init(struct rng *r);                  /* zeroed is as good */
void rng_init_fixed(struct rng *r, uint64_t seed); /* for tests only: predictable */
void rng_bytes(struct rng *r, void *to, size_t n);
uint32_t rng_u32(struct rng *r);
/* n lower-case letters and digits (a-z 2-7: five bits each), no NUL. */
void rng_token(struct rng *r, char *to, size_t n);

#endif
