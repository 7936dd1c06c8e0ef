#include "base/arena.h"

#include <stdalign.h>
#include <stdlib.h>

struct arena_block {
    struct arena_block *next;
    size_t size;
    alignas(max_align_t) uint8_t bytes[];
};

enum { BLOCK = 4096 };

static bool add_block(struct arena *a, size_t n)
{
    size_t size = n > BLOCK ? n : BLOCK;
    struct arena_block *b = n < SIZE_MAX / 2 ? malloc(sizeof *b + size) : NULL;

    if (!b) {
        a->bad = true;
        return false;
    }
    b->next = a->blocks;
    b->size = size;
    a->blocks = b;
    a->at = b->bytes;
    a->end = b->bytes + size;
    return true;
}

static uint8_t *take(struct arena *a, size_t n)
{
    size_t step = (n + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    uint8_t *p;

    if (a->bad || step < n || ((size_t)(a->end - a->at) < step && !add_block(a, step)))
        return NULL;
    p = a->at;
    a->at += step;
    return p;
}

void *arena_alloc(struct arena *a, size_t n)
{
    uint8_t *p = take(a, n);

    if (p)
        memset(p, 0, n);
    return p;
}

struct span arena_copy(struct arena *a, struct span s)
{
    uint8_t *p = take(a, s.n + 1);

    if (!p)
        return (struct span){0};
    if (s.n)
        memcpy(p, s.p, s.n);
    p[s.n] = 0;
    return span_of(p, s.n);
}

void arena_fini(struct arena *a)
{
    while (a->blocks) {
        struct arena_block *b = a->blocks;

        a->blocks = b->next;
        free(b);
    }
    *a = (struct arena){0};
}

void arena_reset(struct arena *a)
{
    struct arena_block *keep = a->blocks;

    if (!keep)
        return;
    a->blocks = keep->next;
    while (a->blocks) {
        struct arena_block *b = a->blocks;

        a->blocks = b->next;
        free(b);
    }
    if (keep->size > BLOCK) {
        free(keep);
        *a = (struct arena){0};
        return;
    }
    keep->next = NULL;
    *a = (struct arena){.blocks = keep, .at = keep->bytes, .end = keep->bytes + keep->size};
}
