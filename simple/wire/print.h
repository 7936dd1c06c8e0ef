/* Building requests and responses into a struct buf. Header injection is impossible: a value with
 * CR, LF or NUL in it makes the buffer bad, and what is copied out of a received message loses its
 * folds. Only long names are written, nothing is folded, every message ends with Content-Length.
 *
 *     sip_put_request_line(&b, SPAN("MESSAGE"), uri);
 *     sip_put_hdr(&b, SIP_HDR_CALL_ID, call_id);
 *     at = sip_hdr_begin(&b, SIP_HDR_TO); buf_add(&b, …); sip_hdr_end(&b, at);
 *     sip_put_body(&b, body);
 *     if (!buf_ok(&b)) … */
#ifndef SIMPLE_WIRE_PRINT_H
#define SIMPLE_WIRE_PRINT_H

#include "simple/wire/msg.h"

const char *sip_reason(int status); /* "Not Found"; by class where it is not known */

void sip_put_request_line(struct buf *b, struct span method, struct span uri);
void sip_put_status_line(struct buf *b, int status, const char *reason); /* NULL: sip_reason */

/* What every response repeats from its request, RFC 3261 8.2.6.2: status line, all Vias, From, To,
 * Call-ID, CSeq (each as far as the request has it). More headers may follow, then sip_put_body. */
struct sip_reply {
    int status;
    const char *reason; /* NULL: sip_reason(status) */
    struct span to_tag; /* added to To if it has none; empty: not added (100) */
    const struct sip_addr
        *source; /* where the request came from: received and rport of the top
                  * Via are made from it (RFC 3261 18.2.1, RFC 3581 4); NULL: as is */
};
void sip_put_reply(struct buf *b, const struct sip_msg *request, const struct sip_reply *r);
/* The same without the status line. */
void sip_put_repeated(struct buf *b, const struct sip_msg *request, const struct sip_reply *r);

/* "Name: value CRLF". An empty value is allowed. */
void sip_put_hdr(struct buf *b, enum sip_hdr_id id, struct span value);
void sip_put_hdr_str(struct buf *b, enum sip_hdr_id id, const char *value);
void sip_put_hdr_number(struct buf *b, enum sip_hdr_id id, uint64_t value);
void sip_put_hdr_named(struct buf *b, struct span name, struct span value); /* name: a token */
/* All lines of that id as they are in m, folds undone. */
void sip_put_copy(struct buf *b, const struct sip_msg *m, enum sip_hdr_id id);
void sip_put_date(struct buf *b, int64_t seconds); /* "Date: …" */

/* A value made of parts: what is appended between the two must not hold CR, LF or NUL. */
size_t sip_hdr_begin(struct buf *b, enum sip_hdr_id id);
void sip_hdr_end(struct buf *b, size_t at);

struct sip_via_out {
    enum sip_transport transport;
    struct span host; /* sent-by; IPv6 without brackets */
    uint16_t port;    /* 0: not written */
    struct span branch;
    bool rport; /* ask for it */
};
void sip_put_via(struct buf *b, const struct sip_via_out *v);
/* name-addr: ["display"] <uri>[;tag=tag]. Empty display and tag are left out. */
void sip_put_addr(struct buf *b, enum sip_hdr_id id, struct span display, struct span uri,
                  struct span tag);
void sip_put_cseq(struct buf *b, uint32_t number, struct span method);

/* Content-Length, the empty line, the body. Content-Type is the caller's to put before. */
void sip_put_body(struct buf *b, struct span body);

/* Parts of values: a quoted-string with its quotes, and a value with its folds undone (a run of
 * white space that holds a line end becomes one space). */
void sip_put_quoted(struct buf *b, struct span text);
void sip_put_unfolded(struct buf *b, struct span value);

#endif
