/* Between the files of gateway/net. */
#ifndef GATEWAY_NET_STREAM_PRIV_H
#define GATEWAY_NET_STREAM_PRIV_H

#include "gateway/net/net_priv.h"
#include "gateway/net/stream.h"

struct tls_layer;

struct stream {
    /* what sending needs, in one line of the cache */
    int fd;
    bool connecting, paused, want_room, lingering;
    bool far_closed; /* the other side said its last, and it was read */
    bool broken;     /* reset; what came before that is still read */
    struct tls_layer *tls; /* NULL: none */
    struct net *net;

    struct list turn; /* of the net's turns: there is more to read than its share */

    uv_poll_t poll;
    uint64_t linger_until;
    struct list linger_node;
    struct stream_handler on; /* zeroed: nobody listens */
    struct sip_addr peer, local;
    /* of the net, while TLS shakes hands: who must be done first stands first */
    struct list shaking;
    uint64_t shaken_by;
};

/* Wraps an accepted descriptor (taken, also on failure), and says from where it comes. */
struct stream *stream_from_fd(struct net *n, int fd, const struct sockaddr *peer);
/* What each TCP connection has: said to a listener, those that it accepts have it. */
void stream_set_options(int fd);
void stream_reap_later(struct net *n); /* one lingers, or shakes hands: it will end in time */

/* stream.c, for stream_tls.c */
void stream_poll_again(struct stream *s);
void stream_tell_closed(struct stream *s, const char *why);
/* what the kernel took; asks for room for the rest */
size_t stream_send_raw(struct stream *s, struct span out);
static inline bool stream_is_closing(const struct stream *s)
{
    return uv_is_closing((const uv_handle_t *)&s->poll);
}

/* stream_tls.c: the same calls, for a stream under TLS */
void stream_tls_begin(struct stream *s);                   /* it is connected */
void stream_tls_data(struct stream *s, struct span in);
void stream_tls_room(struct stream *s);                    /* the kernel takes more */
void stream_tls_ended(struct stream *s, const char *why);  /* by the other side */
/* Octets for the kernel that carry as much of `plain` as is good at once; then tell how many it
 * took, and get how many plain ones went with them. */
struct span stream_tls_wrap(struct stream *s, struct span plain);
size_t stream_tls_took(struct stream *s, size_t n);
size_t stream_tls_send(struct stream *s, struct span plain);
size_t stream_tls_unacked(const struct stream *s, size_t octets);
void stream_tls_close(struct stream *s); /* says good-bye, as far as the kernel takes it */
void stream_tls_drop(struct stream *s);  /* its memory */
void stream_reap_shaking(struct net *n); /* those whose time is over */

#endif
