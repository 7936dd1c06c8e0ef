#include "db/requests.h"

#include "db/query.h"

/* One number; *there: the very same request. */
enum err requests_check(struct store *s, const struct request *row)
{
    struct query q = query_open(s, STMT_REQUESTS_COUNT);
    int64_t there = 0, of_watcher = 0, of_user = 0;

    query_int(&q, 1, row->user);
    query_text(&q, 2, row->watcher);
    if (query_row(&q)) {
        there = column_int(q.q, 0);
        of_watcher = column_int(q.q, 1);
        of_user = column_int(q.q, 2);
    }
    if (query_end(&q))
        return q.err;
    if (there)
        return ERR_EXISTS;
    return of_watcher >= REQUESTS_PER_WATCHER || of_user >= REQUESTS_PER_USER ? ERR_FULL : OK;
}

enum err requests_add(struct store *s, const struct request *row, bool *first)
{
    enum err e = requests_check(s, row);
    struct query q;

    *first = e == OK;
    if (e)
        return e == ERR_EXISTS ? OK : e;
    q = query_open(s, STMT_REQUESTS_ADD);
    query_int(&q, 1, row->user);
    query_text(&q, 2, row->watcher);
    query_text(&q, 3, row->uri);
    query_int(&q, 4, row->created);
    return query_run(&q);
}

enum err requests_delete(struct store *s, int64_t user, struct span watcher)
{
    struct query q = query_open(s, STMT_REQUESTS_DELETE);

    query_int(&q, 1, user);
    query_text(&q, 2, watcher);
    return query_run_or(&q, ERR_NOT_FOUND);
}

enum err requests_list(struct store *s, int64_t user, struct cursor *c)
{
    struct query q = query_open(s, STMT_REQUESTS_LIST);

    query_int(&q, 1, user);
    return query_cursor(&q, c);
}

enum err requests_list_old(struct store *s, int64_t before, int max, struct cursor *c)
{
    struct query q = query_open(s, STMT_REQUESTS_OLD);

    query_int(&q, 1, before);
    query_int(&q, 2, max);
    return query_cursor(&q, c);
}

bool requests_next(struct cursor *c, struct request *out)
{
    sqlite3_stmt *q = cursor_row(c);

    if (!q)
        return false;
    *out = (struct request){
        .user = column_int(q, 0),
        .name = column_span(q, 1),
        .watcher = column_span(q, 2),
        .uri = column_span(q, 3),
        .created = column_int(q, 4),
    };
    return true;
}
