#include "db/reports.h"

#include "db/query.h"

static enum err count_of(struct store *s, const struct report *row, int64_t *n)
{
    struct query q = query_open(s, STMT_REPORTS_COUNT);

    query_text(&q, 1, row->reporter);
    query_int(&q, 2, row->created - 86400);
    *n = query_row(&q) ? column_int(q.q, 0) : 0;
    return query_end(&q);
}

enum err reports_add(struct store *s, const struct report *row, int64_t *id)
{
    int64_t n;
    struct query q;
    enum err e = count_of(s, row, &n);

    if (e)
        return e;
    if (n >= REPORTS_PER_REPORTER)
        return ERR_FULL;
    q = query_open(s, STMT_REPORTS_ADD);
    query_text(&q, 1, row->reporter);
    query_text(&q, 2, row->subject);
    query_text(&q, 3, row->words);
    query_text(&q, 4, row->evidence);
    query_int(&q, 5, row->created);
    e = query_run(&q);
    if (e)
        return e;
    *id = sqlite3_last_insert_rowid(s->db);
    q = query_open(s, STMT_REPORTS_TRIM);
    query_int(&q, 1, REPORTS_KEPT);
    return query_run(&q);
}

enum err reports_delete(struct store *s, int64_t id)
{
    struct query q = query_open(s, STMT_REPORTS_DELETE);

    query_int(&q, 1, id);
    return query_run_or(&q, ERR_NOT_FOUND);
}

enum err reports_list(struct store *s, struct cursor *c)
{
    struct query q = query_open(s, STMT_REPORTS_LIST);

    return query_cursor(&q, c);
}

bool reports_next(struct cursor *c, struct report *out)
{
    sqlite3_stmt *q = cursor_row(c);

    if (!q)
        return false;
    *out = (struct report){
        .id = column_int(q, 0),
        .reporter = column_span(q, 1),
        .subject = column_span(q, 2),
        .words = column_span(q, 3),
        .evidence = column_span(q, 4),
        .created = column_int(q, 5),
    };
    return true;
}
