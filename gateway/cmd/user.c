/* aimgate user add|passwd|del|set|list: one account at a time. */
#include "gateway/cmd/user.h"

#include <jansson.h>
#include <time.h>

#include "db/store_open.h"
#include "db/store_transaction.h"
#include "db/users.h"
#include "gateway/cmd/data.h"
#include "gateway/cmd/password.h"
#include "gateway/datadir.h"
#include "mapping/name.h"
#include "mapping/warning.h"

/* An e-mail-style name must not look like a user of our own domain, nor take one of a peer's. */
static const char *host_fault(const struct conf *conf, struct span norm)
{
    struct span host = span_skip(norm, span_find(norm, '@') + 1);

    if (span_is(host, conf->domain))
        return "is in this gateway's own domain; leave the @ and what follows out";
    for (size_t i = 0; i < conf->peer_count; i++)
        if (conf->peers[i].domain && span_is(host, conf->peers[i].domain))
            return "is in the domain of a peer, whose users are reached there; choose another name";
    return NULL;
}

const char *user_name_fault(const struct conf *conf, struct span typed, struct arena *a,
                            struct span *norm)
{
    enum name_class class = name_registrable(typed);

    if (class == NAME_BAD)
        return "is no screen name; take 3 to 16 letters and digits, a letter first, no space at "
               "either end (or an ICQ number, or an e-mail address)";
    *norm = name_norm_in(a, typed, &class);
    if (class == NAME_BAD)
        return "cannot be kept: out of memory";
    if (user_name_is_reserved(*norm) || name_same(*norm, span_str(conf->helper.name)))
        return "is the service's own buddy; choose another name";
    return class == NAME_MAIL ? host_fault(conf, *norm) : NULL;
}

const char *user_add_fault(enum err e)
{
    switch (e) {
    case ERR_EXISTS: return "is taken; choose another name, or change its password: user passwd";
    case ERR_RESERVED: return "is bound to an address; choose another name, or first: binding del";
    default: return NULL;
    }
}

enum err user_add_sealed(struct store *s, const struct seal_key *key, struct span norm,
                         struct span formatted, struct span password)
{
    struct buf sealed = {0};
    struct user_row row = {.name = norm, .formatted = formatted, .created = (int64_t)time(NULL)};
    int64_t id;
    enum err e = seal(key, password, norm, &sealed);

    user_settings_init(row.settings);
    row.password = buf_span(&sealed);
    if (e == OK)
        e = users_add(s, &row, &id);
    buf_fini(&sealed);
    return e;
}

int user_open(const struct cmd_context *c, enum store_mode mode, struct store **s,
              struct seal_key *key)
{
    struct buf path = {0}, why = {0};
    int status = data_open(c, mode, s);
    enum err e;

    if (status != CMD_DONE)
        return status;
    datadir_path(c->conf->data, DATADIR_KEY, &path);
    e = seal_open_key_for(*s, buf_cstr(&path), key);
    if (e != OK) {
        seal_explain(e, buf_cstr(&path), &why);
        status = cmd_refuse("%s", buf_cstr(&why));
        store_close(*s);
        *s = NULL;
    }
    buf_fini(&path);
    buf_fini(&why);
    return status;
}

static void put_address(const struct cmd_context *c, struct span norm, struct buf *out)
{
    struct address a = {.user = norm, .host = span_str(c->conf->domain)};

    address_to_im_uri(out, &a);
}

static bool is_taken(struct store *s, struct span norm, struct arena *a)
{
    struct user_row row;

    return users_find(s, norm, a, &row) == OK;
}

/* Asks for one that will do. */
static int new_password(const char *name, struct buf *password)
{
    const char *fault = password_ask(name, true, password);

    if (fault)
        return cmd_refuse("%s", fault);
    fault = password_fault(buf_span(password));
    return fault ? cmd_refuse("the password %s; choose another one", fault) : CMD_DONE;
}

static int add_with_password(const struct cmd_context *c, struct store *s,
                             const struct seal_key *key, struct span norm, struct buf *password)
{
    const char *name = c->argv[1];
    struct buf address = {0};
    int status = new_password(name, password);
    enum err e;

    if (status != CMD_DONE)
        return status;
    e = user_add_sealed(s, key, norm, span_str(name), buf_span(password));
    if (e != OK)
        return user_add_fault(e) ? cmd_refuse("%s %s", name, user_add_fault(e))
                                 : data_refuse(c, s, e);
    data_tell(c, "user added", norm);
    put_address(c, norm, &address);
    printf("added %s, %s\n", name, buf_cstr(&address));
    buf_fini(&address);
    return CMD_DONE;
}

int cmd_user_add(const struct cmd_context *c)
{
    struct span norm;
    struct store *s = NULL;
    struct seal_key key;
    struct buf password = {0};
    const char *fault = user_name_fault(c->conf, span_str(c->argv[1]), c->arena, &norm);
    int status;

    if (fault)
        return cmd_refuse("%s %s", c->argv[1][0] ? c->argv[1] : "the empty name", fault);
    status = user_open(c, STORE_WRITE, &s, &key);
    if (status != CMD_DONE)
        return status;
    if (is_taken(s, norm, c->arena)) /* say so before a password is asked for */
        status = cmd_refuse("%s %s", c->argv[1], user_add_fault(ERR_EXISTS));
    else
        status = add_with_password(c, s, &key, norm, &password);
    seal_wipe(&password);
    seal_key_fini(&key);
    store_close(s);
    return status;
}

static int no_user(const char *name)
{
    return cmd_refuse("there is no user %s; user list shows all", name);
}

static int change_password(const struct cmd_context *c, struct store *s, const struct seal_key *key,
                           struct span norm, struct buf *password)
{
    struct buf sealed = {0};
    int status = new_password(c->argv[1], password);
    enum err e;

    if (status != CMD_DONE)
        return status;
    e = seal(key, buf_span(password), norm, &sealed);
    if (e == OK)
        e = users_set_password(s, norm, buf_span(&sealed));
    buf_fini(&sealed);
    if (e != OK)
        return e == ERR_NO_USER ? no_user(c->argv[1]) : data_refuse(c, s, e);
    data_tell(c, "user changed", norm);
    return CMD_DONE;
}

int cmd_user_passwd(const struct cmd_context *c)
{
    enum name_class class;
    struct span norm = name_norm_in(c->arena, span_str(c->argv[1]), &class);
    struct store *s = NULL;
    struct seal_key key;
    struct buf password = {0};
    int status = user_open(c, STORE_UPDATE, &s, &key);

    if (status != CMD_DONE)
        return status;
    status = is_taken(s, norm, c->arena) ? change_password(c, s, &key, norm, &password)
                                         : no_user(c->argv[1]);
    seal_wipe(&password);
    seal_key_fini(&key);
    store_close(s);
    return status;
}

int cmd_user_del(const struct cmd_context *c)
{
    enum name_class class;
    struct span norm = name_norm_in(c->arena, span_str(c->argv[1]), &class);
    struct store *s = NULL;
    int status = data_open(c, STORE_UPDATE, &s);
    enum err e;

    if (status != CMD_DONE)
        return status;
    e = store_begin(s);
    if (e == OK)
        e = users_delete(s, norm);
    if (e == OK)
        e = store_commit(s);
    else
        store_rollback(s);
    if (e == OK)
        data_tell(c, "user deleted", norm);
    else
        status = e == ERR_NO_USER ? no_user(c->argv[1]) : data_refuse(c, s, e);
    store_close(s);
    return status;
}

static int set_value(const struct cmd_context *c, struct store *s, struct user_row *row)
{
    enum user_setting which;
    struct buf known = {0};
    enum err e;
    int status;

    if (!user_setting_find(span_str(c->argv[2]), &which)) {
        for (size_t i = 0; i < USER_SETTING__COUNT; i++)
            buf_fmt(&known, "%s%s", i ? ", " : "", user_setting_name((enum user_setting)i));
        status = cmd_refuse("there is no setting %s; there are %s", c->argv[2], buf_cstr(&known));
        buf_fini(&known);
        return status;
    }
    if (!user_setting_value(which, span_str(c->argv[3]), &row->settings[which])) {
        const char *word;

        for (uint8_t i = 0; (word = user_setting_word(which, i)); i++)
            buf_fmt(&known, "%s%s", i ? ", " : "", word);
        status = cmd_refuse("%s is not a value of %s; take %s", c->argv[3], c->argv[2],
                            buf_cstr(&known));
        buf_fini(&known);
        return status;
    }
    e = users_set_settings(s, row->name, row->settings);
    if (e != OK)
        return data_refuse(c, s, e);
    data_tell(c, "user changed", row->name);
    return CMD_DONE;
}

int cmd_user_set(const struct cmd_context *c)
{
    enum name_class class;
    struct span norm = name_norm_in(c->arena, span_str(c->argv[1]), &class);
    struct user_row row;
    struct store *s = NULL;
    int status = data_open(c, STORE_UPDATE, &s);
    enum err e;

    if (status != CMD_DONE)
        return status;
    e = users_find(s, norm, c->arena, &row);
    if (e != OK)
        status = e == ERR_NO_USER ? no_user(c->argv[1]) : data_refuse(c, s, e);
    else
        status = set_value(c, s, &row);
    store_close(s);
    return status;
}

static void print_json_row(const struct cmd_context *c, const struct user_row *row, bool first)
{
    struct buf address = {0};
    const struct warning warning = {row->warning, row->warned};
    json_t *settings = json_object();
    json_t *o;

    put_address(c, row->name, &address);
    for (size_t i = 0; i < USER_SETTING__COUNT; i++)
        (void)json_object_set_new(
            settings, user_setting_name((enum user_setting)i),
            json_string(user_setting_word((enum user_setting)i, row->settings[i])));
    o = json_pack("{s:s%,s:s%,s:s,s:I,s:i,s:o}", "name", row->name.p, row->name.n, "formatted",
                  row->formatted.p, row->formatted.n, "address", buf_cstr(&address), "created",
                  (json_int_t)row->created, "warning",
                  warning_level(&warning, (int64_t)time(NULL)), "settings", settings);
    data_row(o, first);
    buf_fini(&address);
}

static void print_row(const struct cmd_context *c, const struct user_row *row)
{
    struct buf address = {0};
    char created[32] = "";
    time_t t = (time_t)row->created;
    struct tm tm;

    if (gmtime_r(&t, &tm))
        (void)strftime(created, sizeof created, "%Y-%m-%d %H:%M", &tm);
    put_address(c, row->name, &address);
    printf("%-20.*s  %s  %s\n", SPAN_ARG(row->formatted), created, buf_cstr(&address));
    buf_fini(&address);
}

static enum err print_all(const struct cmd_context *c, struct store *s, size_t *n)
{
    struct cursor list;
    struct user_row row;
    enum err e = users_list(s, &list);

    for (; e == OK && users_next(&list, &row); ++*n) {
        if (c->json)
            print_json_row(c, &row, *n == 0);
        else
            print_row(c, &row);
    }
    return cursor_close(&list);
}

int cmd_user_list(const struct cmd_context *c)
{
    return data_list(c, print_all, "no users yet; `user add NAME` adds one");
}
