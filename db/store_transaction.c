#include "db/store_transaction.h"

#include "db/query.h"

static enum err simple(struct store *s, enum stmt which)
{
    struct query q = query_open(s, which);

    return query_run(&q);
}

enum err store_begin(struct store *s)
{
    return simple(s, STMT_BEGIN);
}

enum err store_commit(struct store *s)
{
    enum err e = store_in_transaction(s) ? simple(s, STMT_COMMIT) : ERR_STORE;

    if (e != OK)
        store_rollback(s);
    return e;
}

void store_rollback(struct store *s)
{
    if (store_in_transaction(s))
        (void)simple(s, STMT_ROLLBACK);
}

enum err store_mark(struct store *s)
{
    return simple(s, STMT_MARK);
}

enum err store_release(struct store *s)
{
    return simple(s, STMT_RELEASE);
}

void store_undo(struct store *s)
{
    if (!store_in_transaction(s))
        return;
    (void)simple(s, STMT_UNDO);
    (void)simple(s, STMT_RELEASE);
}

bool store_in_transaction(const struct store *s)
{
    return !sqlite3_get_autocommit(s->db);
}

enum err store_probe(struct store *s, int64_t now)
{
    struct query q = query_open(s, STMT_PROBE);

    query_int(&q, 1, now);
    return query_run(&q);
}
