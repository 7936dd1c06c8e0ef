/* One statement from binding to reset, for the rooms of db/ only. The error is sticky, so a call
 * reads like the row: struct query q = query_open(s, STMT_X); query_text(&q, 1, name); … return
 * query_run(&q); */
#ifndef DB_QUERY_H
#define DB_QUERY_H

#include <sqlite3.h>

#include "db/store.h"

enum stmt {
#define STMT(name, sql) STMT_##name,
#include "db/statements.def"
#undef STMT
    STMT__COUNT
};

struct store {
    sqlite3 *db;
    sqlite3_stmt *prepared[STMT__COUNT];
    bool held[STMT__COUNT]; /* by a query or a cursor under way */
};

struct query {
    struct store *s;
    sqlite3_stmt *q; /* NULL: it is not ours to use */
    enum stmt which;
    enum err err;
};

enum err query_error(int sqlite_code); /* extended result code to ours */

struct query query_open(struct store *s, enum stmt which);
void query_int(struct query *q, int at, int64_t v);
void query_text(struct query *q, int at, struct span v); /* empty is '', never NULL */
void query_blob(struct query *q, int at, struct span v);
/* Runs a statement that gives no rows, and ends it. *changes (may be NULL): how many rows it
 * touched. */
enum err query_run(struct query *q);
enum err query_run_counted(struct query *q, int *changes);
/* The same where touching nothing is `none`. */
enum err query_run_or(struct query *q, enum err none);
/* Steps to the next row; false at the end or on an error (q->err). query_end must follow in any
 * case. */
bool query_row(struct query *q);
enum err query_end(struct query *q);
/* Ends a look-up whose row, where it was found, was kept in `a`: `none` where it was not. */
enum err query_found(struct query *q, bool found, const struct arena *a, enum err none);
/* Runs and ends it: does it give any row? *e: how it went. */
bool query_has(struct query *q, enum err *e);

/* A query that becomes a listing. */
enum err query_cursor(struct query *q, struct cursor *c);
/* The statement with its next row, or NULL. */
sqlite3_stmt *cursor_row(struct cursor *c);

int64_t column_int(sqlite3_stmt *q, int at);
struct span column_span(sqlite3_stmt *q, int at); /* text or blob; until the next step */
/* In the arena where there is one, else borrowed. */
struct span column_keep(sqlite3_stmt *q, int at, struct arena *a);

#endif
