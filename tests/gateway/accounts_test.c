/* The user and binding commands on a database of their own: what they say, what they leave behind.
 */
#include <fcntl.h>
#include <time.h>

#include "db/bindings.h"
#include "db/store_open.h"
#include "gateway/cmd/help.h"
#include "gateway/datadir.h"
#include "gateway/seal.h"
#include "tests/db/folder.h"

struct desk {
    struct folder f;
    char data[96];
    struct conf conf;
    struct conf_peer peer;
    struct buf out, err; /* what the last command said */
};

static int setup(void **state)
{
    struct desk *d = calloc(1, sizeof *d);

    assert_non_null(d);
    folder_make(&d->f);
    (void)snprintf(d->data, sizeof d->data, "%s/data", d->f.path);
    d->peer.domain = "peer.example";
    d->conf.domain = "aim.test";
    d->conf.data = d->data;
    d->conf.peers = &d->peer;
    d->conf.peer_count = 1;
    *state = d;
    return 0;
}

static int teardown(void **state)
{
    struct desk *d = *state;

    buf_fini(&d->out);
    buf_fini(&d->err);
    folder_clean(&d->f);
    free(d);
    return 0;
}

static int to_file(struct desk *d, const char *name, struct span content)
{
    char path[128];
    int fd;

    (void)snprintf(path, sizeof path, "%s/%s", d->f.path, name);
    fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content.p, content.n), content.n);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static void read_back(int fd, struct buf *out)
{
    ssize_t n;

    buf_reset(out);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    do {
        uint8_t chunk[4096];

        n = read(fd, chunk, sizeof chunk);
        if (n > 0)
            buf_put(out, chunk, (size_t)n);
    } while (n > 0);
}

/* Runs a call of the program (argv: "user", "add", ...) with `input` as its standard input and
 * keeps what it wrote. */
static int run(struct desk *d, struct span input, bool json, char *const *argv)
{
    struct arena arena = {0};
    struct cmd_context c = {.conf = &d->conf, .json = json, .argv = argv + 1, .arena = &arena};
    const struct cmd_form *form;
    int files[3] = {to_file(d, "in", input), to_file(d, "out", SPAN("")),
                    to_file(d, "err", SPAN(""))};
    int before[3], status;

    while (c.argv[c.argc])
        c.argc++;
    form = cmd_form_find(c.argc + 1, argv);
    assert_non_null(form);
    (void)fflush(stdout);
    for (int i = 0; i < 3; i++) {
        before[i] = dup(i);
        assert_int_equal(dup2(files[i], i), i);
    }
    status = form->run(&c);
    (void)fflush(stdout);
    for (int i = 0; i < 3; i++) {
        (void)dup2(before[i], i);
        (void)close(before[i]);
    }
    read_back(files[1], &d->out);
    read_back(files[2], &d->err);
    for (int i = 0; i < 3; i++)
        (void)close(files[i]);
    arena_fini(&arena);
    return status;
}

#define WORDS(...)          ((char *[]){__VA_ARGS__, NULL})
#define USER(d, input, ...) run((d), span_str(input), false, WORDS("user", __VA_ARGS__))
#define BINDING(d, ...)     run((d), SPAN(""), false, WORDS("binding", __VA_ARGS__))

static bool says(struct buf *b, const char *what)
{
    return strstr(buf_cstr(b), what) != NULL;
}

static void open_store(struct desk *d)
{
    char path[128];

    (void)snprintf(path, sizeof path, "%s/%s", d->data, DATADIR_DATABASE);
    store_close(d->f.s);
    d->f.s = NULL;
    GOOD(store_open(path, STORE_READ, &d->f.s));
}

static void expect_password(struct desk *d, const char *name, const char *password)
{
    struct user_row row;
    struct seal_key key;
    struct buf plain = {0};
    char path[128];

    (void)snprintf(path, sizeof path, "%s/%s", d->data, DATADIR_KEY);
    open_store(d);
    GOOD(seal_open_key_for(d->f.s, path, &key));
    GOOD(users_find(d->f.s, span_str(name), &d->f.a, &row));
    GOOD(unseal(&key, row.password, row.name, &plain));
    EXPECT_SPAN(buf_span(&plain), password);
    buf_fini(&plain);
}

static int64_t users(struct desk *d)
{
    int64_t n;

    open_store(d);
    GOOD(users_count(d->f.s, &n));
    return n;
}

static void without_a_database_all_say_where_they_looked(void **state)
{
    struct desk *d = *state;

    assert_int_equal(USER(d, "", "list"), CMD_REFUSED);
    assert_true(says(&d->err, d->data));
    assert_int_equal(USER(d, "x\n", "passwd", "alice"), CMD_REFUSED);
    assert_true(says(&d->err, d->data));
    assert_int_equal(USER(d, "", "del", "alice"), CMD_REFUSED);
    assert_int_equal(BINDING(d, "list"), CMD_REFUSED);
    assert_int_equal(BINDING(d, "add", "bobby", "im:bob@x.example"), CMD_REFUSED);
    assert_true(says(&d->err, d->data));
    assert_int_not_equal(access(d->data, F_OK), 0);
}

static void an_account_comes_changes_and_goes(void **state)
{
    struct desk *d = *state;
    struct stat st;

    assert_int_equal(USER(d, "first\nmore\n", "add", "Alice Smith"), CMD_DONE);
    assert_true(says(&d->out, "im:alicesmith@aim.test"));
    assert_int_equal(stat(d->data, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    expect_password(d, "alicesmith", "first");
    assert_int_equal(USER(d, "other\n", "add", "ALICESMITH"), CMD_REFUSED);
    assert_true(says(&d->err, "taken"));
    assert_int_equal(USER(d, "second\r\n", "passwd", "alice SMITH"), CMD_DONE);
    expect_password(d, "alicesmith", "second");
    assert_int_equal(USER(d, "", "list"), CMD_DONE);
    assert_true(says(&d->out, "Alice Smith"));
    assert_int_equal(USER(d, "", "del", "Alice Smith"), CMD_DONE);
    assert_int_equal(USER(d, "", "del", "Alice Smith"), CMD_REFUSED);
    assert_int_equal(USER(d, "x\n", "passwd", "alicesmith"), CMD_REFUSED);
    assert_int_equal(users(d), 0);
}

static void names_and_passwords_that_will_not_do(void **state)
{
    struct desk *d = *state;
    static const struct {
        char *name;
        const char *input, *says;
    } cases[] = {
        {"ab", "pw\n", "screen name"},
        {"1abc", "pw\n", "screen name"},
        {"trailing ", "pw\n", "screen name"},
        {"", "pw\n", "empty name"},
        {"Aim Gate", "pw\n", "own buddy"},
        {"bob@aim.test", "pw\n", "own domain"},
        {"bob@peer.example", "pw\n", "peer"},
        {"alice", "", "no password"},
        {"alice", "\n", "empty"},
        {"alice", "a\tb\n", "control"},
        {"alice", "\xff\n", "UTF-8"},
        {"alice",
         "0123456789012345678901234567890123456789012345678901234567890123"
         "01234567890123456789012345678901234567890123456789012345678901234\n",
         "128"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int status = USER(d, cases[i].input, "add", cases[i].name);

        if (status != CMD_REFUSED || !says(&d->err, cases[i].says))
            print_error("%s: %s\n", cases[i].name, buf_cstr(&d->err));
        assert_int_equal(status, CMD_REFUSED);
        assert_true(says(&d->err, cases[i].says));
        assert_int_equal(d->out.n, 0);
        assert_int_equal(span_find(buf_span(&d->err), '\n'), d->err.n - 1); /* one line */
    }
    assert_int_equal(users(d), 0);
}

static void an_import_is_all_or_none_and_tells_every_bad_line(void **state)
{
    struct desk *d = *state;
    static const int bad[] = {2, 3, 4, 6, 7, 8}, good[] = {1, 5, 9};

    assert_int_equal(USER(d, "pw\n", "add", "taken1"), CMD_DONE);
    assert_int_equal(USER(d,
                          "good1\tpw\nx\tpw\ntaken1\tpw\nsecretwithouttab\ngood2\tpw\n"
                          "aimgate\tpw\nGood 1\tpw\nbob\t\n\n",
                          "import"),
                     CMD_REFUSED);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char line[16];

        (void)snprintf(line, sizeof line, "line %d:", bad[i]);
        assert_true(says(&d->err, line));
    }
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        char line[16];

        (void)snprintf(line, sizeof line, "line %d:", good[i]);
        assert_false(says(&d->err, line));
    }
    assert_false(says(&d->err, "secret"));
    assert_int_equal(users(d), 1);
    assert_int_equal(USER(d, "good1\tpa ss\tword \r\nGood Two\tpw2", "import"), CMD_REFUSED);
    assert_true(says(&d->err, "line 1:")); /* a tab is no part of a password */
    assert_int_equal(USER(d, "good1\tpa ss \r\nGood Two\tpw2", "import"), CMD_DONE);
    expect_password(d, "good1", "pa ss ");
    expect_password(d, "goodtwo", "pw2");
    assert_int_equal(USER(d, "", "import"), CMD_DONE);
}

static void ten_thousand_accounts_take_seconds(void **state)
{
    struct desk *d = *state;
    struct buf input = {0};
    struct timespec began, ended;
    double took;

    for (int i = 0; i < 10000; i++)
        buf_fmt(&input, "user%05d\tpw%05d\n", i, i);
    (void)clock_gettime(CLOCK_MONOTONIC, &began);
    assert_int_equal(run(d, buf_span(&input), false, WORDS("user", "import")), CMD_DONE);
    (void)clock_gettime(CLOCK_MONOTONIC, &ended);
    buf_fini(&input);
    took = (double)(ended.tv_sec - began.tv_sec) + (double)(ended.tv_nsec - began.tv_nsec) / 1e9;
    print_message("# 10,000 accounts in %.2f s\n", took);
    assert_true(took < 20);
    assert_int_equal(users(d), 10000);
    expect_password(d, "user07777", "pw07777");
}

static void a_setting_is_a_word(void **state)
{
    struct desk *d = *state;
    struct user_row row;

    assert_int_equal(USER(d, "pw\n", "add", "alice"), CMD_DONE);
    assert_int_equal(USER(d, "", "set", "alice", "short_names", "always"), CMD_DONE);
    assert_int_equal(USER(d, "", "set", "alice", "short_names", "often"), CMD_REFUSED);
    assert_true(says(&d->err, "never"));
    assert_int_equal(USER(d, "", "set", "alice", "colour", "on"), CMD_REFUSED);
    assert_true(says(&d->err, "receipts"));
    assert_int_equal(USER(d, "", "set", "bob", "receipts", "on"), CMD_REFUSED);
    open_store(d);
    GOOD(users_find(d->f.s, SPAN("alice"), &d->f.a, &row));
    assert_int_equal(row.settings[USER_short_names], FORM_ALWAYS);
}

static void bindings_are_the_operators_word(void **state)
{
    struct desk *d = *state;
    static const struct {
        char *name, *uri;
        int status;
        const char *says;
    } cases[] = {
        {"Bob Baker", "im:Bob@sip.example.org", CMD_DONE, ""},
        {"bobbaker", "im:other@sip.example.org", CMD_REFUSED, "binding del"},
        {"another1", "im:bob@SIP.example.org", CMD_REFUSED, "binding del bobbaker"},
        {"alice", "im:carol@sip.example.org", CMD_REFUSED, "local user"},
        {"local1", "im:alice@aim.test", CMD_REFUSED, "own domain"},
        {"local1", "im:no!body@aim.test", CMD_REFUSED, "own domain"},
        {"phone1", "tel:+15551230000", CMD_REFUSED, "im:user@domain"},
        {"phone1", "im:sip.example.org", CMD_REFUSED, "im:user@domain"},
        {"aimgate", "im:x@sip.example.org", CMD_REFUSED, "own buddy"},
        {"x", "im:x@sip.example.org", CMD_REFUSED, "screen name"},
    };

    assert_int_equal(USER(d, "pw\n", "add", "alice"), CMD_DONE);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int status = BINDING(d, "add", cases[i].name, cases[i].uri);

        if (status != cases[i].status || !says(&d->err, cases[i].says))
            print_error("%s %s: %s\n", cases[i].name, cases[i].uri, buf_cstr(&d->err));
        assert_int_equal(status, cases[i].status);
        assert_true(says(&d->err, cases[i].says));
    }
    assert_int_equal(USER(d, "pw\n", "add", "bobbaker"), CMD_REFUSED);
    assert_true(says(&d->err, "binding del"));
    assert_int_equal(BINDING(d, "list"), CMD_DONE);
    assert_true(says(&d->out, "im:Bob@sip.example.org"));
    assert_int_equal(BINDING(d, "del", "BOB baker"), CMD_DONE);
    assert_int_equal(BINDING(d, "del", "bobbaker"), CMD_REFUSED);
    assert_int_equal(USER(d, "pw\n", "add", "bobbaker"), CMD_DONE);
}

static void listings_are_json_where_asked_for(void **state)
{
    struct desk *d = *state;

    assert_int_equal(USER(d, "pw\n", "add", "Alice Smith"), CMD_DONE);
    assert_int_equal(run(d, SPAN(""), true, WORDS("binding", "list")), CMD_DONE);
    assert_string_equal(buf_cstr(&d->out), "[]\n");
    assert_int_equal(run(d, SPAN(""), true, WORDS("user", "list")), CMD_DONE);
    assert_true(says(&d->out, "\"name\":\"alicesmith\""));
    assert_true(says(&d->out, "\"formatted\":\"Alice Smith\""));
    assert_true(says(&d->out, "\"address\":\"im:alicesmith@aim.test\""));
}

static void a_lost_key_is_said_and_not_made_anew(void **state)
{
    struct desk *d = *state;
    char path[128];

    assert_int_equal(USER(d, "pw\n", "add", "alice"), CMD_DONE);
    (void)snprintf(path, sizeof path, "%s/%s", d->data, DATADIR_KEY);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(USER(d, "pw\n", "add", "bob"), CMD_REFUSED);
    assert_true(says(&d->err, "key file"));
    assert_int_not_equal(access(path, F_OK), 0);
}

#define AT_DESK(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        AT_DESK(without_a_database_all_say_where_they_looked),
        AT_DESK(an_account_comes_changes_and_goes),
        AT_DESK(names_and_passwords_that_will_not_do),
        AT_DESK(an_import_is_all_or_none_and_tells_every_bad_line),
        AT_DESK(ten_thousand_accounts_take_seconds),
        AT_DESK(a_setting_is_a_word),
        AT_DESK(bindings_are_the_operators_word),
        AT_DESK(listings_are_json_where_asked_for),
        AT_DESK(a_lost_key_is_said_and_not_made_anew),
    };

    return cmocka_run_group_tests_name("gateway/accounts", tests, NULL, NULL);
}
