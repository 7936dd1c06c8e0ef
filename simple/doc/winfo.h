/* Who watches somebody (RFC 3858): written piece by piece; begin, watchers, end. */
#ifndef SIMPLE_DOC_WINFO_H
#define SIMPLE_DOC_WINFO_H

#include "base/buf.h"

#define WINFO_TYPE "application/watcherinfo+xml"

enum winfo_status { WINFO_ACTIVE, WINFO_PENDING, WINFO_WAITING, WINFO_TERMINATED };
enum winfo_event {
    WINFO_SUBSCRIBE,
    WINFO_APPROVED,
    WINFO_DEACTIVATED,
    WINFO_PROBATION,
    WINFO_REJECTED,
    WINFO_TIMEOUT,
    WINFO_GIVEUP,
    WINFO_NORESOURCE,
};

struct winfo_watcher {
    struct span id, uri;
    enum winfo_status status;
    enum winfo_event event; /* what brought it there */
    uint32_t expiration;    /* seconds left; 0: not told */
    uint32_t since;         /* seconds since it subscribed */
};

/* `resource`: URI of who is watched; package is presence. */
void winfo_begin(struct buf *b, struct span resource, uint32_t version, bool full);
void winfo_put(struct buf *b, const struct winfo_watcher *w);
void winfo_end(struct buf *b);

#endif
