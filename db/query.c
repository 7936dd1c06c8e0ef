#include "db/query.h"

static const char *const statements[] = {
#define STMT(name, sql) sql,
#include "db/statements.def"
#undef STMT
};

enum err query_error(int sqlite_code)
{
    switch (sqlite_code & 0xFF) {
    case SQLITE_OK:
    case SQLITE_DONE:
    case SQLITE_ROW: return OK;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return ERR_BUSY;
    case SQLITE_NOMEM: return ERR_NOMEM;
    case SQLITE_CONSTRAINT:
        if (sqlite_code == SQLITE_CONSTRAINT_FOREIGNKEY)
            return ERR_NO_USER; /* every foreign key of the schema points to users */
        return sqlite_code == SQLITE_CONSTRAINT_UNIQUE ||
                       sqlite_code == SQLITE_CONSTRAINT_PRIMARYKEY
                   ? ERR_EXISTS
                   : ERR_STORE;
    default: return ERR_STORE;
    }
}

struct query query_open(struct store *s, enum stmt which)
{
    struct query q = {.s = s, .which = which};

    if (s->held[which]) { /* a cursor is still in it: leave it alone */
        q.err = ERR_BUSY;
        return q;
    }
    if (!s->prepared[which])
        q.err = query_error(sqlite3_prepare_v3(
            s->db, statements[which], -1, SQLITE_PREPARE_PERSISTENT, &s->prepared[which], NULL));
    q.q = s->prepared[which];
    s->held[which] = q.q != NULL;
    return q;
}

/* The spans belong to the caller: keep no pointer to them. */
static void let_go(struct store *s, int which)
{
    (void)sqlite3_reset(s->prepared[which]);
    (void)sqlite3_clear_bindings(s->prepared[which]);
    s->held[which] = false;
}

static void note(struct query *q, int code)
{
    if (q->err == OK)
        q->err = query_error(code);
}

void query_int(struct query *q, int at, int64_t v)
{
    if (q->err == OK)
        note(q, sqlite3_bind_int64(q->q, at, v));
}

void query_text(struct query *q, int at, struct span v)
{
    if (q->err == OK)
        note(q, sqlite3_bind_text64(q->q, at, v.n ? (const char *)v.p : "", v.n, SQLITE_STATIC,
                                    SQLITE_UTF8));
}

void query_blob(struct query *q, int at, struct span v)
{
    if (q->err == OK)
        note(q, sqlite3_bind_blob64(q->q, at, v.n ? v.p : (const uint8_t *)"", v.n, SQLITE_STATIC));
}

bool query_row(struct query *q)
{
    int code;

    if (q->err != OK)
        return false;
    code = sqlite3_step(q->q);
    note(q, code);
    return code == SQLITE_ROW;
}

enum err query_end(struct query *q)
{
    if (q->q)
        let_go(q->s, (int)q->which);
    q->q = NULL;
    return q->err;
}

enum err query_found(struct query *q, bool found, const struct arena *a, enum err none)
{
    if (query_end(q) != OK)
        return q->err;
    if (!arena_ok(a))
        return ERR_NOMEM;
    return found ? OK : none;
}

bool query_has(struct query *q, enum err *e)
{
    bool found = query_row(q);

    *e = query_end(q);
    return found;
}

enum err query_run_counted(struct query *q, int *changes)
{
    while (query_row(q))
        ;
    if (changes)
        *changes = q->err == OK ? sqlite3_changes(q->s->db) : 0;
    return query_end(q);
}

enum err query_run(struct query *q)
{
    return query_run_counted(q, NULL);
}

enum err query_run_or(struct query *q, enum err none)
{
    int changes;
    enum err e = query_run_counted(q, &changes);

    return e == OK && changes == 0 ? none : e;
}

enum err query_cursor(struct query *q, struct cursor *c)
{
    *c = (struct cursor){.which = (int)q->which, .err = q->err};
    if (q->err == OK)
        c->s = q->s;
    else
        (void)query_end(q);
    return c->err;
}

sqlite3_stmt *cursor_row(struct cursor *c)
{
    sqlite3_stmt *q = c->s ? c->s->prepared[c->which] : NULL;
    int code = q ? sqlite3_step(q) : SQLITE_DONE;

    if (code == SQLITE_ROW)
        return q;
    if (c->err == OK)
        c->err = query_error(code);
    (void)cursor_close(c);
    return NULL;
}

enum err cursor_close(struct cursor *c)
{
    if (c->s)
        let_go(c->s, c->which);
    c->s = NULL;
    return c->err;
}

int64_t column_int(sqlite3_stmt *q, int at)
{
    return sqlite3_column_int64(q, at);
}

struct span column_span(sqlite3_stmt *q, int at)
{
    const void *p = sqlite3_column_blob(q, at);

    return span_of(p, p ? (size_t)sqlite3_column_bytes(q, at) : 0);
}

struct span column_keep(sqlite3_stmt *q, int at, struct arena *a)
{
    struct span s = column_span(q, at);

    return a ? arena_copy(a, s) : s;
}

const char *store_why(const struct store *s)
{
    return sqlite3_errmsg(s->db);
}
