/* Rosters: the feedbag of each user, item by item, opaque and byte-exact (SNAC family 0x0013). */
#ifndef DB_ROSTERS_H
#define DB_ROSTERS_H

#include "db/store.h"

struct roster_row {
    uint16_t group, item, class;
    struct span name;
    struct span attributes; /* the TLVs without their length */
};

/* Adds the item, or replaces the one with the same group and item id. ERR_NO_USER. */
enum err rosters_put(struct store *s, int64_t user, const struct roster_row *item);
/* ERR_NOT_FOUND. */
enum err rosters_delete(struct store *s, int64_t user, uint16_t group, uint16_t item);
/* One item, its texts copied into the arena. ERR_NOT_FOUND. */
enum err rosters_find(struct store *s, int64_t user, uint16_t group, uint16_t item, struct arena *a,
                      struct roster_row *out);
/* How many items there are of each class. */
enum err rosters_list_counts(struct store *s, int64_t user, struct cursor *c);
bool rosters_next_count(struct cursor *c, uint16_t *class, int64_t *n);
/* The time a client compares its copy by: call it in the transaction that changed items. It grows
 * with every call, so that two changes of one second are two. */
enum err rosters_touch(struct store *s, int64_t user, int64_t changed);
/* Unix seconds of the last change; 0: never had one. */
enum err rosters_changed(struct store *s, int64_t user, int64_t *out);
/* Sorted by group, then item: the root group comes first. */
enum err rosters_list(struct store *s, int64_t user, struct cursor *c);
bool rosters_next(struct cursor *c, struct roster_row *out);
/* Who has an item of that class with exactly that name: user ids (one column cursor). */
enum err rosters_list_owners(struct store *s, uint16_t class, struct span name, struct cursor *c);
bool rosters_next_owner(struct cursor *c, int64_t *user);

#endif
