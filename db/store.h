/* The database: one file, opened once per thread that uses it.
 * Comes in: rows. Goes out: rows, and enum err. Nothing here knows of loops, sockets or protocols,
 * and no sqlite type is in any header that others include.
 *
 * One struct store belongs to one thread at a time. The gateway has two: a STORE_WRITE one that
 * only the storer thread touches, and a STORE_READ one for short look-ups on the loop. Readers see
 * what was committed, and never wait.
 *
 * How rows travel, the same in every room of db/:
 *  - into a call: spans are borrowed for the call only;
 *  - X_find(…, struct arena *a, struct X_row *out): what *out points to is copied into the caller's
 * arena;
 *  - cursors (X_list(s, …, &c), then while (X_next(&c, &row)), then cursor_close(&c)): the spans of
 * a row are good until the next X_next or cursor_close. A cursor holds its statement: the same
 * listing cannot be opened twice at once (ERR_BUSY), and an open cursor on a reader keeps the
 * write-ahead log from shrinking, so be quick. Times are Unix seconds. "Several statements" at a
 * function: it must run inside store_begin/commit, or in a storer_op that says `several`, so that
 * all of it happens or nothing. */
#ifndef DB_STORE_H
#define DB_STORE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

struct store;

enum store_mode {
    STORE_WRITE,  /* created when missing, brought up to date when old */
    STORE_UPDATE, /* the same, but ERR_NOT_FOUND when there is no database */
    STORE_READ,   /* ERR_NOT_FOUND when there is none; nothing can be written */
};

/* The folder must exist (0700 is the caller's doing); the files are made 0600.
 * ERR_NOT_FOUND, ERR_NEWER, ERR_BUSY (locked for over 5 s), ERR_STORE (not a database, no
 * permission, disk), ERR_NOMEM. */
enum err store_open(const char *path, enum store_mode mode, struct store **out);
void store_close(struct store *s); /* NULL is fine */

/* One sentence for the operator: what is wrong with the database at `path` after store_open gave
 * `e`, and what to do. */
void store_explain(enum err e, const char *path, struct buf *out);
/* What sqlite said last, for the log; never NULL. */
const char *store_why(const struct store *s);

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
/* One small real write in a transaction of its own: can anything be stored now? */
enum err store_probe(struct store *s, int64_t now);

/* A listing under way. */
struct cursor {
    struct store *s; /* NULL: not open */
    int which;
    enum err err;
};
/* Ends a listing, finished or not; says whether it went well. Zeroed and closed cursors are fine.
 */
enum err cursor_close(struct cursor *c);

#endif
