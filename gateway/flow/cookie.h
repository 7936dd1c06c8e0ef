/* What a client is told by the authorizer, and shows on its next connection: 256 octets, good once
 * and for a minute. Known here is whose they are, what they are for, and what the client said of
 * itself. */
#ifndef GATEWAY_FLOW_COOKIE_H
#define GATEWAY_FLOW_COOKIE_H

#include "gateway/worker.h"
#include "mapping/charset.h"
#include "oscar/foodgroup/bucp.h"

enum { COOKIE_MS = 60000, COOKIES_MAX = 100000 /* then the oldest goes */ };

struct cookies;
struct cookies *cookies_new(void); /* NULL: no memory */
void cookies_free(struct cookies *all);

struct cookie {
    struct list node; /* oldest first */
    uint8_t octets[BUCP_COOKIE];
    uint64_t until;
    uint16_t foodgroup; /* 0: BOS */
    bool web;    /* of a sign-on over HTTP: what the client is, it says when it shows the cookie */
    bool secure; /* it was sent to an address under TLS */
    bool multi, modern;
    bool old;     /* it takes no long names */
    bool ancient; /* it is AIM before 3.5 */
    enum text_client client,
        client_with_caps; /* how its texts are written, before and after it told capabilities */
    struct span software, name; /* behind the struct; the name is normalised */
};

/* NULL: no memory. */
struct cookie *cookie_new(struct worker *w, struct span name, struct span software);
/* What the client says of itself; does it sign on with a number? */
void cookie_describe(struct cookie *c, const struct oscar_login *said, bool icq);
/* NULL: unknown, or its minute is over. */
struct cookie *cookie_find(struct worker *w, struct span octets);
void cookie_free(struct worker *w, struct cookie *c);

#endif
