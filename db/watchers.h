/* Watchers: SIP subscriptions to our users, so that they survive a restart. What a dialog needs to
 * go on (RFC 6665 4.1.3) is opaque here. The presentity is a name, not an id: when an account goes,
 * its watchers are still to be told (M-527). */
#ifndef DB_WATCHERS_H
#define DB_WATCHERS_H

#include "db/store.h"

struct watcher_row {
    /* together they say which subscription it is */
    struct span call_id, local_tag, remote_tag;
    struct span event, event_id; /* "presence", and the Event header's id, may be empty */
    /* the dialog */
    struct span local_uri, remote_uri, target, routes;
    uint32_t local_cseq, remote_cseq;
    struct span hop; /* opaque: where the SUBSCRIBE came from */
    /* the subscription */
    struct span presentity; /* normalised screen name; of a list: the user it belongs to, or empty */
    struct span accept; /* opaque: how it wants to be told */
    struct span state; /* opaque to the store: "active", "pending" … */
    int64_t expires;   /* Unix seconds */
    int64_t created;
    struct span list; /* opaque: whom a subscription of many watches; empty: the presentity alone */
};

/* Adds it, or replaces the one with the same first five fields. */
enum err watchers_put(struct store *s, const struct watcher_row *row);
/* Only what every NOTIFY moves. ERR_NOT_FOUND. */
enum err watchers_set_cseq(struct store *s, const struct watcher_row *row);
enum err watchers_delete(struct store *s,
                         const struct watcher_row *which); /* by the first five; ERR_NOT_FOUND */
enum err watchers_list(struct store *s, struct cursor *c); /* all, by presentity */
bool watchers_next(struct cursor *c, struct watcher_row *out);
enum err watchers_expire(struct store *s, int64_t now);

#endif
