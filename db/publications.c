#include "db/publications.h"

#include "db/query.h"

enum err publications_put(struct store *s, const struct publication_row *row, struct span old_etag)
{
    struct query q;
    enum err e = OK;

    if (old_etag.n)
        e = publications_delete(s, row->user, old_etag);
    if (e != OK &&
        e != ERR_NOT_FOUND) /* it may have expired meanwhile: the new one stands by itself */
        return e;
    q = query_open(s, STMT_PUBLICATIONS_PUT);
    query_int(&q, 1, row->user);
    query_text(&q, 2, row->etag);
    query_int(&q, 3, row->expires);
    query_blob(&q, 4, row->body);
    return query_run(&q);
}

enum err publications_delete(struct store *s, int64_t user, struct span etag)
{
    struct query q = query_open(s, STMT_PUBLICATIONS_DELETE);

    query_int(&q, 1, user);
    query_text(&q, 2, etag);
    return query_run_or(&q, ERR_NOT_FOUND);
}

enum err publications_list(struct store *s, struct cursor *c)
{
    struct query q = query_open(s, STMT_PUBLICATIONS_LIST);

    return query_cursor(&q, c);
}

bool publications_next(struct cursor *c, struct publication_row *out)
{
    sqlite3_stmt *q = cursor_row(c);

    if (!q)
        return false;
    *out = (struct publication_row){
        .user = column_int(q, 0),
        .name = column_span(q, 1),
        .etag = column_span(q, 2),
        .expires = column_int(q, 3),
        .body = column_span(q, 4),
    };
    return true;
}

enum err publications_expire(struct store *s, int64_t now)
{
    struct query q = query_open(s, STMT_PUBLICATIONS_EXPIRE);

    query_int(&q, 1, now);
    return query_run(&q);
}
