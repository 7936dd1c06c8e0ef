#include "db/store_open.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/migrate.h"
#include "db/query.h"

enum {
    BUSY_MS = 5000,
    OWNER_ONLY = 0600,
};

static enum err run(struct store *s, const char *sql)
{
    return query_error(sqlite3_exec(s->db, sql, NULL, NULL, NULL));
}

/* sqlite gives its -wal and -shm the mode of the database, so it is enough to make that one first.
 * A file that is there is looked at by name and never opened here: closing any descriptor of it
 * would drop the locks that other connections of this process hold (POSIX), and a command that ends
 * would then take the log away from under them. */
static enum err make_file(const char *path, bool create)
{
    struct stat st;
    int fd;

    if (stat(path, &st) == 0)
        return S_ISREG(st.st_mode) && (!(st.st_mode & 077) || chmod(path, OWNER_ONLY) == 0)
                   ? OK
                   : ERR_STORE;
    if (errno != ENOENT || !create)
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_STORE;
    fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, OWNER_ONLY);
    if (fd < 0)
        return errno == EEXIST ? OK : ERR_STORE; /* another command made it meanwhile */
    (void)close(fd);
    return OK;
}

/* Write-ahead logging, so that readers never wait; FULL, so that a commit is on disk: NORMAL does
 * not sync then. The log goes back into the file every 16000 pages: message keys are random, so a
 * page is written many times (46,000 messages a second on disk, 29,000 with the standard 1000). */
static enum err set_up(struct store *s)
{
    return run(s, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
                  "PRAGMA wal_autocheckpoint = 16000; PRAGMA journal_size_limit = 67108864;"
                  "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8192;"
                  "PRAGMA trusted_schema = OFF");
}

static enum err open_handle(const char *path, struct store **out)
{
    struct store *s = calloc(1, sizeof *s);
    enum err e;

    if (!s)
        return ERR_NOMEM;
    e = query_error(
        sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL));
    if (e == OK) {
        (void)sqlite3_extended_result_codes(s->db, 1);
        (void)sqlite3_busy_timeout(s->db, BUSY_MS);
        (void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
        e = set_up(s);
    }
    if (e != OK) {
        store_close(s);
        return e;
    }
    *out = s;
    return OK;
}

enum err store_open(const char *path, enum store_mode mode, struct store **out)
{
    struct store *s = NULL;
    enum err e = make_file(path, mode == STORE_WRITE);

    *out = NULL;
    if (e == OK)
        e = open_handle(path, &s);
    if (e == OK)
        e = migrate(s, migrations, migrations_count);
    if (e == OK && mode == STORE_READ)
        e = run(s, "PRAGMA query_only = ON");
    if (e != OK) {
        store_close(s);
        return e;
    }
    *out = s;
    return OK;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < STMT__COUNT; i++)
        (void)sqlite3_finalize(s->prepared[i]);
    (void)sqlite3_close_v2(s->db);
    free(s);
}

void store_explain(enum err e, const char *path, struct buf *out)
{
    switch (e) {
    case ERR_NOT_FOUND:
        buf_fmt(out,
                "there is no database at %s; `user add NAME` creates it, or name another "
                "configuration with --config FILE",
                path);
        return;
    case ERR_NEWER:
        buf_fmt(out,
                "the database %s was written by a newer version of aimgate; run that version, "
                "or restore a copy made before the upgrade",
                path);
        return;
    case ERR_BUSY:
        buf_fmt(out, "the database %s is locked by another program; end that program and try again",
                path);
        return;
    case ERR_STORE:
        buf_fmt(out,
                "the database %s cannot be read or written; check that it is an aimgate "
                "database, that you own it, and that the disk has room",
                path);
        return;
    default: buf_fmt(out, "the database %s: %s", path, err_text(e));
    }
}
