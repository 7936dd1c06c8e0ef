/* Every end a message or a subscription can have, one row each (outcome.def): what the AIM side is
 * told, what the SIP side is told, in which words, and what becomes of a subscription. Pure tables.
 */
#ifndef MAPPING_OUTCOME_H
#define MAPPING_OUTCOME_H

#include "base/buf.h"
#include "base/err.h"

enum outcome {
#define OUTCOME(name, aim, sub, sip, retry, missed, when, text, notice) OUTCOME_##name,
#include "mapping/outcome.def"
#undef OUTCOME
    OUTCOME__COUNT
};

/* When the helper speaks. */
enum notice_when {
    NOTICE_NEVER,
    NOTICE_ON,     /* where the account's notices are on */
    NOTICE_STORED, /* where its notify_stored is on */
    NOTICE_ALWAYS,
};

enum { MISSED_NONE = -1 };

struct outcome_row {
    const char *name;  /* for logs and metrics: "NO_USER" */
    uint8_t aim_error; /* SNAC 0x0004/0x0001; 0: none */
    uint8_t aim_sub;   /* its TLV 0x0008; 0: none */
    uint16_t sip_status;
    uint16_t retry_after; /* seconds; 0: no such header */
    int8_t missed;        /* SNAC 0x0004/0x000A, or MISSED_NONE */
    enum notice_when when;
    const char *text;   /* SIP reason phrase and Warning: 399 */
    const char *notice; /* NULL: none */
};
const struct outcome_row *outcome_row(enum outcome o);
/* 2xx: an acknowledgement, not an error. */
bool outcome_is_success(enum outcome o);

enum sub_effect {
    SUB_ACTIVE,  /* wait for NOTIFY */
    SUB_FOLLOW,  /* a redirection */
    SUB_KEEP,    /* stays until its expiry, tried again */
    SUB_END,     /* over; tried again by the schedule */
    SUB_STOP,    /* over; not tried again until the user asks anew or signs on */
    SUB_AGAIN,   /* once more at once, changed as `retry` says; then as SUB_END */
    SUB_AT_ONCE, /* over; a fresh one at once (481) */
    SUB_LONGER,  /* the same with Min-Expires (423) */
};

/* Whether a message is worth another try, changed how. Each of them once but IM_FOLLOW. */
enum im_retry {
    IM_NO_RETRY,
    IM_FOLLOW,      /* 3xx: by q, at most 5 */
    IM_CREDENTIALS, /* 401, 407 */
    IM_SPLIT,       /* 413, 513: smaller, if it was one part */
    IM_PLAIN,       /* 415: as text/plain */
    IM_AS_SIP,      /* 416: with sip: */
    IM_OTHER_TAGS,  /* 420, 421: without, with the option tag */
    IM_NEXT_FLOW,   /* 430, 439 */
    IM_FRESH,       /* 481 */
    IM_SOON,        /* 491: after 2 s */
    IM_NEXT_SERVER, /* 503, no connection: nothing can have been processed */
};

/* What an end of a request of ours means. */
struct sip_verdict {
    enum outcome outcome;             /* of the message, when there is no (further) retry */
    enum sub_effect initial, refresh; /* of a SUBSCRIBE, the first or one in its dialog */
    enum im_retry retry;
    bool note_retry_after; /* Retry-After is worth keeping */
};
/* Any final status 200..699 (and what is none: as the x00 of its hundred, else 500). M-401 to
 * M-436. */
struct sip_verdict outcome_from_sip(unsigned status);
/* Ends without a SIP answer, M-437 to M-440: TIMEOUT, DOMAIN_UNKNOWN, NO_ROUTE, CONNECT_FAILED,
 * TLS_FAILED, LINK_DOWN, PEER_REFUSED. */
struct sip_verdict outcome_verdict(enum outcome o);
/* M-424: 480 for someone who is shown offline is "not logged on", as AIM users know it. */
enum outcome outcome_when_offline(enum outcome o, bool shown_offline);

/* What a SIP sender is to see: with `look_offline` whoever blocks or refuses looks exactly as if
 * signed off (M-456, M-544). */
enum outcome outcome_as_shown(enum outcome o, bool look_offline);
/* The status alone. */
unsigned outcome_to_sip(enum outcome o, bool look_offline);

/* Our own reading of something failed: FULL is TOO_LONG, SYNTAX is BAD_REQUEST and so on. */
enum outcome outcome_from_err(enum err e);
/* A SNAC error code met on the AIM side (M-455 to M-473). */
enum outcome outcome_from_aim(unsigned error);
/* What SIP's reason phrase and an AIM error say; with the domain in it where that is what failed
 * (empty: it is ours). */
void outcome_words(struct buf *out, enum outcome o, struct span domain);
/* What the helper says; nothing is appended where the row has no words. */
void outcome_notice(struct buf *out, enum outcome o, struct span name, struct span domain);
/* Puts them into the places of NAME and DOMAIN in `words`. */
void outcome_fill(struct buf *out, const char *words, struct span name, struct span domain);

#endif
