/* Shared by the files of gateway/net only. */
#ifndef GATEWAY_NET_NET_PRIV_H
#define GATEWAY_NET_NET_PRIV_H

#include "base/list.h"
#include "gateway/net/addr.h"
#include "gateway/net/batch.h"
#include "gateway/net/net.h"
#include "gateway/net/turns.h"

#include <uv.h>

enum { NET_READ_MAX = 65536 };

struct net {
    uv_loop_t loop;
    uv_prepare_t prepare;
    uv_check_t check; /* behind all that the poll told of */
    uv_idle_t idle;   /* set while streams stand in line: the loop does not sleep */
    uv_timer_t timer;
    uv_async_t async;
    uv_signal_t signals[3];
    uv_timer_t reap_timer;
    struct batch *batch;   /* NULL: a call for each send */
    struct list lingering; /* streams that wait for the far end to close */
    struct list shaking;   /* streams in the middle of a TLS handshake, the oldest first */
    /* Ends those whose time is over, or `all`; set once there is one. False: none is left. */
    bool (*reap)(struct net *n, bool all);
    struct net_handler on;
    int callers_end; /* the lowest descriptor that is not for callers */
    struct turns turns; /* of streams, ... */
    /* ... each read by this when it was called out of the line */
    void (*read_next)(struct list *turn);
    /* one for all streams: what a handler does not take, it copies */
    uint8_t read_buf[NET_READ_MAX];
    uint8_t plain_buf[NET_READ_MAX]; /* the same under TLS */
};

/* From now on it reaps from time to time, until none is left. */
void net_reap_with(struct net *n, bool (*reap)(struct net *n, bool all));
/* A non-blocking, close-on-exec socket, bound to `a`; -1 and errno. */
int net_bound_socket(const struct sip_addr *a, int type);

#endif
