#include "db/migrate.h"

#include <stdio.h>

#include "db/query.h"
#include "db/store_transaction.h"

/* Written by db/embed.py: one line a file, {NNN, "its text"}. */
const struct migration migrations[] = {
#include "db/migrations.inc"
};
const size_t migrations_count = sizeof migrations / sizeof migrations[0];

int migrate_version(struct store *s)
{
    sqlite3_stmt *q;
    int version = -1;

    if (sqlite3_prepare_v2(s->db, "PRAGMA user_version", -1, &q, NULL) == SQLITE_OK &&
        sqlite3_step(q) == SQLITE_ROW)
        version = sqlite3_column_int(q, 0);
    (void)sqlite3_finalize(q);
    return version;
}

static enum err take(struct store *s, const struct migration *step)
{
    char set[64];
    int code = sqlite3_exec(s->db, step->sql, NULL, NULL, NULL);

    /* a pragma takes no parameters */
    (void)snprintf(set, sizeof set, "PRAGMA user_version = %d", step->version);
    if (code == SQLITE_OK)
        code = sqlite3_exec(s->db, set, NULL, NULL, NULL);
    return query_error(code);
}

enum err migrate(struct store *s, const struct migration *steps, size_t n)
{
    int version = migrate_version(s);
    enum err e;

    if (version < 0)
        return ERR_STORE;
    if ((size_t)version > n)
        return ERR_NEWER;
    if ((size_t)version == n)
        return OK;
    e = store_begin(s);
    if (e != OK)
        return e;
    version =
        migrate_version(s); /* another program may have been first while we waited for the lock */
    for (size_t i = version < 0 ? n : (size_t)version; i < n && e == OK; i++)
        e = take(s, &steps[i]);
    if (e != OK) {
        store_rollback(s);
        return e;
    }
    return store_commit(s);
}
