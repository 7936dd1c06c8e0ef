/* Between the files of gateway/net: what TLS is made of. A layer is one connection's TLS without
 * I/O: octets of the network in, plain octets out, and the other way round. */
#ifndef GATEWAY_NET_TLS_PRIV_H
#define GATEWAY_NET_TLS_PRIV_H

#include <openssl/ssl.h>

#include "gateway/conf/cert_name.h"
#include "gateway/net/tls.h"
#include "simple/wire/addr.h"

struct tls {
    const struct log *log;
    SSL_CTX *server, *client;
    BIO_METHOD *bio;
    char *ca; /* as it was named; NULL: the system's */
    struct tls_state state;
    uint64_t minute; /* of the log: when it began, and how many lines it had */
    unsigned logged, unlogged;
};

/* Why a handshake failed. */
enum tls_fault {
    TLS_FINE,
    TLS_PLAIN,     /* what came is no TLS */
    TLS_CHAIN,     /* OpenSSL does not believe the certificate: `code` is X509_V_ERR_… */
    TLS_WRONG_USE, /* it is not for SIP */
    TLS_WRONG_NAME,
    TLS_REFUSED,  /* they sent an alert: `code` is its number */
    TLS_PROTOCOL, /* versions, ciphers, broken records: `code` is OpenSSL's reason */
    TLS_LATE,
    TLS_HUNG_UP,
};

struct tls_layer {
    struct tls *tls;
    SSL *ssl;
    struct span in; /* not yet read by OpenSSL; the caller's, during a call */
    struct buf out; /* for the network */
    enum tls_side side;
    bool up, over, dry; /* the handshake is done; nothing more will come; all that came was read */
    char *domain;       /* of the peer that we call; NULL: nobody in particular */
    size_t owed;        /* plain octets in `out` that their owner still keeps */
    size_t largest;     /* plain octets of one record since the far end last had everything */
    uint8_t first[4];   /* how it began */
    uint8_t first_n;
    enum tls_fault fault;
    int code;
    struct buf chain; /* while shaking hands: the chain in words, if something is wrong with it */
    struct cert_names names; /* whom the other side has proven to be */
};

/* NULL: no memory, or no certificate. */
struct tls_layer *tls_layer_new(struct tls *t, enum tls_side side, struct span domain);
void tls_layer_free(struct tls_layer *l); /* NULL is fine */

/* What came from the network; read it until nothing is left. */
void tls_layer_feed(struct tls_layer *l, struct span in);
enum tls_got { TLS_MORE, TLS_DATA, TLS_UP, TLS_END, TLS_BROKEN };
/* TLS_DATA: *n plain octets are in `to`. TLS_UP: the handshake is done; told once. TLS_MORE: all
 * was read. TLS_END: they said good-bye. TLS_BROKEN: see fault. After each look at the output. */
enum tls_got tls_layer_read(struct tls_layer *l, uint8_t *to, size_t room, size_t *n);
/* Takes plain octets, as many as make a good write; they are in `owed` until the output is gone. */
void tls_layer_write(struct tls_layer *l, struct span plain);
/* The network took so many octets of the output. Gives how many plain ones went with them. */
size_t tls_layer_sent(struct tls_layer *l, size_t n);
void tls_layer_bye(struct tls_layer *l);

/* tls_why.c. A few words for whoever waits for the connection; static. */
const char *tls_why(const struct tls_layer *l);
/* Tells the operator: one line, or a count where there are too many. */
void tls_log_fault(struct tls_layer *l, const struct sip_addr *with, uint64_t now);

#endif
