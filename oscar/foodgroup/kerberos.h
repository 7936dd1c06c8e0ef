/* Foodgroup 0x050C: the sign-on of AIM 6.2 to 7.5, a SNAC in the body of an HTTP request. It looks
 * like Kerberos and is a name, a password, and a ticket that holds the cookie of BOS.
 * Comes in: a whole SNAC. Goes out: who wants to sign on; the reply, whole.
 * Source: section 5.6 of the OSCAR reference. */
#ifndef OSCAR_FOODGROUP_KERBEROS_H
#define OSCAR_FOODGROUP_KERBEROS_H

#include "base/buf.h"
#include "base/rd.h"

/* SNAC 0x050C/0x0002; spans point into it. */
struct kerberos_request {
    uint32_t snac_id, id; /* to be copied into the reply */
    bool app;             /* it shows the key of an application: libpurple, AIM 8 */
    struct span name;     /* as typed */
    bool roasted;         /* the password, by ROAST_KERBEROS; else it stands there as it is */
    struct span password;
};
/* False: another SNAC, cut short, or for another service than im/boss. */
bool kerberos_request_read(struct span snac, struct kerberos_request *out);

/* SNAC 0x050C/0x0003. */
struct kerberos_ticket {
    struct span address; /* "host:port" of BOS */
    struct span cookie;
    struct span certificate; /* the name in it; empty: not under TLS */
    uint32_t now;            /* Unix seconds */
};
void kerberos_reply_write(struct buf *b, const struct kerberos_request *q,
                          const struct kerberos_ticket *t);
/* The refusal: SNAC 0x050C/0x0004, or 0x0005, which is what libpurple knows. */
void kerberos_refusal_write(struct buf *b, const struct kerberos_request *q, struct span words);

#endif
