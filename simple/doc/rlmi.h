/* Resource list meta-information (RFC 4662 5): which resources a list has, and which part of the
 * message tells the state of each. Written piece by piece; begin, resources, end. */
#ifndef SIMPLE_DOC_RLMI_H
#define SIMPLE_DOC_RLMI_H

#include "base/buf.h"
#include "simple/event.h"

#define RLMI_TYPE "application/rlmi+xml"

struct rlmi {
    struct span uri, name; /* of the list; the name may be empty */
    uint32_t version;
    bool full; /* all resources follow; otherwise those that changed */
};

struct rlmi_resource {
    struct span uri, name;
    /* The one instance that there is (nothing forks here). Left out: nothing is known yet, RFC 4662
     * 4.5. An active one has a cid, a terminated one a reason (RFC 4662 5.5). */
    bool known;
    enum sip_substate state;
    enum sip_sub_reason reason;
    struct span cid; /* Content-ID without the brackets */
};

void rlmi_begin(struct buf *b, const struct rlmi *list);
void rlmi_resource(struct buf *b, const struct rlmi_resource *r);
void rlmi_end(struct buf *b);

#endif
