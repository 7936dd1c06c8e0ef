/* TLS: the certificate that we show and those that we believe, read from the files of the
 * configuration; what every handshake of this gateway begins from. Streams go under TLS by
 * stream_secure (net/stream.h). Comes in: paths. Goes out: nothing but what streams need, the time
 * when a certificate ends, counts, and one line of the log for each handshake that failed.
 * Stays out: which listener and which peer it is for. */
#ifndef GATEWAY_NET_TLS_H
#define GATEWAY_NET_TLS_H

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"

enum {
    TLS_HANDSHAKE_MS = 10000, /* from the first moment of a connection to its last step */
    TLS_LOGGED_A_MINUTE = 60, /* failed handshakes that get a line; the others are counted in one */
};

struct tls;

/* What a handshake is for: whom we serve, or we call. */
enum tls_side { TLS_SERVES_AIM, TLS_SERVES_SIP, TLS_SERVES_WEB, TLS_CALLS };

struct tls_files {
    const char *certificate, *key; /* PEM; both, or neither: then nothing can be served */
    const char *ca;                /* NULL: those that the system believes */
    const char *crl;               /* what they revoked; NULL: nobody is asked */
};

/* `log` must outlive it. */
enum err tls_new(const struct log *log, struct tls **out);
/* Streams under it must be gone; *t may be NULL. */
void tls_free(struct tls *t);
/* Reads the files as they are now, for connections that begin from here on; those that stand keep
 * what they began with. Not OK: nothing changes, and `why` says what is wrong. */
enum err tls_load(struct tls *t, const struct tls_files *files, struct buf *why);
bool tls_has_certificate(const struct tls *t);

struct tls_state {
    int64_t expires; /* Unix seconds: the first end in our chain; 0: there is no certificate */
    int64_t crl_ends; /* Unix seconds: the first end of a list in tls.crl; 0: there is none */
    uint64_t handshakes, refused; /* done, and failed, since the start */
};
void tls_state(const struct tls *t, struct tls_state *out);

#endif
