#include "tests/scenario/world.h"

#include <dirent.h>
#include <ftw.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "db/store_open.h"
#include "db/store_transaction.h"
#include "db/users.h"
#include "gateway/conf/conf.h"
#include "gateway/datadir.h"
#include "gateway/flow/admin.h"
#include "gateway/people/book.h"
#include "gateway/roof.h"

static const char beginning[] = "domain: aim.test\n"
                                "data: ./data\n"
                                "sip: {udp: 127.0.0.1:5060, tcp: 127.0.0.1:5060}\n"
                                "admin: {listen: 127.0.0.1:8090}\n";

/* The second that everybody sees (linked in the place of time()). */
time_t __wrap_time(time_t *out);
time_t __wrap_time(time_t *out)
{
    time_t now = NET_DOUBLE_EPOCH + (time_t)(net_double_now / 1000);

    if (out)
        *out = now;
    return now;
}

static void write_configuration(const struct world *w, const char *rest)
{
    char path[128];
    FILE *f;

    (void)snprintf(path, sizeof path, "%s/aimgate.yaml", w->folder);
    f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(beginning, f) >= 0 && fputs(rest, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

/* On what is in its folder. */
static void begin(struct world *w)
{
    struct log log = {.fd = 2, .level = LOG_LEVEL_ERROR};
    struct conf_errors errs = {0};
    struct conf *conf = NULL;
    struct buf why = {0};
    char path[128];

    (void)snprintf(path, sizeof path, "%s/aimgate.yaml", w->folder);
    if (conf_load(path, &conf, &errs))
        fail_msg("%s", errs.n ? errs.at[0].text : "the configuration");
    conf_errors_fini(&errs);
    assert_int_equal(datadir_make(conf->data), OK);
    if (worker_new(conf, &log, &w->worker, &why) || worker_open(w->worker, &why))
        fail_msg("%s", buf_cstr(&why));
    buf_fini(&why);
    w->net = w->worker->net;
    world_settle(w);
}

void world_make(struct world *w, const char *configuration)
{
    const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";

    *w = (struct world){0};
    (void)snprintf(w->folder, sizeof w->folder, "%s/scenario-XXXXXX", base);
    assert_non_null(mkdtemp(w->folder));
    write_configuration(w, configuration);
    begin(w);
}

static int drop(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

void world_end(struct world *w)
{
    for (unsigned i = 0; i < w->cast_n; i++)
        aim_sign_off(&w->cast[i]);
    buf_fini(&w->sip);
    worker_free(w->worker);
    (void)nftw(w->folder, drop, 8, FTW_DEPTH | FTW_PHYS);
}

static void copy_file(const char *from, const char *to)
{
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    char octets[65536];
    size_t n;

    assert_true(in && out);
    while ((n = fread(octets, 1, sizeof octets, in)) > 0)
        assert_int_equal(fwrite(octets, 1, n, out), n);
    (void)fclose(in);
    assert_int_equal(fchmod(fileno(out), 0600), 0); /* the key is refused otherwise */
    assert_int_equal(fclose(out), 0);
}

/* What is in its data folder goes to another one. */
static void copy_data(const struct world *w, const char *to)
{
    char from[128], at[2][512];
    struct dirent *e;
    DIR *d;

    (void)snprintf(from, sizeof from, "%s/data", w->folder);
    d = opendir(from);
    assert_non_null(d);
    assert_int_equal(mkdir(to, 0700), 0);
    while ((e = readdir(d))) {
        if (e->d_type != DT_REG)
            continue;
        (void)snprintf(at[0], sizeof at[0], "%s/%s", from, e->d_name);
        (void)snprintf(at[1], sizeof at[1], "%s/%s", to, e->d_name);
        copy_file(at[0], at[1]);
    }
    (void)closedir(d);
}

void world_crashes(struct world *w)
{
    char data[128], left[128];

    (void)snprintf(data, sizeof data, "%s/data", w->folder);
    (void)snprintf(left, sizeof left, "%s/left", w->folder);
    copy_data(w, left);
    worker_free(w->worker); /* whatever it still writes is not in the copy */
    assert_int_equal(nftw(data, drop, 8, FTW_DEPTH | FTW_PHYS), 0);
    assert_int_equal(rename(left, data), 0);
    begin(w);
}

void world_users_begin(struct world *w)
{
    struct buf path = {0};

    datadir_path(w->worker->conf->data, DATADIR_DATABASE, &path);
    assert_int_equal(store_open(buf_cstr(&path), STORE_WRITE, &w->users), OK);
    assert_int_equal(store_begin(w->users), OK);
    buf_fini(&path);
}

void world_users_end(struct world *w)
{
    assert_int_equal(store_commit(w->users), OK);
    store_close(w->users);
    w->users = NULL;
    book_changed(w->worker);
}

void world_user(struct world *w, const char *name)
{
    struct user_row row = {.name = span_str(name), .formatted = span_str(name)};
    bool alone = !w->users;
    struct buf sealed = {0};
    int64_t id;

    if (alone)
        world_users_begin(w);
    row.created = NET_DOUBLE_EPOCH;
    user_settings_init(row.settings);
    assert_int_equal(seal(&w->worker->key, SPAN("secret"), row.name, &sealed), OK);
    row.password = buf_span(&sealed);
    assert_int_equal(users_add(w->users, &row, &id), OK);
    buf_fini(&sealed);
    if (alone)
        world_users_end(w);
}

void world_settle(struct world *w)
{
    if (w->held)
        return;
    net_double_settle(w->net);
}

int world_opens(void **plan)
{
    static const char *const names[] = {"alice", "dave", "erin", "700700"};
    const struct world_plan *p = *plan;

    world_make(p->w, p->configuration);
    world_users_begin(p->w);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        world_user(p->w, names[i]);
    world_users_end(p->w);
    return 0;
}

int world_closes(void **plan)
{
    const struct world_plan *p = *plan;

    world_end(p->w);
    return 0;
}

void world_operator(struct world *w, const char *line)
{
    struct buf answer = {0};

    worker_begin(w->worker);
    admin_command(w->worker, span_str(line), &answer);
    assert_true(span_search(buf_span(&answer), SPAN("error")) == answer.n);
    buf_fini(&answer);
    world_settle(w);
}

void world_sets(struct world *w, const char *name, const char *setting, const char *word)
{
    bool alone = !w->users;
    enum user_setting which;
    struct user_row row;
    struct arena arena = {0};
    char line[64];

    if (alone)
        world_users_begin(w);
    assert_int_equal(users_find(w->users, span_str(name), &arena, &row), OK);
    assert_true(user_setting_find(span_str(setting), &which));
    assert_true(user_setting_value(which, span_str(word), &row.settings[which]));
    assert_int_equal(users_set_settings(w->users, row.name, row.settings), OK);
    arena_fini(&arena);
    if (!alone)
        return;
    world_users_end(w);
    (void)snprintf(line, sizeof line, "user changed %s", name);
    world_operator(w, line);
}

void world_deletes(struct world *w, const char *name)
{
    char line[64];

    world_users_begin(w);
    assert_int_equal(users_delete(w->users, span_str(name)), OK);
    world_users_end(w);
    (void)snprintf(line, sizeof line, "user deleted %s", name);
    world_operator(w, line);
}

static void clients_live(struct world *w)
{
    for (unsigned i = 0; i < w->cast_n; i++)
        if (aim_is_on(&w->cast[i]) && !net_double_is_closed(w->cast[i].line))
            aim_frame(&w->cast[i], 5, (struct span){0});
}

void world_pass(struct world *w, uint64_t ms)
{
    for (uint64_t end = net_double_now + ms, next; net_double_now < end; clients_live(w)) {
        next = net_double_now + MINUTE < end ? net_double_now + MINUTE : end;
        while (net_double_pass(w->net, next))
            sip_lives(w);
        sip_lives(w);
    }
    world_settle(w);
}
