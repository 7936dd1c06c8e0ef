/* Fits a text to a receiver's limits (3.8). Comes in: UTF-8 text and a number of octets. Goes out:
 * where to cut it, at line ends before spaces before characters; put together, the parts are the
 * text. */
#ifndef MAPPING_FIT_H
#define MAPPING_FIT_H

#include "base/buf.h"
#include "base/err.h"
#include "mapping/charset.h"

enum {
    FIT_PARTS_MAX = 20,         /* parts of one message towards SIP */
    FIT_SIP_MAX = 1300,         /* a whole request where a hop may lose large ones, RFC 3428 8 */
    FIT_SIP_SLACK = 16,         /* kept free below it */
    FIT_SIP_STREAM_MAX = 65535, /* where every hop is congestion-controlled */
    FIT_AIM_MAX = 2500,         /* octets of encoded text in one SNAC 0x0004/0x0007 */
    FIT_AIM_MIN = 256,          /* a session that asks for less gets the default */
    FIT_AIM_DEFAULT = 512,
    FIT_AIM_IN = 8000,    /* octets of text in one SNAC 0x0004/0x0006 */
    FIT_TEXT_MAX = 16384, /* characters of one message */
};

/* What a session takes in one message, by the length its SNAC 0x0004/0x0002 asked for (0: none
 * came). */
size_t fit_aim_limit(unsigned asked);

/* The best place to cut `text` at or before octet `max` (0 < max < text.n): behind the last LF of
 * the last quarter, else behind its last space, else between two characters, a combining mark not
 * parted from its base within 32 octets. Never 0. */
size_t fit_cut(struct span text, size_t max);

/* ---- towards SIP ---- */

struct fit_part {
    struct span text; /* this part; the line end or space it was cut at is its last octet */
    unsigned i, n;    /* from 1 */
};
/* Octets of body for a request that is `request_octets` long with an empty one. 0: none. */
size_t fit_sip_budget(size_t request_octets, bool congestion_controlled);
/* Cuts `text` into parts of at most `budget` octets on the wire (LF counts as CR LF), the number in
 * front of each included where there are several. ERR_FULL: more than FIT_PARTS_MAX. */
enum err fit_sip(struct span text, size_t budget, struct fit_part parts[FIT_PARTS_MAX],
                 unsigned *count);
/* One part as it goes out: "(i/n) " in front where n > 1, LF as CR LF, no line end at the end. */
void fit_sip_body(struct buf *out, const struct fit_part *part);

/* ---- towards AIM ---- */

/* How many octets of the front of a plain text go into one message of `limit` octets once they are
 * written for that client (escaped and wrapped for one that takes markup); cut as above. The whole
 * text: text.n. At least one character. */
size_t fit_aim(struct span text, enum text_client client, size_t limit);

#endif
