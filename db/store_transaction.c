#include "db/store_transaction.h"

#include <sys/statvfs.h>
#include <unistd.h>

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

bool store_has_room(const struct store *s)
{
    struct statvfs v;
    uint64_t blocks;

    if (statvfs(sqlite3_db_filename(s->db, "main"), &v) != 0 || v.f_blocks == 0)
        return true; /* it does not say */
    blocks = geteuid() == 0 ? v.f_bfree : v.f_bavail; /* what is reserved is root's */
    return !(v.f_flag & ST_RDONLY) && blocks * v.f_frsize >= STORE_ROOM_MIN;
}

enum err store_probe(struct store *s, int64_t now)
{
    struct query q = query_open(s, STMT_PROBE);

    query_int(&q, 1, now);
    return query_run(&q);
}
