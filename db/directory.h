/* What users tell of themselves: UTF-8 texts by the number of their field. Which fields there are,
 * and how long a text may be, is the caller's to know. */
#ifndef DB_DIRECTORY_H
#define DB_DIRECTORY_H

#include "db/store.h"

/* An empty value deletes the field. ERR_NO_USER. */
enum err directory_put(struct store *s, int64_t user, uint16_t field, struct span value);
/* Sorted by field. */
enum err directory_list(struct store *s, int64_t user, struct cursor *c);
bool directory_next(struct cursor *c, uint16_t *field, struct span *value);
/* The names of those whose field has that value, ASCII letters folded; sorted, at most `most`. */
enum err directory_find(struct store *s, uint16_t field, struct span value, size_t most,
                        struct cursor *c);
bool directory_next_name(struct cursor *c, struct span *name);

#endif
