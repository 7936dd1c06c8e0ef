/* One UDP socket. Datagrams come and go in batches (recvmmsg, sendmmsg): a system call costs more
 * than all that we do with a message. */
#ifndef GATEWAY_NET_UDP_H
#define GATEWAY_NET_UDP_H

#include "base/err.h"
#include "base/span.h"
#include "gateway/net/net.h"
#include "simple/wire/addr.h"

struct udp;

struct udp_handler {
    void *ctx;
    void (*data)(void *ctx, const struct sip_addr *from, struct span in); /* good during the call */
    void (*failed)(void *ctx, const struct sip_addr *to); /* ICMP says that nobody is there */
};

enum err udp_open(struct net *n, const struct sip_addr *at, const struct udp_handler *on,
                  struct udp **out, const char **why);
/* Copies it; it leaves with udp_flush. False: the queue is full, or it is too long (it is lost, as
 * datagrams may be). */
bool udp_send(struct udp *u, const struct sip_addr *to, struct span out);
void udp_flush(struct udp *u);
const struct sip_addr *udp_local(const struct udp *u);
void udp_close(struct udp **up); /* NULL is fine */

#endif
