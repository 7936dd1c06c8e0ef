/* One connection's TLS, without I/O. */
#include <stdlib.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "gateway/conf/cert.h"
#include "gateway/net/tls_priv.h"

enum {
    WRITE_MAX = 4 * SSL3_RT_MAX_PLAIN_LENGTH, /* plain octets in one go */
    OUT_MAX = 2 * WRITE_MAX,                  /* and what may come of them */
};

/* OpenSSL's errors stand in a queue of the thread, and an old one would be taken for a new one: so
 * before each call that may fail, and only then. To empty the empty queue takes 850 instructions,
 * to look at it 210; a message over TLS has two such calls. */
static void forget_errors(void)
{
    if (ERR_peek_error())
        ERR_clear_error();
}

/* ---- whom do we believe ---- */

static void note(struct tls_layer *l, enum tls_fault fault, int code)
{
    if (l->fault == TLS_FINE) {
        l->fault = fault;
        l->code = code;
    }
}

/* The chain as it came: what was looked at, then what was sent with it. */
static void print_chain(struct buf *b, X509_STORE_CTX *store)
{
    STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(store);
    int n = sk_X509_num(chain);

    b->max = 2048;
    for (int i = 0; i < n && i < CERT_CHAIN_MAX; i++) {
        if (i > 0)
            buf_str(b, "; ");
        cert_print(b, sk_X509_value(chain, i));
    }
}

/* Which of them it is. */
static void print_revoked(struct buf *b, X509_STORE_CTX *store)
{
    cert_print_revoked(b, X509_STORE_CTX_get0_current_crl(store),
                       X509_STORE_CTX_get_current_cert(store));
    buf_str(b, ": ");
}

/* The certificate itself, once its chain is good. */
static int check_leaf(struct tls_layer *l, X509_STORE_CTX *store, const X509 *cert)
{
    cert_names_fini(&l->names);
    cert_names_read(&l->names, cert);
    if (!cert_is_for_sip(cert, l->side != TLS_CALLS)) {
        note(l, TLS_WRONG_USE, 0);
        X509_STORE_CTX_set_error(store, X509_V_ERR_INVALID_PURPOSE);
    } else if (l->domain && !cert_names_have(&l->names, span_str(l->domain))) {
        note(l, TLS_WRONG_NAME, 0);
        X509_STORE_CTX_set_error(store, X509_V_ERR_HOSTNAME_MISMATCH);
    } else {
        return 1;
    }
    print_chain(&l->chain, store);
    return 0;
}

static int on_verify(int good, X509_STORE_CTX *store)
{
    const SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct tls_layer *l = SSL_get_app_data(ssl);

    if (!good && X509_STORE_CTX_get_error(store) == X509_V_ERR_UNABLE_TO_GET_CRL) {
        X509_STORE_CTX_set_error(store, X509_V_OK); /* its issuer has no list in tls.crl */
        return 1;
    }
    if (!good) {
        note(l, TLS_CHAIN, X509_STORE_CTX_get_error(store));
        if (l->code == X509_V_ERR_CERT_REVOKED)
            print_revoked(&l->chain, store);
        print_chain(&l->chain, store);
        return 0;
    }
    if (X509_STORE_CTX_get_error_depth(store) > 0)
        return 1;
    return check_leaf(l, store, X509_STORE_CTX_get_current_cert(store));
}

/* A resumed session shows its certificate without another look at it: it may have ended since. */
static bool check_resumed(struct tls_layer *l)
{
    const X509 *cert = SSL_get0_peer_certificate(l->ssl);

    if (!cert)
        return true;
    if (cert_ends(cert) <= (int64_t)time(NULL)) {
        note(l, TLS_CHAIN, X509_V_ERR_CERT_HAS_EXPIRED);
        cert_print(&l->chain, cert);
        return false;
    }
    cert_names_read(&l->names, cert);
    return true;
}

/* ---- life ---- */

static bool set_up(struct tls_layer *l)
{
    bool calls = l->side == TLS_CALLS;
    bool asks = calls || l->side == TLS_SERVES_SIP; /* a browser would bother its user with that */
    BIO *bio = BIO_new(l->tls->bio);

    if (!bio)
        return false;
    BIO_set_data(bio, l);
    BIO_set_init(bio, 1);
    SSL_set_bio(l->ssl, bio, bio);
    SSL_set_app_data(l->ssl, l);
    SSL_set_verify(l->ssl, asks ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, on_verify);
    /* What a certificate is for is judged by RFC 5924 instead. */
    if (X509_VERIFY_PARAM_set_purpose(SSL_get0_param(l->ssl), X509_PURPOSE_ANY) != 1)
        return false;
    if (calls)
        SSL_set_connect_state(l->ssl);
    else
        SSL_set_accept_state(l->ssl);
    return !calls || !l->domain || SSL_set_tlsext_host_name(l->ssl, l->domain) == 1;
}

struct tls_layer *tls_layer_new(struct tls *t, enum tls_side side, struct span domain)
{
    SSL_CTX *ctx = side == TLS_CALLS ? t->client : t->server;
    struct tls_layer *l = ctx ? calloc(1, sizeof *l) : NULL;

    if (!l)
        return NULL;
    l->tls = t;
    l->side = side;
    l->out.max = OUT_MAX;
    l->domain = domain.n ? strndup((const char *)domain.p, domain.n) : NULL;
    l->ssl = domain.n && !l->domain ? NULL : SSL_new(ctx);
    if (!l->ssl || !set_up(l)) {
        tls_layer_free(l);
        l = NULL;
    }
    return l;
}

void tls_layer_free(struct tls_layer *l)
{
    if (!l)
        return;
    SSL_free(l->ssl);
    buf_fini(&l->out);
    buf_fini(&l->chain);
    cert_names_fini(&l->names);
    free(l->domain);
    free(l);
}

/* ---- octets ---- */

/* TLS begins with a handshake record, or with an alert from who gives up at once (RFC 8446 5.1). */
static bool begins_well(const struct tls_layer *l)
{
    return l->first[0] == SSL3_RT_HANDSHAKE || l->first[0] == SSL3_RT_ALERT;
}

void tls_layer_feed(struct tls_layer *l, struct span in)
{
    for (size_t i = 0; !l->up && i < in.n && l->first_n < sizeof l->first; i++)
        l->first[l->first_n++] = in.p[i];
    l->in = in;
    l->dry = false;
}

/* What OpenSSL says went wrong, in our terms. */
static void note_error(struct tls_layer *l)
{
    unsigned long e = ERR_peek_last_error();
    int reason = ERR_GET_REASON(e);

    if (ERR_GET_LIB(e) == ERR_LIB_SSL && reason >= SSL_AD_REASON_OFFSET)
        note(l, TLS_REFUSED, reason - SSL_AD_REASON_OFFSET);
    else
        note(l, TLS_PROTOCOL, reason);
}

static enum tls_got failed(struct tls_layer *l, int r)
{
    switch (SSL_get_error(l->ssl, r)) {
    case SSL_ERROR_WANT_READ: return TLS_MORE;
    case SSL_ERROR_ZERO_RETURN: l->over = true; return TLS_END;
    default: note_error(l); return TLS_BROKEN;
    }
}

static enum tls_got shake_hands(struct tls_layer *l)
{
    int r;

    if (l->first_n && !begins_well(l)) {
        note(l, TLS_PLAIN, 0);
        return TLS_BROKEN;
    }
    r = SSL_do_handshake(l->ssl);
    if (r != 1)
        return failed(l, r);
    if (SSL_session_reused(l->ssl) && !check_resumed(l))
        return TLS_BROKEN;
    l->up = true;
    l->tls->state.handshakes++;
    buf_fini(&l->chain);
    return TLS_UP;
}

enum tls_got tls_layer_read(struct tls_layer *l, uint8_t *to, size_t room, size_t *n)
{
    enum tls_got got = TLS_DATA;

    *n = 0;
    if (l->over)
        return l->fault ? TLS_BROKEN : TLS_END;
    if (l->dry)
        return TLS_MORE;
    forget_errors();
    if (!l->up)
        got = shake_hands(l);
    while (got == TLS_DATA && *n < room) {
        size_t one = 0;
        int r = SSL_read_ex(l->ssl, to + *n, room - *n, &one);

        *n += one;
        if (r != 1)
            got = failed(l, r);
        else if (l->in.n == 0 && !SSL_has_pending(l->ssl))
            got = TLS_MORE; /* as it would say itself, for the price of a record */
    }
    l->dry = got == TLS_MORE;
    l->over = l->over || got == TLS_BROKEN;
    return *n > 0 ? TLS_DATA : got; /* what else there is comes with the next call */
}

void tls_layer_write(struct tls_layer *l, struct span plain)
{
    size_t n = plain.n < WRITE_MAX ? plain.n : WRITE_MAX, written = 0;
    size_t record = n < SSL3_RT_MAX_PLAIN_LENGTH ? n : SSL3_RT_MAX_PLAIN_LENGTH;

    if (!l->up || l->over || l->out.n > 0 || n == 0)
        return;
    forget_errors();
    if (SSL_write_ex(l->ssl, plain.p, n, &written) != 1 || !buf_ok(&l->out)) {
        note_error(l);
        l->over = true;
    }
    l->owed = written;
    if (record > l->largest)
        l->largest = record;
}

size_t tls_layer_sent(struct tls_layer *l, size_t n)
{
    size_t plain;

    buf_drop(&l->out, n);
    if (l->out.n > 0)
        return 0;
    buf_fini(&l->out);
    plain = l->owed;
    l->owed = 0;
    return plain;
}

void tls_layer_bye(struct tls_layer *l)
{
    if (l->up && !l->over)
        (void)SSL_shutdown(l->ssl);
    l->over = true;
}
