/* SIP over TCP and TLS: messages are cut out of octets by their Content-Length (RFC 3261 18.3), and
 * what leaves follows one another. */
#include "gateway/door/sip_priv.h"

/* What is left is no whole message yet. */
static bool wait_for_rest(struct sip_conn *c, size_t left)
{
    if (!left)
        c->begun = 0;
    else if (!c->begun)
        c->begun = c->door->w->now;
    return true;
}

/* The usual: a message stands whole and without fault at the front of `in`. It is read and cut in
 * one go then; else nothing was done, and its size is 0. Only where the frame has not begun to look
 * at it: each octet is read twice at most. */
static size_t hand_on_whole(struct sip_conn *c, struct span in)
{
    struct sip_door *d = c->door;
    size_t size =
        sip_frame_is_fresh(&c->frame) ? sip_core_input_first(d->w->sip, &c->hop, in, d->w->now) : 0;

    if (size) {
        c->begun = 0;
        sip_door_pump(d);
    }
    return size;
}

static bool tcp_take(struct sip_conn *c, struct span in, size_t *taken)
{
    struct sip_door *d = c->door;
    uint32_t flow = c->hop.flow;

    for (*taken = 0;;) {
        struct span rest = span_skip(in, *taken);
        size_t size;

        if (rest.n == 0 || !sip_conn_may_go_on(c))
            return wait_for_rest(c, rest.n);
        size = hand_on_whole(c, rest);
        if (size) {
            *taken += size;
            if (!sip_conn_of_flow(d, flow))
                return false;
            continue;
        }
        switch (sip_frame_next(&c->frame, rest)) {
        case SIP_FRAME_MORE: return wait_for_rest(c, rest.n);
        case SIP_FRAME_WHOLE:
            *taken += c->frame.size;
            if (!sip_conn_hand_on(c, span_first(rest, c->frame.size)))
                return false;
            break;
        case SIP_FRAME_PING: /* RFC 5626 4.4.1 */
            buf_str(&c->out, "\r\n");
            sip_conn_dirty(c);
            *taken += c->frame.size;
            break;
        case SIP_FRAME_PONG: *taken += c->frame.size; break;
        case SIP_FRAME_BROKEN:
            sip_conn_refuse(c, c->frame.bad, span_first(rest, c->frame.size));
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
                                      .side = TLS_SERVES_SIP,
                                      .secure = true,
                                      .take = tcp_take,
                                      .put = tcp_put};
