/* Hash table keyed by span: open addressing, SipHash-1-3 with a random seed, so that a peer who
 * chooses keys cannot make it slow. Grows step by step: each add moves a few slots of the old half,
 * no call ever moves them all. Values are borrowed pointers; the key bytes belong to the value
 * (they must stay where they are and unchanged while it is in the table). */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include "base/err.h"
#include "base/span.h"

struct table_slot;
struct table {
    struct table_slot *slots, *old; /* `old` is what is still to be moved after a growth */
    size_t cap, old_cap, moved;     /* powers of two; slots of `old` moved so far */
    size_t used, dead;              /* live entries; tombstones in `slots` */
    uint64_t seed[2];
};

void table_init(struct table *t); /* no memory until the first add */
void table_fini(struct table *t); /* the values are the caller's */
/* ERR_EXISTS when the key is there (nothing changes), ERR_NOMEM. `value` must not be NULL. */
enum err table_add(struct table *t, struct span key, void *value);
void *table_find(const struct table *t, struct span key); /* may give NULL */
/* Takes it out and gives it back; NULL when it was not there. */
void *table_remove(struct table *t, struct span key);
static inline size_t table_count(const struct table *t)
{
    return t->used;
}
/* Cursor over all values in no order: start with *at = 0; NULL at the end. The entry just given may
 * be removed; nothing may be added while the cursor is in use. */
void *table_next(const struct table *t, size_t *at);

#endif
