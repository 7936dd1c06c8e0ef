#include "db/levels.h"

#include "db/query.h"

enum err levels_put(struct store *s, const struct level *row)
{
    struct query q = query_open(s, STMT_LEVELS_PUT);

    query_text(&q, 1, row->name);
    query_int(&q, 2, row->level);
    query_int(&q, 3, row->at);
    return query_run(&q);
}

enum err levels_delete(struct store *s, struct span name)
{
    struct query q = query_open(s, STMT_LEVELS_DELETE);

    query_text(&q, 1, name);
    return query_run_or(&q, ERR_NOT_FOUND);
}

enum err levels_list(struct store *s, int64_t now, int64_t step, struct cursor *c)
{
    struct query q = query_open(s, STMT_LEVELS_LIST);

    query_int(&q, 1, now);
    query_int(&q, 2, step);
    return query_cursor(&q, c);
}

bool levels_next(struct cursor *c, struct level *out)
{
    sqlite3_stmt *q = cursor_row(c);

    if (!q)
        return false;
    *out = (struct level){
        .name = column_span(q, 0),
        .level = (uint16_t)column_int(q, 1),
        .at = column_int(q, 2),
    };
    return true;
}

enum err levels_expire(struct store *s, int64_t now)
{
    struct query q = query_open(s, STMT_LEVELS_EXPIRE);

    query_int(&q, 1, now - LEVELS_KEEP);
    return query_run(&q);
}
