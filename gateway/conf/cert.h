/* The PEM files of TLS: what they hold, and in the operator's words what is wrong with them. Comes
 * in: paths. Goes out: OpenSSL's objects, dates, names for a log. Stays out: TLS (gateway/net/tls),
 * whose certificate it is (gateway/conf/cert_name). */
#ifndef GATEWAY_CONF_CERT_H
#define GATEWAY_CONF_CERT_H

#include <openssl/x509.h>

#include "base/buf.h"

enum {
    CERT_CHAIN_MAX = 16, /* certificates in the file of our own */
    CERT_CAS_MAX = 1000, /* certificates in the file of those that we believe */
    CERT_CRLS_MAX = 100, /* lists in the file of what was revoked */
    CERT_WARN_DAYS = 30, /* from so long before its end on a certificate is talked about */
};

/* All certificates of a PEM file, in its order; ours stands first. NULL: *out is yours
 * (sk_X509_pop_free). Else what is wrong and what to do, good until the next call. */
const char *cert_read(const char *path, int max, STACK_OF(X509) * *out);
/* All lists of revoked certificates (RFC 5280 5) of a PEM file, in the same way
 * (sk_X509_CRL_pop_free). */
const char *cert_read_crls(const char *path, STACK_OF(X509_CRL) * *out);
/* The private key of a PEM file (EVP_PKEY_free), in the same way. One under a password is refused.
 */
const char *cert_read_key(const char *path, EVP_PKEY **out);
/* The first certificate of a PEM file (X509_free), in the same way, where it is one that PASSporTs
 * are signed with: its key is of the curve P-256 (ES256, RFC 8225 6). */
const char *cert_read_signer(const char *path, X509 **out);
bool cert_fits_key(X509 *cert, EVP_PKEY *key);

/* Unix seconds; 0 where it makes no sense. */
int64_t cert_begins(const X509 *cert);
int64_t cert_ends(const X509 *cert);
int64_t cert_first_end(STACK_OF(X509) * chain); /* of all of them; 0: none */

/* when its issuer has the next one; 0: it does not say */
int64_t cert_crl_end(const X509_CRL *crl);
int64_t cert_first_crl_end(STACK_OF(X509_CRL) * crls);

/* "2026-03-01 12:00 UTC" */
void cert_print_time(struct buf *b, int64_t unix_time);
/* "CN=sip.example.org, by CN=Example CA, until 2026-03-01 12:00 UTC" */
void cert_print(struct buf *b, const X509 *cert);
/* "by CN=Example CA, until 2026-03-01 12:00 UTC" */
void cert_print_crl(struct buf *b, const X509_CRL *crl);
/* "serial 1A2B, revoked 2026-03-01 12:00 UTC" */
void cert_print_revoked(struct buf *b, X509_CRL *crl, const X509 *cert);

#endif
