/* The SIP door: UDP sockets, TCP listeners and connections; messages cut out of streams; the SIP
 * element's events to the flows and its messages to the network. Datagrams leave in batches,
 * streams with one write a turn. */
#ifndef GATEWAY_DOOR_SIP_H
#define GATEWAY_DOOR_SIP_H

#include "gateway/people/account.h"

enum {
    SIP_CONNECTIONS_MAX = 20000,
    SIP_PER_SOURCE_MAX = 2000,     /* connections of one address */
    SIP_IDLE_MS = 600000,          /* a connection without traffic (S-161: 10 minutes) */
    SIP_SLOW_MS = 30000,           /* a message that is not whole by then (S-162) */
    SIP_STALL_MS = 30000,          /* a connection that takes none of our output for so long */
    SIP_CONNECT_MS = 4000,         /* until a connection of ours must stand */
    SIP_WS_OPENING_MS = 15000,     /* until the request that opens a WebSocket must be whole */
    /* silence after which a browser is asked whether it is there, every 15 s */
    SIP_WS_PING_MS = 30000,
    SIP_WS_SILENT_MS = 75000,      /* silence after which it is not */
    SIP_WS_IDLE_MS = 7800000,      /* pongs and nothing else: longer than any registration lasts */
    /* octets that wait for one connection: one change tells all watchers of a domain */
    SIP_OUTPUT_MAX = 8 << 20,
    /* of memory, in all connections: messages that are not whole yet */
    SIP_INPUT_TOTAL = 16 << 20,
    SIP_OUTPUT_TOTAL = 32 << 20,   /* of memory, in all connections: output that waits */
    /* who has proven himself over UDP is no stranger for so long (sip_budget) */
    SIP_TRUST_MS = 7200000,
    /* datagrams of theirs; when more have piled up, those who are known come first */
    SIP_STRANGERS_A_TURN = 128,
    SIP_PAUSE_MS = 50,             /* until a stranger over his budget is read again */
    SIP_TRUST_PEER_MS = 60000,     /* a peer; then the configuration is asked again */
};

/* Who hears of it; the door knows no flow. */
struct sip_handler {
    /* what the SIP element tells */
    void (*event)(struct worker *w, const struct sip_core_event *ev);
    /* the connection is gone by which alone it was reached */
    void (*lost)(struct worker *w, struct contact *c);
};

enum err sip_door_new(struct worker *w, const struct sip_handler *on, struct sip_door **out);
enum err sip_door_open(struct sip_door *d, struct buf *why);
void sip_door_close_listeners(struct sip_door *d);
void sip_door_free(struct sip_door *d);

/* Moves the element's output to sockets, and writes. */
void sip_door_flush(struct sip_door *d);
/* Pulls the element's events (after a tick). */
void sip_door_pump(struct sip_door *d);

/* Has the certificate at the other end of that connection proven the domain? Never without TLS. */
bool sip_door_proves(const struct sip_door *d, uint32_t flow, struct span domain);
/* The domains that it names, with spaces between; empty: it has none. Borrowed from the
 * connection. */
struct span sip_door_names(const struct sip_door *d, uint32_t flow);
/* RFC 5923 8.2: a request of a domain that was proven came that way and says that others may go
 * back over the same connection, as if to `port` of its other end. */
void sip_door_alias(struct sip_door *d, uint32_t flow, uint16_t port);
/* A user of ours has proven himself from there: what comes from there is not weighed as a
 * stranger's. */
void sip_door_trust(struct sip_door *d, const struct sip_hop *from);
/* What the phone at the other end calls itself: one is known that must be sent one message at a
 * time (sip_pace.c). */
void sip_door_agent(struct sip_door *d, const struct sip_hop *from, struct span user_agent);
/* Does that connection still stand? */
bool sip_door_flow_stands(const struct sip_door *d, uint32_t flow);
/* Where to send to a host that has both `first` and (family 0: it has not) another address: over
 * the connection to either of them, else over one that is opened now, to whichever answers
 * first. */
struct sip_hop sip_door_race(struct sip_door *d, const struct sip_hop *first,
                             const struct sip_addr *second);
/* The connection to that place, if one stands, is told to be in use (RFC 5626 4.4.1). */
void sip_door_keep_alive(struct sip_door *d, const struct sip_hop *to);
/* Where a registered phone is reached: on the connection it registered by while that stands, else
 * at its Contact. */
struct sip_hop sip_door_hop_of(const struct sip_door *d, const struct contact *c);
/* Should a request with that method go there? Not where methods of the contact leave it out (RFC
 * 3840), and by one flow only where one phone registered several (RFC 5626 5.3): one that stands,
 * the newest of them. */
bool sip_door_takes(const struct sip_door *d, const struct account *a, const struct contact *c,
                    struct span method);
/* A contact that registered over WebSocket lives by its connection: `lost` tells when that is gone.
 * Others: nothing. */
void sip_door_ride(struct sip_door *d, struct contact *c);

#endif
