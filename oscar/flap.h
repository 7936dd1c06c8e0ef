/* FLAP: the frame around everything on an OSCAR connection. 6-byte header, then data.
 * Comes in: bytes, in any pieces. Goes out: frames that point into those bytes.
 * Stays out: SNACs (oscar/snac.h), sockets, time. */
#ifndef OSCAR_FLAP_H
#define OSCAR_FLAP_H

#include "base/buf.h"
#include "base/rd.h"

enum {
    FLAP_MARK = 0x2A,
    FLAP_HEADER = 6,
    FLAP_VERSION = 1,    /* the u32 that opens channel 1 */
    FLAP_IN_MAX = 16384, /* data of one frame: more than any client sends, an icon included */
    FLAP_OUT_MAX = 8192, /* what clients of the era have room for */
    FLAP_FIRST_SEQ = 100,
};

enum flap_channel {
    FLAP_SIGNON = 1,
    FLAP_DATA = 2,
    FLAP_ERROR = 3,
    FLAP_SIGNOFF = 4,
    FLAP_KEEPALIVE = 5,
};

struct flap {
    uint8_t channel;
    uint16_t seq;
    struct span data;
};

enum framed {
    FRAME_MORE, /* not all of it is there yet */
    FRAME_WHOLE,
    FRAME_BROKEN,   /* no way to find the next frame: the connection is lost */
    FRAME_TOO_LONG, /* longer than FLAP_IN_MAX: the same */
};

/* Reads one whole frame off the front of *in, or says why not. Copies nothing: out->data points
 * into *in and is good until the caller lets those bytes go. */
enum framed flap_read(struct span *in, struct flap *out);

/* Begins a frame at the end of b; give what it returns to flap_end, which fills in the length and
 * takes the next number off *seq (it wraps at 16 bits). A frame of more than 65535 octets marks b
 * bad. */
size_t flap_begin(struct buf *b, enum flap_channel channel);
void flap_end(struct buf *b, size_t begun, uint16_t *seq);
/* A frame with this data and nothing else. */
void flap_write(struct buf *b, enum flap_channel channel, struct span data, uint16_t *seq);

#endif
