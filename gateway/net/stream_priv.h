/* Between the files of gateway/net. */
#ifndef GATEWAY_NET_STREAM_PRIV_H
#define GATEWAY_NET_STREAM_PRIV_H

#include "gateway/net/stream.h"

/* Wraps an accepted descriptor (taken, also on failure). */
struct stream *stream_from_fd(struct net *n, int fd);
void stream_reap_lingering(struct net *n); /* those whose time is over */
void stream_drop_lingering(struct net *n); /* all */
void net_linger(struct net *n);

#endif
