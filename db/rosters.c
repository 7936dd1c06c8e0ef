#include "db/rosters.h"

#include "db/query.h"

enum err rosters_put(struct store *s, int64_t user, const struct roster_row *item)
{
    struct query q = query_open(s, STMT_ROSTERS_PUT);

    query_int(&q, 1, user);
    query_int(&q, 2, item->group);
    query_int(&q, 3, item->item);
    query_int(&q, 4, item->class);
    query_blob(&q, 5, item->name);
    query_blob(&q, 6, item->attributes);
    return query_run(&q);
}

enum err rosters_delete(struct store *s, int64_t user, uint16_t group, uint16_t item)
{
    struct query q = query_open(s, STMT_ROSTERS_DELETE);

    query_int(&q, 1, user);
    query_int(&q, 2, group);
    query_int(&q, 3, item);
    return query_run_or(&q, ERR_NOT_FOUND);
}

enum err rosters_touch(struct store *s, int64_t user, int64_t changed)
{
    struct query q = query_open(s, STMT_ROSTERS_TOUCH);

    query_int(&q, 1, user);
    query_int(&q, 2, changed);
    return query_run(&q);
}

enum err rosters_changed(struct store *s, int64_t user, int64_t *out)
{
    struct query q = query_open(s, STMT_ROSTERS_CHANGED);

    query_int(&q, 1, user);
    *out = query_row(&q) ? column_int(q.q, 0) : 0;
    return query_end(&q);
}

enum err rosters_list(struct store *s, int64_t user, struct cursor *c)
{
    struct query q = query_open(s, STMT_ROSTERS_LIST);

    query_int(&q, 1, user);
    return query_cursor(&q, c);
}

static void read_row(sqlite3_stmt *q, struct arena *a, struct roster_row *out)
{
    *out = (struct roster_row){
        .group = (uint16_t)column_int(q, 0),
        .item = (uint16_t)column_int(q, 1),
        .class = (uint16_t)column_int(q, 2),
        .name = column_keep(q, 3, a),
        .attributes = column_keep(q, 4, a),
    };
}

bool rosters_next(struct cursor *c, struct roster_row *out)
{
    sqlite3_stmt *q = cursor_row(c);

    if (q)
        read_row(q, NULL, out);
    return q != NULL;
}

enum err rosters_find(struct store *s, int64_t user, uint16_t group, uint16_t item, struct arena *a,
                      struct roster_row *out)
{
    struct query q = query_open(s, STMT_ROSTERS_FIND);
    bool found;

    query_int(&q, 1, user);
    query_int(&q, 2, group);
    query_int(&q, 3, item);
    found = query_row(&q);
    if (found)
        read_row(q.q, a, out);
    return query_found(&q, found, a, ERR_NOT_FOUND);
}

enum err rosters_list_counts(struct store *s, int64_t user, struct cursor *c)
{
    struct query q = query_open(s, STMT_ROSTERS_COUNTS);

    query_int(&q, 1, user);
    return query_cursor(&q, c);
}

bool rosters_next_count(struct cursor *c, uint16_t *class, int64_t *n)
{
    sqlite3_stmt *q = cursor_row(c);

    if (!q)
        return false;
    *class = (uint16_t)column_int(q, 0);
    *n = column_int(q, 1);
    return true;
}

enum err rosters_list_owners(struct store *s, uint16_t class, struct span name, struct cursor *c)
{
    struct query q = query_open(s, STMT_ROSTERS_OWNERS);

    query_int(&q, 1, class);
    query_blob(&q, 2, name);
    return query_cursor(&q, c);
}

bool rosters_next_owner(struct cursor *c, int64_t *user)
{
    sqlite3_stmt *q = cursor_row(c);

    if (q)
        *user = column_int(q, 0);
    return q != NULL;
}
