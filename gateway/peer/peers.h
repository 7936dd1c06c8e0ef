/* The SIP domains that we exchange with over dedicated links: their routes, primary first, and whether a route is put
 * aside because it failed. No I/O: hops out, how it went in. */
#ifndef GATEWAY_PEER_PEERS_H
#define GATEWAY_PEER_PEERS_H

#include "base/err.h"
#include "gateway/conf/conf.h"
#include "gateway/peer/domains.h"
#include "simple/core.h"

struct peers;
struct peer;

enum err peers_new(const struct conf *conf, struct peers **out);
void peers_free(struct peers *p);
/* Takes the peers of a new configuration; what is known of routes that stay is kept. */
enum err peers_reload(struct peers *p, const struct conf *conf);

/* The numbers of domains in hops: of peers, and of whoever else is called under TLS. */
struct domains *peers_domains(struct peers *p);

struct peer *peer_find(const struct peers *p, struct span domain); /* NULL: not a peer */
struct peer *peer_next(const struct peers *p, size_t *at);         /* cursor, from 0 */

struct span peer_domain(const struct peer *p);
bool peer_is_secure(const struct peer *p);  /* all its routes are under TLS */
bool peer_is_limited(const struct peer *p); /* limits: default, not none */
/* May a request of this domain have come from there? */
bool peer_sends_from(const struct peer *p, const struct sip_hop *from);

/* Is any peer there? *limited: none that is there has limits: none. */
bool peers_send_from(const struct peers *p, const struct sip_hop *from, bool *limited);

/* The first route that is not put aside (all are: the one whose time is over soonest). The answer is good for
 * peer_tried. `skip` is a bit for each route not to take, as a request that was tried there asks; false: none is left. */
bool peer_route(const struct peer *p, unsigned skip, uint64_t now, struct sip_hop *out,
                size_t *route);
/* How a request over that route went: an answer, whatever it was, is life. A failure puts it aside for 30 s, doubling
 * to 5 min. */
void peer_answered(struct peer *p, size_t route, uint64_t now);
void peer_failed(struct peer *p, size_t route, uint64_t now, const char *why);
/* "503 with Retry-After" puts it aside for just that long. */
void peer_rest(struct peer *p, size_t route, uint64_t until);

/* When the next of many requests may go to it, `step` milliseconds after the one before: so that a crowd that signs on
 * does not fall on it at once. */
uint64_t peer_slot(struct peer *p, uint64_t now, uint64_t step);

struct peer_state { /* for listings */
    struct span domain;
    size_t routes, usable;
    uint64_t sent, received, failures; /* requests */
    const char *last_failure;          /* "" when there was none */
    uint64_t last_failure_at;          /* milliseconds of the loop's clock; 0: never */
};
void peer_state(const struct peer *p, uint64_t now, struct peer_state *out);
void peer_count_sent(struct peer *p);
void peer_count_received(struct peer *p);

#endif
