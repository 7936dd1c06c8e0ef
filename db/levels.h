/* How far users elsewhere are warned (flow/warnings); our own users have their level among what
 * else is kept of them. */
#ifndef DB_LEVELS_H
#define DB_LEVELS_H

#include "db/store.h"

enum { LEVELS_KEEP = 2 * 3600 /* seconds: the highest has faded by then */ };

struct level {
    struct span name; /* user@host, as privacy lists have it */
    uint16_t level;   /* tenths of a percent ... */
    int64_t at;       /* ... when it was so, Unix seconds */
};

/* Also in the place of what was there. */
enum err levels_put(struct store *s, const struct level *row);
enum err levels_delete(struct store *s, struct span name); /* ERR_NOT_FOUND */
/* Who is to fade next comes first, where all do so each `step` seconds. */
enum err levels_list(struct store *s, int64_t now, int64_t step, struct cursor *c);
bool levels_next(struct cursor *c, struct level *out);
/* Forgets those that have faded. */
enum err levels_expire(struct store *s, int64_t now);

#endif
