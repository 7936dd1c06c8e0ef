#include "gateway/peer/reach.h"

#include "gateway/net/addr.h"
#include "simple/txn/locate.h"

unsigned reach_offers(const struct conf *c)
{
    return (c->sip.udp.n ? LOCATE_OFFER(SIP_TRANSPORT_UDP) : 0) |
           (c->sip.tcp.n ? LOCATE_OFFER(SIP_TRANSPORT_TCP) : 0) |
           (c->sip.tls.n ? LOCATE_OFFER(SIP_TRANSPORT_TLS) : 0);
}

static const struct conf_addresses *listeners_of(const struct conf *c, enum sip_transport t)
{
    switch (t) {
    case SIP_TRANSPORT_TCP: return &c->sip.tcp;
    case SIP_TRANSPORT_TLS: return &c->sip.tls;
    case SIP_TRANSPORT_WS: return &c->sip.ws;
    case SIP_TRANSPORT_WSS: return &c->sip.wss;
    default: return &c->sip.udp;
    }
}

bool reach_is_self(const struct conf *c, const struct sip_hop *hop)
{
    const struct conf_addresses *at = listeners_of(c, hop->transport);

    for (size_t i = 0; i < at->n; i++) {
        struct sip_addr listen;

        net_from_sockaddr(&at->at[i].at.sa, &listen);
        if (listen.port == hop->addr.port &&
            (sip_addr_same_host(&listen, &hop->addr) ||
             (!sip_addr_is_unicast(&listen) && net_is_own(&hop->addr))))
            return true;
    }
    return false;
}

/* A datagram leaves from a listener of its family only. */
bool reach_can(const struct conf *c, const struct sip_hop *hop)
{
    bool family = hop->transport != SIP_TRANSPORT_UDP;

    for (size_t i = 0; i < c->sip.udp.n && !family; i++)
        family = (c->sip.udp.at[i].at.sa.sa_family == AF_INET6) == (hop->addr.family == 6);
    return family && net_has_route(&hop->addr);
}

size_t reach_dns_servers(const struct conf *c, struct sip_addr to[CONF_LIST_MAX])
{
    size_t n = 0;

    for (size_t i = 0; i < c->dns.servers.n && n < CONF_LIST_MAX; i++)
        net_from_sockaddr(&c->dns.servers.at[i].at.sa, &to[n++]);
    return n;
}
