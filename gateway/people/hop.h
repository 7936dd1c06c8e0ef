/* A hop as octets for the database: transport, family, address, port. The connection is not kept: after a restart there
 * is none. */
#ifndef GATEWAY_PEOPLE_HOP_H
#define GATEWAY_PEOPLE_HOP_H

#include "simple/event.h"

enum { HOP_OCTETS = 20 };

void hop_write(uint8_t to[HOP_OCTETS], const struct sip_hop *hop);
bool hop_read(struct span in, struct sip_hop *out);

#endif
