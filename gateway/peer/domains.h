/* Numbers for the domains that are reached under TLS: a hop carries one (sip_hop.domain), and
 * whoever is at its other end must prove to be that domain. And what came of it last. */
#ifndef GATEWAY_PEER_DOMAINS_H
#define GATEWAY_PEER_DOMAINS_H

#include "base/table.h"

enum { DOMAIN_NUMBERS_MAX = 10000 }; /* more get no number: they are not reached under TLS */

struct domain;

struct domains {
    struct table by_name;
    struct domain **at; /* by number less 1 */
    uint32_t n, cap;
};

void domains_init(struct domains *ds);
void domains_fini(struct domains *ds);
/* The same for ever; 0: too many, or no memory. */
uint32_t domains_number(struct domains *ds, struct span name);
struct span domains_name(const struct domains *ds, uint32_t number); /* empty: there is none */
/* Why it was not believed when it was called last; static words, NULL: it was, or was not called.
 */
void domains_note(struct domains *ds, uint32_t number, const char *why);
const char *domains_why(const struct domains *ds, uint32_t number);

#endif
