/* What went wrong with a handshake, in words: for the operator, and for who waits. */
#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <openssl/x509_vfy.h>

#include "gateway/conf/cert.h"
#include "gateway/net/tls_priv.h"

struct words {
    int code;
    const char *why, *cure; /* NULL: OpenSSL's own words; nothing better to do than to look there */
};

/* X509_V_ERR_… of the other side's chain. */
static const struct words chain_words[] = {
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, "its issuer is not believed here",
     "put the issuer's certificate into tls.ca, or let them send their whole chain"},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, "its issuer is not believed here",
     "put the issuer's certificate into tls.ca, or let them send their whole chain"},
    {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, "its issuer is not believed here",
     "put the issuer's certificate into tls.ca, or let them send their whole chain"},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, "its issuer is not believed here",
     "put the issuer's certificate into tls.ca"},
    {X509_V_ERR_CERT_SIGNATURE_FAILURE, "its issuer has not signed it: another issuer of that name",
     "put the certificate of the true issuer into tls.ca"},
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "it is signed by itself",
     "let them get one from an issuer that is in tls.ca, or put this very one into tls.ca"},
    {X509_V_ERR_CERT_HAS_EXPIRED, "it has expired", "let them renew it, or mend the clock here"},
    {X509_V_ERR_CERT_NOT_YET_VALID, "it is not good yet", "compare the clocks of both sides"},
    {X509_V_ERR_CERT_REVOKED, "it, or its issuer, is revoked", "let them get a new one"},
    {X509_V_ERR_CRL_HAS_EXPIRED, "the list of what its issuer revoked is out of date here",
     "fetch the issuer's new list into tls.crl, then SIGHUP"},
    {X509_V_ERR_CRL_NOT_YET_VALID, "the list of what its issuer revoked is not good yet",
     "look at the clock here"},
    {X509_V_ERR_CRL_SIGNATURE_FAILURE, "the list of what was revoked is not signed by its issuer",
     "fetch the list of that very issuer into tls.crl, then SIGHUP"},
    {X509_V_ERR_INVALID_CA, "its issuer may not issue", "let them get one from a true issuer"},
    {X509_V_ERR_EE_KEY_TOO_SMALL, "its key is too short", "let them make one with a longer key"},
    {X509_V_ERR_CA_MD_TOO_WEAK, "its signature is too weak", "let them renew it"},
};

/* Alerts of the other side (RFC 8446 6.2): it refused us. */
static const struct words alert_words[] = {
    {SSL_AD_UNKNOWN_CA, "they do not believe the issuer of our certificate",
     "give them the certificate of tls.certificate's issuer, and send the whole chain"},
    {SSL_AD_BAD_CERTIFICATE, "they do not take our certificate",
     "look at their log; does tls.certificate name our domain?"},
    {SSL_AD_UNSUPPORTED_CERTIFICATE, "they do not take our certificate for this use",
     "get one for client and server use, or for SIP domains"},
    {SSL_AD_CERTIFICATE_EXPIRED, "our certificate has expired for them",
     "renew tls.certificate, then SIGHUP"},
    {SSL_AD_CERTIFICATE_REVOKED, "our certificate is revoked",
     "renew tls.certificate, then SIGHUP"},
    {SSL_AD_CERTIFICATE_UNKNOWN, "they do not take our certificate",
     "look at their log; does tls.certificate name our domain?"},
    {SSL_AD_PROTOCOL_VERSION, "they speak another version of TLS",
     "TLS 1.2 or later is needed at both sides"},
    {SSL_AD_HANDSHAKE_FAILURE, "they found no common ground", "look at their log"},
    {SSL_AD_UNRECOGNIZED_NAME, "they do not know the domain that we call",
     "look at peers[].domain, and at their certificates"},
    {SSL_AD_NO_RENEGOTIATION, "they want what is not done here", "look at their log"},
};

/* OpenSSL's reasons where it is about TLS itself. */
static const struct words protocol_words[] = {
    {SSL_R_UNSUPPORTED_PROTOCOL, "an older version of TLS",
     "TLS 1.2 or later is needed at both sides"},
    {SSL_R_VERSION_TOO_LOW, "an older version of TLS", "TLS 1.2 or later is needed at both sides"},
    {SSL_R_WRONG_VERSION_NUMBER, "another version of TLS",
     "TLS 1.2 or later is needed at both sides"},
    {SSL_R_WRONG_SSL_VERSION, "another version of TLS", "TLS 1.2 or later is needed at both sides"},
    {SSL_R_NO_SHARED_CIPHER, "no cipher that is good here",
     "let them use current ciphers; RSA and EC certificates need ciphers of their kind"},
    {SSL_R_NO_SHARED_GROUPS, "no group that is good here",
     "let them use current groups (X25519, P-256)"},
};

#define ROWS(table) (table), sizeof(table) / sizeof(table)[0]

static const struct words *find(const struct words *rows, size_t n, int code)
{
    for (size_t i = 0; i < n; i++)
        if (rows[i].code == code)
            return &rows[i];
    return NULL;
}

static const struct words *words_of(const struct tls_layer *l)
{
    if (l->fault == TLS_CHAIN)
        return find(ROWS(chain_words), l->code);
    if (l->fault == TLS_REFUSED)
        return find(ROWS(alert_words), l->code);
    if (l->fault == TLS_PROTOCOL)
        return find(ROWS(protocol_words), l->code);
    return NULL;
}

const char *tls_why(const struct tls_layer *l)
{
    const struct words *w = words_of(l);

    switch (l->fault) {
    case TLS_FINE: return "the connection broke";
    case TLS_PLAIN: return "no TLS: plain octets came";
    case TLS_CHAIN: return w ? w->why : X509_verify_cert_error_string(l->code);
    case TLS_WRONG_USE: return "its certificate is not for SIP";
    case TLS_WRONG_NAME: return "its certificate is of another domain";
    case TLS_REFUSED: return w ? w->why : SSL_alert_desc_string_long(l->code);
    case TLS_PROTOCOL: return w ? w->why : "its TLS is not understood";
    case TLS_LATE: return "no TLS handshake in time";
    case TLS_HUNG_UP: return "hung up before the TLS handshake was done";
    }
    return "TLS failed";
}

static const char *cure_of(const struct tls_layer *l)
{
    const struct words *w = words_of(l);

    switch (l->fault) {
    case TLS_PLAIN:
        return l->side == TLS_CALLS
                   ? "look at the port in peers[].route: TLS is mostly on 5061"
                   : "turn TLS on in the client, or give it the port without TLS";
    case TLS_WRONG_USE:
        return "let them get one whose extended key usage has SIP domain, or TLS server";
    case TLS_WRONG_NAME:
        return "let them get one with the domain in subjectAltName, or mend peers[].domain";
    case TLS_LATE:
    case TLS_HUNG_UP: return "is it TLS at all that speaks there? else look at the network";
    default: return w ? w->cure : "look at the other side's log";
    }
}

static const char *expected_of(const struct tls_layer *l, struct buf *b)
{
    if (l->fault == TLS_CHAIN && l->code == X509_V_ERR_CERT_REVOKED)
        buf_str(b, "a certificate that is not in the lists of tls.crl");
    else if (l->fault == TLS_CHAIN && l->tls->ca)
        buf_fmt(b, "a certificate whose issuer is in %s", l->tls->ca);
    else if (l->fault == TLS_CHAIN)
        buf_str(b, "a certificate whose issuer the system believes; tls.ca is not set");
    else if (l->fault == TLS_WRONG_USE)
        buf_str(b, "a certificate for SIP (RFC 5924)");
    else if (l->fault == TLS_WRONG_NAME)
        buf_fmt(b, "a certificate of %s", l->domain);
    else if (l->fault == TLS_REFUSED)
        buf_str(b, "that they take our certificate");
    else
        buf_fmt(b, "a handshake of TLS 1.2 or later within %d s", TLS_HANDSHAKE_MS / 1000);
    return buf_cstr(b);
}

/* The domains that the certificate names, for who waits for another one. */
static void put_names(struct buf *b, const struct tls_layer *l)
{
    struct span names = span_trim(span_first(buf_span(&l->names.text), 400));

    buf_str(b, l->names.n ? "one of " : "one that names no domain");
    buf_add(b, names);
}

static const char *reason_of(int code)
{
    const char *reason = ERR_reason_error_string(ERR_PACK(ERR_LIB_SSL, 0, code));

    return reason ? reason : "TLS that is not understood";
}

static const char *came_of(const struct tls_layer *l, struct buf *b)
{
    switch (l->fault) {
    case TLS_WRONG_NAME: put_names(b, l); break;
    case TLS_PLAIN:
        buf_str(b, "plain octets that begin with");
        for (size_t i = 0; i < l->first_n; i++)
            buf_fmt(b, " %02x", l->first[i]);
        break;
    case TLS_LATE: buf_str(b, l->first_n ? "the beginning of one" : "nothing"); break;
    case TLS_PROTOCOL: buf_str(b, words_of(l) ? tls_why(l) : reason_of(l->code)); break;
    default: buf_str(b, tls_why(l));
    }
    return buf_cstr(b);
}

static const char *as_of(const struct tls_layer *l, struct buf *b)
{
    if (l->side == TLS_CALLS)
        buf_fmt(b, "server of the peer %s", l->domain ? l->domain : "?");
    else
        buf_str(b, l->side == TLS_SERVES_AIM   ? "AIM client"
                   : l->side == TLS_SERVES_WEB ? "browser"
                                                  : "SIP client");
    return buf_cstr(b);
}

/* False: this minute had its lines. */
static bool may_log(struct tls *t, uint64_t now)
{
    if (now - t->minute >= 60000) {
        if (t->unlogged) {
            struct buf n = {0};

            buf_number(&n, t->unlogged);
            LOG_WARNING(t->log, "tls", "more handshakes failed than were logged", "count",
                        buf_cstr(&n));
            buf_fini(&n);
        }
        t->minute = now;
        t->logged = t->unlogged = 0;
    }
    if (t->logged >= TLS_LOGGED_A_MINUTE) {
        t->unlogged++;
        return false;
    }
    t->logged++;
    return true;
}

void tls_log_fault(struct tls_layer *l, const struct sip_addr *with, uint64_t now)
{
    struct buf at = {0}, as = {0}, expected = {0}, came = {0};
    bool only_looked = l->fault == TLS_HUNG_UP && l->first_n == 0 && l->side != TLS_CALLS;

    if (only_looked) /* whether the port is open: watchdogs do that every minute */
        return;
    l->tls->state.refused++;
    if (!may_log(l->tls, now))
        return;
    sip_addr_print_hostport(&at, with);
    LOG_WARNING(l->tls->log, "tls", "a handshake failed", "with", buf_cstr(&at), "as",
                as_of(l, &as), "expected", expected_of(l, &expected), "came", came_of(l, &came),
                "do", cure_of(l), l->chain.n ? "chain" : NULL, buf_cstr(&l->chain));
    buf_fini(&at);
    buf_fini(&as);
    buf_fini(&expected);
    buf_fini(&came);
}
