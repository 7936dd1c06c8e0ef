#include "db/policies.h"

#include "db/query.h"

enum err policies_put(struct store *s, int64_t user, struct span document)
{
    struct query q = query_open(s, STMT_POLICIES_PUT);

    query_int(&q, 1, user);
    query_blob(&q, 2, document);
    return query_run(&q);
}

enum err policies_delete(struct store *s, int64_t user)
{
    struct query q = query_open(s, STMT_POLICIES_DELETE);

    query_int(&q, 1, user);
    return query_run_or(&q, ERR_NOT_FOUND);
}

enum err policies_find(struct store *s, int64_t user, struct arena *a, struct span *document)
{
    struct query q = query_open(s, STMT_POLICIES_FIND);
    bool found;

    *document = (struct span){0};
    query_int(&q, 1, user);
    found = query_row(&q);
    if (found)
        *document = column_keep(q.q, 0, a);
    return query_found(&q, found, a, ERR_NOT_FOUND);
}
