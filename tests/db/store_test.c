#include "db/store_open.h"
#include "db/store_transaction.h"

#include <sqlite3.h>
#include <sys/wait.h>

#include "db/migrate.h"
#include "tests/db/folder.h"

static void set_version(const char *path, int version)
{
    sqlite3 *db;
    char sql[64];

    (void)snprintf(sql, sizeof sql, "PRAGMA user_version = %d", version);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    (void)sqlite3_close(db);
}

static void a_fresh_database_has_the_newest_schema(void **state)
{
    struct folder *f = *state;

    assert_int_equal(migrate_version(f->s), (int)migrations_count);
    for (size_t i = 0; i < migrations_count; i++)
        assert_int_equal(migrations[i].version, (int)i + 1);
}

static void its_files_are_the_owners_only(void **state)
{
    struct folder *f = *state;
    static const char *const ends[] = {"", "-wal", "-shm"};

    folder_user(f, "alice");
    for (size_t i = 0; i < 3; i++) {
        char path[128];
        struct stat st;

        (void)snprintf(path, sizeof path, "%s%s", f->db, ends[i]);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
    }
}

static void a_file_that_others_could_read_is_closed_to_them(void **state)
{
    struct folder *f = *state;
    struct store *s;
    struct stat st;

    assert_int_equal(chmod(f->db, 0644), 0);
    GOOD(store_open(f->db, STORE_UPDATE, &s));
    store_close(s);
    assert_int_equal(stat(f->db, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void only_the_creating_mode_creates(void **state)
{
    struct folder *f = *state;
    struct store *s;
    char path[128];

    (void)snprintf(path, sizeof path, "%s/other.db", f->path);
    EXPECT(store_open(path, STORE_READ, &s), ERR_NOT_FOUND);
    EXPECT(store_open(path, STORE_UPDATE, &s), ERR_NOT_FOUND);
    assert_int_not_equal(access(path, F_OK), 0);
    GOOD(store_open(path, STORE_WRITE, &s));
    store_close(s);
    GOOD(store_open(path, STORE_READ, &s));
    store_close(s);
}

static void a_newer_database_is_refused_and_left_alone(void **state)
{
    struct folder *f = *state;
    struct store *s;
    struct buf words = {0};

    store_close(f->s);
    f->s = NULL;
    set_version(f->db, (int)migrations_count + 1);
    EXPECT(store_open(f->db, STORE_WRITE, &s), ERR_NEWER);
    EXPECT(store_open(f->db, STORE_READ, &s), ERR_NEWER);
    assert_null(s);
    store_explain(ERR_NEWER, f->db, &words);
    assert_non_null(strstr(buf_cstr(&words), "newer version"));
    assert_non_null(strstr(buf_cstr(&words), f->db));
    buf_fini(&words);
}

/* Steps as a later version would have them. */
static const struct migration later[] = {
    {1, "CREATE TABLE things (name TEXT PRIMARY KEY); INSERT INTO things VALUES ('old')"},
    {2, "ALTER TABLE things ADD COLUMN size INTEGER NOT NULL DEFAULT 7"},
    {3, "CREATE INDEX things_by_size ON things (size)"},
};
static const struct migration broken[] = {
    {1, "CREATE TABLE things (name TEXT PRIMARY KEY); INSERT INTO things VALUES ('old')"},
    {2, "ALTER TABLE things ADD COLUMN size INTEGER NOT NULL DEFAULT 7; SELECT nonsense"},
};

static bool has_size(const char *path)
{
    sqlite3 *db;
    bool has;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    has = sqlite3_exec(db, "SELECT size FROM things WHERE size = 7", NULL, NULL, NULL) == SQLITE_OK;
    (void)sqlite3_close(db);
    return has;
}

/* store_open takes the built-in steps; these want a database without any. */
static void at_version_one_of(struct folder *f, const struct migration *steps)
{
    sqlite3 *db;

    store_close(f->s);
    f->s = NULL;
    assert_int_equal(unlink(f->db), 0);
    assert_int_equal(sqlite3_open(f->db, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, steps[0].sql, NULL, NULL, NULL), SQLITE_OK);
    (void)sqlite3_close(db);
    set_version(f->db, (int)migrations_count);
    GOOD(store_open(f->db, STORE_WRITE, &f->s));
    set_version(f->db, 1);
}

static void an_old_database_takes_the_missing_steps_once(void **state)
{
    struct folder *f = *state;

    at_version_one_of(f, later);
    GOOD(migrate(f->s, later, 3));
    assert_int_equal(migrate_version(f->s), 3);
    assert_true(has_size(f->db));
    GOOD(migrate(f->s, later, 3));
    EXPECT(migrate(f->s, later, 2), ERR_NEWER);
}

static void a_step_that_fails_leaves_nothing_behind(void **state)
{
    struct folder *f = *state;

    at_version_one_of(f, broken);
    EXPECT(migrate(f->s, broken, 2), ERR_STORE);
    assert_int_equal(migrate_version(f->s), 1);
    assert_false(has_size(f->db));
    assert_false(store_in_transaction(f->s));
}

static void what_is_no_database_is_said_to_be_none(void **state)
{
    struct folder *f = *state;
    struct store *s;
    char path[128];
    FILE *to;

    (void)snprintf(path, sizeof path, "%s/text.db", f->path);
    to = fopen(path, "w");
    assert_non_null(to);
    for (int i = 0; i < 1000; i++)
        (void)fputs("this is no database at all\n", to);
    (void)fclose(to);
    EXPECT(store_open(path, STORE_WRITE, &s), ERR_STORE);
    EXPECT(store_open(f->path, STORE_WRITE, &s), ERR_STORE); /* a folder */
    EXPECT(store_open("/nowhere/at/all.db", STORE_WRITE, &s), ERR_STORE);
}

static void a_reader_sees_what_was_committed_and_writes_nothing(void **state)
{
    struct folder *f = *state;
    struct store *reader;
    struct user_row row = {.name = SPAN("bob"), .formatted = SPAN("Bob"), .password = SPAN("x")};
    int64_t n, id;

    GOOD(store_open(f->db, STORE_READ, &reader));
    GOOD(store_begin(f->s));
    folder_user(f, "alice");
    GOOD(users_count(reader, &n));
    assert_int_equal(n, 0);
    GOOD(store_commit(f->s));
    GOOD(users_count(reader, &n));
    assert_int_equal(n, 1);
    EXPECT(users_add(reader, &row, &id), ERR_STORE);
    store_close(reader);
}

/* A process of its own that adds a user when it is told to, as a command does while the gateway
 * runs. It is started before this one opens anything: what sqlite knows of open files must not be
 * inherited. */
struct command {
    pid_t pid;
    int go;
};

/* No assertions here: they would end the child in the test's place. */
static void add_when_told(int told, const char *path, const char *name)
{
    struct user_row row = folder_row(name);
    struct store *s;
    int64_t id;
    char byte;

    if (read(told, &byte, 1) != 1)
        _exit(1);
    if (store_open(path, STORE_UPDATE, &s) != OK)
        _exit(2);
    if (users_add(s, &row, &id) != OK)
        _exit(3);
    store_close(s);
    _exit(0);
}

static struct command command_start(struct folder *f, const char *name)
{
    struct command c;
    int fds[2];

    assert_int_equal(pipe(fds), 0);
    c.pid = fork();
    if (c.pid == 0) {
        (void)close(fds[1]); /* a test that fails ends it */
        add_when_told(fds[0], f->db, name);
    }
    assert_true(c.pid > 0);
    (void)close(fds[0]);
    c.go = fds[1];
    return c;
}

static void command_runs(struct command *c)
{
    int status = 0;

    assert_int_equal(write(c->go, "!", 1), 1);
    (void)close(c->go);
    assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static int64_t users_seen_by(struct store *s)
{
    int64_t n = -1;

    GOOD(users_count(s, &n));
    return n;
}

/* Closing any descriptor of a file drops all POSIX locks that the process has on it: whoever opens
 * the database's file beside sqlite makes the last one out of another process believe that it is
 * alone, and remove the log that is still in use. */
static void processes_that_come_and_go_leave_an_open_database_whole(void **state)
{
    struct folder *f = *state;
    struct store *reader, *fresh;
    struct arena a = {0};
    struct user_row row;
    struct command bob, dave;

    folder_user(f, "alice");
    store_close(f->s);
    f->s = NULL;
    bob = command_start(f, "bob");
    dave = command_start(f, "dave");
    GOOD(store_open(f->db, STORE_WRITE, &f->s)); /* a file that is there, as at a second start */
    GOOD(store_open(f->db, STORE_READ, &reader));
    assert_int_equal(users_seen_by(reader), 1);
    command_runs(&bob);
    assert_int_equal(users_seen_by(reader), 2);
    assert_int_equal(users_seen_by(f->s), 2);
    folder_user(f, "carol");
    assert_int_equal(users_seen_by(reader), 3);
    GOOD(store_open(f->db, STORE_READ, &fresh));
    GOOD(users_find(fresh, SPAN("carol"), &a, &row));
    command_runs(&dave);
    assert_int_equal(users_seen_by(fresh), 4);
    assert_int_equal(users_seen_by(reader), 4);
    arena_fini(&a);
    store_close(fresh);
    store_close(reader);
}

static void what_is_undone_did_not_happen_and_the_rest_did(void **state)
{
    struct folder *f = *state;
    int64_t n;

    GOOD(store_begin(f->s));
    folder_user(f, "alice");
    GOOD(store_mark(f->s));
    folder_user(f, "bob");
    store_undo(f->s);
    GOOD(store_mark(f->s));
    folder_user(f, "carol");
    GOOD(store_release(f->s));
    GOOD(store_commit(f->s));
    GOOD(users_count(f->s, &n));
    assert_int_equal(n, 2);
    EXPECT(store_commit(f->s), ERR_STORE); /* there is nothing open */
    store_rollback(f->s);
    GOOD(store_probe(f->s, 5));
    assert_true(store_has_room(f->s));
}

static void a_listing_under_way_is_not_disturbed(void **state)
{
    struct folder *f = *state;
    struct cursor c, second;
    struct user_row row;

    folder_user(f, "alice");
    folder_user(f, "bob");
    GOOD(users_list(f->s, &c));
    EXPECT(users_list(f->s, &second), ERR_BUSY);
    assert_false(users_next(&second, &row));
    assert_true(users_next(&c, &row));
    EXPECT(users_list(f->s, &second), ERR_BUSY);
    assert_true(users_next(&c, &row));
    assert_false(users_next(&c, &row));
    assert_false(users_next(&c, &row));
    GOOD(cursor_close(&c));
    GOOD(users_list(f->s, &second));
    GOOD(cursor_close(&second));
    GOOD(cursor_close(&second));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(a_fresh_database_has_the_newest_schema),
        IN_FOLDER(its_files_are_the_owners_only),
        IN_FOLDER(a_file_that_others_could_read_is_closed_to_them),
        IN_FOLDER(only_the_creating_mode_creates),
        IN_FOLDER(a_newer_database_is_refused_and_left_alone),
        IN_FOLDER(an_old_database_takes_the_missing_steps_once),
        IN_FOLDER(a_step_that_fails_leaves_nothing_behind),
        IN_FOLDER(what_is_no_database_is_said_to_be_none),
        IN_FOLDER(a_reader_sees_what_was_committed_and_writes_nothing),
        IN_FOLDER(processes_that_come_and_go_leave_an_open_database_whole),
        IN_FOLDER(what_is_undone_did_not_happen_and_the_rest_did),
        IN_FOLDER(a_listing_under_way_is_not_disturbed),
    };

    return cmocka_run_group_tests_name("db/store", tests, NULL, NULL);
}
