#include "db/directory.h"

#include "db/query.h"

enum err directory_put(struct store *s, int64_t user, uint16_t field, struct span value)
{
    struct query q = query_open(s, value.n ? STMT_DIRECTORY_PUT : STMT_DIRECTORY_DELETE);

    query_int(&q, 1, user);
    query_int(&q, 2, field);
    if (value.n)
        query_text(&q, 3, value);
    return query_run(&q);
}

enum err directory_list(struct store *s, int64_t user, struct cursor *c)
{
    struct query q = query_open(s, STMT_DIRECTORY_LIST);

    query_int(&q, 1, user);
    return query_cursor(&q, c);
}

bool directory_next(struct cursor *c, uint16_t *field, struct span *value)
{
    sqlite3_stmt *q = cursor_row(c);

    if (!q)
        return false;
    *field = (uint16_t)column_int(q, 0);
    *value = column_span(q, 1);
    return true;
}

enum err directory_find(struct store *s, uint16_t field, struct span value, size_t most,
                        struct cursor *c)
{
    struct query q = query_open(s, STMT_DIRECTORY_FIND);

    query_int(&q, 1, field);
    query_text(&q, 2, value);
    query_int(&q, 3, (int64_t)most);
    return query_cursor(&q, c);
}

bool directory_next_name(struct cursor *c, struct span *name)
{
    sqlite3_stmt *q = cursor_row(c);

    if (q)
        *name = column_span(q, 0);
    return q != NULL;
}
