/* The neutral message from and to the body of a SIP MESSAGE. Comes in: Content-Type,
 * Content-Encoding, body and the few headers that say something of it. Goes out: text, or the
 * status and headers of the refusal; a content type and a body for what is sent. */
#ifndef MAPPING_MESSAGE_SIP_H
#define MAPPING_MESSAGE_SIP_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "mapping/fit.h"
#include "mapping/message.h"

#define AUTO_REPLY_PREFIX "[Auto-reply] "

/* M-347: what MESSAGE bodies may be. */
#define MESSAGE_ACCEPT                                                              \
    "text/plain, text/html, message/cpim, multipart/mixed, multipart/alternative, " \
    "multipart/signed, application/im-iscomposing+xml, message/imdn+xml"
#define MESSAGE_ACCEPT_UTF8 "text/plain;charset=UTF-8, " MESSAGE_ACCEPT

enum sip_body_kind {
    SIP_BODY_TEXT,   /* out->message is filled */
    SIP_BODY_EMPTY,  /* 200, nothing to deliver (M-350) */
    SIP_BODY_TYPING, /* 200; `inner` is an isComposing document (3.6) */
    SIP_BODY_IMDN,   /* 200; `inner` is an IMDN document inside CPIM, `cpim` its headers (3.7) */
    SIP_BODY_IGNORE, /* 200, nothing at all: a typing status or receipt where it must not be (M-345,
                        M-346) */
    SIP_BODY_REFUSE, /* status, accept, accept_encoding, warning */
};

/* What came, borrowed from the request. Absent headers are empty spans. */
struct sip_body_in {
    struct span content_type;     /* the whole value, with parameters */
    struct span content_encoding; /* M-348 */
    struct span auto_submitted;   /* M-362 */
    struct span subject;          /* M-365 */
    struct span body;
    struct span language; /* which Subject of several is meant (M-243 order), may be empty */
};

struct sip_body_out {
    enum sip_body_kind kind;
    unsigned status;    /* of SIP_BODY_REFUSE: 400, 413, 415, 500 */
    const char *accept; /* NULL: no such header */
    const char *accept_encoding;
    const char *warning; /* text for Warning: 399 and the log */
    struct span inner;   /* a document for the caller's XML reader */
    /* Of message/cpim, in the arena, empty where absent. */
    struct span cpim_from;  /* the URI */
    int64_t cpim_date;      /* DateTime, Unix seconds; 0: none that can be read */
    struct span imdn_id;    /* imdn.Message-ID */
    bool is_signed;         /* multipart/signed: unverified (M-344) */
};

/* Fills out->kind and, for SIP_BODY_TEXT, text, html, auto_reply, receipts, receipt_id,
 * receipt_time and receipt_route of *m (spans in the arena); the rest of *m is left alone. */
void message_sip_read(const struct sip_body_in *in, struct arena *a, struct message *m,
                      struct sip_body_out *out);

/* A MESSAGE for many (RFC 5365 4): the list of them, and what each is to have. */
struct sip_list_body {
    struct span list; /* a document of application/resource-lists+xml */
    struct span content_type, body;
};
/* ERR_UNSUPPORTED: no multipart/mixed; ERR_SYNTAX: it lacks one of the two. */
enum err message_sip_split_list(struct span content_type, struct span body, struct arena *a,
                                struct sip_list_body *out);

/* What a SIP receiver is sent. */
struct sip_writer {
    bool html; /* the receiver is known to take text/html (3.3) */
    bool cpim; /* wrapped in message/cpim: the peer wants it, or receipts are asked (3.5) */
    struct span imdn_id;          /* with cpim: ask for receipts under this id; empty: none */
    struct span from_uri, to_uri; /* with cpim: "im:..." */
};
#define MESSAGE_TYPE_TEXT "text/plain;charset=UTF-8"
#define MESSAGE_TYPE_HTML "text/html;charset=UTF-8"
#define MESSAGE_TYPE_CPIM "message/cpim"

/* Appends the body of one part (fit_sip cut it; NULL: the whole message) and gives its
 * Content-Type. */
const char *message_sip_write(struct buf *body, const struct message *m,
                              const struct fit_part *part, const struct sip_writer *w);
/* Text as it is cut and sent: with the auto-reply prefix where it is one (M-361). Borrowed from m,
 * or in the arena. */
struct span message_sip_text(const struct message *m, struct arena *a);
/* Appends the headers of 3.9 that are the message's own, each with CR LF: Auto-Submitted, and
 * Expires where m->expires is set (the rest of its time at `now`, Unix seconds). The Date that goes
 * with it (RFC 3428 4) is the core's to write: m->sent. */
void message_sip_headers(struct buf *headers, const struct message *m, int64_t now);

/* M-708: when it was written: CPIM DateTime, else Date, each only within a day of receipt, else
 * receipt. Unix seconds, 0: absent or not readable. */
int64_t message_sent_time(int64_t cpim_date, int64_t date, int64_t receipt);
/* M-704: when it ends: Date (within a day of receipt, else receipt) plus Expires; 14 days at most
 * and by default. `expires` < 0: absent. */
int64_t message_expiry(int64_t date, int64_t receipt, int64_t expires);
/* "[sent 2001-07-23 14:00 UTC] " (M-707): in front of a stored message where the client has no
 * other way to say so. */
void message_sent_prefix(struct buf *out, int64_t sent);

#endif
