/* Keeps an eye on the links: probes them with OPTIONS, and acts when one goes down or comes up:
 * buddies are shown offline and asked for anew, what is stored goes out, users and the log are told
 * (mapping: 6.5 of the tables). Comes in: the links' timers. Goes out: requests, notices. Stays
 * out: when a link is down (gateway/peer/link). */
#ifndef GATEWAY_FLOW_LINKWATCH_H
#define GATEWAY_FLOW_LINKWATCH_H

#include "gateway/peer/links.h"

enum {
    PROBE_MS = 8000,       /* for a probe of all servers of a domain ... */
    PROBE_ONE_MS = 2000,   /* ... and for each of them at least */
    KEEP_ALIVE_MS = 15000, /* M-651: on the stream of a domain in use */
    WITNESSES = 20,        /* other domains that are asked for that */
    BLAME_MS = 20000,      /* until it is clear whose failure it is, at most */
};

struct linkwatch;
struct linkwatch *linkwatch_new(struct worker *w); /* NULL: no memory. Makes w->links */
void linkwatch_free(struct worker *w,
                    struct linkwatch *lw); /* before what its ways hang off; w->links too */

#endif
