/* SIP over TCP and TLS: messages are cut out of octets by their Content-Length (RFC 3261 18.3), and what leaves follows
 * one another. */
#include "gateway/door/sip_priv.h"

static void keep_rest(struct sip_conn *c, size_t taken)
{
    buf_drop(&c->in, taken);
    if (c->in.n == 0) {
        buf_fini(&c->in);
        c->begun = 0;
    } else if (!c->begun) {
        c->begun = c->door->w->now;
    }
}

static bool tcp_take(struct sip_conn *c)
{
    size_t at = 0;

    for (;;) {
        struct span rest = span_skip(buf_span(&c->in), at);

        if (rest.n && !sip_conn_may_go_on(c)) {
            keep_rest(c, at);
            return true;
        }
        switch (sip_frame_next(&c->frame, rest)) {
        case SIP_FRAME_MORE: keep_rest(c, at); return true;
        case SIP_FRAME_WHOLE:
            at += c->frame.size;
            if (!sip_conn_hand_on(c, span_first(rest, c->frame.size)))
                return false;
            break;
        case SIP_FRAME_PING: /* RFC 5626 4.4.1 */
            buf_str(&c->out, "\r\n");
            sip_conn_dirty(c);
            at += c->frame.size;
            break;
        case SIP_FRAME_PONG: at += c->frame.size; break;
        case SIP_FRAME_BROKEN:
            buf_drop(&c->in, at);
            sip_conn_refuse(c, c->frame.bad, span_first(buf_span(&c->in), c->frame.size));
            return false;
        }
    }
}

static void tcp_put(struct sip_conn *c, struct span message)
{
    buf_add(&c->out, message);
}

const struct sip_kind sip_kind_tcp = {
    .transport = SIP_TRANSPORT_TCP, .take = tcp_take, .put = tcp_put};
const struct sip_kind sip_kind_tls = {.transport = SIP_TRANSPORT_TLS,
                                      .side = STREAM_SERVES_SIP,
                                      .secure = true,
                                      .take = tcp_take,
                                      .put = tcp_put};
