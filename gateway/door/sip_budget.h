/* How much a source may send before anything of it is read: a token bucket for each, so that a
 * flood costs a look-up a datagram and takes nothing from others. And how much is said over UDP to
 * who has not proven to be where he says: at most three times what came from there, as whoever
 * forges his address would have us flood another. Comes in: sources, octets, time. Goes out: yes or
 * no. Stays out: sockets, and who is a peer or a user. */
#ifndef GATEWAY_DOOR_SIP_BUDGET_H
#define GATEWAY_DOOR_SIP_BUDGET_H

#include "base/bucket.h"
#include "base/list.h"
#include "base/table.h"
#include "simple/event.h"

enum {
    BUDGET_HOSTS_MAX = 16384, /* strangers kept in mind; the one unheard longest is forgotten */
    BUDGET_WAYS_MAX = 100000, /* addresses and ports that are trusted; the oldest is forgotten */
    BUDGET_ALL_PER_SECOND = 20000, /* datagrams of all strangers together */
    BUDGET_REPLY_TIMES = 3,        /* octets of answers for one that came */
    BUDGET_REPLY_FIRST = 4096,     /* octets of answers before that; no more is saved up */
};

enum sip_who {
#define BUDGET(who, ...) SIP_WHO_##who,
#include "gateway/door/sip_budgets.def"
    SIP_WHO_UNLIMITED, /* a peer with limits: none */
};

struct sip_budget {
    struct table hosts, ways;
    struct way *latest; /* that was asked for: it will be again; may be NULL */
    struct list hosts_lru, ways_fifo; /* the oldest first */
    struct bucket all;
};

void sip_budget_init(struct sip_budget *b);
void sip_budget_fini(struct sip_budget *b);
/* Who is there has proven to be a user, or is a peer; UDP only, others are ignored. */
void sip_budget_trust(struct sip_budget *b, const struct sip_hop *from, enum sip_who who,
                      uint64_t until);
bool sip_budget_trusts(struct sip_budget *b, const struct sip_hop *from, uint64_t now);
/* A datagram came. False: throw it away. */
bool sip_budget_datagram(struct sip_budget *b, const struct sip_hop *from, size_t octets,
                         uint64_t now);
/* The same for one that comes over a connection of a stranger; what is over the budget is asked for
 * again when some of it is there. */
bool sip_budget_message(struct sip_budget *b, const struct sip_addr *from, uint64_t now);
/* A connection of no peer came. False: close it. */
bool sip_budget_connection(struct sip_budget *b, const struct sip_addr *from, uint64_t now);
/* A datagram answers a request. False: it would be too much for who may never have asked. */
bool sip_budget_reply(struct sip_budget *b, const struct sip_hop *to, size_t octets, uint64_t now);

#endif
