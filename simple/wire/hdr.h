/* Header field values, read from spans into spans. Each reader takes a value that may be folded
 * over lines (CRLF inside counts as white space, RFC 3261 7.3.1) and answers false where the value
 * is not what the grammar says; *out is then only good for looking at. Cursors walk all values of a
 * header field in the order of the message, whether they were combined with commas or stood on
 * lines of their own (RFC 3261 7.3.1). */
#ifndef SIMPLE_WIRE_HDR_H
#define SIMPLE_WIRE_HDR_H

#include "simple/wire/uri.h"

enum sip_hdr_id {
    SIP_HDR_OTHER,
#define HDR(id, name, compact, once) SIP_HDR_##id,
#include "simple/wire/headers.def"
#undef HDR
    SIP_HDR__COUNT
};

enum sip_method {
    SIP_METHOD_OTHER,
#define METHOD(id, name) SIP_##id,
#include "simple/wire/methods.def"
#undef METHOD
    SIP_METHOD__COUNT
};

enum sip_hdr_id sip_hdr_find(struct span name); /* long or compact form, any case */
const char *sip_hdr_name(enum sip_hdr_id id);   /* the long form; "" for other */
enum sip_method sip_method_find(struct span name);
const char *sip_method_name(enum sip_method m); /* "" for other */

/* ---- parameters ---- */
/* Next ";name[=value]" off *rest, white space around ; and = allowed. False at the end; *bad is set
 * (where bad is not NULL) if it does not end there. */
bool sip_param_next(struct span *rest, struct sip_param *out, bool *bad);
/* Finds by name (case folded) in a ";a;b=c" span. out may be NULL. */
bool sip_param_find(struct span params, const char *name, struct sip_param *out);
/* The value with quoted-pairs undone. */
void sip_unquote(struct buf *b, struct span quoted_inside);

/* One line of a message's head. */
struct sip_hdr {
    struct span name;  /* as it was written */
    struct span value; /* trimmed; may hold CRLF + white space where it was folded */
    uint16_t id;       /* enum sip_hdr_id */
    uint16_t next;     /* 1 + index of the next line of the same id; 0: none (not kept for OTHER) */
    bool broken;       /* there is a CR or LF in the line: a fold, or what should not be there */
};

/* ---- cursor over the values of one header field: sip_each (wire/msg.h) begins it ---- */
struct sip_each {
    const struct sip_hdr *lines; /* of the message */
    uint16_t line;               /* 1 + index of the one `rest` is in; 0: at the end */
    struct span rest;            /* of this line */
    bool bad;                    /* a value that could not be read ended the walk */
};
/* The next value, whatever it is: split at commas outside quotes and <>. Trimmed, never empty. */
bool sip_value_next(struct sip_each *c, struct span *out);

/* ---- Via, RFC 3261 20.42, RFC 3581 ---- */
enum sip_transport {
    SIP_TRANSPORT_OTHER,
    SIP_TRANSPORT_UDP,
    SIP_TRANSPORT_TCP,
    SIP_TRANSPORT_TLS,
    SIP_TRANSPORT_SCTP,
    SIP_TRANSPORT_TLS_SCTP,
    SIP_TRANSPORT_WS,
    SIP_TRANSPORT_WSS,
};
struct sip_via {
    struct span text; /* this one value, trimmed, without the comma */
    enum sip_transport transport;
    struct span transport_name;
    struct span host;                    /* sent-by; IPv6 without brackets */
    struct sip_addr ip;                  /* sent-by where it is an IP literal, else family 0 */
    uint16_t port;                       /* 0: not given */
    struct span params;                  /* from the first ';' on */
    struct span branch, received, maddr; /* received: without brackets */
    uint16_t rport;                      /* the value, 0: none or empty */
    bool has_rport;                      /* with or without a value */
    bool has_branch;
};
bool sip_via_next(struct sip_each *c, struct sip_via *out);
/* One value off the front of *in, with the comma behind it. */
bool sip_via_read(struct span *in, struct sip_via *out);
enum sip_transport sip_transport_find(struct span name);
const char *sip_transport_name(enum sip_transport t); /* upper-case as in Via; "" for other */
uint16_t sip_transport_port(enum sip_transport t);    /* the usual port */

/* ---- name-addr / addr-spec: From, To, Contact, Route, Refer-To, P-Asserted-Identity ---- */
struct sip_name_addr {
    struct span text;    /* this one value, trimmed, without the comma */
    struct span display; /* inside the quotes, or the tokens; still has its backslashes if quoted */
    bool display_quoted;
    bool brackets;      /* <uri>; without them the parameters belong to the header field */
    struct span uri;    /* text of the URI, no brackets: sip_uri_parse reads it */
    struct span params; /* header field parameters, from the first ';' on */
    struct span tag;    /* From and To */
};
/* The whole value is one name-addr or addr-spec (From, To, Refer-To, …). */
bool sip_name_addr_parse(struct span value, struct sip_name_addr *out);
/* One value off the front of *in, with the comma behind it. */
bool sip_name_addr_read(struct span *in, struct sip_name_addr *out);
/* Route, Record-Route, Path, Service-Route, P-Asserted-Identity. */
bool sip_name_addr_next(struct sip_each *c, struct sip_name_addr *out);
/* Display name as text: quotes and backslashes gone, folds are one space. */
void sip_display_text(struct buf *b, const struct sip_name_addr *a);

/* ---- Contact, RFC 3261 20.10, RFC 5626, RFC 3840 ---- */
struct sip_contact_value {
    struct sip_name_addr addr; /* not set for a star */
    bool star;                 /* "*" */
    bool has_q, has_expires, has_reg_id;
    uint16_t q;           /* thousandths; 1000 when has_q is not set */
    uint32_t expires;     /* seconds; over 2^32-1 is 2^32-1; not a number: has_expires false */
    uint32_t reg_id;      /* 1..2^31-1 */
    struct span instance; /* +sip.instance: inside the quotes, with the <> */
    struct span methods;  /* inside the quotes: "MESSAGE, SUBSCRIBE" */
};
bool sip_contact_next(struct sip_each *c, struct sip_contact_value *out);

/* ---- single values ---- */
struct sip_cseq {
    uint32_t number;
    enum sip_method method;
    struct span method_name;
};
bool sip_cseq_parse(struct span value, struct sip_cseq *out); /* number up to 2^32-1 */

struct sip_type {              /* Content-Type, and one of Accept */
    struct span type, subtype; /* "*" in Accept */
    struct span params;
    uint16_t q; /* thousandths; Accept only, 1000 when not given */
};
bool sip_type_parse(struct span value, struct sip_type *out);
bool sip_type_is(const struct sip_type *t, const char *type, const char *subtype); /* case folded */
bool sip_accept_next(struct sip_each *c, struct sip_type *out);

struct sip_event {       /* Event, RFC 6665 8.2.1; names are case-sensitive */
    struct span package; /* with its templates: "presence.winfo" */
    struct span id;
    struct span params;
};
bool sip_event_parse(struct span value, struct sip_event *out);

enum sip_substate {
    SIP_SUBSTATE_OTHER,
    SIP_SUBSTATE_ACTIVE,
    SIP_SUBSTATE_PENDING,
    SIP_SUBSTATE_TERMINATED
};
struct sip_subscription_state { /* RFC 6665 8.2.3 */
    enum sip_substate state;
    struct span name; /* of the state */
    struct span reason;
    bool has_expires, has_retry_after;
    uint32_t expires, retry_after;
    struct span params;
};
bool sip_subscription_state_parse(struct span value, struct sip_subscription_state *out);

/* delta-seconds: digits only; what is over 2^32-1 counts as 2^32-1 (RFC 3261 20.19). When the
 * answer is false *out stays as it was: put the default there first. */
bool sip_seconds_parse(struct span value, uint32_t *out);
/* Retry-After: seconds, then perhaps a comment and parameters. */
bool sip_retry_after_parse(struct span value, uint32_t *out);
/* "Sat, 13 Nov 2010 23:29:00 GMT" and nothing else (RFC 3261 20.17), to seconds since 1970. */
bool sip_date_parse(struct span value, int64_t *out);
void sip_date_print(struct buf *b, int64_t seconds);

/* Option tags and other comma lists of tokens (Require, Supported, Allow, Allow-Events): next
 * token. */
bool sip_token_next(struct sip_each *c, struct span *out);

/* ---- credentials and challenges: never combined with commas, one per line (RFC 3261 7.3.1) ----
 */
struct sip_auth {
    struct span scheme; /* "Digest" */
    struct span params; /* behind it */
};
bool sip_auth_parse(struct span value, struct sip_auth *out);
/* Next name=value off *rest, commas between them. *bad as in sip_param_next. */
bool sip_auth_param_next(struct span *rest, struct sip_param *out, bool *bad);

/* ---- Identity, RFC 8224 4: one per line, never combined with commas ---- */
enum { SIP_IDENTITY_MAX = 8192 /* octets of one value */ };
struct sip_identity {
    struct span header, payload; /* base64url; both empty in the compact form */
    struct span signature;       /* base64url */
    struct span octets;          /* "header.payload": what was signed, in the full form */
    struct span info;            /* the URI between the <> */
    struct span alg, ppt;        /* empty: not given */
};
bool sip_identity_parse(struct span value, struct sip_identity *out);

#endif
