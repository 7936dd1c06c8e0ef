/* Blocks that pass from one message to the next while they are still in the processor's cache. A
 * block that fits into `room` octets comes from here, a larger one from malloc; so does what
 * `spare` cannot keep. */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include <stddef.h>

enum { POOL_SPARE = 512 };

struct pool {
    size_t room; /* set by the owner, once */
    unsigned n;
    void *spare[POOL_SPARE];
};

/* NULL: no memory. The octets are whatever was there before. */
void *pool_take(struct pool *p, size_t size);
/* NULL is fine; `size` as it was asked for. */
void pool_give(struct pool *p, void *block, size_t size);
void pool_fini(struct pool *p);

#endif
