/* Watchers: SIP subscriptions to our users, so that they survive a restart. What a dialog needs to
 * go on (RFC 6665 4.1.3) is opaque here. The presentity is a name, not an id: when an account goes,
 * its watchers are still to be told (M-527). */
#ifndef DB_WATCHERS_H
#define DB_WATCHERS_H

#include "db/store.h"

struct watcher_row {
    int64_t id; /* which subscription it is: the caller's number, the larger the younger */
    struct span event, event_id; /* "presence", and the Event header's id, may be empty */
    /* the dialog */
    struct span call_id, local_tag, remote_tag;
    struct span local_uri, remote_uri, target, routes;
    uint32_t local_cseq, remote_cseq;
    struct span hop; /* opaque: where the SUBSCRIBE came from */
    /* the subscription */
    /* normalised screen name; of a list: the user it belongs to, or empty */
    struct span presentity;
    struct span accept; /* opaque: how it wants to be told */
    struct span state; /* opaque to the store: "active", "pending" … */
    int64_t expires;   /* Unix seconds */
    int64_t created;
    struct span list; /* opaque: whom a subscription of many watches; empty: the presentity alone */
};

enum err watchers_add(struct store *s, const struct watcher_row *row);
/* What a refresh changes: target, both cseqs, hop, accept, expires. ERR_NOT_FOUND. */
enum err watchers_renew(struct store *s, const struct watcher_row *row);
enum err watchers_delete(struct store *s, int64_t id);     /* ERR_NOT_FOUND */
enum err watchers_list(struct store *s, struct cursor *c); /* all, by id */
bool watchers_next(struct cursor *c, struct watcher_row *out);
/* Those that ended at `now` or before: reads the whole table. */
enum err watchers_expire(struct store *s, int64_t now);

#endif
