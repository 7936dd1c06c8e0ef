#include "simple/txn/reply.h"

struct sip_hop reply_hop(const struct sip_msg *request, const struct sip_hop *from)
{
    const struct sip_via *via = &request->via;
    struct sip_hop to = *from;
    struct sip_addr other;
    uint16_t port = via->port ? via->port : sip_transport_port(from->transport);

    if (!request->has_via)
        return to; /* it could not be read: back to where it came from */
    if (reply_is_reliable(from->transport)) {
        if (from->transport == SIP_TRANSPORT_TCP || from->transport == SIP_TRANSPORT_TLS)
            to.addr.port = port;
        return to;
    }
    if (via->has_rport)
        return to;
    if (via->maddr.n > 0 && sip_addr_parse(via->maddr, &other) && sip_addr_is_unicast(&other))
        to.addr = other;
    to.addr.port = port;
    return to;
}
