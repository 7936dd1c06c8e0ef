/* One TCP (or local) connection. It keeps no output: its owner offers what it has, the kernel takes
 * what it can, and `room` tells when to offer again, so that there is one queue and one place that
 * bounds it. */
#ifndef GATEWAY_NET_STREAM_H
#define GATEWAY_NET_STREAM_H

#include "base/err.h"
#include "base/span.h"
#include "gateway/net/net.h"
#include "gateway/net/tls.h"
#include "simple/wire/addr.h"

struct stream;

struct stream_handler {
    void *ctx;
    void (*data)(void *ctx, struct span in);     /* good only during the call */
    void (*room)(void *ctx);                     /* connected, or the kernel takes more again */
    /* by the far end, or broken; call stream_close still */
    void (*closed)(void *ctx, const char *why);
};

/* Starts to connect; `room` or `closed` tells how it went. */
enum err stream_connect(struct net *n, const struct sip_addr *to, const struct stream_handler *on,
                        struct stream **out);
/* Takes the owner's interest; nothing is read before. */
void stream_start(struct stream *s, const struct stream_handler *on);
/* Puts it under TLS: call it before stream_start, or right after stream_connect. From then on
 * `data` gives, and stream_send takes, plain bytes; `room` is called once both sides have agreed
 * (nothing is taken before), and `closed` where they do not within TLS_HANDSHAKE_MS. SIP clients
 * are asked for a certificate and need none. We call: the other side must prove to be `domain` (RFC
 * 5922 7.3; empty: whoever it is, by a good certificate). ERR_NOMEM: no memory, or there is no
 * certificate; the stream is of no use, close it. */
enum err stream_secure(struct stream *s, struct tls *t, enum tls_side side, struct span domain);
/* Has the other side's certificate proven that domain? Never without TLS. */
bool stream_proves(const struct stream *s, struct span domain);
/* The domains that its certificate names, with spaces between; empty: none, or there is no
 * certificate. Borrowed. */
struct span stream_names(const struct stream *s);
/* After `closed`: TLS failed because one side does not believe or understand the other, not for the
 * network. */
bool stream_is_mistrusted(const struct stream *s);
/* Offers bytes; gives how many the kernel took. Less than all: `room` will be called, and what was
 * not taken must be offered again, unchanged, before anything else (under TLS it may be in the
 * kernel by halves). */
size_t stream_send(struct stream *s, struct span out);
/* The same for many streams of one net, in order and with fewer calls into the kernel; `taken` is
 * what stream_send would have given. */
struct stream_out {
    struct stream *stream;
    struct span bytes;
    size_t taken;
};
enum { STREAM_OUT_MAX = 128 }; /* at most so many at once */
void stream_send_each(struct net *n, struct stream_out *out, size_t count);
/* What the kernel took and the far end has not acknowledged; under TLS at least so much of it in
 * plain bytes, as a record of which an octet is missing cannot be read. */
size_t stream_unacked(const struct stream *s);
void stream_pause(struct stream *s);  /* reads no more ... */
void stream_resume(struct stream *s); /* ... until this */
const struct sip_addr *stream_peer(const struct stream *s);  /* family 0 for a local socket */
/* the address that the far end came to */
const struct sip_addr *stream_local(const struct stream *s);
/* Ends it: what the kernel took is still delivered, and the far end has some seconds to close in
 * order. Nobody above hears from it any more. *sp is NULL afterwards; NULL is fine. */
void stream_close(struct stream **sp);
/* Ends it with a reset: for those who do not read. */
void stream_abort(struct stream **sp);

#endif
