/* Messages out of a stream (RFC 3261 7.5 and 18.3, RFC 5626 4.4.1). Comes in: all bytes that have
 * arrived and are not yet taken. Goes out: how many of them are the next thing. Never scans the
 * same bytes twice. */
#ifndef SIMPLE_WIRE_FRAME_H
#define SIMPLE_WIRE_FRAME_H

#include "simple/wire/msg.h"

enum sip_framed {
    SIP_FRAME_MORE,  /* nothing whole yet; at least `need` more octets must come */
    SIP_FRAME_WHOLE, /* the first `size` octets are one message */
    SIP_FRAME_PING,  /* the first `size` octets complete a CRLFCRLF: answer with CRLF */
    SIP_FRAME_PONG,  /* the first `size` octets are one CRLF (a pong, or half a ping): nothing to do
                      */
    SIP_FRAME_BROKEN, /* no way to find the next message: answer as `bad` says, then close */
};

struct sip_frame { /* zeroed is a fresh stream with the default limit */
    size_t max;    /* octets of one message; 0: SIP_MESSAGE_MAX */
    size_t size;   /* WHOLE, PING, PONG: octets to take off the front. BROKEN: octets of the head if
                    * there is one to give to sip_msg_parse for an answer, else 0 */
    size_t need;   /* MORE */
    enum sip_bad bad; /* BROKEN */
    /* private */
    size_t scanned, line, head, length;
    bool has_length, after_crlf;
};

/* `in` is everything not yet taken, the same bytes as last time first. After WHOLE, PING and PONG
 * the caller drops `size` octets and calls again. After BROKEN it is not called again. When BROKEN
 * has a size, parse in[0..size) with sip_msg_parse, ignore what that says (the body is missing) and
 * answer with `bad` if sip_msg_is_answerable. A single CRLF is reported at once as PONG; when a
 * second one follows directly that is a PING, also when they came apart. */
enum sip_framed sip_frame_next(struct sip_frame *f, struct span in);

/* Has nothing of the next message been looked at? Then another may read and cut it. */
static inline bool sip_frame_is_fresh(const struct sip_frame *f)
{
    return f->scanned == 0 && f->head == 0 && !f->after_crlf;
}

#endif
