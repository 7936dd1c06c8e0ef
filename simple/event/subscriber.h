/* What the files of the subscriber share. */
#ifndef SIMPLE_EVENT_SUBSCRIBER_H
#define SIMPLE_EVENT_SUBSCRIBER_H

#include "simple/core_priv.h"

enum {
    SUB_EXPIRES = 3600,     /* seconds, where the peer grants without saying for how long */
    SUB_RETRY = 30,         /* seconds until a failed refresh is tried again, at least */
    SUB_REFRESH_MIN = 5000, /* ms between two refreshes: a shorter grant runs out instead */
    SUB_TOO_BRIEF_MAX = 3,  /* times that 423 makes us ask for longer */
    SUB_SAME_GRANT = 5000,  /* ms: an expiry that moves by less is the same one, counted down */
};

enum sub_state {
    SUB_TRYING,  /* SUBSCRIBE is out; no NOTIFY yet, so no dialog (RFC 6665 4.4.1) */
    SUB_LIVE,    /* there is a dialog */
    SUB_LEAVING, /* nobody here wants it any more: the core brings it to its end */
    SUB_GONE,    /* ended; kept until the gateway has pulled its end */
};

struct sip_sub {
    struct dialog d; /* first: the table of dialogs points to it */
    struct list all, told;
    struct deadline due;
    enum sub_state state;
    uint64_t owner;
    uint32_t asked;      /* Expires of the next SUBSCRIBE; 0: a fetch */
    uint64_t in_flight;  /* the SUBSCRIBE without answer; 0: none */
    uint64_t expires_at; /* ms; NEVER until granted */
    uint64_t refresh_at; /* ms; NEVER: nothing to refresh */
    uint64_t silence_at; /* Timer N: a NOTIFY must have come by then; NEVER: it has */
    uint8_t too_brief;   /* answers 423 in a row */
    bool has_dialog;     /* a NOTIFY made it */
    bool held;           /* nothing is sent until it is refreshed by the gateway's word */
    bool said_bye;       /* SUBSCRIBE with Expires 0 is out, or answered */
    enum sip_event_kind told_kind; /* what the gateway is told: its end, or a delay */
    int told_status;
    enum sip_sub_reason told_reason;
    enum sip_cause told_cause;
    size_t headers_n, list_n;
    /* ready lines for every SUBSCRIBE; the list, for the one that begins the dialog */
    uint8_t texts[];
};

void sub_free(struct sip_core *c, struct sip_sub *s);
/* Sends SUBSCRIBE with s->asked, or 0 when it is leaving, and starts Timer N. */
bool sub_send(struct sip_core *c, struct sip_sub *s, uint64_t now);
void sub_schedule(struct sip_core *c, struct sip_sub *s);
/* The peer will keep it for `seconds` from now. */
void sub_granted(struct sip_core *c, struct sip_sub *s, uint32_t seconds, uint64_t now);
/* It is over without a message to show: the gateway is told, or it goes at once when leaving. May
 * free s. */
void sub_over(struct sip_core *c, struct sip_sub *s, int status, enum sip_cause cause,
              enum sip_sub_reason reason);
/* The same with c->msg and what it says; `kind` is SUB_FAILED or SUB_ENDED. */
void sub_over_by_message(struct sip_core *c, struct sip_sub *s, const struct sip_core_event *ev);

/* ---- for the core ---- */

void subscriber_notify(struct sip_core *c, const struct sip_hop *from, const struct txn_key *key,
                       uint64_t now);
void subscriber_answered(struct sip_core *c, struct sip_sub *s, const struct core_result *r,
                         uint64_t now);
void subscriber_tick(struct sip_core *c, uint64_t now);
bool subscriber_next(struct sip_core *c, struct sip_core_event *out);
void subscriber_pulled(struct sip_core *c, struct sip_sub *s); /* its end was told */
void subscriber_bury(struct sip_core *c);
void subscriber_fini(struct sip_core *c);

#endif
