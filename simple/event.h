/* What the SIP element tells whoever runs it: requests to answer, answers to what was sent, and the
 * life of subscriptions in both directions. Data only. */
#ifndef SIMPLE_EVENT_H
#define SIMPLE_EVENT_H

#include "simple/wire/msg.h"

enum { SIP_TRANSPORTS = SIP_TRANSPORT_WSS + 1 }; /* enum sip_transport as an index */

/* Where a message came from, or is to go. */
struct sip_hop {
    enum sip_transport transport; /* UDP, TCP, TLS, WS or WSS */
    struct sip_addr addr;         /* the other side: IP address and port */
    uint32_t
        flow; /* the door's number of one connection (used if it still stands, else a connection
               * to addr); 0: any connection to addr, opened if there is none. UDP: which of our
               * sockets, 0: any */
    uint32_t domain; /* TLS: the gateway's number of the domain that the other side must prove to
                      * be; 0: none, so nothing but the flow will do */
};

/* A server transaction by a weak number: once it is answered or too old, using it does nothing. 0:
 * none. */
struct sip_txn {
    uint64_t id;
};

struct sip_watch; /* someone watches one of our users (we are the notifier) */
struct sip_sub;   /* one of our users watches someone (we are the subscriber) */

enum sip_event_kind {
    /* A well-formed request, told once however often it was sent. Answer with sip_core_respond, or
     * for an initial SUBSCRIBE with sip_watch_accept. Valid: txn, method, msg, from. In-dialog
     * SUBSCRIBE and NOTIFY never come this way, see below. Not answered within 64*T1 it is
     * forgotten silently. */
    SIP_EVENT_REQUEST = 1,
    /* The end of a request sent with sip_core_send. Valid: owner, id, status (200..699), cause,
     * retry_after, from; msg only when cause is SIP_BY_PEER. */
    SIP_EVENT_RESPONSE,

    /* A SUBSCRIBE in the dialog of a watch. Answer with sip_watch_refresh, then tell the state with
     * sip_watch_notify. Valid: watch, owner, txn, msg, from, expires (0: they leave). */
    SIP_EVENT_WATCH_REFRESH,
    /* The watch is over, and not by our own word. `watch` is dead after the next call to the core.
     * Valid: watch, owner, status (what ended it: 408 no answer to NOTIFY, 503 transport, 0
     * expired, else the watcher's own answer). */
    SIP_EVENT_WATCH_ENDED,

    /* The peer took our SUBSCRIBE, first or refreshed. State comes by NOTIFY only. Valid: sub,
     * owner, status, expires (seconds from now), msg. */
    SIP_EVENT_SUB_ACCEPTED,
    /* A NOTIFY, state pending or active (or one that is not known), in order. Answer txn 200 (or
     * 400 when the body is broken) with sip_core_respond. Valid: sub, owner, txn, state, expires,
     * msg (body: msg->body; may be empty: the earlier document stands). */
    SIP_EVENT_SUB_NOTIFY,
    /* A refresh was not taken, or had no answer: it stands until it runs out, and is tried again
     * before. Valid: sub, owner, status, cause. */
    SIP_EVENT_SUB_DELAYED,
    /* The first SUBSCRIBE came to nothing. `sub` is dead after the next call to the core.
     * Valid: sub, owner, status, cause, retry_after; msg only when cause is SIP_BY_PEER. */
    SIP_EVENT_SUB_FAILED,
    /* What stood is over. `sub` is dead after the next call to the core. Valid: sub, owner, reason,
     * retry_after, status (the answer to a refresh that ended it, else 0), cause; msg when a NOTIFY
     * ended it (already answered; its body is the last state and the only one of a fetch). */
    SIP_EVENT_SUB_ENDED,
};

/* Who gave an answer. */
enum sip_cause {
    SIP_BY_PEER,      /* it came over the wire */
    SIP_BY_TIMEOUT,   /* ours: silence for 64*T1 (status 408). The request may have arrived */
    SIP_BY_TRANSPORT, /* ours: it could not be sent (status 503). Nothing has arrived */
    SIP_BY_BREAK,     /* ours: the connection broke after it may have been sent (status 503) */
};

/* Why a subscription ended (RFC 6665 4.1.3): its words are in simple/event/packages.def. */
enum sip_sub_reason {
    SIP_REASON_NONE, /* none given, or one that is not known */
#define SUB_REASON(name, word) SIP_REASON_##name,
#include "simple/event/packages.def"
    SIP_REASONS
};

struct sip_core_event {
    enum sip_event_kind kind;
    enum sip_method method;
    enum sip_cause cause;
    enum sip_substate state;
    enum sip_sub_reason reason;
    bool winfo; /* SUBSCRIBE: the package is presence.winfo, not presence */
    int status;
    uint32_t expires;
    uint32_t retry_after; /* seconds; 0: nothing said */
    uint64_t owner;       /* the number given when the request, watch or sub was made */
    uint64_t id;          /* RESPONSE: what sip_core_send returned */
    struct sip_txn txn;
    struct sip_watch *watch;
    struct sip_sub *sub;
    const struct sip_msg *msg; /* good until the next sip_core_input; NULL: there is none */
    struct sip_hop from;
};

/* The owner as the pointer that was given for it. */
static inline void *sip_event_owner(const struct sip_core_event *ev)
{
    return (void *)(uintptr_t)ev->owner; /* NOLINT(performance-no-int-to-ptr): the core never follows it */
}

#endif
