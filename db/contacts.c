#include "db/contacts.h"

#include "db/query.h"

static enum err add(struct store *s, int64_t user, size_t position, const struct contact_row *row)
{
    struct query q = query_open(s, STMT_CONTACTS_ADD);

    query_int(&q, 1, user);
    query_int(&q, 2, (int64_t)position);
    query_text(&q, 3, row->uri);
    query_int(&q, 4, row->q);
    query_int(&q, 5, row->expires);
    query_text(&q, 6, row->call_id);
    query_int(&q, 7, row->cseq);
    query_text(&q, 8, row->instance);
    query_int(&q, 9, row->reg_id);
    query_text(&q, 10, row->methods);
    query_text(&q, 11, row->path);
    query_blob(&q, 12, row->hop);
    query_text(&q, 13, row->agent);
    return query_run(&q);
}

enum err contacts_replace(struct store *s, int64_t user, const struct contact_row *rows, size_t n)
{
    struct query q = query_open(s, STMT_CONTACTS_CLEAR);
    enum err e;

    query_int(&q, 1, user);
    e = query_run(&q);
    for (size_t i = 0; i < n && e == OK; i++)
        e = add(s, user, i, &rows[i]);
    return e;
}

enum err contacts_list(struct store *s, struct cursor *c)
{
    struct query q = query_open(s, STMT_CONTACTS_LIST);

    return query_cursor(&q, c);
}

enum err contacts_list_user(struct store *s, int64_t user, struct cursor *c)
{
    struct query q = query_open(s, STMT_CONTACTS_LIST_USER);

    query_int(&q, 1, user);
    return query_cursor(&q, c);
}

bool contacts_next(struct cursor *c, struct contact_row *out)
{
    sqlite3_stmt *q = cursor_row(c);

    if (!q)
        return false;
    *out = (struct contact_row){
        .user = column_int(q, 0),
        .name = column_span(q, 1),
        .uri = column_span(q, 2),
        .q = (unsigned)column_int(q, 3),
        .expires = column_int(q, 4),
        .call_id = column_span(q, 5),
        .cseq = (uint32_t)column_int(q, 6),
        .instance = column_span(q, 7),
        .reg_id = (uint32_t)column_int(q, 8),
        .methods = column_span(q, 9),
        .path = column_span(q, 10),
        .hop = column_span(q, 11),
        .agent = column_span(q, 12),
    };
    return true;
}

enum err contacts_expire(struct store *s, int64_t now)
{
    struct query q = query_open(s, STMT_CONTACTS_EXPIRE);

    query_int(&q, 1, now);
    return query_run(&q);
}
