/* Opening and closing the database, and what is said where that cannot be done. */
#ifndef DB_STORE_OPEN_H
#define DB_STORE_OPEN_H

#include "base/buf.h"
#include "db/store.h"

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

#endif
