/* Publications: event state that user agents PUBLISHed (RFC 3903), one row per entity-tag. */
#ifndef DB_PUBLICATIONS_H
#define DB_PUBLICATIONS_H

#include "db/store.h"

struct publication_row {
    int64_t user;
    struct span name; /* the user's normalised name; filled by listings */
    struct span etag;
    int64_t expires; /* Unix seconds */
    struct span body;
};

/* Adds it, or replaces the one with the same etag of that user. `old_etag`: the one it takes the
 * place of (RFC 3903 4.1: every refresh and modification gives a new tag), may be empty.
 * ERR_NO_USER. Several statements when there is an old one. */
enum err publications_put(struct store *s, const struct publication_row *row, struct span old_etag);
enum err publications_delete(struct store *s, int64_t user, struct span etag); /* ERR_NOT_FOUND */
enum err publications_list(struct store *s, struct cursor *c);                 /* all, by user */
bool publications_next(struct cursor *c, struct publication_row *out);
enum err publications_expire(struct store *s, int64_t now);

#endif
