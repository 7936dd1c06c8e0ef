#include "oscar/flap.h"

enum framed flap_read(struct span *in, struct flap *out)
{
    struct rd r = rd_over(*in);
    uint8_t mark = rd_u8(&r);
    uint16_t n;

    out->channel = rd_u8(&r);
    out->seq = rd_u16(&r);
    n = rd_u16(&r);

    if (in->n > 0 && mark != FLAP_MARK)
        return FRAME_BROKEN;
    if (in->n > 1 && (out->channel < FLAP_SIGNON || out->channel > FLAP_KEEPALIVE))
        return FRAME_BROKEN;
    if (n > FLAP_IN_MAX)
        return FRAME_TOO_LONG;
    out->data = rd_span(&r, n);
    if (!rd_ok(&r))
        return FRAME_MORE;
    *in = r.in;
    return FRAME_WHOLE;
}

size_t flap_begin(struct buf *b, enum flap_channel channel)
{
    size_t begun = b->n;
    uint8_t *to = buf_room(b, FLAP_HEADER);

    if (to)
        memcpy(to, (uint8_t[FLAP_HEADER]){FLAP_MARK, (uint8_t)channel}, FLAP_HEADER);
    return begun;
}

void flap_end(struct buf *b, size_t begun, uint16_t *seq)
{
    size_t n = b->n - begun - FLAP_HEADER;

    if (b->bad || n > UINT16_MAX) {
        b->bad = true;
        return;
    }
    buf_set_u16(b, begun + 2, (*seq)++);
    buf_set_u16(b, begun + 4, (uint16_t)n);
}

void flap_write(struct buf *b, enum flap_channel channel, struct span data, uint16_t *seq)
{
    size_t begun = flap_begin(b, channel);

    buf_add(b, data);
    flap_end(b, begun, seq);
}
