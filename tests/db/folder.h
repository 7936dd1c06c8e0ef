/* A folder of its own for every test, with a database in it. */
#ifndef TESTS_DB_FOLDER_H
#define TESTS_DB_FOLDER_H

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "db/store_open.h"
#include "db/users.h"

struct folder {
    char path[64];
    char db[96];
    struct store *s;
    struct arena a;
};

static inline void expect(enum err got, enum err wanted, const char *file, int line)
{
    if (got != wanted)
        print_error("%s, not %s\n", err_text(got), err_text(wanted));
    _assert_int_equal((LargestIntegralType)got, (LargestIntegralType)wanted, file, line);
}
#define EXPECT(got, wanted) expect((got), (wanted), __FILE__, __LINE__)
#define GOOD(got)           EXPECT((got), OK)

static inline void expect_span(struct span got, const char *wanted, const char *file, int line)
{
    if (!span_is(got, wanted))
        print_error("\"%.*s\", not \"%s\"\n", SPAN_ARG(got), wanted);
    _assert_true(span_is(got, wanted), "span_is", file, line);
}
#define EXPECT_SPAN(got, wanted) expect_span((got), (wanted), __FILE__, __LINE__)

static inline void folder_make(struct folder *f)
{
    const char *base = getenv("TEST_FOLDER");

    if (!base) /* many small commits: memory where there is some, each costs a sync elsewhere */
        base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    *f = (struct folder){0};
    (void)snprintf(f->path, sizeof f->path, "%s/aimgate-XXXXXX", base);
    assert_non_null(mkdtemp(f->path));
    (void)snprintf(f->db, sizeof f->db, "%s/aimgate.db", f->path);
}

static inline int folder_drop(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static inline void folder_clean(struct folder *f)
{
    store_close(f->s);
    arena_fini(&f->a);
    (void)nftw(f->path, folder_drop, 8, FTW_DEPTH | FTW_PHYS);
}

static inline int folder_setup(void **state)
{
    struct folder *f = malloc(sizeof *f);

    assert_non_null(f);
    folder_make(f);
    GOOD(store_open(f->db, STORE_WRITE, &f->s));
    *state = f;
    return 0;
}

static inline int folder_teardown(void **state)
{
    folder_clean(*state);
    free(*state);
    return 0;
}

static inline struct user_row folder_row(const char *name)
{
    struct user_row row = {.name = span_str(name),
                           .formatted = span_str(name),
                           .password = SPAN("sealed"),
                           .created = 1};

    user_settings_init(row.settings);
    return row;
}

static inline int64_t folder_user(struct folder *f, const char *name)
{
    struct user_row row = folder_row(name);
    int64_t id = 0;

    GOOD(users_add(f->s, &row, &id));
    return id;
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)

#endif
