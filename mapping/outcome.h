/* Every end a message or a subscription can have, one row each (outcome.def): what the AIM side is
 * told, what the SIP side is told, in which words, and what becomes of a subscription. Pure tables.
 */
#ifndef MAPPING_OUTCOME_H
#define MAPPING_OUTCOME_H

#include "base/buf.h"
#include "base/err.h"

enum outcome {
#define OUTCOME(name, aim, sub, sip, retry, missed, text, notice) OUTCOME_##name,
#include "mapping/outcome.def"
#undef OUTCOME
    OUTCOME__COUNT
};

enum { MISSED_NONE = -1, OUTCOME_RETRY_NONE = 0 };

struct outcome_row {
    const char *name;  /* for logs and metrics, lower-case */
    uint8_t aim_error; /* SNAC 0x0004/0x0001 code; 0: success or no answer */
    uint8_t aim_sub;   /* ICBM sub-code, TLV 0x0008; 0: none */
    uint16_t sip_status;
    uint16_t retry_after; /* seconds; 0: no such header */
    int8_t missed;        /* SNAC 0x0004/0x000A reason; MISSED_NONE */
    const char *text;     /* SIP reason phrase and Warning: 399 */
    const char *notice;   /* what the helper says, NAME and DOMAIN to be filled in; NULL: nothing */
};
const struct outcome_row *outcome_row(enum outcome o);
bool outcome_is_success(enum outcome o);

/* What a final SIP status means for us (4.1). Every 200..699 has a row. */
enum sub_effect {
    SUB_ACTIVE,  /* wait for NOTIFY */
    SUB_FOLLOW,  /* a redirection */
    SUB_KEEP,    /* stays until its expiry, tried again */
    SUB_END,     /* over; tried again by the schedule */
    SUB_STOP,    /* over; not tried again until the user asks anew */
    SUB_AT_ONCE, /* over; a fresh one at once (481) */
    SUB_LONGER,  /* the same with Min-Expires (423) */
};
enum im_retry {
    IM_NO_RETRY,
    IM_FOLLOW,      /* 3xx, by q, at most 5 */
    IM_CREDENTIALS, /* 401, 407: once */
    IM_SPLIT,       /* 413, 513: once, smaller, if it was one part */
    IM_PLAIN,       /* 415: once as text/plain */
    IM_AS_SIP,      /* 416: once with sip: */
    IM_WITHOUT_TAG, /* 420, 421: once without / with the option tag */
    IM_NEXT_FLOW,   /* 430, 439 */
    IM_FRESH,       /* 481: once */
    IM_SOON,        /* 491: once after 2 s */
    IM_NEXT_SERVER, /* 503, connection failures */
};
struct sip_verdict {
    enum outcome outcome;
    enum sub_effect initial, refresh; /* of a SUBSCRIBE */
    enum im_retry retry;
    bool note_retry_after; /* Retry-After is worth keeping */
};
struct sip_verdict outcome_from_sip(unsigned status);
/* 480 while the peer's buddy is shown offline is "not logged on" (M-424). */
enum outcome outcome_offline_if(enum outcome o, bool shown_offline);
/* Errors of our own reading to an end: ERR_FULL, ERR_SYNTAX, ERR_CHARSET, ERR_NO_USER, ... */
enum outcome outcome_from_err(enum err e);
/* What a SIP sender is told. `look_offline`: who blocks looks as if signed off (M-456). */
unsigned outcome_to_sip(enum outcome o, bool look_offline);
/* What the helper says, NAME and DOMAIN filled in; nothing appended where the row has no words. */
void outcome_notice(struct buf *out, enum outcome o, struct span name, struct span domain);
/* An OSCAR error that a local delivery ended with (4.2) to its outcome. */
enum outcome outcome_from_aim(unsigned error);

#endif
