/* The text forms of addresses in the configuration: "192.0.2.1:5060", "[2001:db8::1]:5060",
 * "sip:host:5060;transport=tcp". Each reader gives NULL, or what is wrong with the text. */
#ifndef GATEWAY_CONF_ADDRESS_H
#define GATEWAY_CONF_ADDRESS_H

#include "gateway/conf/types.h"

/* HOST[:PORT]; the host without brackets, the port 0 where there is none. */
const char *conf_hostport_split(struct span text, struct span *host, uint16_t *port);
/* A numeric address with a port; without one `port` is taken, UINT16_MAX: that is an error. */
const char *conf_address_parse(struct span text, unsigned port, struct conf_address *out);
/* sip:HOST[:PORT][;transport=udp|tcp|tls]. The texts go into the arena. */
const char *conf_route_parse(struct arena *a, struct span text, struct conf_route *out);
/* Lower case, A-labels; NULL when it is no host name. */
const char *conf_host_name(struct arena *a, struct span text);

/* The same host; IPv4 inside IPv6 (::ffff:192.0.2.1) is IPv4. */
bool conf_same_host(const struct sockaddr *a, const struct sockaddr *b);
uint16_t conf_port(const struct sockaddr *a);
bool conf_is_loopback(const struct sockaddr *a);
bool conf_is_unicast(const struct sockaddr *a); /* of one machine: not 0.0.0.0, not multicast */

#endif
