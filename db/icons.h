/* Buddy icons: of each user the latest of each type. How large one may be is the caller's to see
 * to. */
#ifndef DB_ICONS_H
#define DB_ICONS_H

#include "db/store.h"

enum err icons_put(struct store *s, int64_t user, uint16_t type, struct span hash,
                   struct span image); /* ERR_NO_USER */
/* The image of that name, copied into the arena; ERR_NOT_FOUND. */
enum err icons_find(struct store *s, int64_t user, struct span hash, struct arena *a,
                    struct span *image);
bool icons_has(struct store *s, int64_t user, struct span hash);

#endif
