/* gateway/net without sockets: what the gateway sends is kept until somebody looks, what it is to
 * hear is handed in, and the clock stands where it is put. Stands in for the files of gateway/net
 * that know libuv (by being linked first). A client closes what it opened; a stream that the
 * gateway closed stays readable. */
#ifndef TESTS_SCENARIO_NET_DOUBLE_H
#define TESTS_SCENARIO_NET_DOUBLE_H

#include "base/buf.h"
#include "gateway/net/stream.h"

/* The clock of all: milliseconds of net_now, and the second that time() gives (see world.c). */
extern uint64_t net_double_now;
enum { NET_DOUBLE_EPOCH = 1800000000 /* time() when net_double_now is 0 */ };

/* Calls the gateway at a port that it listens on; NULL: it does not. */
struct stream *net_double_call(struct net *n, uint16_t port);
void net_double_say(struct stream *s, struct span octets);
struct buf *net_double_heard(struct stream *s); /* what came and was not taken out yet */
bool net_double_is_closed(const struct stream *s);
void net_double_hang_up(struct stream **s);

/* A datagram to the gateway's UDP port, from 127.0.0.1:port; and the oldest one that it sent, if
 * any. */
void net_double_datagram(struct net *n, uint16_t port, struct span octets);
bool net_double_next(struct net *n, uint16_t *to, struct buf *octets);
size_t net_double_waiting(const struct net *n); /* how many */
/* As if it had come last; takes the octets, which end with a NUL of the reader's. */
void net_double_put_back(struct net *n, uint16_t to, struct buf *octets);

/* Lets the gateway do what is to be done now, its writes to the disk included, until nothing is
 * left. */
void net_double_settle(struct net *n);
/* Lets time pass, from timer to timer. */
void net_double_pass(struct net *n, uint64_t ms);

#endif
