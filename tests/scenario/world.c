#include "tests/scenario/world.h"

#include <ftw.h>
#include <time.h>
#include <unistd.h>

#include "db/store_open.h"
#include "db/store_transaction.h"
#include "db/users.h"
#include "gateway/conf/conf.h"
#include "gateway/datadir.h"
#include "gateway/people/book.h"
#include "gateway/roof.h"

static const char configuration[] = "domain: aim.test\n"
                                    "data: ./data\n"
                                    "oscar: {listen: 127.0.0.1:5190, rate_limits: false}\n"
                                    "sip: {udp: 127.0.0.1:5060, tcp: 127.0.0.1:5060}\n"
                                    "admin: {listen: 127.0.0.1:8090}\n"
                                    "peers:\n"
                                    "  - domain: sip.example.org\n"
                                    "    route: \"sip:127.0.0.1:5080;transport=udp\"\n"
                                    "    limits: none\n";

/* The second that everybody sees (linked in the place of time()). */
time_t __wrap_time(time_t *out);
time_t __wrap_time(time_t *out)
{
    time_t now = NET_DOUBLE_EPOCH + (time_t)(net_double_now / 1000);

    if (out)
        *out = now;
    return now;
}

static void write_configuration(const struct world *w, char *path, size_t size)
{
    FILE *f;

    (void)snprintf(path, size, "%s/aimgate.yaml", w->folder);
    f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(configuration, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

void world_make(struct world *w)
{
    const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    struct log log = {.fd = 2, .level = LOG_LEVEL_ERROR};
    struct conf_errors errs = {0};
    struct conf *conf = NULL;
    struct buf why = {0};
    char path[128];

    *w = (struct world){0};
    (void)snprintf(w->folder, sizeof w->folder, "%s/scenario-XXXXXX", base);
    assert_non_null(mkdtemp(w->folder));
    write_configuration(w, path, sizeof path);
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

static int drop(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

void world_end(struct world *w)
{
    buf_fini(&w->sip);
    worker_free(w->worker);
    (void)nftw(w->folder, drop, 8, FTW_DEPTH | FTW_PHYS);
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
    net_double_settle(w->net);
}

void world_pass(struct world *w, uint64_t ms)
{
    enum { STEP = 400 };

    for (; ms > 0; ms -= ms < STEP ? ms : STEP) {
        net_double_pass(w->net, ms < STEP ? ms : STEP);
        sip_lives(w);
    }
}
