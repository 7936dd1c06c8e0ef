/* The loop, and the corner where libuv lives. Above it there are spans, addresses and numbers.
 * One net per worker; everything is called back on the thread that runs it. */
#ifndef GATEWAY_NET_NET_H
#define GATEWAY_NET_NET_H

#include "base/err.h"
#include "base/span.h"

struct net;

struct net_handler {
    void *ctx;
    void (*turn)(void *ctx);              /* before each sleep: write what this turn produced */
    void (*timer)(void *ctx);             /* the time given to net_timer has come */
    void (*wake)(void *ctx);              /* net_wake was called, once or often */
    void (*signal)(void *ctx, int signo); /* SIGTERM, SIGINT, SIGHUP */
    void (*full)(void *ctx); /* a caller was let go, as nearly all descriptors are in use */
};

/* Descriptors that callers from the network do not get, but the database, our own calls, the
 * control socket and metrics: a quarter where there are few. */
enum { NET_RESERVE = 64 };

enum err net_new(const struct net_handler *on, struct net **out);
void net_free(struct net *n); /* all streams, listeners and sockets on it must be closed before */
void net_run(struct net *n);  /* until net_stop */
void net_stop(struct net *n);
/* Milliseconds of a clock that only goes forward; the time of the current turn. */
uint64_t net_now(const struct net *n);
/* Calls `timer` at `when` (milliseconds of net_now; UINT64_MAX: not at all). One per net. */
void net_timer(struct net *n, uint64_t when);
void net_wake(struct net *n); /* from any thread */

#endif
