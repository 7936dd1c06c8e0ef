/* A heap of deadlines: one timer serves all that wait. An owner embeds a struct deadline; setting,
 * moving and clearing cost O(log n). Times are milliseconds of any one clock. */
#ifndef BASE_DEADLINES_H
#define BASE_DEADLINES_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

#define DEADLINE_NEVER UINT64_MAX

struct deadline {
    uint64_t when;
    size_t at; /* 1 + index in the heap; 0: not set */
};

struct deadlines {
    struct deadline **heap;
    size_t n, cap;
};

void deadlines_fini(struct deadlines *h); /* the owners' deadlines are forgotten, not touched */
/* Sets or moves; DEADLINE_NEVER clears. ERR_NOMEM leaves it cleared. */
enum err deadline_set(struct deadlines *h, struct deadline *d, uint64_t when);
void deadline_clear(struct deadlines *h, struct deadline *d);
/* When the first is due; DEADLINE_NEVER when none is set. */
uint64_t deadlines_first(const struct deadlines *h);
/* Takes out and gives one that is due at `now`, oldest first; NULL when none is. */
struct deadline *deadlines_due(struct deadlines *h, uint64_t now);

#endif
