#include "db/watchers.h"

#include "db/query.h"

enum err watchers_add(struct store *s, const struct watcher_row *row)
{
    struct query q = query_open(s, STMT_WATCHERS_ADD);

    query_int(&q, 1, row->id);
    query_text(&q, 2, row->call_id);
    query_text(&q, 3, row->local_tag);
    query_text(&q, 4, row->remote_tag);
    query_text(&q, 5, row->event);
    query_text(&q, 6, row->event_id);
    query_text(&q, 7, row->local_uri);
    query_text(&q, 8, row->remote_uri);
    query_text(&q, 9, row->target);
    query_text(&q, 10, row->routes);
    query_int(&q, 11, row->local_cseq);
    query_int(&q, 12, row->remote_cseq);
    query_blob(&q, 13, row->hop);
    query_text(&q, 14, row->presentity);
    query_text(&q, 15, row->accept);
    query_text(&q, 16, row->state);
    query_int(&q, 17, row->expires);
    query_int(&q, 18, row->created);
    query_text(&q, 19, row->list);
    return query_run(&q);
}

enum err watchers_renew(struct store *s, const struct watcher_row *row)
{
    struct query q = query_open(s, STMT_WATCHERS_RENEW);

    query_int(&q, 1, row->id);
    query_text(&q, 2, row->target);
    query_int(&q, 3, row->local_cseq);
    query_int(&q, 4, row->remote_cseq);
    query_blob(&q, 5, row->hop);
    query_text(&q, 6, row->accept);
    query_int(&q, 7, row->expires);
    return query_run_or(&q, ERR_NOT_FOUND);
}

enum err watchers_delete(struct store *s, int64_t id)
{
    struct query q = query_open(s, STMT_WATCHERS_DELETE);

    query_int(&q, 1, id);
    return query_run_or(&q, ERR_NOT_FOUND);
}

enum err watchers_list(struct store *s, struct cursor *c)
{
    struct query q = query_open(s, STMT_WATCHERS_LIST);

    return query_cursor(&q, c);
}

bool watchers_next(struct cursor *c, struct watcher_row *out)
{
    sqlite3_stmt *q = cursor_row(c);

    if (!q)
        return false;
    *out = (struct watcher_row){
        .id = column_int(q, 0),
        .call_id = column_span(q, 1),
        .local_tag = column_span(q, 2),
        .remote_tag = column_span(q, 3),
        .event = column_span(q, 4),
        .event_id = column_span(q, 5),
        .local_uri = column_span(q, 6),
        .remote_uri = column_span(q, 7),
        .target = column_span(q, 8),
        .routes = column_span(q, 9),
        .local_cseq = (uint32_t)column_int(q, 10),
        .remote_cseq = (uint32_t)column_int(q, 11),
        .hop = column_span(q, 12),
        .presentity = column_span(q, 13),
        .accept = column_span(q, 14),
        .state = column_span(q, 15),
        .expires = column_int(q, 16),
        .created = column_int(q, 17),
        .list = column_span(q, 18),
    };
    return true;
}

enum err watchers_expire(struct store *s, int64_t now)
{
    struct query q = query_open(s, STMT_WATCHERS_EXPIRE);

    query_int(&q, 1, now);
    return query_run(&q);
}
