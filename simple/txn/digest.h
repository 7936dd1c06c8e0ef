/* Digest authentication (RFC 3261 22, RFC 7616, RFC 8760), both roles. Comes in: header values, a
 * password or its hash, the time. Goes out: a verdict, or header lines. Stays out: where passwords
 * are kept, which name belongs to whom, what a request may do. */
#ifndef SIMPLE_TXN_DIGEST_H
#define SIMPLE_TXN_DIGEST_H

#include "simple/wire/msg.h"

#define DIGEST_KEY_SIZE   32
#define DIGEST_HEX_SIZE   65        /* room for the longest hash as digits and a NUL */
#define DIGEST_NONCE_LIFE 300000ULL /* ms */
#define DIGEST_NONCES     4096      /* nonces whose counts are remembered */
#define DIGEST_TRIES      3         /* answers to challenges for one request, RFC 3261 22.1 */

enum digest_algorithm { DIGEST_ALGORITHM_OTHER, DIGEST_MD5, DIGEST_SHA256 };
enum digest_qop { DIGEST_QOP_NONE, DIGEST_QOP_AUTH, DIGEST_QOP_AUTH_INT, DIGEST_QOP_OTHER };

/* H(user:realm:password) as lower-case digits. False when libcrypto has not got the algorithm. */
bool digest_ha1(enum digest_algorithm a, struct span user, struct span realm, struct span password,
                char out[DIGEST_HEX_SIZE]);

/* ---- what a client sent ---- */
#define DIGEST_FIELD_MAX 256 /* octets of a user name or realm with its backslashes undone */
struct digest_credentials {
    struct span username, realm; /* point into text[] */
    struct span nonce, uri, response, cnonce, nc_text, opaque;
    struct span qop_text, algorithm_text;
    enum digest_algorithm algorithm; /* MD5 when none is named */
    enum digest_qop qop;
    uint32_t nc;
    char text[2][DIGEST_FIELD_MAX];
};

enum digest_result {
    DIGEST_OK,
    DIGEST_NONE,    /* no Digest credentials for that realm: challenge */
    DIGEST_STALE,   /* the password is right, but the nonce is too old, or not ours (from before
                     * a restart): challenge with stale=true, the client answers unasked */
    DIGEST_WRONG,   /* wrong password, or an answer without qop: challenge */
    DIGEST_REPLAY,  /* the nonce count was seen before: challenge */
    DIGEST_BAD_URI, /* its uri is neither the Request-URI's place nor the realm: 400 */
    DIGEST_UNKNOWN_ALGORITHM, /* challenge */
    DIGEST_MALFORMED,         /* a parameter is missing or broken: challenge (or 400) */
};
const char *digest_result_text(enum digest_result r); /* for the log */

/* Finds the credentials for the realm among the lines of that field (SIP_HDR_AUTHORIZATION or
 * SIP_HDR_PROXY_AUTHORIZATION). DIGEST_OK: *out is filled, now look up out->username and ask
 * digest_check. Else NONE, MALFORMED or UNKNOWN_ALGORITHM. *out must stay where it is. */
enum digest_result digest_find(const struct sip_msg *m, enum sip_hdr_id field, struct span realm,
                               struct digest_credentials *out);

/* ---- server ---- */
struct digest_conf {
    uint64_t nonce_life; /* ms; 0: DIGEST_NONCE_LIFE */
    size_t nonces;       /* 0: DIGEST_NONCES */
    bool legacy;         /* accept answers without qop (RFC 2069); their nonce may be used again
                          * during its life, since they have no count */
};
struct digest_server;
/* The key is copied. It must be random and fresh: with an old one, what was answered before a
 * restart could be played again. NULL: no memory. */
struct digest_server *digest_server_new(const struct digest_conf *conf,
                                        const uint8_t key[DIGEST_KEY_SIZE]);
void digest_server_free(struct digest_server *s);
struct digest_challenge {
    enum sip_hdr_id field; /* SIP_HDR_WWW_AUTHENTICATE (401) or SIP_HDR_PROXY_AUTHENTICATE (407) */
    struct span realm;
    struct span user_agent; /* of the request; may be empty */
    bool stale;
};
/* Two header lines with one fresh nonce: SHA-256, then MD5 (RFC 8760 2.4); MD5 alone for a
 * User-Agent that is known to give up at an algorithm that it does not know. */
void digest_challenge(struct digest_server *s, struct buf *b, const struct digest_challenge *c,
                      uint64_t now);
/* request: its method, Request-URI and body are what was signed. ha1: the digits of digest_ha1 by
 * c->algorithm with c->username as the client wrote it. A client with the wrong password never
 * learns whether its nonce was stale. */
enum digest_result digest_check(struct digest_server *s, const struct digest_credentials *c,
                                const struct sip_msg *request, const char *ha1, uint64_t now);

/* ---- client ---- */
struct digest_client { /* zeroed is a client that was not challenged; one for each realm or peer */
    enum digest_algorithm algorithm;
    bool proxy; /* answered with Proxy-Authorization */
    enum digest_qop qop;
    struct buf realm, nonce, opaque;
    uint32_t nc;
    int tries; /* challenges since the last success */
};
void digest_client_fini(struct digest_client *c);
/* Takes the topmost challenge it knows out of a 401 or 407. False: none is known, or trying again
 * is no use (the same nonce without stale=true, DIGEST_TRIES reached), or no memory. */
bool digest_client_take(struct digest_client *c, const struct sip_msg *response);
/* The peer was content: the next challenge counts from the start. */
void digest_client_accepted(struct digest_client *c);
struct digest_answer {
    struct span method, uri, body, username, password, cnonce;
};
/* Prints the Authorization or Proxy-Authorization line; nothing if there was no challenge. Each
 * call counts nc up. */
void digest_client_print(struct digest_client *c, struct buf *b, const struct digest_answer *a);

#endif
