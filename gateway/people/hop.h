/* A hop as octets for the database: transport, family, address, port. The connection is not kept:
 * after a restart there is none. */
#ifndef GATEWAY_PEOPLE_HOP_H
#define GATEWAY_PEOPLE_HOP_H

#include "simple/event.h"

enum { HOP_OCTETS = 20 };

void hop_write(uint8_t to[HOP_OCTETS], const struct sip_hop *hop);
bool hop_read(struct span in, struct sip_hop *out);

/* From a browser, which is reached over its own connection only (RFC 7118 5.5). */
static inline bool hop_is_web(const struct sip_hop *hop)
{
    return hop->transport == SIP_TRANSPORT_WS || hop->transport == SIP_TRANSPORT_WSS;
}

#endif
