/* A SIP message over the bytes it arrived in. Comes in: one whole message (a datagram, or what
 * wire/frame cut off a stream). Goes out: start line, an index of all header lines, the fields
 * every message must have already read, the body; and when the message is bad, why, with what to
 * answer. Stays out: what a method means, transactions, sockets. Nothing is allocated: the struct
 * may live on the stack or inside another; every span dies with the bytes. About 11 KiB, and
 * zeroing it first is not needed. */
#ifndef SIMPLE_WIRE_MSG_H
#define SIMPLE_WIRE_MSG_H

#include "simple/wire/hdr.h"

#define SIP_HEADERS_MAX 256       /* header lines of one message */
#define SIP_MESSAGE_MAX 65536     /* octets of one message, start line to end of body */
#define SIP_COOKIE      "z9hG4bK" /* every branch of RFC 3261 starts with it, 8.1.1.7 */

enum sip_bad {
    SIP_GOOD = 0,
#define BAD(id, status, text) SIP_BAD_##id,
#include "simple/wire/bad.def"
#undef BAD
    SIP_BAD__COUNT
};
int sip_bad_status(enum sip_bad b);       /* 400, 505, 513; 0 for SIP_GOOD */
const char *sip_bad_text(enum sip_bad b); /* the reason phrase to say; never NULL */

struct sip_msg {
    struct span raw;  /* start line to end of body, without what a datagram has behind it */
    struct span head; /* start line to the empty line, both included */
    struct span body;
    enum sip_bad bad; /* the first reason found; SIP_GOOD when all is well */
    bool is_request;

    enum sip_method method; /* a request's own; a response's from its CSeq */
    struct span method_name;
    struct span uri;       /* Request-URI, text */
    struct sip_uri target; /* the same, parsed; scheme OTHER is well-formed: the caller says 416 */
    uint16_t status;       /* responses: 100..699 */
    struct span reason;    /* responses: may be empty, may be UTF-8 */

    /* What every message must have. In a bad message each is as far as it could be read, and the
     * has_ flag says whether all of it could. */
    bool has_via, has_from, has_to, has_call_id, has_cseq, has_max_forwards, has_content_length;
    struct sip_via via; /* the topmost */
    struct sip_name_addr from, to;
    struct span call_id;
    struct sip_cseq cseq;
    uint8_t max_forwards;
    uint32_t content_length;

    uint16_t n_hdrs;
    uint16_t first[SIP_HDR__COUNT];       /* 1 + index of the first line of that id; 0: none */
    uint16_t last[SIP_HDR__COUNT];        /* the same of the last */
    struct sip_hdr hdrs[SIP_HEADERS_MAX]; /* in the order of the message; n_hdrs of them are set */
};

/* Parses one whole message; what m held before does not matter. The answer is m->bad. Strict (RFC
 * 3261 25.1): single spaces in the start line, CRLF line ends, a header field that must be single
 * is single, every Via, From, To, Call-ID, CSeq, Max-Forwards and Content-Length is well-formed,
 * the CSeq names the method of the request. A tag in From, a branch in Via and Max-Forwards may be
 * missing (RFC 2543 clients). Octets behind Content-Length are left out, a body shorter than it is
 * bad. Also a bad message has been read to its end, so that an answer can be made. */
enum sip_bad sip_msg_parse(struct sip_msg *m, struct span in);

/* First header line of that id, or NULL. */
static inline const struct sip_hdr *sip_msg_hdr(const struct sip_msg *m, enum sip_hdr_id id)
{
    return m->first[id] ? &m->hdrs[m->first[id] - 1] : NULL;
}

/* Next line of the same id, or NULL. */
static inline const struct sip_hdr *sip_msg_hdr_next(const struct sip_msg *m,
                                                     const struct sip_hdr *h)
{
    return h->next ? &m->hdrs[h->next - 1] : NULL;
}

static inline bool sip_msg_has(const struct sip_msg *m, enum sip_hdr_id id)
{
    return m->first[id] != 0;
}

/* Value of the first line of that id; empty when there is none. */
static inline struct span sip_msg_value(const struct sip_msg *m, enum sip_hdr_id id)
{
    return m->first[id] ? m->hdrs[m->first[id] - 1].value : (struct span){0};
}

/* First line with a name that has no id (case folded), or NULL. Walks all lines. */
const struct sip_hdr *sip_msg_find_other(const struct sip_msg *m, const char *name);

/* All values of that header field, in order: sip_value_next, sip_via_next, … (wire/hdr.h). */
struct sip_each sip_each(const struct sip_msg *m, enum sip_hdr_id id);
/* Is the token in the list? Case folded. */
bool sip_has_token(const struct sip_msg *m, enum sip_hdr_id id, const char *token);
/* Does the message accept that type? No Accept line at all: `otherwise`. q=0 excludes. */
bool sip_accepts(const struct sip_msg *m, const char *type, const char *subtype, bool otherwise);

/* Can an answer be made at all: a request, not ACK, with something to name the client's transaction
 * by (a Via line). */
bool sip_msg_is_answerable(const struct sip_msg *m);
/* Has the top Via an RFC 3261 branch (more than the cookie)? Else match by RFC 3261 17.2.3 for
 * 2543. */
bool sip_msg_has_branch(const struct sip_msg *m);

#endif
