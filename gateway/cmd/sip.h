/* aimgate sip NAME: a small SIP user agent. What its files know of each other: sip.c (the command,
 * messages, the time), client_sip_request.c (what waits for an answer), client_sip_signon.c
 * (registration and own presence), client_sip_watch.c (whom it watches), client_sip_address.c
 * (names and addresses). The SIP element of simple/core.h does transactions and dialogs. */
#ifndef GATEWAY_CMD_SIP_H
#define GATEWAY_CMD_SIP_H

#include "base/arena.h"
#include "base/rng.h"
#include "gateway/cmd/client_talk.h"
#include "simple/core.h"
#include "simple/txn/digest.h"
#include "simple/wire/frame.h"

enum { UA_EXPIRES = 600 /* seconds, of all that is kept alive */, UA_CALL_ID = 24 };

enum ua_asks { UA_REGISTER, UA_PUBLISH, UA_MESSAGE };

/* A request that waits for its answer; kept so that a challenge can be answered. */
struct ua_request {
    struct list node;
    enum ua_asks asks;
    uint64_t wait; /* UA_MESSAGE: its number with client_wait */
    uint32_t cseq;
    bool proven; /* it was sent with an answer to a challenge */
    char call_id[UA_CALL_ID];
    struct buf uri, to, headers, body;
};

struct ua {
    struct client_talk *t;
    struct sip_core *core;
    struct sip_hop hop; /* the gateway, over our connection */
    struct sip_frame frame;
    struct rng rng;
    struct arena arena; /* of what is being handled */
    struct digest_client digest;
    struct buf user; /* the account, as in its address but not escaped */
    struct buf uri;  /* sip:user@domain */
    struct buf registrar, contact;
    char call_id[UA_CALL_ID]; /* of all REGISTERs */
    uint32_t register_cseq;
    struct list requests;
    uint64_t register_at, publish_at, ping_at;
    uint64_t waits; /* numbers given out for client_wait */
    struct buf etag, away;
    bool publishing, publish_again, leaving;
};

/* After every input, tick or request: what the core tells, and what it sends. */
void ua_pump(struct ua *ua);

/* ---- client_sip_request.c */
/* The caller fills in the rest; NULL: no memory. */
struct ua_request *ua_request_new(struct ua *ua, enum ua_asks asks);
void ua_request_free(struct ua_request *r);
/* Takes it, and sends it; false: it cannot be sent, and is gone. */
bool ua_request_begin(struct ua *ua, struct ua_request *r);
/* Sent once more, with an answer to the challenge; not where that was wrong before (RFC 3261 22.1),
 * unless only the nonce was too old. */
bool ua_request_prove(struct ua *ua, struct ua_request *r, const struct sip_msg *challenge);

/* ---- client_sip_signon.c */
void ua_register(struct ua *ua, uint32_t expires); /* 0: no longer */
/* How we are, to all who watch; one after the other: each takes the place of the one before. */
void ua_publish(struct ua *ua, uint32_t expires);
void ua_registered(struct ua *ua, const struct sip_core_event *ev);
void ua_published(struct ua *ua, const struct sip_core_event *ev);

/* ---- client_sip_address.c */
/* Who signs on: the account, and its address. NULL, or what is wrong with the name. */
const char *ua_take_name(struct ua *ua, struct span typed);
/* A typed name or address as a SIP URI; names without @ are of our own domain. False: it is none.
 */
bool ua_address(const struct ua *ua, struct span typed, struct buf *uri);
/* How an address is shown: users of our own domain without it. */
void ua_put_name(const struct ua *ua, struct span uri, struct buf *out);

/* ---- client_sip_watch.c */
/* False: it was said why not. */
bool ua_watch(struct ua *ua, struct client_person *p);
/* SIP_EVENT_SUB_…: the owner of a subscription is the person. */
void ua_watch_event(struct ua *ua, const struct sip_core_event *ev);
/* Subscribes again whom it is time for; gives when the next is due. */
uint64_t ua_watch_retry(struct ua *ua, bool now);
void ua_watch_end_all(struct ua *ua);

#endif
