/* Where a response goes, and what names it. */
#ifndef SIMPLE_TXN_REPLY_H
#define SIMPLE_TXN_REPLY_H

#include "simple/event.h"

/* RFC 3261 18.2.2 and RFC 3581 4: over a stream the connection it came by, or a new one to the same
 * host and the port of sent-by; over UDP the port it came from if rport was asked, else maddr, else
 * the host it came from and the port of sent-by. Never a broadcast or multicast address (S-164). */
struct sip_hop reply_hop(const struct sip_msg *request, const struct sip_hop *from);

static inline bool reply_is_reliable(enum sip_transport t)
{
    return t != SIP_TRANSPORT_UDP;
}

#endif
