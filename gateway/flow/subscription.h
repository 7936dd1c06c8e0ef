/* A subscription of somebody in SIP: its dialog, its row on disk, whose it is (RFC 6665). What it
 * is of, a user, a list of them, or who watches a user, is its kind: flow/watch, flow/lists,
 * flow/winfo. */
#ifndef GATEWAY_FLOW_SUBSCRIPTION_H
#define GATEWAY_FLOW_SUBSCRIPTION_H

#include "db/watchers.h"
#include "gateway/flow/identity.h"

enum {
    WATCH_EXPIRES_MIN = 60,
    WATCH_EXPIRES_MAX =
        3600, /* others; bounds how long they may be wrong when we are gone (M-662) */
    WATCH_GIVEUP_RETRY = 86400, /* M-526 */
    WATCH_EXPIRES_OWN = 7200, /* phones of our own users */
};

struct subscription;
struct subscription_kind {
    /* Its event package, whom it is of, its list: put into the row, which lives in the arena. */
    void (*describe)(const struct subscription *s, struct watcher_row *row, struct arena *a);
    /* Tells the whole state; `urgent`: at once. */
    void (*tell)(struct worker *w, struct subscription *s, bool urgent);
    /* Does the user still have to say yes? NULL: nobody is asked. */
    bool (*is_pending)(const struct worker *w, const struct subscription *s);
    /* May its body be this one, in a later SUBSCRIBE? NULL: there may be none or any. */
    bool (*takes)(const struct subscription *s, const struct sip_msg *m);
    /* It is about to end; `gone` says why. NULL: nobody wants to know. */
    void (*leave)(struct worker *w, struct subscription *s);
    /* Frees what holds it, and lets go of whom it watched. */
    void (*free)(struct worker *w, struct subscription *s);
};

struct subscription { /* the first member of what holds it */
    const struct subscription_kind *kind;
    struct sip_watch *watch;
    struct save *saves; /* writes of its row that are under way */
    struct span who;    /* the watcher's name: normalised local name, or user@host */
    struct domain_link *link; /* to the watcher's domain, held; NULL: a user of ours */
    int64_t row;        /* its number in the database */
    uint32_t created;   /* Unix seconds */
    /* when its link came up last, of those times that it was told all because of that */
    uint32_t told_up;
    bool local;         /* an account of ours */
    bool saved;         /* a row in the database */
    bool leaving;
    /* enum sip_sub_reason: why it ends, once it does; none: the watcher left, or was lost */
    uint8_t gone;
};

/* What to grant; false: 423 was answered. */
bool subscription_grant(struct worker *w, const struct sip_core_event *ev, bool local,
                        uint32_t *expires);
/* Takes the SUBSCRIBE: from here on it has a dialog. False: it was answered with a failure, and is
 * freed. */
bool subscription_accept(struct worker *w, struct subscription *s, const struct sip_core_event *ev);
/* Writes it, then answers 200, and tells its state. */
void subscription_begin(struct worker *w, struct subscription *s, const struct sip_core_event *ev,
                        uint32_t expires);
/* Refuses what was accepted, and frees it. */
void subscription_refuse(struct worker *w, struct subscription *s, const struct sip_core_event *ev,
                         int status);
/* Ends it by our own word: tells the watcher, forgets the row, frees it. */
void subscription_end(struct worker *w, struct subscription *s, enum sip_sub_reason reason);
/* The same of all that this user of ours watches. */
void subscription_end_of_user(struct worker *w, struct span name, enum sip_sub_reason reason);

/* From its row: the dialog. False: it is of no use any more, and freed. Tells the state otherwise.
 */
bool subscription_restore(struct worker *w, struct subscription *s, const struct watcher_row *row);
/* Who watched, as it stands in `who`. */
bool subscription_who(struct worker *w, const struct watcher_row *row, struct buf *who);

/* M-655: nothing is sent to a watcher whose domain cannot be reached. */
bool subscription_is_cut_off(const struct subscription *s);
/* M-656: it can be reached again: the whole state to all who watch from there. */
void subscription_link_up(struct worker *w, const struct domain_link *l);

/* SIP_EVENT_WATCH_*: the owner is the struct subscription. */
void subscription_refresh(struct worker *w, const struct sip_core_event *ev);
void subscription_ended(struct worker *w, const struct sip_core_event *ev);

#endif
