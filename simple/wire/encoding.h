/* Content-Encoding (RFC 3261 20.12): a body that its sender compressed, as Linphone does with
 * longer ones. */
#ifndef SIMPLE_WIRE_ENCODING_H
#define SIMPLE_WIRE_ENCODING_H

#include "base/arena.h"
#include "base/err.h"
#include "simple/wire/msg.h"

#define SIP_ENCODINGS "deflate, gzip, identity"

/* The body as it was meant: borrowed from the message, or unpacked into the arena. ERR_UNSUPPORTED:
 * an encoding that nobody here reads (415 with Accept-Encoding); ERR_SYNTAX: broken; ERR_FULL: more
 * than `max` octets come out. */
enum err sip_body_decode(const struct sip_msg *m, size_t max, struct arena *a, struct span *out);

#endif
