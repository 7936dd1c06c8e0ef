/* SIP, SIPS, IM and PRES URIs (RFC 3261 19.1 and 25.1, RFC 3860, RFC 3859). A parsed URI is spans
 * into the text; nothing is unescaped until somebody asks. */
#ifndef SIMPLE_WIRE_URI_H
#define SIMPLE_WIRE_URI_H

#include "base/buf.h"
#include "simple/wire/addr.h"

enum sip_scheme {
    SIP_SCHEME_OTHER, /* well-formed, but not one we look into: only text and scheme_name are set */
    SIP_SCHEME_SIP,
    SIP_SCHEME_SIPS,
    SIP_SCHEME_IM,
    SIP_SCHEME_PRES,
};

#define SIP_URI_PARAMS_MAX 32 /* parameters of one URI, and headers: comparing is each with each \
                               */

struct sip_uri {
    enum sip_scheme scheme;
    struct span text;        /* all of it */
    struct span scheme_name; /* without the colon */
    struct span user;        /* still escaped; empty when has_user is not set */
    struct span password;    /* still escaped */
    struct span host;        /* IPv6 without its brackets */
    struct span params;      /* from the first ';' up to '?', or empty */
    struct span headers;     /* behind the '?', or empty */
    struct sip_addr ip;      /* the host where it is an IP literal, else family 0; port is `port` */
    uint16_t port;           /* 0: not given */
    bool has_user;
    bool has_headers; /* there is a '?' */
    bool secure;      /* sips */
};

/* A parameter of a URI or of a header field. A quoted value is without its quotes and still has its
 * backslashes; `quoted` says so. */
struct sip_param {
    struct span name, value;
    bool has_value, quoted;
};

/* All of s is a URI or the answer is false. At most SIP_URI_PARAMS_MAX parameters. No white space,
 * no brackets, and no control characters anywhere. For a scheme other than the four any such octets
 * behind the colon will do. */
bool sip_uri_parse(struct span s, struct sip_uri *out);
/* RFC 3261 19.1.4. im: and pres: compare user and host only (their headers mean nothing here);
 * other schemes octet by octet. */
bool sip_uri_eq(const struct sip_uri *a, const struct sip_uri *b);
/* Cursor over uri->params: *rest starts as uri->params. */
bool sip_uri_param_next(struct span *rest, struct sip_param *out);
/* The parameter of that name (ASCII case folded). out may be NULL. */
bool sip_uri_param(const struct sip_uri *u, const char *name, struct sip_param *out);
/* "name=value&name=value" of uri->headers, names and values still escaped. */
bool sip_uri_header_next(struct span *rest, struct sip_param *out);
/* Every %HH becomes its octet, also %00. False (and b bad is not set) where a % is no escape. */
bool sip_unescape(struct buf *b, struct span s);
/* Escapes what RFC 3261 25.1 does not allow in a user part; hex digits upper-case. */
void sip_escape_user(struct buf *b, struct span user);
/* "sip:user@host[:port]": user is escaped here, host is printed as it is (with brackets where it is
 * an IPv6 literal without them). Empty user: no "user@". */
void sip_uri_print(struct buf *b, enum sip_scheme scheme, struct span user, struct span host,
                   uint16_t port);
const char *sip_scheme_name(enum sip_scheme s); /* "sip", …; "" for other */

#endif
