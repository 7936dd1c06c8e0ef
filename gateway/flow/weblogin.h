/* AIM clients that sign on over HTTP: clientLogin. Password, token, signed request, and the cookie
 * of the second connection, which is the same that others get from the authorizer. */
#ifndef GATEWAY_FLOW_WEBLOGIN_H
#define GATEWAY_FLOW_WEBLOGIN_H

#include "gateway/door/web.h"

enum {
    WEBLOGIN_TOKEN_S = 600,
    WEBLOGIN_TOKENS_MAX = 10000, /* then the oldest goes */
    WEBLOGIN_CLOCK_S = 300,      /* so far a client's clock may be off */
};

struct weblogins;
struct weblogins *weblogins_new(void); /* NULL: no memory */
void weblogins_free(struct weblogins *all);

/* A web_handler: clientLogin, and what is passed on to flow/kerberos. */
void weblogin_asked(struct worker *w, const struct web_call *call, struct web_answer *out);

#endif
