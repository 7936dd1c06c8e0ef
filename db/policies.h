/* Imported rule documents (RFC 4745), as they came: one of a user at most. That it can be read is
 * the caller's to see to. */
#ifndef DB_POLICIES_H
#define DB_POLICIES_H

#include "db/store.h"

enum err policies_put(struct store *s, int64_t user, struct span document); /* ERR_NO_USER */
enum err policies_delete(struct store *s, int64_t user);                    /* ERR_NOT_FOUND */
/* Copied into the arena; ERR_NOT_FOUND. */
enum err policies_find(struct store *s, int64_t user, struct arena *a, struct span *document);

#endif
