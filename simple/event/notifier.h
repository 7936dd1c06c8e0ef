/* What the files of the notifier share. */
#ifndef SIMPLE_EVENT_NOTIFIER_H
#define SIMPLE_EVENT_NOTIFIER_H

#include "simple/core_priv.h"
#include "simple/event/doc.h"

enum {
    NOTIFY_INTERVAL = 5000,  /* ms between two NOTIFYs that are not urgent, RFC 3856 6.10 */
    NOTIFY_IDLE = 20000,     /* ms: who wants to be told without news is told so often at most */
    NOTIFY_RETRY = 1000,     /* ms until the next try when there was no memory or no room */
    NOTIFY_WAIT_MAX = 3600,  /* seconds: the longest Retry-After that is obeyed */
    CSEQ_EPOCH = 1577836800, /* 2020-01-01 in Unix seconds */
    WATCH_ID_MAX = 255,      /* octets of the id of an Event */
};

enum watch_state {
    WATCH_OPEN,    /* requests in the dialog find it */
    WATCH_CLOSING, /* out of the dialogs; the terminating NOTIFY waits or is in flight */
    WATCH_GONE,    /* nothing more is sent; kept until the gateway has pulled its end */
};

struct sip_list;
struct sip_partial;
struct sip_winfo;

/* Bodies that are made only when they may be sent, as changes gather until then: of a list
 * (eventlist.c), of who watches (watcherinfo.c). What is NULL has nothing to do. */
struct watch_body {
    bool is_list;
    /* The one of the next NOTIFY; NULL: no memory, nothing changed. */
    struct sip_doc *(*compose)(const struct sip_core *c, struct sip_watch *w, bool for_udp);
    void (*tell_all)(struct sip_watch *w); /* the next NOTIFY has the full state */
    void (*unsent)(struct sip_watch *w);   /* the last one did not get out: its version is free */
    bool (*has_more)(const struct sip_watch *w);
    /* what its package is called; NULL: as usual */
    const char *(*event)(const struct sip_watch *w);
    void (*free)(struct sip_watch *w);
};

/* What a watcher wants, adjusted to what it gets: NOTIFYs in 10^6 s; 0: as others. */
struct notify_rates {
    uint32_t max, min;
};

/* There may be a hundred thousand: the order of its members leaves no holes. */
struct sip_watch {
    struct dialog d; /* first: the table of dialogs points to it */
    struct list all; /* of c->watches, or of c->told_watches once its end is to be told */
    struct deadline due;
    uint64_t owner;
    uint64_t expires_at;   /* ms of the core's clock */
    uint64_t next_at;      /* before that only what is urgent is sent */
    uint64_t in_flight;    /* the NOTIFY without answer; 0: none */
    struct sip_doc *doc;   /* what waits, or is in flight (with a min-rate: what was told last); of
                            * a list: what is in flight */
    const struct watch_body *body; /* NULL: it is `doc` */
    union {
        struct sip_list *list;
        struct sip_winfo *winfo;
    }; /* by its body */
    struct sip_partial *partial; /* NULL: whole documents */
    uint32_t granted; /* seconds, by the last SUBSCRIBE */
    uint32_t retry_after;
    struct notify_rates rates;
    uint16_t end_status;
    uint8_t state;       /* enum watch_state */
    uint8_t say, reason; /* enum sip_substate, enum sip_sub_reason */
    bool known : 1;      /* in the table of dialogs */
    bool wanted : 1;     /* there is a state to tell */
    bool urgent : 1;     /* without waiting for next_at */
    bool first : 1;      /* the next one answers a SUBSCRIBE */
    bool last : 1;       /* expires 0 was granted: the next one ends it */
    bool forgotten : 1;  /* the gateway has no pointer to it any more */
    bool udp_only : 1;   /* TCP to them does not work */
    bool secure : 1;     /* they know us by sips */
    bool of_winfo : 1;   /* the package is presence.winfo */
    bool told : 1;       /* in c->told_watches */
    bool accepted : 1;   /* it is answered 202, not 200 */
    bool silent : 1;     /* the SUBSCRIBE that began it is not answered yet: nothing is sent */
    uint8_t id_n;
    uint8_t id[]; /* of the Event; mostly empty */
};

/* NULL: full or no memory. `id`: of the Event. */
struct sip_watch *watch_new(struct sip_core *c, struct span id, uint64_t owner);
void watch_free(struct sip_core *c, struct sip_watch *w);
static inline bool watch_is_list(const struct sip_watch *w)
{
    return w->body && w->body->is_list;
}
static inline struct span watch_id(const struct sip_watch *w)
{
    return (struct span){w->id, w->id_n};
}

/* notify_rate.c */
struct notify_rates notify_rates_parse(struct span event_params);
void notify_rates_put(struct buf *b, struct notify_rates r); /* ";max-rate=0.01;min-rate=0.002" */
uint64_t notify_rates_apart(struct notify_rates r);          /* ms between two at least */
/* S-302, RFC 6446 6: when it is told the same again (next_at is counted from the last NOTIFY); and
 * that it is time. */
uint64_t watch_repeat_at(const struct sip_watch *w);
void watch_repeat(struct sip_watch *w);

/* partial.c; `w->partial` must be there for the last two */
void partial_choose(const struct sip_core *c, struct sip_watch *w, const struct sip_msg *subscribe);
bool partial_begin(struct sip_watch *w);
void partial_end(struct sip_watch *w);
void partial_tell_all(struct sip_watch *w); /* the next NOTIFY has the whole state */
/* what is told of w->doc; NULL: no memory */
struct sip_doc *partial_compose(const struct sip_watch *w);
void partial_sent(struct sip_watch *w);

/* Makes the dialog and puts it into the table. ERR_EXISTS: there is one with that tag. */
enum err watch_join(struct sip_core *c, struct sip_watch *w, const struct dialog_parts *parts);

/* ---- for the core ---- */

void notifier_subscribe(struct sip_core *c, const struct sip_hop *from, const struct txn_key *key,
                        uint64_t now);
/* A SUBSCRIBE comes again whose 200 is made anew. */
void notifier_repeat(struct sip_core *c, const struct sip_hop *from, const struct txn_key *key);
void notifier_answered(struct sip_core *c, struct sip_watch *w, const struct core_result *r,
                       uint64_t now);
void notifier_tick(struct sip_core *c, uint64_t now);
bool notifier_next(struct sip_core *c, struct sip_core_event *out);
void notifier_bury(struct sip_core *c);
void notifier_fini(struct sip_core *c);

#endif
