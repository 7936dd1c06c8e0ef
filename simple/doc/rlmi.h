/* Resource list meta-information (RFC 4662 5): which resources a list has, and which part of the
 * message tells the state of each. Written piece by piece; begin, resources, end. Read whole. */
#ifndef SIMPLE_DOC_RLMI_H
#define SIMPLE_DOC_RLMI_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "simple/event.h"

#define RLMI_TYPE "application/rlmi+xml"

struct rlmi {
    struct span uri, name; /* of the list; the name may be empty */
    uint32_t version;
    bool full; /* all resources follow; otherwise those that changed */
};

struct rlmi_resource {
    struct span uri, name;
    /* The one instance that there is (nothing forks here; of several that are read, the first that
     * is active, else pending). Left out: nothing is known yet, RFC 4662 4.5. An active one has a
     * cid, a terminated one a reason (RFC 4662 5.5). */
    bool known;
    enum sip_substate state;
    enum sip_sub_reason reason;
    struct span cid; /* Content-ID without the brackets */
};

void rlmi_begin(struct buf *b, const struct rlmi *list);
void rlmi_resource(struct buf *b, const struct rlmi_resource *r);
void rlmi_end(struct buf *b);

enum { RLMI_RESOURCES_MAX = 128 }; /* that are read of one document */

/* S-353. Everything lies in the arena. What has no URI, and instances in a state that is not known,
 * are left out. ERR_SYNTAX: bad XML, or no version; ERR_UNSUPPORTED: another document; ERR_FULL:
 * too large, or more than RLMI_RESOURCES_MAX. */
enum err rlmi_parse(struct span doc, struct arena *a, struct rlmi *list,
                    const struct rlmi_resource **v, size_t *n);

#endif
