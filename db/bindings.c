#include "db/bindings.h"

#include "db/query.h"
#include "db/users.h"

static const char *const kind_names[] = {[BINDING_NONE] = "none",
                                         [BINDING_OPERATOR] = "operator",
                                         [BINDING_ALIAS] = "alias",
                                         [BINDING_CASE] = "case",
                                         [BINDING_NUMBER] = "number"};

const char *binding_kind_name(enum binding_kind kind)
{
    return kind < BINDING_KIND__COUNT ? kind_names[kind] : "?";
}

static bool has_user(struct store *s, struct span name, enum err *e)
{
    struct query q = query_open(s, STMT_USERS_FIND);

    query_text(&q, 1, name);
    return query_has(&q, e);
}

static bool has_name(struct store *s, enum binding_kind kind, struct span name, enum err *e)
{
    struct query q = query_open(s, STMT_BINDINGS_FIND_KIND);

    query_int(&q, 1, kind);
    query_text(&q, 2, name);
    return query_has(&q, e);
}

enum err bindings_add(struct store *s, const struct binding_row *row)
{
    struct query q;
    enum err e = OK;

    if (user_name_is_reserved(row->name) || has_user(s, row->name, &e))
        return e == OK ? ERR_RESERVED : e;
    /* Both would claim the name, and one address could no longer be reached by it. A case binding
     * is no rival: it only says how the name's own address is spelt. */
    if (e == OK && row->kind != BINDING_CASE &&
        has_name(s, row->kind == BINDING_ALIAS ? BINDING_OPERATOR : BINDING_ALIAS, row->name, &e))
        return e == OK ? ERR_EXISTS : e;
    if (e != OK)
        return e;
    q = query_open(s, STMT_BINDINGS_ADD);
    query_int(&q, 1, row->kind);
    query_text(&q, 2, row->name);
    query_text(&q, 3, row->key);
    query_blob(&q, 4, row->address.user);
    query_text(&q, 5, row->address.host);
    query_int(&q, 6, row->created);
    return query_run(&q);
}

enum err bindings_delete(struct store *s, enum binding_kind kind, struct span name)
{
    struct query q = query_open(s, STMT_BINDINGS_DELETE);

    query_int(&q, 1, kind);
    query_text(&q, 2, name);
    return query_run_or(&q, ERR_NOT_FOUND);
}

static void read_row(sqlite3_stmt *q, struct arena *a, struct binding_row *out)
{
    *out = (struct binding_row){
        .kind = (enum binding_kind)column_int(q, 0),
        .name = column_keep(q, 1, a),
        .key = column_keep(q, 2, a),
        .address = {.user = column_keep(q, 3, a), .host = column_keep(q, 4, a)},
        .created = column_int(q, 5),
    };
}

static enum err find(struct query *q, struct arena *a, struct binding_row *out)
{
    bool found = query_row(q);

    if (found)
        read_row(q->q, a, out);
    return query_found(q, found, a, ERR_NOT_FOUND);
}

enum err bindings_find(struct store *s, struct span name, struct arena *a, struct binding_row *out)
{
    struct query q = query_open(s, STMT_BINDINGS_FIND);

    query_text(&q, 1, name);
    return find(&q, a, out);
}

enum err bindings_find_kind(struct store *s, enum binding_kind kind, struct span name,
                            struct arena *a, struct binding_row *out)
{
    struct query q = query_open(s, STMT_BINDINGS_FIND_KIND);

    query_int(&q, 1, kind);
    query_text(&q, 2, name);
    return find(&q, a, out);
}

enum err bindings_find_address(struct store *s, enum binding_kind kind, struct span key,
                               struct arena *a, struct binding_row *out)
{
    struct query q = query_open(s, STMT_BINDINGS_FIND_KEY);

    query_int(&q, 1, kind);
    query_text(&q, 2, key);
    return find(&q, a, out);
}

enum err bindings_list(struct store *s, struct cursor *c)
{
    struct query q = query_open(s, STMT_BINDINGS_LIST);

    return query_cursor(&q, c);
}

bool bindings_next(struct cursor *c, struct binding_row *out)
{
    sqlite3_stmt *q = cursor_row(c);

    if (q)
        read_row(q, NULL, out);
    return q != NULL;
}
