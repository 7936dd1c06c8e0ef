#include "db/watchers.h"

#include "db/query.h"

/* What says which subscription it is: parameters 1 to 5 of every statement. */
static void bind_which(struct query *q, const struct watcher_row *row)
{
    query_text(q, 1, row->call_id);
    query_text(q, 2, row->local_tag);
    query_text(q, 3, row->remote_tag);
    query_text(q, 4, row->event);
    query_text(q, 5, row->event_id);
}

enum err watchers_put(struct store *s, const struct watcher_row *row)
{
    struct query q = query_open(s, STMT_WATCHERS_PUT);

    bind_which(&q, row);
    query_text(&q, 6, row->local_uri);
    query_text(&q, 7, row->remote_uri);
    query_text(&q, 8, row->target);
    query_text(&q, 9, row->routes);
    query_int(&q, 10, row->local_cseq);
    query_int(&q, 11, row->remote_cseq);
    query_blob(&q, 12, row->hop);
    query_text(&q, 13, row->presentity);
    query_text(&q, 14, row->accept);
    query_text(&q, 15, row->state);
    query_int(&q, 16, row->expires);
    query_int(&q, 17, row->created);
    query_text(&q, 18, row->list);
    return query_run(&q);
}

enum err watchers_set_cseq(struct store *s, const struct watcher_row *row)
{
    struct query q = query_open(s, STMT_WATCHERS_SET_CSEQ);

    bind_which(&q, row);
    query_int(&q, 6, row->local_cseq);
    query_int(&q, 7, row->remote_cseq);
    return query_run_or(&q, ERR_NOT_FOUND);
}

enum err watchers_delete(struct store *s, const struct watcher_row *which)
{
    struct query q = query_open(s, STMT_WATCHERS_DELETE);

    bind_which(&q, which);
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
        .call_id = column_span(q, 0),
        .local_tag = column_span(q, 1),
        .remote_tag = column_span(q, 2),
        .event = column_span(q, 3),
        .event_id = column_span(q, 4),
        .local_uri = column_span(q, 5),
        .remote_uri = column_span(q, 6),
        .target = column_span(q, 7),
        .routes = column_span(q, 8),
        .local_cseq = (uint32_t)column_int(q, 9),
        .remote_cseq = (uint32_t)column_int(q, 10),
        .hop = column_span(q, 11),
        .presentity = column_span(q, 12),
        .accept = column_span(q, 13),
        .state = column_span(q, 14),
        .expires = column_int(q, 15),
        .created = column_int(q, 16),
        .list = column_span(q, 17),
    };
    return true;
}

enum err watchers_expire(struct store *s, int64_t now)
{
    struct query q = query_open(s, STMT_WATCHERS_EXPIRE);

    query_int(&q, 1, now);
    return query_run(&q);
}
