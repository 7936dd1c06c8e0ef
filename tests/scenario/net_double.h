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

/* Calls the gateway at a port that it listens on, from 127.0.0.`from`; NULL: it does not listen
 * there, or hung up at once. */
struct stream *net_double_call(struct net *n, uint16_t port, uint8_t from);
void net_double_say(struct stream *s, struct span octets); /* waits while the gateway pauses */
struct buf *net_double_heard(struct stream *s); /* what came and was not taken out yet */
bool net_double_is_closed(const struct stream *s);
void net_double_hang_up(struct stream **s);
void net_double_half_close(struct stream *s); /* says no more, and still listens */
/* It takes nothing more, as if the client did not read; or everything again. */
void net_double_stall(struct stream *s, bool stalled);
/* From now on its kernel acknowledges nothing of what it is sent. */
void net_double_deafen(struct stream *s);

/* A datagram to the gateway's UDP port, from 127.0.0.1:port; and the oldest one that it sent, if
 * any. */
void net_double_datagram(struct net *n, uint16_t port, struct span octets);
bool net_double_next(struct net *n, uint16_t *to, struct buf *octets);
/* What is sent from now on gets lost on its way. */
void net_double_cut(struct net *n, bool cut);
size_t net_double_waiting(const struct net *n); /* how many */
/* As if it had come last; takes the octets, which end with a NUL of the reader's. */
void net_double_put_back(struct net *n, uint16_t to, struct buf *octets);

/* Lets the gateway do what is to be done now, its writes to the disk included, until nothing is
 * left. */
void net_double_settle(struct net *n);
/* What was written is on the disk, and the gateway has not heard of it yet. */
void net_double_commit(struct net *n);
/* Lets time pass up to the next timer or that moment; false: up to the moment. */
bool net_double_pass(struct net *n, uint64_t end);

#endif
