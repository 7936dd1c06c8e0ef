/* Between the configuration's socket addresses and the numbers that the rest of the program
 * uses. */
#ifndef GATEWAY_NET_ADDR_H
#define GATEWAY_NET_ADDR_H

#include "simple/wire/addr.h"

#include <sys/socket.h>

socklen_t net_to_sockaddr(const struct sip_addr *a, struct sockaddr_storage *out);
/* The address of ours that a packet to somewhere far would have; false: there is none. Nothing is
 * sent. */
bool net_own_address(uint8_t family, struct sip_addr *out);
/* Is that address one of this machine's? The port does not matter. */
bool net_is_own(const struct sip_addr *a);
/* Does this machine know a way there? Nothing is sent. */
bool net_has_route(const struct sip_addr *a);
/* Family 0 for anything but IPv4 and IPv6. */
void net_from_sockaddr(const struct sockaddr *in, struct sip_addr *out);

#endif
