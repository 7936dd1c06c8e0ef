/* A dialog as a subscription has it (RFC 3261 12, RFC 6665 4.4.1). Comes in: its parts, from the
 * message that made it. Goes out: the lines that every request in it repeats. There may be hundreds
 * of thousands, so the parts stand one behind the other in one piece of memory, and lines are
 * printed when they are sent. Found by our own tag, which nobody else makes; Call-ID and the other
 * tag are compared then. */
#ifndef SIMPLE_TXN_DIALOG_H
#define SIMPLE_TXN_DIALOG_H

#include "base/table.h"
#include "simple/event.h"

enum { DIALOG_ROUTES_MAX = 32, DIALOG_TEXT_MAX = 16 * 1024, DIALOG_TAG_MAX = 16 };

enum dialog_role { DIALOG_WATCH = 1, DIALOG_SUB };

struct dialog_parts {
    struct span call_id, local_tag, remote_tag; /* remote_tag: empty until the other side has one */
    struct span local, remote;                  /* From and To values without their tags */
    struct span target; /* Contact URI of the other side; the Request-URI before there is one */
    struct span routes; /* Route value in the order of sending; may be empty */
    struct span extra;  /* further lines that never change: Contact, Event … */
};

enum dialog_part {
    DIALOG_CALL_ID,
    DIALOG_REMOTE_TAG,
    DIALOG_LOCAL,
    DIALOG_REMOTE,
    DIALOG_TARGET,
    DIALOG_ROUTES,
    DIALOG_EXTRA,
    DIALOG_PARTS
};

struct dialog {
    uint8_t role; /* enum dialog_role */
    bool has_remote_cseq;
    bool strict; /* its first route is not loose */
    uint8_t tag_n;
    uint8_t tag[DIALOG_TAG_MAX]; /* ours: the key in the table, which stays where it is */
    uint32_t local_cseq, remote_cseq;
    struct sip_hop hop;
    uint16_t ends[DIALOG_PARTS]; /* where in `text` each part ends, and the next begins */
    uint8_t *text;
};

/* Takes copies. False: no memory, or parts that cannot stand in a header; then d is as it was.
 * `parts` may point into what d holds. The local tag never changes. */
bool dialog_set(struct dialog *d, const struct dialog_parts *parts);
void dialog_fini(struct dialog *d);
static inline struct span dialog_key(const struct dialog *d)
{
    return (struct span){d->tag, d->tag_n};
}
/* Borrowed until the next dialog_set. */
static inline struct span dialog_part(const struct dialog *d, enum dialog_part which)
{
    size_t from = which ? d->ends[which - 1] : 0;

    return (struct span){d->text + from, d->ends[which] - from};
}
struct dialog_parts dialog_parts(const struct dialog *d);
struct span dialog_uri(const struct dialog *d); /* the Request-URI */
struct span
dialog_next_uri(const struct dialog *d); /* first Route or target: where the next hop is */
/* Max-Forwards, Route, From, To, Call-ID and `extra`. */
void dialog_put_head(const struct dialog *d, struct buf *b);

/* From and To as this side says them again: display name and URI, no parameters. */
void dialog_put_party(struct buf *b, const struct sip_name_addr *a);
/* Record-Route of a request, as Route for the way back (RFC 3261 12.1.1: same order). False: not
 * well-formed. */
bool dialog_put_routes(struct buf *b, const struct sip_msg *m);
/* URI of the only Contact; false when there is not exactly one that we can send to. */
bool dialog_target(const struct sip_msg *m, struct span *uri);

/* Does the request belong to the dialog? The tag was found already. */
bool dialog_is(const struct dialog *d, const struct sip_msg *m);
/* Order of requests, RFC 3261 12.2.2: false when this one is older than the last. */
bool dialog_advance(struct dialog *d, const struct sip_msg *m);

#endif
