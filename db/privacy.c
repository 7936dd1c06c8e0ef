#include "db/privacy.h"

#include "db/query.h"

enum err privacy_put(struct store *s, int64_t user, const struct privacy_entry *entry)
{
    struct query q = query_open(s, STMT_PRIVACY_PUT);

    query_int(&q, 1, user);
    query_int(&q, 2, entry->list);
    query_text(&q, 3, entry->name);
    query_int(&q, 4, entry->until);
    query_int(&q, 5, entry->created);
    return query_run(&q);
}

enum err privacy_delete(struct store *s, int64_t user, enum privacy_kind list, struct span name)
{
    struct query q = query_open(s, STMT_PRIVACY_DELETE);

    query_int(&q, 1, user);
    query_int(&q, 2, list);
    query_text(&q, 3, name);
    return query_run_or(&q, ERR_NOT_FOUND);
}

enum err privacy_clear(struct store *s, int64_t user, enum privacy_kind list)
{
    struct query q = query_open(s, STMT_PRIVACY_CLEAR);

    query_int(&q, 1, user);
    query_int(&q, 2, list);
    return query_run(&q);
}

enum err privacy_list_user(struct store *s, int64_t user, struct cursor *c)
{
    struct query q = query_open(s, STMT_PRIVACY_LIST);

    query_int(&q, 1, user);
    return query_cursor(&q, c);
}

bool privacy_next(struct cursor *c, struct privacy_entry *out)
{
    sqlite3_stmt *q = cursor_row(c);

    if (!q)
        return false;
    *out = (struct privacy_entry){
        .list = (enum privacy_kind)column_int(q, 0),
        .name = column_span(q, 1),
        .until = column_int(q, 2),
        .created = column_int(q, 3),
    };
    return true;
}

enum err privacy_expire(struct store *s, int64_t now)
{
    struct query q = query_open(s, STMT_PRIVACY_EXPIRE);

    query_int(&q, 1, now);
    return query_run(&q);
}

enum err privacy_set_mode(struct store *s, int64_t user, unsigned mode)
{
    struct query q = query_open(s, STMT_PRIVACY_SET_MODE);

    query_int(&q, 1, user);
    query_int(&q, 2, mode);
    return query_run(&q);
}

enum err privacy_mode(struct store *s, int64_t user, unsigned *mode)
{
    struct query q = query_open(s, STMT_PRIVACY_MODE);

    query_int(&q, 1, user);
    *mode = query_row(&q) ? (unsigned)column_int(q.q, 0) : 0;
    return query_end(&q);
}
