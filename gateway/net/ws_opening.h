/* The request that opens a WebSocket connection, and its answers (RFC 6455 4.2). Pure. */
#ifndef GATEWAY_NET_WS_OPENING_H
#define GATEWAY_NET_WS_OPENING_H

#include "base/buf.h"

enum { WS_HEAD_MAX = 8192 }; /* octets of the opening request; more is 431 */

struct ws_opening {
    struct span host;   /* of the Host header, with its port if it has one */
    struct span origin; /* empty: no browser's page asks */
};

/* `head`: the whole request, with its empty line. 0: good, and *out and *key are borrowed from it;
 * else the status of the refusal, and *why its words. */
int ws_opening_read(struct span head, const char *protocol, struct ws_opening *out,
                    struct span *key, const char **why);
void ws_opening_welcome(struct buf *out, struct span key, const char *protocol);
void ws_opening_refuse(struct buf *out, int status, const char *why);

#endif
