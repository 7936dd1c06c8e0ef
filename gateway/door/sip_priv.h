/* Between the files of the SIP door: sip.c has what all transports share, sip_conn.c has the
 * connections, sip_ends.c who is at their other end. */
#ifndef GATEWAY_DOOR_SIP_PRIV_H
#define GATEWAY_DOOR_SIP_PRIV_H

#include "gateway/door/sip.h"
#include "gateway/door/sip_budget.h"
#include "gateway/door/sip_ends.h"
#include "gateway/net/listener.h"
#include "gateway/net/udp.h"
#include "simple/wire/frame.h"

struct sip_conn;
struct sip_race;
struct ws;

/* What differs between transports over connections: how messages are cut out of what came, and how
 * one stands among what leaves. One row a transport. */
struct sip_kind {
    enum sip_transport transport;
    bool secure;           /* under TLS ... */
    enum tls_side side; /* ... of this sort */
    /* Hands on what is whole at the front of `in`: *taken octets. False: the connection is gone. */
    bool (*take)(struct sip_conn *c, struct span in, size_t *taken);
    /* Puts one message behind what waits in c->out. */
    void (*put)(struct sip_conn *c, struct span message);
    /* Those below may be NULL. */
    bool (*begin)(struct sip_conn *c); /* what a connection needs of its own. False: no memory */
    void (*end)(struct sip_conn *c);   /* its last words into c->out; its own is let go */
    const char *(*overdue)(
        struct sip_conn *c); /* why it ends now, or NULL; else it is only SIP_IDLE_MS */
};

/* Flows: connections are below, our UDP sockets from here on. No datagram has the flow of a
 * connection, which may have proven something. */
#define SIP_FLOW_UDP 0x80000000U

struct sip_conn {
    /* What each message touches, in as few lines of the cache as it takes: of 1,000 busy
     * connections none finds its own there. */
    struct sip_door *door;
    const struct sip_kind *kind;
    struct stream *stream;
    uint64_t heard, moved; /* when something came; when output last moved */
    uint64_t begun;        /* when the message in `in` began; 0: none */
    bool ours, stands;     /* we connected; it stands */
    bool kept;             /* a peer's: silence does not end it (S-161) */
    bool trusted;          /* a peer's, or a user has proven himself over it: not weighed */
    bool paused;           /* a stranger's messages come too fast: not read before the next tick */
    bool wrote;            /* some of our output has left */
    bool paced;            /* a phone that is sent one message at a time (sip_pace) */
    struct buf in, out;    /* what came and is not whole yet; what waits */
    struct list dirty;     /* in the door's list: has something to offer */
    struct list half, deaf;     /* in the door's: part of a message is here; output waits */
    size_t in_noted, out_noted; /* octets of memory, as the door's totals know them */
    struct sip_hop hop;         /* .flow is its number */
    struct sip_frame frame;

    struct list of_door;
    struct sip_end_node at, alias;
    struct sip_hop aliased; /* where `alias` leads to; family 0: none */
    struct ws *ws;          /* over WebSocket */
    struct list riders;     /* contacts that are reached by it alone */
    struct timer timer;
    struct timer pace;     /* set: a message has left just now (sip_pace) */
    size_t pace_left;      /* octets of the one that is leaving */
    uint64_t spoke;        /* when a message or a keep-alive last came (WebSocket) */
    struct sip_race *race; /* while it is connected, to either of two addresses; NULL: to one */
};

struct sip_listener {
    struct sip_door *door;
    const struct sip_kind *kind;
    struct listener *at;
};

struct sip_door {
    struct worker *w;
    struct sip_handler on;
    struct sip_datagrams {
        struct sip_door *door;
        struct udp *udp;
    } udp[CONF_LIST_MAX]; /* what comes by the i-th has the flow SIP_FLOW_UDP + i */
    size_t udp_count;
    struct sip_listener listeners[SIP_TRANSPORTS * CONF_LIST_MAX];
    size_t listener_count;
    struct table by_flow;    /* struct sip_conn by its number */
    struct sip_conn *latest; /* the one that was asked for last: it will be again; may be NULL */
    struct sip_ends ends;
    struct sip_budget budget;
    struct list conns, dirty;
    struct list half, deaf;     /* begun, and without progress, for longest first */
    size_t in_total, out_total; /* octets of memory of all connections */
    size_t strangers; /* whose datagrams were read in this turn */
    uint32_t next_flow;
    bool pumping, has_output;
};

/* ---- sip.c ---- */
void sip_door_route(struct sip_door *d); /* the element's output, to sockets and connections */

extern const struct sip_kind sip_kind_tcp, sip_kind_tls; /* sip_tcp.c */
extern const struct sip_kind sip_kind_ws, sip_kind_wss;  /* sip_ws.c */

/* ---- sip_conn.c ---- */
struct sip_conn *sip_conn_of_flow(const struct sip_door *d, uint32_t flow); /* may give NULL */
/* The connection that this goes out by: that flow, else the newest to that address, else one that
 * is opened now. NULL: none can be. Under TLS only one whose other side has proven to be the hop's
 * domain will do (RFC 5922 7.3, RFC 5923 8.2), but for the flow itself. */
struct sip_conn *sip_conn_for(struct sip_door *d, const struct sip_hop *hop);
/* Puts one message behind what waits. False: too much waits already, and nothing was put. */
bool sip_conn_send(struct sip_conn *c, struct span message);
struct span sip_conn_waiting(struct sip_conn *c); /* what the kernel may have; empty: nothing yet */
void sip_conn_took(struct sip_conn *c, size_t taken);   /* so much of it has the kernel */
void sip_conn_offer(struct sip_conn *c); /* gives the kernel what it takes */
void sip_conn_dirty(struct sip_conn *c); /* it has something to offer at the end of this turn */
/* One message to the SIP element, and what it tells to the flows. False: the connection is gone. */
bool sip_conn_hand_on(struct sip_conn *c, struct span message);
/* What came is no message: it is answered where `head` tells to whom, and the connection ends. */
void sip_conn_refuse(struct sip_conn *c, enum sip_bad bad, struct span head);
/* May the next message be taken? False: it is paused for a while. */
bool sip_conn_may_go_on(struct sip_conn *c);
/* `broken`: who waits for an answer over it learns so now. `why` goes to the log. */
void sip_conn_close(struct sip_conn *c, const char *why, bool broken);
/* It stands by another stream than the one it began with: to `peer`. Takes the stream. */
void sip_conn_moved(struct sip_conn *c, struct stream *s, const struct sip_addr *peer);
/* A listener's call: ctx is a struct sip_listener. */
void sip_conn_accepted(void *ctx, struct stream *s);

/* ---- sip_pace.c: of a connection that is paced ---- */
struct span sip_pace_waiting(struct sip_conn *c); /* what may leave now */
void sip_pace_took(struct sip_conn *c, size_t taken);

/* ---- sip_bounds.c ---- */
void sip_bounds_note(struct sip_conn *c);  /* in or out has changed */
void sip_bounds_moved(struct sip_conn *c); /* some of its output was taken */
void sip_bounds_forget(struct sip_conn *c);
/* Closes who is over the bounds of all together: any connection may be gone afterwards. */
void sip_bounds_hold(struct sip_door *d);

/* ---- sip_tls.c ---- */
/* One that stands, or that is on its way there, and that this may go out by; may give NULL. */
struct sip_conn *sip_tls_find(const struct sip_door *d, const struct sip_hop *hop);
/* Our connection to that domain goes under TLS. False: it cannot. */
bool sip_tls_begin(struct sip_conn *c, uint32_t domain);
void sip_tls_stands(struct sip_conn *c);                  /* both sides have agreed */
void sip_tls_ended(struct sip_conn *c, const char *why);  /* before it is closed */

/* ---- sip_race.c ---- */
void sip_race_end(struct sip_conn *c); /* one that runs none is fine */
/* Its own stream could not be connected; true: the other one may still be. */
bool sip_race_goes_on(struct sip_conn *c);

#endif
