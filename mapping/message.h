/* A message on its way between two users: the noun that both halves are converted to and from. Data
 * only: the spans belong to whoever made it, for as long as one message is handled. */
#ifndef MAPPING_MESSAGE_H
#define MAPPING_MESSAGE_H

#include "mapping/address.h"

/* Receipts that a SIP sender asked for (RFC 5438 6.2). */
enum message_receipt {
    RECEIPT_DELIVERY = 1 << 0, /* positive-delivery */
    RECEIPT_FAILURE = 1 << 1,  /* negative-delivery */
    RECEIPT_STORED = 1 << 2,   /* processing */
};

struct message {
    struct address from, to;
    struct span from_key; /* address_key of `from`, where it was made already; else empty */
    struct span friendly; /* the sender's display name, clean; may be empty */
    struct span text;     /* UTF-8 plain text, lines end with LF; never empty */
    /* UTF-8, the subset of AIM's markup that is let through; empty: there is only text */
    struct span html;
    /* the same for every copy of this message, so that a repeat shows (ICBM cookie) */
    uint8_t cookie[8];
    int64_t sent;         /* Unix seconds: when the sender wrote it, checked against our clock */
    uint16_t warned;      /* how far the sender is warned, tenths of a percent (not stored) */
    /* Unix seconds after which it is not to be delivered; 0: the default of the store */
    int64_t expires;
    bool auto_reply;      /* written by a program: never answered by one */
    /* the service's own words: written by a program, and no answer to anything; with auto_reply */
    bool notice;
    /* its sender wants it kept where others would be told that nobody is there (store_outbound) */
    bool patient;
    bool never_store;     /* now or never (Expires: 0; typing, receipts) */
    unsigned receipts;    /* enum message_receipt */
    struct span receipt_id;   /* the sender's own id of it, to be named in receipts */
    struct span receipt_time; /* its DateTime as the sender wrote it */
    struct span receipt_route; /* URIs that a receipt goes through, in order, with ", " between (not
                                  stored) */
    bool ask_receipts;         /* a sender on AIM wants to hear of it (not stored) */
};

struct arena;
/* All its texts become copies in the arena. False: no memory. */
bool message_keep(struct message *m, struct arena *a);
/* Puts `prefix` (plain text) in front of text and markup: "[expired] ", "(as Bob) ". False: no
 * memory. */
bool message_prefix(struct message *m, struct arena *a, struct span prefix);

#endif
