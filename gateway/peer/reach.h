/* What this gateway can send to, by its configuration and this machine's addresses. Comes in: a
 * place. Goes out: yes or no. Stays out: whether anybody answers there (gateway/peer/penalty). */
#ifndef GATEWAY_PEER_REACH_H
#define GATEWAY_PEER_REACH_H

#include "gateway/conf/conf.h"
#include "simple/event.h"

/* The transports that it sends over, as LOCATE_OFFER. */
unsigned reach_offers(const struct conf *c);
/* S-206: a listener of our own: DNS that leads here would be a loop (RFC 3261 16.3). */
bool reach_is_self(const struct conf *c, const struct sip_hop *hop);
/* This machine knows a way to an address of that family. */
bool reach_can(const struct conf *c, const struct sip_hop *hop);
/* dns.servers; none: the system's. */
size_t reach_dns_servers(const struct conf *c, struct sip_addr to[CONF_LIST_MAX]);

#endif
