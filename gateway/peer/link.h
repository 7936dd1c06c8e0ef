/* Is a domain there? The state of the link to it, as a machine of its own (mapping: 6.5 of the
 * tables). Comes in: what became of requests and probes, and the time. Goes out: whether it may be
 * used, when to probe, and what changed. Stays out: probes themselves, who is told.
 *
 *   up --a failure--> suspect --the probe fails, too--> down --each 5, 10, 20, 40, 60 s--> probing
 *    ^------any answer---'                                ^------------the probe fails------'  |
 *    ^--------------------------------an answer (flapping: 60 s of them)-----------------------'
 *
 * Who must not be probed is known by requests alone: the second failure in a row brings it down,
 * and "probing" lets requests through until one of them is answered, or has no answer.
 */
#ifndef GATEWAY_PEER_LINK_H
#define GATEWAY_PEER_LINK_H

#include <stdbool.h>
#include <stdint.h>

enum {
    LINK_PROBE_MS = 30000, /* M-651: how often it is probed while it is up */
    LINK_SECOND_MS = 2000, /* before a failure is looked at a second time: a server that restarts */
    LINK_SETTLE_MS = 60000, /* M-657: good probes before a flapping link is up */
    LINK_SETTLE_STEP_MS = 5000,
    LINK_FLAPS = 3,         /* M-657: so many downs ... */
    LINK_FLAPS_MS = 600000, /* ... in this time are flapping */
};

enum link_state {
    LINK_UP,      /* what was heard last was an answer, or nothing was tried yet */
    LINK_SUSPECT, /* a request or a probe failed; still used, and a probe says more */
    LINK_DOWN,    /* that failed, too, at all its servers: nothing is sent, until the next probe */
    LINK_PROBING, /* down, and a probe is under way, or answers must go on for a while */
};
const char *link_state_name(enum link_state s);

enum link_news { LINK_NO_NEWS, LINK_WENT_DOWN, LINK_CAME_UP };

struct link {
    enum link_state state;
    bool by_requests;    /* it is never probed */
    bool probing;        /* a probe is under way */
    bool flapping;       /* it was down too often lately */
    unsigned step;       /* of the schedule while it is down */
    unsigned n_downs;    /* of downs that are known */
    uint64_t since;      /* when it came into this state; down and probing are one */
    uint64_t doubted;    /* when the first failure came of those that brought it down */
    uint64_t probe_at;   /* the next probe */
    uint64_t good_since; /* flapping: the first of the answers that go on; 0: none */
    uint64_t downs[LINK_FLAPS];
};

void link_init(struct link *l, uint64_t now); /* up */
static inline bool link_is_down(const struct link *l)
{
    return l->state == LINK_DOWN || l->state == LINK_PROBING;
}
/* Is nothing to be sent? Down, and no request may try it just now. */
static inline bool link_is_shut(const struct link *l)
{
    return l->state == LINK_DOWN || (l->state == LINK_PROBING && !l->by_requests);
}
/* A response to a request, whatever it says, is life. */
enum link_news link_answered(struct link *l, uint64_t now);
/* A request had no answer, or could not be sent to any of its servers. */
enum link_news link_failed(struct link *l, uint64_t now);
/* Something says that a probe is worth while now: another link went down. */
void link_look(struct link *l, uint64_t now);
/* They write to us: a probe is worth while; without probes that is the answer. */
enum link_news link_heard(struct link *l, uint64_t now);
/* Is a probe due? Then it is under way from here on. By requests: any request would do now. */
bool link_tick(struct link *l, uint64_t now);
/* It was answered; or no server of theirs answered it. */
enum link_news link_probed(struct link *l, bool answered, uint64_t now);
/* It could not be made (DNS cannot say): nothing is known by it (M-660). */
void link_not_probed(struct link *l, uint64_t now);
/* When to tick it; UINT64_MAX while a probe is under way. */
uint64_t link_deadline(const struct link *l);

#endif
