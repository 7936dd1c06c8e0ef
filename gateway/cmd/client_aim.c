#include "gateway/cmd/client_aim.h"

void aim_send_frame(struct aim *a, enum flap_channel channel, struct span data)
{
    flap_write(&a->t->socket.out, channel, data, &a->seq);
    a->keepalive_at = a->t->now + CLIENT_KEEPALIVE_MS;
}

uint32_t aim_send(struct aim *a, uint16_t foodgroup, uint16_t subtype)
{
    struct buf *b = &a->t->socket.out;
    size_t begun = flap_begin(b, FLAP_DATA);

    a->id = (a->id + 1) & ~SNAC_ID_SERVER;
    snac_write(b, foodgroup, subtype, 0, a->id);
    buf_add(b, buf_span(&a->body));
    flap_end(b, begun, &a->seq);
    b->bad |= a->body.bad;
    buf_reset(&a->body);
    a->keepalive_at = a->t->now + CLIENT_KEEPALIVE_MS;
    return a->id;
}
