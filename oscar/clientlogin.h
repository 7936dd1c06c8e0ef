/* clientLogin, the sign-on over HTTP of libpurple and of clients made with AOL's kits. A POST of
 * name and password gives a token and a secret; a GET that names the token, and is signed by a key
 * made of the secret and the password, gives what the second connection needs.
 * Comes in: the fields of both requests. Goes out: what they ask, whether they are signed, and the
 * answers as XML or JSON. Stays out: HTTP, time, which tokens there are.
 * Source: section 5.6 of the OSCAR reference. */
#ifndef OSCAR_CLIENTLOGIN_H
#define OSCAR_CLIENTLOGIN_H

#include "base/buf.h"

enum clientlogin_form { CLIENTLOGIN_XML, CLIENTLOGIN_JSON };

enum {
    CLIENTLOGIN_SIGNATURE = 32, /* octets of HMAC-SHA256 */
    CLIENTLOGIN_TOKEN = 40,     /* characters; the client encodes it twice into 2 KiB */
    CLIENTLOGIN_SECRET = 32,
};

/* How a request ended: the code that stands in its answer, and the words. */
enum clientlogin_status {
    CLIENTLOGIN_OK,
    CLIENTLOGIN_BAD_PASSWORD, /* or an unknown name */
    CLIENTLOGIN_NOT_SIGNED,   /* no such token, another key, or a signature of another time */
    CLIENTLOGIN_MISSING,      /* a field */
    CLIENTLOGIN_BAD_FIELD,
    CLIENTLOGIN_NEEDS_TLS, /* there is no listener but under TLS */
    CLIENTLOGIN_UNAVAILABLE,
    CLIENTLOGIN_TOO_OFTEN,
};

/* POST /auth/clientLogin. */
struct clientlogin_login {
    enum clientlogin_form form;
    struct span name, password;
};
/* The texts are decoded behind `texts`, and borrowed from it: it must not grow meanwhile, and holds
 * a password, so the caller wipes it. Not OK: what is wrong, and `form` is good. */
enum clientlogin_status clientlogin_login_read(struct span fields, struct buf *texts,
                                               struct clientlogin_login *out);

/* GET /aim/startOSCARSession. */
struct clientlogin_session {
    enum clientlogin_form form;
    struct span token; /* borrowed from the query */
    uint64_t at;       /* Unix seconds, as the client has them */
    bool tls;
    uint8_t signature[CLIENTLOGIN_SIGNATURE];
};
enum clientlogin_status clientlogin_session_read(struct span query,
                                                 struct clientlogin_session *out);

/* Is this the signature of a GET of `url` (without its query) with that query, by who got the
 * secret and has the password? Its fields count in the order of their names, without the signature
 * itself. In any form in which clients send the password (oscar/roast.h). */
bool clientlogin_is_signed(struct span url, struct span query, struct span secret,
                           struct span password, const uint8_t signature[CLIENTLOGIN_SIGNATURE]);

/* ---- answers ---- */

const char *clientlogin_type(enum clientlogin_form form); /* of the body, for Content-Type */

void clientlogin_write_refusal(struct buf *b, enum clientlogin_form form,
                               enum clientlogin_status status);

/* Texts in answers are letters, digits and +/=.:- of our own making: nothing is escaped. */
struct clientlogin_token {
    struct span token, secret;
    uint64_t lives; /* seconds */
    uint64_t now;   /* Unix seconds */
};
void clientlogin_write_token(struct buf *b, enum clientlogin_form form,
                             const struct clientlogin_token *t);

struct clientlogin_bos {
    struct span host; /* IPv6 without brackets */
    uint16_t port;
    struct span cookie;
    struct span certificate; /* the name in it; empty: not under TLS */
};
void clientlogin_write_bos(struct buf *b, enum clientlogin_form form,
                           const struct clientlogin_bos *bos);

#endif
