#include "db/icons.h"

#include "db/query.h"

enum err icons_put(struct store *s, int64_t user, uint16_t type, struct span hash,
                   struct span image)
{
    struct query q = query_open(s, STMT_ICONS_PUT);

    query_int(&q, 1, user);
    query_int(&q, 2, type);
    query_blob(&q, 3, hash);
    query_blob(&q, 4, image);
    return query_run(&q);
}

enum err icons_find(struct store *s, int64_t user, struct span hash, struct arena *a,
                    struct span *image)
{
    struct query q = query_open(s, STMT_ICONS_FIND);
    bool found;

    *image = (struct span){0};
    query_int(&q, 1, user);
    query_blob(&q, 2, hash);
    found = query_row(&q);
    if (found)
        *image = column_keep(q.q, 0, a);
    return query_found(&q, found, a, ERR_NOT_FOUND);
}

bool icons_has(struct store *s, int64_t user, struct span hash)
{
    struct query q = query_open(s, STMT_ICONS_HAS);
    enum err e;

    query_int(&q, 1, user);
    query_blob(&q, 2, hash);
    return query_has(&q, &e) && e == OK;
}
