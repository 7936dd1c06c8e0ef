/* What somebody asks of the helper buddy, read off one message. Comes in: its text. Goes out: which
 * order it is and what it names, as spans into that text. Stays out: what comes of it. */
#ifndef MAPPING_ORDER_H
#define MAPPING_ORDER_H

#include "base/buf.h"

enum order_verb {
#define ORDER(id, word, needs, follows, does) ORDER_##id,
#include "mapping/order.def"
#undef ORDER
    ORDER_UNKNOWN, /* not one of them */
};

struct order {
    enum order_verb verb;
    struct span name; /* a screen name or an address, as it was written; empty where none was */
    struct span text; /* what follows the name, where the order takes that */
    bool incomplete;  /* it needs a name, and has none */
};

/* Words count in any case; what is around them and a full stop at the end of it do not. */
void order_parse(struct span text, struct order *out);
/* All of them with what they do, a line each. */
void order_help(struct buf *out);
/* How it is written: "BLOCK NAME". */
void order_usage(struct buf *out, enum order_verb verb);

#endif
