/* One server that a request may go to. */
#ifndef GATEWAY_PEER_PLACE_H
#define GATEWAY_PEER_PLACE_H

#include "simple/event.h"

struct way_place {
    struct sip_hop hop; /* flow 0 */
    unsigned group; /* the same for neighbours that differ in nothing but the address of one host */
};

#endif
