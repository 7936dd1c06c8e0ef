/* Who is typing, across the two protocols (3.6): OSCAR's events (SNAC 0x0004/0x0014) and RFC 3994's
 * states. Comes in: events, states, the time in milliseconds. Goes out: what is to be sent now.
 * Reading and writing the isComposing document stays in simple/doc. */
#ifndef MAPPING_TYPING_H
#define MAPPING_TYPING_H

#include "base/span.h"

enum aim_typing {
    AIM_TYPING_NONE = 0x0000,
    AIM_TYPING_TYPED = 0x0001, /* typed and paused */
    AIM_TYPING_BEGUN = 0x0002,
    AIM_TYPING_CLOSED = 0x000F, /* the window was closed */
};

enum {
    TYPING_REFRESH_S = 60, /* repeated while nothing else happens; also the Expires of it */
    TYPING_REFRESH_DEFAULT_S = 120, /* RFC 3994 3.3: without a refresh in the document */
    TYPING_DAY_S = 24 * 3600,       /* content exchanged; quiet after a 415 */
};

enum typing_send { TYPING_SEND_NOTHING, TYPING_SEND_ACTIVE, TYPING_SEND_IDLE };

/* One AIM user typing at one SIP address. Zeroed: they never talked. */
struct typing_to_sip {
    bool active;          /* we said so last */
    uint64_t again;       /* when active is to be said anew; 0: not */
    uint64_t content;     /* last content message either way; 0: none */
    uint64_t quiet_until; /* after a 415 */
};
/* `allowed`: the user's preference 0x16 is on, no MESSAGE to that address is pending. A status that
 * is not allowed is dropped, never queued (RFC 3428 8). Any other event number counts as none. */
enum typing_send typing_event(struct typing_to_sip *t, uint16_t event, bool allowed, uint64_t now);
/* The status that was to be sent could not leave, as a message was on its way: they do not know it.
 */
void typing_dropped(struct typing_to_sip *t);
/* The deadline passed: say active again? */
enum typing_send typing_tick(struct typing_to_sip *t, bool allowed, uint64_t now);
uint64_t typing_deadline(const struct typing_to_sip *t); /* UINT64_MAX: none */
/* A content message went there: a status is implied by it. */
void typing_content(struct typing_to_sip *t, uint64_t now);
/* One came from there: they may be told from here on; what was told stands. */
void typing_heard(struct typing_to_sip *t, uint64_t now);
/* The peer answered 415 to a status. */
void typing_refused(struct typing_to_sip *t, uint64_t now);

/* One SIP address typing at one AIM user. Zeroed: idle. */
struct typing_from_sip {
    uint64_t until; /* shown as typing until then; 0: idle */
};
/* A state arrived (refresh_s 0: none in it). True: send *event to the AIM sessions that want typing
 * events. */
bool typing_state(struct typing_from_sip *t, bool active, unsigned refresh_s, uint64_t now,
                  enum aim_typing *event);
/* Its time is over, a content message came, or the link went down. True: send *event. */
bool typing_over(struct typing_from_sip *t, enum aim_typing *event);
/* True: the deadline t->until has passed (then call typing_over). */
bool typing_due(const struct typing_from_sip *t, uint64_t now);

#endif
