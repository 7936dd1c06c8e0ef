#include "gateway/seal.h"

#include <fcntl.h>

#include "tests/db/folder.h"

static const char *key_path(struct folder *f)
{
    static _Thread_local char path[128];

    (void)snprintf(path, sizeof path, "%s/aimgate.key", f->path);
    return path;
}

static void a_key_is_made_once_and_is_the_owners_only(void **state)
{
    struct folder *f = *state;
    struct seal_key one, two;
    struct stat st;

    EXPECT(seal_open_key(key_path(f), false, &one), ERR_NOT_FOUND);
    GOOD(seal_open_key(key_path(f), true, &one));
    GOOD(seal_open_key(key_path(f), true, &two));
    assert_memory_equal(&one, &two, sizeof one);
    assert_int_equal(stat(key_path(f), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(st.st_size, SEAL_KEY_LEN);
    seal_key_fini(&two);
    assert_memory_not_equal(&one, &two, sizeof one);
}

static void a_key_file_that_is_wrong_is_refused(void **state)
{
    struct folder *f = *state;
    static const struct {
        const char *what;
        size_t length;
        mode_t mode;
        enum err expected;
        const char *says;
    } cases[] = {
        {"readable by the group", 32, 0640, ERR_DENIED, "chmod 600"},
        {"readable by all", 32, 0604, ERR_DENIED, "chmod 600"},
        {"empty", 0, 0600, ERR_KEY, "restore"},
        {"cut short", 31, 0600, ERR_KEY, "restore"},
        {"too long", 33, 0600, ERR_KEY, "restore"},
        {"as it should be", 32, 0600, OK, NULL},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seal_key key;
        struct buf words = {0};
        int fd = open(key_path(f), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        enum err e;

        assert_true(fd >= 0);
        assert_int_equal(write(fd, "0123456789abcdef0123456789abcdef0", cases[i].length),
                         cases[i].length);
        assert_int_equal(fchmod(fd, cases[i].mode), 0);
        (void)close(fd);
        e = seal_open_key(key_path(f), true, &key);
        if (e != cases[i].expected)
            print_error("%s\n", cases[i].what);
        EXPECT(e, cases[i].expected);
        if (cases[i].says) {
            seal_explain(e, key_path(f), &words);
            assert_non_null(strstr(buf_cstr(&words), cases[i].says));
            assert_non_null(strstr(buf_cstr(&words), key_path(f)));
        }
        buf_fini(&words);
    }
}

static void what_was_sealed_opens_with_the_same_key_and_name_only(void **state)
{
    struct seal_key key = {{1, 2, 3}}, other = {{1, 2, 4}};
    static const char *const plains[] = {"", "x", "opensesame", "p\xc3\xa4ssw\xc3\xb6rd"};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct buf sealed = {0}, again = {0}, plain = {0};
        struct span p = span_str(plains[i]);

        BUF_LIT(&plain, "before ");
        GOOD(seal(&key, p, SPAN("alice"), &sealed));
        GOOD(seal(&key, p, SPAN("alice"), &again));
        assert_int_equal(sealed.n, SEAL_NONCE_LEN + p.n + SEAL_TAG_LEN);
        assert_false(span_eq(buf_span(&sealed), buf_span(&again)));
        GOOD(unseal(&key, buf_span(&sealed), SPAN("alice"), &plain));
        assert_true(span_eq(span_skip(buf_span(&plain), 7), p));
        EXPECT(unseal(&other, buf_span(&sealed), SPAN("alice"), &plain), ERR_KEY);
        EXPECT(unseal(&key, buf_span(&sealed), SPAN("bob"), &plain), ERR_KEY);
        for (size_t n = 0; n < sealed.n; n++) {
            EXPECT(unseal(&key, span_of(sealed.p, n), SPAN("alice"), &plain), ERR_KEY);
            sealed.p[n] ^= 1;
            EXPECT(unseal(&key, buf_span(&sealed), SPAN("alice"), &plain), ERR_KEY);
            sealed.p[n] ^= 1;
        }
        assert_int_equal(plain.n, 7 + p.n); /* nothing was added by what failed */
        seal_wipe(&plain);
        assert_null(plain.p);
        buf_fini(&sealed);
        buf_fini(&again);
    }
}

static void add_user(struct folder *f, const struct seal_key *key)
{
    struct buf sealed = {0};
    struct user_row row = {.name = SPAN("alice"), .formatted = SPAN("Alice")};
    int64_t id;

    GOOD(seal(key, SPAN("secret"), row.name, &sealed));
    row.password = buf_span(&sealed);
    GOOD(users_add(f->s, &row, &id));
    buf_fini(&sealed);
}

static void a_key_is_held_against_the_passwords_in_the_database(void **state)
{
    struct folder *f = *state;
    struct seal_key key, other;
    char away[160];

    (void)snprintf(away, sizeof away, "%s/away", f->path);
    GOOD(seal_open_key_for(f->s, key_path(f), &key)); /* no users: it is made */
    add_user(f, &key);
    GOOD(seal_open_key_for(f->s, key_path(f), &key));
    assert_int_equal(rename(key_path(f), away), 0);
    EXPECT(seal_open_key_for(f->s, key_path(f), &key), ERR_KEY); /* missing: not made anew */
    assert_int_not_equal(access(key_path(f), F_OK), 0);
    GOOD(seal_open_key(key_path(f), true, &other));
    EXPECT(seal_open_key_for(f->s, key_path(f), &key), ERR_KEY); /* another one */
    assert_int_equal(rename(away, key_path(f)), 0);
    GOOD(seal_open_key_for(f->s, key_path(f), &key));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(a_key_is_made_once_and_is_the_owners_only),
        IN_FOLDER(a_key_file_that_is_wrong_is_refused),
        cmocka_unit_test(what_was_sealed_opens_with_the_same_key_and_name_only),
        IN_FOLDER(a_key_is_held_against_the_passwords_in_the_database),
    };

    return cmocka_run_group_tests_name("gateway/seal", tests, NULL, NULL);
}
