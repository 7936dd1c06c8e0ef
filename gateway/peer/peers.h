/* The SIP domains that we exchange with over dedicated links: their routes, primary first, each of
 * them one place or, where it has a host name, those that DNS gave for it. No I/O: places out, how
 * it went in. */
#ifndef GATEWAY_PEER_PEERS_H
#define GATEWAY_PEER_PEERS_H

#include "base/err.h"
#include "gateway/conf/conf.h"
#include "gateway/peer/domains.h"
#include "gateway/peer/penalty.h"
#include "gateway/peer/place.h"
#include "gateway/peer/service.h"
#include "simple/core.h"

struct peers;
struct peer;

/* Whether a place is put aside is asked of `penalties`, which must outlive it. */
enum err peers_new(const struct conf *conf, const struct penalties *penalties, struct peers **out);
void peers_free(struct peers *p);
/* Takes the peers of a new configuration; what is known of routes that stay is kept. */
enum err peers_reload(struct peers *p, const struct conf *conf);

/* The numbers of domains in hops: of peers, and of whoever else is called under TLS. */
struct domains *peers_domains(struct peers *p);

struct peer *peer_find(struct peers *p, struct span domain); /* NULL: not a peer */
struct peer *peer_next(const struct peers *p, size_t *at);         /* cursor, from 0 */

struct span peer_domain(const struct peer *p);
bool peer_is_secure(const struct peer *p);  /* all its routes are under TLS */
bool peer_is_limited(const struct peer *p); /* limits: default, not none */
/* Its switches, as long as p; NULL: the defaults, for domains that are no peers. */
const struct conf_peer *peer_switches(const struct peer *p);
void peer_bounds(const struct peer *p, struct service_bounds *out); /* what was agreed */
/* May a request of this domain have come from there? */
bool peer_sends_from(const struct peer *p, const struct sip_hop *from);

/* Is any peer there? *limited: none that is there has limits: none. */
bool peers_send_from(const struct peers *p, const struct sip_hop *from, bool *limited);

/* All places of all routes, in the order of trying; false behind the last. */
bool peer_place(const struct peer *p, size_t i, struct way_place *out);
/* A request to it failed; for listings. */
void peer_failed(struct peer *p, uint64_t now, const char *why);

/* Routes with a host name: NULL: there is no such route, or it is an address. */
size_t peer_route_count(const struct peer *p);
const struct conf_route *peer_named_route(const struct peer *p, size_t route);
/* What DNS gave for it; takes a copy. No memory: it stays as it was. */
void peer_set_places(struct peer *p, size_t route, const struct way_place *places, size_t n);

/* When the next of many requests may go to it, `step` milliseconds after the one before: so that a
 * crowd that signs on does not fall on it at once. */
uint64_t peer_slot(struct peer *p, uint64_t now, uint64_t step);

struct peer_state { /* for listings */
    struct span domain;
    size_t routes, usable; /* places; a name without any counts as one that is not usable */
    uint64_t sent, received, failures; /* requests */
    const char *last_failure;          /* "" when there was none */
    uint64_t last_failure_at;          /* milliseconds of the loop's clock; 0: never */
};
void peer_state(const struct peer *p, uint64_t now, struct peer_state *out);
void peer_count_sent(struct peer *p);
void peer_count_received(struct peer *p);
/* A message came whose Date is wrong; false: so many came that no more are answered (S-098). */
bool peer_answers_stale(struct peer *p, uint64_t now);
/* S-354: the user part of its list service; NULL: it has none, or refused lists within a day. */
const char *peer_list_service(const struct peer *p, uint64_t now);
void peer_refused_list(struct peer *p, uint64_t now);
struct bucket *peer_budget(struct peer *p); /* what its users may still write (flow/limits) */

#endif
