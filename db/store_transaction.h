/* Several statements that all happen, or none of them. */
#ifndef DB_STORE_TRANSACTION_H
#define DB_STORE_TRANSACTION_H

#include "db/store.h"

enum { STORE_ROOM_MIN = 1024 * 1024 /* octets free: below that the disk is as good as full */ };

/* A transaction that writes: takes the write lock at once, waits for it up to 5 s (then ERR_BUSY).
 */
enum err store_begin(struct store *s);
enum err store_commit(struct store *s); /* on disk when OK; rolled back when not */
void store_rollback(struct store *s);   /* fine when there is nothing to roll back */
/* One level inside a transaction: release keeps, undo takes back what was done since mark. */
enum err store_mark(struct store *s);
enum err store_release(struct store *s);
void store_undo(struct store *s);
/* Is a transaction open? False after sqlite rolled one back by itself (disk full, I/O error). */
bool store_in_transaction(const struct store *s);
/* Has its disk some room left, and may it be written? Asked of the disk, without a write. */
bool store_has_room(const struct store *s);
/* One small real write in a transaction of its own: can anything be stored now? */
enum err store_probe(struct store *s, int64_t now);

#endif
