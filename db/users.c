#include "db/users.h"

#include "db/privacy.h"
#include "db/query.h"

static const char helper_name[] = "aimgate";

bool user_name_is_reserved(struct span name)
{
    return span_is(name, helper_name);
}

static enum err held(struct store *s, struct span name)
{
    struct query q;
    enum err e;

    if (user_name_is_reserved(name))
        return ERR_RESERVED;
    q = query_open(s, STMT_BINDINGS_FIND);
    query_text(&q, 1, name);
    return query_has(&q, &e) && e == OK ? ERR_RESERVED : e;
}

enum err users_add(struct store *s, const struct user_row *row, int64_t *id)
{
    struct buf settings = {0};
    struct query q;
    enum err e = held(s, row->name);

    if (e != OK)
        return e;
    user_settings_print(row->settings, &settings);
    q = query_open(s, STMT_USERS_ADD);
    query_text(&q, 1, row->name);
    query_text(&q, 2, row->formatted);
    query_blob(&q, 3, row->password);
    query_text(&q, 4, buf_span(&settings));
    query_int(&q, 5, row->created);
    if (!buf_ok(&settings))
        q.err = ERR_NOMEM;
    e = query_run(&q);
    if (e == OK)
        *id = sqlite3_last_insert_rowid(s->db);
    buf_fini(&settings);
    return e;
}

enum err users_delete(struct store *s, struct span name)
{
    struct query q = query_open(s, STMT_USERS_DELETE);
    enum err e;

    query_text(&q, 1, name);
    e = query_run_or(&q, ERR_NO_USER);
    if (e != OK)
        return e;
    q = query_open(s, STMT_USERS_EXPIRE_STORED);
    query_text(&q, 1, name);
    return query_run(&q);
}

enum err users_set_password(struct store *s, struct span name, struct span sealed)
{
    struct query q = query_open(s, STMT_USERS_SET_PASSWORD);

    query_text(&q, 1, name);
    query_blob(&q, 2, sealed);
    return query_run_or(&q, ERR_NO_USER);
}

enum err users_set_formatted(struct store *s, struct span name, struct span formatted)
{
    struct query q = query_open(s, STMT_USERS_SET_FORMATTED);

    query_text(&q, 1, name);
    query_text(&q, 2, formatted);
    return query_run_or(&q, ERR_NO_USER);
}

/* Nobody who saw him so far has to ask. */
static enum err authorise_listers(struct store *s, struct span name)
{
    struct query q = query_open(s, STMT_PRIVACY_LISTERS);

    query_text(&q, 1, name);
    query_int(&q, 2, KEPT_WATCHER_ALLOWED);
    query_int(&q, 3, KEPT_WATCHER_REFUSED);
    return query_run(&q);
}

static bool asks_first(struct store *s, struct span name)
{
    struct arena a = {0};
    struct user_row u = {0};
    bool asks = users_find(s, name, &a, &u) == OK && u.settings[USER_authorisation];

    arena_fini(&a);
    return asks;
}

static enum err put_settings(struct store *s, struct span name, const uint8_t *settings)
{
    struct buf text = {0};
    struct query q = query_open(s, STMT_USERS_SET_SETTINGS);
    enum err e;

    user_settings_print(settings, &text);
    if (!buf_ok(&text))
        q.err = ERR_NOMEM;
    query_text(&q, 1, name);
    query_text(&q, 2, buf_span(&text));
    e = query_run_or(&q, ERR_NO_USER);
    buf_fini(&text);
    return e;
}

enum err users_set_settings(struct store *s, struct span name, const uint8_t *settings)
{
    bool begins = settings[USER_authorisation] && !asks_first(s, name);
    enum err e = begins ? authorise_listers(s, name) : OK;

    return e ? e : put_settings(s, name, settings);
}

enum err users_set_warning(struct store *s, struct span name, uint16_t warning, int64_t warned)
{
    struct query q = query_open(s, STMT_USERS_SET_WARNING);

    query_text(&q, 1, name);
    query_int(&q, 2, warning);
    query_int(&q, 3, warned);
    return query_run_or(&q, ERR_NO_USER);
}

static void read_row(sqlite3_stmt *q, struct arena *a, struct user_row *out)
{
    *out = (struct user_row){
        .id = column_int(q, 0),
        .name = column_keep(q, 1, a),
        .formatted = column_keep(q, 2, a),
        .password = column_keep(q, 3, a),
        .created = column_int(q, 5),
        .warning = (uint16_t)column_int(q, 6),
        .warned = column_int(q, 7),
    };
    user_settings_parse(column_span(q, 4), out->settings);
}

static enum err find(struct query *q, struct arena *a, struct user_row *out)
{
    bool found = query_row(q);

    if (found)
        read_row(q->q, a, out);
    return query_found(q, found, a, ERR_NO_USER);
}

enum err users_find(struct store *s, struct span name, struct arena *a, struct user_row *out)
{
    struct query q = query_open(s, STMT_USERS_FIND);

    query_text(&q, 1, name);
    return find(&q, a, out);
}

enum err users_find_id(struct store *s, int64_t id, struct arena *a, struct user_row *out)
{
    struct query q = query_open(s, STMT_USERS_FIND_ID);

    query_int(&q, 1, id);
    return find(&q, a, out);
}

enum err users_list(struct store *s, struct cursor *c)
{
    struct query q = query_open(s, STMT_USERS_LIST);

    return query_cursor(&q, c);
}

bool users_next(struct cursor *c, struct user_row *out)
{
    sqlite3_stmt *q = cursor_row(c);

    if (q)
        read_row(q, NULL, out);
    return q != NULL;
}

enum err users_count(struct store *s, int64_t *out)
{
    struct query q = query_open(s, STMT_USERS_COUNT);

    *out = query_row(&q) ? column_int(q.q, 0) : 0;
    return query_end(&q);
}
