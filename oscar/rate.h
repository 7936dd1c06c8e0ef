/* Rate classes as arithmetic: a running average of the time between SNACs, and what follows from
 * it. A warned user's class of messages has closer limits. No I/O: the connection says when a SNAC
 * came and does what the answer says. */
#ifndef OSCAR_RATE_H
#define OSCAR_RATE_H

#include "base/buf.h"

enum {
    RATE_CLASSES = 5,
    RATE_CLASS_DEFAULT = 1,
    RATE_CLASS_MESSAGES = 3, /* it holds SNAC 0x0004/0x0006 */
    RATE_WARNED_ROOM = 150,  /* between a threshold and the top: AIM 4.8 oscillates with less */
};

/* The numbers of one class, as SNAC 0x0001/0x0007 announces them. */
struct rate_params {
    uint16_t id;
    uint32_t window, clear, alert, limit, disconnect, max;
};

enum rate_state { RATE_CLEAR, RATE_ALERT, RATE_LIMITED };

/* What to do with the SNAC that was counted. */
enum rate_verdict {
    RATE_PASS,
    RATE_PASS_ALERTED, /* pass it, and say that the alert level is reached (code 2) */
    RATE_PASS_CLEARED, /* pass it, and say that all is well again (code 4) */
    RATE_DROP,
    RATE_DROP_LIMITED, /* drop it, and say so (code 3) */
    RATE_DISCONNECT,
};

/* The code word of SNAC 0x0001/0x000A. */
enum rate_code {
    RATE_CODE_CHANGED = 1,
    RATE_CODE_ALERT = 2,
    RATE_CODE_LIMIT = 3,
    RATE_CODE_CLEAR = 4
};

struct rate_level {
    uint32_t level;
    uint8_t state; /* enum rate_state */
    uint64_t last; /* when the previous SNAC of the class came, ms */
};

struct rates {
    struct rate_level of[RATE_CLASSES];
    struct rate_params messages; /* class RATE_CLASS_MESSAGES, as the warning level has it */
    uint64_t calm_at;            /* when a class is well again without a SNAC; DEADLINE_NEVER */
};

const struct rate_params *rate_params(uint16_t id);           /* 1 to RATE_CLASSES */
uint16_t rate_class_of(uint16_t foodgroup, uint16_t subtype); /* unlisted ones: class 1 */
void rate_init(struct rates *r, uint64_t now);
/* The user's warning level (tenths of a percent) is that from now on: clear, alert and limit of the
 * class of messages move so far towards the top. */
void rate_warn(struct rates *r, uint16_t warning);
/* The level after one more SNAC, `ms` after the one before: (level * (window - 1) + ms) / window,
 * at most max. */
uint32_t rate_step(const struct rate_params *p, uint32_t level, uint64_t ms);
/* What follows from a level, and the state it leads to. */
enum rate_verdict rate_judge(const struct rate_params *p, uint32_t level, uint8_t *state);
enum rate_verdict rate_count(struct rates *r, uint16_t id, uint64_t now);
/* From calm_at on: a class that was slow enough to be clear again, which it is from here on; 0:
 * there is none (any more). Clients that hold everything back while they are limited never send the
 * SNAC that would show it. */
uint16_t rate_calm(struct rates *r, uint64_t now);

/* One class record: 30 octets, or 35 for clients whose foodgroup 0x0001 is of version 3 or more
 * (AIM 1.x crashes on the extra five). */
void rate_write_record(struct buf *b, const struct rate_params *p, const struct rate_level *l,
                       uint16_t oservice_version, uint64_t now);
void rate_write_class(struct buf *b, const struct rates *r, uint16_t id, uint16_t oservice_version,
                      uint64_t now);
/* The body of SNAC 0x0001/0x0007: classes, then groups that list every subtype of these foodgroups.
 * Mac AIM 4.0 freezes at sign-on where one is missing. */
void rate_write_all(struct buf *b, const struct rates *r, const uint16_t *foodgroups, size_t n,
                    uint16_t oservice_version, uint64_t now);

#endif
