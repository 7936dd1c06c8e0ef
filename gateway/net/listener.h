/* A TCP or local listener: gives accepted streams. */
#ifndef GATEWAY_NET_LISTENER_H
#define GATEWAY_NET_LISTENER_H

#include "gateway/net/stream.h"

struct listener;

/* Takes the stream: start it, or close it. */
typedef void (*listener_accepted)(void *ctx, struct stream *s);

/* `why` gets strerror's words on failure. */
enum err listener_open(struct net *n, const struct sip_addr *at, listener_accepted on, void *ctx,
                       struct listener **out, const char **why);
/* A local socket at `path`, mode 0600; an old one that nobody serves is replaced. ERR_BUSY: it is
 * served. */
enum err listener_open_local(struct net *n, const char *path, listener_accepted on, void *ctx,
                             struct listener **out);
void listener_close(struct listener **lp); /* NULL is fine */

#endif
