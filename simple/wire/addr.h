/* A transport address as SIP sees it: numbers, no sockets. */
#ifndef SIMPLE_WIRE_ADDR_H
#define SIMPLE_WIRE_ADDR_H

#include "base/buf.h"
#include "simple/wire/scan.h"

struct sip_addr {
    uint8_t family; /* 4, 6, or 0: none */
    uint8_t ip[16]; /* network order; the first four octets for family 4, the rest zero */
    uint16_t port;  /* host order; 0: not given */
};

/* "192.0.2.1", "2001:db8::1" or "[2001:db8::1]", nothing behind it; the port becomes 0. False (and
 * family 0) for anything else, also for shortened IPv4 such as "127.1". */
bool sip_addr_parse(struct span s, struct sip_addr *out);
/* The address without port and brackets, as a Via received parameter has it. RFC 5952. */
void sip_addr_print(struct buf *b, const struct sip_addr *a);
/* With brackets where IPv6 needs them, as a URI or a sent-by has it; ":port" if it is not 0. */
void sip_addr_print_hostport(struct buf *b, const struct sip_addr *a);
bool sip_addr_eq(const struct sip_addr *a, const struct sip_addr *b);        /* port too */
bool sip_addr_same_host(const struct sip_addr *a, const struct sip_addr *b); /* not the port */
/* False for broadcast, multicast and unspecified addresses: nothing is ever sent there. IPv4-mapped
 * IPv6 is judged as the IPv4 address it holds. */
bool sip_addr_is_unicast(const struct sip_addr *a);
bool sip_addr_is_loopback(const struct sip_addr *a);

/* host of RFC 3261 25.1 off the front of *in: *host without brackets, may be empty; *ip where it is
 * a number. False: an IPv6 reference that is none. */
static inline bool sip_host_read(struct span *in, struct span *host, struct sip_addr *ip)
{
    size_t end;

    if (scan_peek(*in) != '[') {
        *host = scan_run(in, SCAN_HOST);
        if (host->n > 0 && host->p[0] <= '9')
            (void)sip_addr_parse(*host, ip);
        return true;
    }
    end = span_find(*in, ']');
    if (end == in->n || !sip_addr_parse(span_first(*in, end + 1), ip))
        return false;
    *host = (struct span){in->p + 1, end - 1};
    scan_drop(in, end + 1);
    return true;
}

#endif
