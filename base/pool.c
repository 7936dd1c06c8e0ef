#include "base/pool.h"

#include <stdlib.h>

void *pool_take(struct pool *p, size_t size)
{
    if (size > p->room)
        return malloc(size);
    return p->n > 0 ? p->spare[--p->n] : malloc(p->room);
}

void pool_give(struct pool *p, void *block, size_t size)
{
    if (block && size <= p->room && p->n < POOL_SPARE)
        p->spare[p->n++] = block;
    else
        free(block);
}

void pool_fini(struct pool *p)
{
    while (p->n > 0)
        free(p->spare[--p->n]);
}
