/* What the files of the notifier share. */
#ifndef SIMPLE_EVENT_NOTIFIER_H
#define SIMPLE_EVENT_NOTIFIER_H

#include "simple/core_priv.h"

enum {
    NOTIFY_INTERVAL = 5000,  /* ms between two NOTIFYs that are not urgent, RFC 3856 6.10 */
    NOTIFY_RETRY = 1000,     /* ms until the next try when there was no memory or no room */
    NOTIFY_WAIT_MAX = 3600,  /* seconds: the longest Retry-After that is obeyed */
    CSEQ_EPOCH = 1577836800, /* 2020-01-01 in Unix seconds */
    WATCH_ACCEPT_MAX = 512,  /* octets of Accept that are kept */
};

enum watch_state {
    WATCH_OPEN,    /* requests in the dialog find it */
    WATCH_CLOSING, /* out of the dialogs; the terminating NOTIFY waits or is in flight */
    WATCH_GONE,    /* nothing more is sent; kept until the gateway has pulled its end */
};

struct sip_watch {
    struct dialog d; /* first: the table of dialogs points to it */
    struct list all, told;
    struct deadline due;
    enum watch_state state;
    uint64_t owner;
    uint64_t expires_at; /* ms of the core's clock */
    uint64_t next_at;    /* before that only what is urgent is sent */
    uint64_t in_flight;  /* the NOTIFY without answer; 0: none */
    struct sip_doc *doc; /* what waits, or is in flight */
    enum sip_substate say;
    enum sip_sub_reason reason;
    uint32_t retry_after;
    int end_status;
    bool known;     /* in the table of dialogs */
    bool wanted;    /* there is a state to tell */
    bool urgent;    /* without waiting for next_at */
    bool first;     /* the next one answers a SUBSCRIBE */
    bool last;      /* expires 0 was granted: the next one ends it */
    bool forgotten; /* the gateway has no pointer to it any more */
    bool udp_only;  /* TCP to them does not work */
    bool silent;    /* the SUBSCRIBE that began it is not answered yet: nothing is sent */
    size_t accept_n;
    uint8_t accept[];
};

/* NULL: full or no memory. */
struct sip_watch *watch_new(struct sip_core *c, struct span accept, uint64_t owner);
void watch_free(struct sip_core *c, struct sip_watch *w);
/* Makes the dialog and puts it into the table. ERR_EXISTS: there is one with that tag. */
enum err watch_join(struct sip_core *c, struct sip_watch *w, const struct dialog_parts *parts);

#endif
