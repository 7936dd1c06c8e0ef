/* What is born together for one message and dies together. Allocation is a bump; freeing is one
 * call. Sticky: after a failed allocation `arena_ok` says no, and every further allocation is
 * NULL. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/span.h"

struct arena_block;
struct arena {
    struct arena_block *blocks; /* newest first */
    uint8_t *at, *end;
    bool bad;
};

/* Zeroed memory, aligned for anything; NULL when there is none. */
void *arena_alloc(struct arena *a, size_t n);
/* A copy of s that lives as long as the arena; NUL-terminated behind its end for libraries. */
struct span arena_copy(struct arena *a, struct span s);
static inline bool arena_ok(const struct arena *a)
{
    return !a->bad;
}
void arena_fini(struct arena *a);  /* frees everything */
void arena_reset(struct arena *a); /* empties it and keeps one block for the next message */

#endif
