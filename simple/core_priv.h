/* The SIP element from inside, and what its files all need: event/notifier and event/subscriber
 * with their kin, core_send; over them core_request (what comes in), over all core. */
#ifndef SIMPLE_CORE_PRIV_H
#define SIMPLE_CORE_PRIV_H

#include "base/arena.h"
#include "simple/core.h"
#include "simple/txn/client.h"
#include "simple/txn/dialog.h"
#include "simple/txn/server.h"

enum {
    CORE_T1 = 500, /* ms */
    CORE_PENDING_MAX = 100000,
    CORE_ANSWERED_MAX = 500000,
    CORE_SENT_MAX = 100000,
    CORE_WATCHES_MAX = 200000,
    CORE_SUBS_MAX = 200000,
    CORE_TAG = 16,                /* characters of our own tags: 80 bits */
    CORE_CALL_ID = 24,            /* of our Call-IDs: 120 bits */
    CORE_EXPIRES_MAX = 86400 * 7, /* seconds; no peer makes us wait for longer */
};

/* What we are called over one transport. */
struct core_name {
    struct span sent_by; /* "host[:port]"; empty: not offered */
    struct span host;    /* IPv6 without brackets */
    uint16_t port;       /* 0: not said */
    struct span via;     /* "Via: SIP/2.0/UDP host:port;branch=" */
};

struct sip_core {
    struct sip_core_conf conf; /* its spans point into strings */
    struct arena strings;
    struct rng own_rng, *rng;
    uint64_t t1, now;
    int64_t unix_ms_less_now; /* Unix time in ms less `now` */
    struct core_name names[SIP_TRANSPORTS], names_v6[SIP_TRANSPORTS];

    struct outbox out;
    struct server server;
    struct clients clients;
    struct table dialogs; /* our tag -> struct dialog */
    struct list watches, subs;
    size_t n_watches, n_subs;
    struct deadlines watches_due, subs_due;

    /* Events: what has no message is a link in its object; what has one is `current`, for one input
     * makes one. */
    struct list told_txns, told_watches, told_subs;
    bool has_current;
    struct sip_core_event current;
    struct sip_watch *dead_watch; /* its end was told: freed with the next call */
    struct sip_sub *dead_sub;

    struct sip_msg msg;     /* the input */
    struct sip_txn msg_txn; /* the SUBSCRIBE that it is, until all events of it are pulled */
    struct sip_msg again; /* a SUBSCRIBE that waited for its answer */
    struct buf scratch;
    uint64_t n_requests, n_responses, n_stray;
};

/* What came of a request of ours. */
struct core_result {
    int status;
    enum sip_cause cause;
    const struct sip_msg *msg; /* SIP_BY_PEER only */
    struct sip_hop hop;
};

int64_t core_unix(const struct sip_core *c, uint64_t now); /* seconds */
/* Can we send there: an offered transport, an address of one host (S-164: never broadcast or
 * multicast), and TLS where the URI says sips (S-151: never downgraded)? */
bool core_can_reach(const struct sip_core *c, const struct sip_hop *hop, struct span uri);
void core_put_via(const struct sip_core *c, struct buf *b, const struct client_txn *t);
/* "Contact: <sip:…>", as seen by who is reached over that hop; sips where they are spoken to
 * in sips. */
void core_put_contact(const struct sip_core *c, struct buf *b, const struct sip_hop *hop,
                      bool secure);
bool core_is_secure(struct span uri); /* sips: */
/* Empties and gives the scratch buffer. */
struct buf *core_scratch(struct sip_core *c);
/* The only event of this input that has a message. */
void core_tell(struct sip_core *c, const struct sip_core_event *ev);
struct dialog *core_dialog(const struct sip_core *c, const struct sip_msg *m,
                           enum dialog_role role);
uint32_t core_retry_after(const struct sip_msg *m);
/* RFC 6665 4.1.2.2 and 4.2.2 (S-265, S-290): answers that end a subscription, whichever side asked.
 */
bool core_ends_subscription(int status);

/* Answers the core's input. */
void core_refuse(struct sip_core *c, const struct sip_hop *from, const struct txn_key *key,
                 int status, struct span reason, struct span headers);

#endif
