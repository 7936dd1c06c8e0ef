/* The server's end of one WebSocket connection (RFC 6455), without I/O. Comes in: what the stream
 * brought, in any pieces. Goes out: the request that opens it, then whole messages; and the octets
 * to send, appended to a buffer of the caller's. The head of the request is read by http_parser,
 * frames are read and written by wslay. Stays out: sockets, TLS, time, who is welcome, what is in a
 * message.
 *
 * Not by libwebsockets, which serves the operator's HTTP: its 4.1.6 takes a client's frame that is
 * not masked (measured; RFC 6455 5.1: the server must close), tells nobody whether it was, and has
 * TLS of its own beside that of our streams. */
#ifndef GATEWAY_NET_WS_H
#define GATEWAY_NET_WS_H

#include "base/buf.h"
#include "gateway/net/ws_opening.h"

struct ws;

enum {
    WS_PONGS_MAX = 65536, /* where so much waits to be sent, a ping is not answered: the next one is
                             (RFC 6455 5.5.3) */
};

/* Why a connection is closed: RFC 6455 7.4.1. */
enum ws_code {
    WS_NORMAL = 1000,
    WS_GOING_AWAY = 1001,
    WS_PROTOCOL_ERROR = 1002,
    WS_BAD_DATA = 1007, /* text that is no UTF-8 */
    WS_TOO_BIG = 1009,
};

/* `protocol`: the subprotocol that is served; static. `message_max`: octets of a message. NULL: no
 * memory. */
struct ws *ws_new(const char *protocol, size_t message_max);
void ws_free(struct ws *w); /* NULL is fine */

enum ws_event {
    WS_MORE,    /* *in is used up */
    WS_ASKED,   /* a good opening request: ws_asked says which, then call ws_admit or ws_refuse */
    WS_MESSAGE, /* *message is one whole message, until the next call with this w; may be empty */
    WS_OVER,    /* send what is in `out`, then close; ws_why tells why. Not to be called again */
};
/* Takes the next thing off the front of *in; call it until it says MORE. Pongs, refusals and the
 * answer to a close go to `out`. */
enum ws_event ws_read(struct ws *w, struct span *in, struct buf *out, struct span *message);
const char *ws_why(const struct ws *w); /* static */

const struct ws_opening *ws_asked(const struct ws *w); /* borrowed until ws_admit or _refuse */
void ws_admit(struct ws *w, struct buf *out);                                 /* 101 */
void ws_refuse(struct ws *w, int status, const char *words, struct buf *out); /* then it is over */

bool ws_is_open(const struct ws *w); /* admitted, and not over */
bool ws_is_inside(
    const struct ws *w); /* something has begun that is not whole: the opening, or a message */
/* One message: text if it is UTF-8, else binary. Only while it is open. */
void ws_send(struct ws *w, struct span message, struct buf *out);
void ws_ping(struct ws *w, struct buf *out); /* only while it is open */
/* Ends it from our side; nothing where it was not open. Send it, then close. */
void ws_close(struct ws *w, enum ws_code code, struct buf *out);

#endif
