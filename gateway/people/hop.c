#include "gateway/people/hop.h"

#include "base/rd.h"

void hop_write(uint8_t to[HOP_OCTETS], const struct sip_hop *hop)
{
    to[0] = (uint8_t)hop->transport;
    to[1] = hop->addr.family;
    memcpy(to + 2, hop->addr.ip, 16);
    to[18] = (uint8_t)(hop->addr.port >> 8);
    to[19] = (uint8_t)hop->addr.port;
}

bool hop_read(struct span in, struct sip_hop *out)
{
    struct rd r = rd_over(in);
    struct span ip;

    *out = (struct sip_hop){.transport = (enum sip_transport)rd_u8(&r)};
    out->addr.family = rd_u8(&r);
    ip = rd_span(&r, 16);
    out->addr.port = rd_u16(&r);
    if (!rd_ok(&r) || in.n != HOP_OCTETS || (unsigned)out->transport >= (unsigned)SIP_TRANSPORTS)
        return false;
    memcpy(out->addr.ip, ip.p, 16);
    return out->addr.family == 4 || out->addr.family == 6;
}
