/* One connection of a line-mode client to the gateway: octets in, octets out, never waiting.
 * Stays out: what the octets say; when to read (gateway/cmd/client_talk.h polls). */
#ifndef GATEWAY_CMD_CLIENT_SOCKET_H
#define GATEWAY_CMD_CLIENT_SOCKET_H

#include "base/buf.h"
#include "gateway/conf/conf.h"

enum {
    CLIENT_IN_MAX = 1 << 18,  /* octets that came and were not taken */
    CLIENT_OUT_MAX = 1 << 20, /* octets that the gateway does not read */
    CLIENT_CONNECT_MS = 5000,
};

struct client_socket {
    int fd; /* with `open` only */
    bool open;
    bool datagram; /* UDP: `in` holds one datagram at a time, what is sent is one */
    struct buf in, out;
    struct conf_address local, remote; /* no text */
};

/* Connects to a listener of the gateway; one on all addresses is reached on the loopback. NULL, or
 * why not: words for a sentence. */
const char *client_socket_open(struct client_socket *s, const struct conf_address *to,
                               bool datagram);
void client_socket_close(struct client_socket *s); /* and frees; closed already is fine */
/* Takes what came into `in`. False: the other side closed, or the connection broke. */
bool client_socket_read(struct client_socket *s);
/* Hands `out` to the kernel as far as that takes it. A datagram travels whole or not at all. */
bool client_socket_write(struct client_socket *s);
/* Nothing more will be sent; what comes can still be read. */
void client_socket_shut(struct client_socket *s);

#endif
