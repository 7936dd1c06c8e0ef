/* Requests: who of another domain wants to see a user who has not yet said whether they may
 * (M-522). They outlive the subscription that made them (RFC 3857 4.7.1: pending becomes waiting),
 * up to a bound. */
#ifndef DB_REQUESTS_H
#define DB_REQUESTS_H

#include "db/store.h"

enum {
    REQUESTS_KEEP = 7 * 86400, /* M-526, seconds */
    REQUESTS_PER_WATCHER = 20, /* S-349 */
    REQUESTS_PER_USER = 50,
};

struct request {
    int64_t user;
    struct span name;    /* the user's; of listings by age only */
    struct span watcher; /* user@host, as privacy lists have it */
    struct span uri;     /* as it stands in the SUBSCRIBE */
    int64_t created;     /* Unix seconds */
};

/* *first: it was not there. ERR_FULL: the watcher, or the user, has too many; ERR_NO_USER. Several
 * statements. */
enum err requests_add(struct store *s, const struct request *row, bool *first);
/* ERR_EXISTS: it is there; ERR_FULL: it would be one too many. */
enum err requests_check(struct store *s, const struct request *row);
enum err requests_delete(struct store *s, int64_t user, struct span watcher); /* ERR_NOT_FOUND */
/* Of one user, oldest first. */
enum err requests_list(struct store *s, int64_t user, struct cursor *c);
/* Older than that, at most `max`. */
enum err requests_list_old(struct store *s, int64_t before, int max, struct cursor *c);
bool requests_next(struct cursor *c, struct request *out);

#endif
