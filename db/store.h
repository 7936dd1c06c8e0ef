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
 * function: it must run inside store_begin/commit (db/store_transaction.h), or in a storer_op that
 * says `several`, so that all of it happens or nothing. */
#ifndef DB_STORE_H
#define DB_STORE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"

struct store;

/* What sqlite said last, for the log; never NULL. */
const char *store_why(const struct store *s);

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
