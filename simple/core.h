/* The SIP element of one domain, without I/O. Comes in: whole messages and the time. Goes out:
 * events for the gateway (simple/event.h) and messages to send. It answers by itself what needs no
 * decision (malformed, unknown methods, CANCEL, repeats, OPTIONS of the domain), keeps the
 * transactions (RFC 3261 17, 4320) and the dialogs of subscriptions (RFC 6665) in both directions.
 * Stays out: sockets, framing of streams, DNS, who may do what, what is in a body.
 *
 * The one rule: after every input, tick or failure pull events until there is none, and outputs
 * too, before the next input. Times are milliseconds of one clock that never goes back. */
#ifndef SIMPLE_CORE_H
#define SIMPLE_CORE_H

#include "base/err.h"
#include "base/rng.h"
#include "simple/event.h"

struct sip_core;

struct sip_core_conf {
    struct span domain; /* ours: OPTIONS for it without a user is answered here */
    /* What peers see as us: "host[:port]" for Via and Contact, index enum sip_transport. Empty: not
     * offered; the core then sends nothing over it. */
    struct span sent_by[SIP_TRANSPORTS];
    struct span sent_by_v6[SIP_TRANSPORTS]; /* towards IPv6 addresses; empty: the same */
    struct span accept; /* body types for OPTIONS: "text/plain, message/cpim, ..." */
    struct span
        supported;   /* option tags: "eventlist, ..."; what Require names beyond them is 420 */
    uint32_t t1;     /* ms; 0: 500. T2, T4 and all timers scale with it (S-168: one factor) */
    bool partial;    /* whoever accepts application/pidf-diff+xml is told what changed (RFC 5263) */
    struct rng *rng; /* NULL: the system's */
    /* Bounds; 0: the default. What is over them is refused with 503 and Retry-After. */
    uint32_t max_pending;  /* requests not yet answered (100,000) */
    uint32_t max_answered; /* requests remembered, oldest forgotten first (500,000) */
    uint32_t max_sent;     /* our requests without a final answer (100,000) */
    uint32_t max_watches;  /* (200,000) */
    uint32_t max_subs;     /* (200,000) */
};

/* Copies what conf points to, except rng. NULL: no memory. */
struct sip_core *sip_core_new(const struct sip_core_conf *conf, uint64_t now, int64_t unix_now);
void sip_core_free(struct sip_core *c); /* sends nothing: what peers know of us stays as it is */

/* One whole message (a datagram, or what the framer cut from a stream). */
void sip_core_input(struct sip_core *c, const struct sip_hop *from, struct span whole,
                    uint64_t now);
/* The same for the message at the front of a stream, where it stands there whole and without fault:
 * gives its size. 0: it does not, and nothing was done; the framer says what there is. */
size_t sip_core_input_first(struct sip_core *c, const struct sip_hop *from, struct span stream,
                            uint64_t now);
/* Oldest first; false when there is none. */
bool sip_core_next(struct sip_core *c, struct sip_core_event *out);

struct sip_output {
    struct sip_hop hop;
    struct span bytes; /* borrowed until the next call to the core */
    uint64_t id;       /* for sip_core_send_failed; 0: a response, nobody waits for it */
};
bool sip_core_output(struct sip_core *c, struct sip_output *out); /* oldest first */
/* It could not be sent (refused, reset, no route): its transaction ends now with 503 (S-163). */
void sip_core_send_failed(struct sip_core *c, uint64_t id, uint64_t now);
/* The same for all that waits for answers over this hop: a connection that closed (flow != 0), or
 * an address that ICMP reports (flow 0: transport and addr are compared). */
/* `how`: SIP_BY_TRANSPORT where nothing can have arrived by it, else SIP_BY_BREAK. */
void sip_core_hop_failed(struct sip_core *c, const struct sip_hop *hop, enum sip_cause how,
                         uint64_t now);

uint64_t sip_core_deadline(const struct sip_core *c); /* when to tick it; DEADLINE_NEVER */
void sip_core_tick(struct sip_core *c, uint64_t now, int64_t unix_now);

/* --- answering requests --- */
struct sip_answer {
    int status;               /* 200..699 */
    struct span reason;       /* empty: the usual phrase */
    struct span headers;      /* ready lines, each "Name: value\r\n"; may be empty */
    struct span content_type; /* with body only */
    struct span body;
    bool remade; /* its headers are made anew for a repeat of the request, not kept */
};
/* False: the transaction is gone (answered, or older than 64*T1), or there is no memory. A
 * non-INVITE request is never answered 408 (RFC 4320 4.2): that, too, is false. */
bool sip_core_respond(struct sip_core *c, struct sip_txn txn, const struct sip_answer *a,
                      uint64_t now);
/* The same with nothing but a status. */
bool sip_core_answer(struct sip_core *c, struct sip_txn txn, int status, uint64_t now);

/* Who is there has registered as somebody new: a PUBLISH that comes from there now is no repeat of
 * one before, even where it is the same to the octet (libpurple begins each run with the same ids).
 */
void sip_core_started_anew(struct sip_core *c, const struct sip_hop *who, uint64_t now);

/* --- sending requests outside of dialogs --- */
struct sip_request {
    enum sip_method method;
    struct span uri;                /* Request-URI */
    struct span from_uri, to_uri;   /* without <> */
    struct span from_display;       /* plain text; quoted here; may be empty */
    struct span call_id;            /* empty: a fresh one */
    /* the same: both stay when it goes to the next server (RFC 3263 4.3) */
    struct span from_tag;
    uint32_t cseq;                  /* 0: 1 */
    uint8_t hops_used;              /* Max-Forwards is 70 less these */
    int64_t date;                   /* when it was written, Unix seconds; 0: now */
    struct span headers;            /* ready lines */
    struct span route;              /* Route header value: "<sip:a;lr>, <sip:b;lr>"; may be empty */
    struct span content_type, body; /* may be empty */
    struct sip_hop hop;
};
enum { SIP_UDP_MAX = 1300 }; /* RFC 3261 18.1.1, RFC 3428 8: a request over this is not for UDP */
/* How long it would be on the wire: ask before a MESSAGE is sent. 0: it cannot be printed. */
size_t sip_core_measure(struct sip_core *c, const struct sip_request *r);
/* Sends it; one SIP_EVENT_RESPONSE with `owner` follows. Gives its id; 0 when it cannot be sent at
 * all (a bound, no memory, a transport that we do not offer): then no event follows. */
uint64_t sip_core_send(struct sip_core *c, const struct sip_request *r, uint64_t owner,
                       uint64_t now);
/* The owner no longer wants to know: no event follows. */
void sip_core_forget(struct sip_core *c, uint64_t id);

/* --- they watch us: the notifier (RFC 6665 4.2, RFC 3856) --- */

/* A document shared by all who get it: built once, counted. */
struct sip_doc;
struct sip_doc *sip_doc_new(struct span content_type,
                            struct span body); /* copies; NULL: no memory */
struct sip_doc *sip_doc_ref(struct sip_doc *d);
void sip_doc_unref(struct sip_doc **d);

/* What to grant a SUBSCRIBE: true and *expires (0: leaves, or a fetch), or false and the answer to
 * give: 423, whose extra header is "Min-Expires: <min>". Asked for: the Expires header, or the
 * package's 3600. */
bool sip_watch_grant(const struct sip_msg *subscribe, uint32_t min, uint32_t max, uint32_t *expires,
                     int *status);
/* Takes an initial SUBSCRIBE: makes the dialog, and is silent until sip_watch_answer, so that what
 * is to outlive a crash can be written first (sip_watch_export). Not answered for as long as the
 * SUBSCRIBE lives, it ends by itself. To refuse it after all use sip_core_respond, and
 * sip_watch_notify with the state terminated: nothing is sent then. NULL: it was answered with a
 * failure, or is gone. */
struct sip_watch *sip_watch_accept(struct sip_core *c, struct sip_txn txn, uint64_t owner,
                                   uint64_t now);
/* Answers 200: to what was accepted, or to SIP_EVENT_WATCH_REFRESH. Call sip_watch_notify next, in
 * the same turn. With expires 0 that one NOTIFY ends it (a fetch; they leave). To refuse a refresh
 * use sip_core_respond: the watch stays as it was. False: the SUBSCRIBE is gone, or the watch is;
 * nothing changed. */
bool sip_watch_answer(struct sip_core *c, struct sip_watch *w, struct sip_txn txn, uint32_t expires,
                      uint64_t now);
struct sip_notify {
    enum sip_substate state;
    enum sip_sub_reason reason; /* terminated only */
    uint32_t retry_after;       /* seconds; probation and giveup */
    struct sip_doc *doc;        /* NULL: no body. The core takes its own reference */
    bool urgent;                /* not throttled: coming online, going offline, a change of rules */
};
/* Tells the watcher. The first after accept or refresh goes at once, as do urgent ones and the
 * last; others wait until 5 s after the one before, and the latest state wins (RFC 3856 6.10). One
 * is in flight at a time. With state terminated, or after expires 0, the watch is the core's from
 * here on: forget the pointer, no event follows. */
void sip_watch_notify(struct sip_core *c, struct sip_watch *w, const struct sip_notify *n,
                      uint64_t now);
void sip_watch_set_owner(struct sip_watch *w, uint64_t owner);
/* True: its SUBSCRIBEs are answered 202 from here on, for peers that know RFC 3265 only; else 200,
 * which is all that RFC 6665 8.3.1 allows. */
void sip_watch_say_accepted(struct sip_watch *w, bool accepted);
/* Where to reach the watcher is better known now (the gateway resolved sip_watch_next_uri). */
void sip_watch_move(struct sip_watch *w, const struct sip_hop *hop);
struct span sip_watch_next_uri(const struct sip_watch *w); /* first Route, or the Contact */
struct span
sip_watch_remote(const struct sip_watch *w); /* the watcher's URI: From of the SUBSCRIBE */

/* All that brings a watch back after a restart. The CSeq comes from the clock, so nothing changes
 * from NOTIFY to NOTIFY: write it before a SUBSCRIBE is answered (with the expiry that is granted
 * then), and when the watch has ended. Spans: borrowed from the watch. */
enum { SIP_WANTS_MAX = 48 };
struct sip_watch_row {
    struct span call_id, local_tag, remote_tag;
    struct span local_uri,
        remote_uri;       /* header values of our From and To without tags: "Al <sip:al@x>" */
    struct span target;   /* Contact URI */
    struct span routes;   /* Route value, ready; may be empty */
    struct span event_id; /* id parameter; may be empty */
    bool winfo;           /* the package is presence.winfo, not presence */
    char wants[SIP_WANTS_MAX]; /* how it wants to be told: ";max-rate=0.01;partial", or nothing */
    uint32_t local_cseq, remote_cseq;
    int64_t expires_at; /* Unix seconds */
    struct sip_hop hop; /* flow is of no use after a restart and not restored */
};
void sip_watch_export(const struct sip_core *c, const struct sip_watch *w,
                      struct sip_watch_row *out);
/* NULL: full, no memory, there already, or not fit to be sent. An expired row ends at the next tick
 * in the usual way. */
struct sip_watch *sip_watch_restore(struct sip_core *c, const struct sip_watch_row *row,
                                    uint64_t owner, uint64_t now, int64_t unix_now);

/* --- we watch them: the subscriber (RFC 6665 4.1) --- */
struct sip_sub_want {
    struct span from_uri, from_display; /* our user */
    struct span to_uri;                 /* whom; also the Request-URI unless `uri` is given */
    struct span uri;
    struct span route;   /* as in sip_request */
    struct span headers; /* ready lines for every SUBSCRIBE (identity); may be empty */
    /* empty: fresh ones; both stay when it goes to the next server (RFC 3263 4.3) */
    struct span call_id, tag;
    /* of resource-lists+xml: to_uri is a list service, and watches all in it (RFC 5367); empty:
     * none */
    struct span list;
    uint32_t expires;    /* 0: a fetch: one NOTIFY, then SUB_ENDED with the document in msg */
    struct sip_hop hop;
};
/* Sends SUBSCRIBE and keeps it alive. NULL: full, no memory, or not fit to be sent; no event
 * follows. */
struct sip_sub *sip_sub_new(struct sip_core *c, const struct sip_sub_want *want, uint64_t owner,
                            uint64_t now);
/* Ends it: SUBSCRIBE with Expires 0, and the last NOTIFY is answered by the core. Forget the
 * pointer, no event follows. */
void sip_sub_end(struct sip_core *c, struct sip_sub *s, uint64_t now);
void sip_sub_move(struct sip_sub *s, const struct sip_hop *hop);
/* Sends nothing by itself from here on: its peer is known to be away (it still expires). Until: */
void sip_sub_hold(struct sip_core *c, struct sip_sub *s);
/* Refreshes it now, so that the peer tells the whole state (RFC 6665 4.1.2.2). */
void sip_sub_refresh(struct sip_core *c, struct sip_sub *s, uint64_t now);
struct span
sip_sub_next_uri(const struct sip_sub *s); /* where refreshes belong: first Route, or Contact */

/* --- for metrics --- */
struct sip_core_counts {
    uint64_t requests, repeats, refused, responses,
        stray;                                         /* since the start; refused: answered here */
    uint64_t sent, resent, timeouts, transport_errors; /* since the start */
    size_t pending, answered, in_flight, watches, subs; /* now */
    size_t output_bytes;                                /* now, not yet pulled */
};
void sip_core_count(const struct sip_core *c, struct sip_core_counts *out);

#endif
