/* What is remembered of the last messages that came for a user, in case one of them is reported:
 * whose, when, by which ids and ways. Never what they say. */
#ifndef GATEWAY_PEOPLE_EVIDENCE_H
#define GATEWAY_PEOPLE_EVIDENCE_H

#include "base/buf.h"
#include "simple/wire/addr.h"

enum {
    EVIDENCE_KEPT = 8,   /* messages, of whomever; the oldest goes first */
    EVIDENCE_WHO = 128,  /* octets of a name: a longer one is left out */
    EVIDENCE_TEXT = 320, /* of its ids and ways: what is longer is cut off */
};

struct evidence;
/* One message. On the path of every message: it is copied, and made readable when somebody asks. */
struct trace {
    struct span who;  /* as privacy lists have him */
    int64_t at;       /* Unix seconds; 0: none */
    const char *over; /* a transport; lives for ever */
    struct sip_addr from;
    bool binary;       /* the id is shown as hexadecimal digits */
    const char *id_is; /* what it is called; lives for ever */
    struct span id;
    const struct span *vias; /* in their order */
    size_t via_count;
};
/* NULL in *at: none yet. Without memory nothing is noted. */
void evidence_note(struct evidence **at, const struct trace *t);
/* A line for each message of that one, oldest first. */
void evidence_print(const struct evidence *e, struct span who, struct buf *out);

#endif
