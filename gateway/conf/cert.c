#include "gateway/conf/cert.h"

#include <errno.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/pem.h>

static const char *open_file(const char *path, BIO **out)
{
    errno = 0;
    *out = BIO_new_file(path, "r");
    ERR_clear_error();
    return *out ? NULL : errno ? strerror(errno) : "it cannot be opened";
}

const char *cert_read(const char *path, int max, STACK_OF(X509) * *out)
{
    STACK_OF(X509) *all = NULL;
    X509 *one;
    BIO *in = NULL;
    const char *wrong = open_file(path, &in);

    *out = NULL;
    if (wrong)
        return wrong;
    all = sk_X509_new_null();
    while (all && !wrong && (one = PEM_read_bio_X509(in, NULL, NULL, NULL)) != NULL) {
        if (sk_X509_num(all) >= max)
            wrong = "it holds too many certificates; keep those that are needed";
        if (wrong || !sk_X509_push(all, one))
            X509_free(one);
    }
    BIO_free(in);
    if (!wrong && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
        wrong = "a certificate in it is damaged; write the PEM file anew";
    ERR_clear_error();
    if (!wrong && (!all || sk_X509_num(all) == 0))
        wrong = "it holds no certificate; name a PEM file with BEGIN CERTIFICATE in it";
    if (wrong)
        sk_X509_pop_free(all, X509_free);
    else
        *out = all;
    return wrong;
}

const char *cert_read_crls(const char *path, STACK_OF(X509_CRL) * *out)
{
    STACK_OF(X509_CRL) *all = NULL;
    X509_CRL *one;
    BIO *in = NULL;
    const char *wrong = open_file(path, &in);

    *out = NULL;
    if (wrong)
        return wrong;
    all = sk_X509_CRL_new_null();
    while (all && !wrong && (one = PEM_read_bio_X509_CRL(in, NULL, NULL, NULL)) != NULL) {
        if (sk_X509_CRL_num(all) >= CERT_CRLS_MAX)
            wrong = "it holds too many lists; keep those of the issuers in tls.ca";
        if (wrong || !sk_X509_CRL_push(all, one))
            X509_CRL_free(one);
    }
    BIO_free(in);
    if (!wrong && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
        wrong = "a list in it is damaged; fetch it anew (openssl crl -inform DER makes PEM of what "
                "issuers offer)";
    ERR_clear_error();
    if (!wrong && (!all || sk_X509_CRL_num(all) == 0))
        wrong = "it holds no list; name a PEM file with BEGIN X509 CRL in it (openssl crl -inform "
                "DER makes one)";
    if (wrong)
        sk_X509_CRL_pop_free(all, X509_CRL_free);
    else
        *out = all;
    return wrong;
}

static bool is_p256(const X509 *cert)
{
    EVP_PKEY *key = X509_get0_pubkey(cert);
    char group[32] = "";

    return key && EVP_PKEY_is_a(key, "EC") &&
           EVP_PKEY_get_group_name(key, group, sizeof group, NULL) == 1 &&
           strcmp(group, "prime256v1") == 0;
}

const char *cert_read_signer(const char *path, X509 **out)
{
    STACK_OF(X509) *all = NULL;
    const char *wrong = cert_read(path, CERT_CHAIN_MAX, &all);

    *out = sk_X509_shift(all);
    sk_X509_pop_free(all, X509_free);
    if (!wrong && !is_p256(*out)) {
        wrong =
            "its key is not of the curve P-256, and nothing else signs as ES256; name the file of "
            "the certificate that they sign with";
        X509_free(*out);
        *out = NULL;
    }
    ERR_clear_error();
    return wrong;
}

/* Nobody is there to type one. */
static int no_password(char *to, int size, int writing, void *asked)
{
    (void)to;
    (void)size;
    (void)writing;
    *(bool *)asked = true;
    return -1;
}

const char *cert_read_key(const char *path, EVP_PKEY **out)
{
    BIO *in = NULL;
    bool asked = false;
    const char *wrong = open_file(path, &in);

    *out = NULL;
    if (wrong)
        return wrong;
    *out = PEM_read_bio_PrivateKey(in, NULL, no_password, &asked);
    BIO_free(in);
    ERR_clear_error();
    if (*out)
        return NULL;
    return asked ? "it is under a password, and nobody is there to type it; take that off with "
                   "openssl pkey, and keep the file readable by its owner only"
                 : "it holds no private key; name a PEM file with BEGIN PRIVATE KEY in it";
}

bool cert_fits_key(X509 *cert, EVP_PKEY *key)
{
    bool fits = X509_check_private_key(cert, key) == 1;

    ERR_clear_error();
    return fits;
}

static int64_t unix_time(const ASN1_TIME *t)
{
    struct tm tm;

    return t && ASN1_TIME_to_tm(t, &tm) ? (int64_t)timegm(&tm) : 0;
}

int64_t cert_begins(const X509 *cert)
{
    return unix_time(X509_get0_notBefore(cert));
}

int64_t cert_ends(const X509 *cert)
{
    return unix_time(X509_get0_notAfter(cert));
}

int64_t cert_first_end(STACK_OF(X509) * chain)
{
    int64_t first = 0;

    for (int i = 0; i < sk_X509_num(chain); i++) {
        int64_t end = cert_ends(sk_X509_value(chain, i));

        if (!first || end < first)
            first = end;
    }
    return first;
}

int64_t cert_crl_end(const X509_CRL *crl)
{
    return unix_time(X509_CRL_get0_nextUpdate(crl));
}

int64_t cert_first_crl_end(STACK_OF(X509_CRL) * crls)
{
    int64_t first = 0;

    for (int i = 0; i < sk_X509_CRL_num(crls); i++) {
        int64_t end = cert_crl_end(sk_X509_CRL_value(crls, i));

        if (end && (!first || end < first))
            first = end;
    }
    return first;
}

void cert_print_time(struct buf *b, int64_t unix_time)
{
    time_t t = (time_t)unix_time;
    struct tm tm;
    char text[32];

    if (gmtime_r(&t, &tm) && strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &tm))
        buf_str(b, text);
}

static void print_name(struct buf *b, const X509_NAME *name)
{
    BIO *out = BIO_new(BIO_s_mem());
    char *text = NULL;
    long n;

    if (out && name && X509_NAME_print_ex(out, name, 0, XN_FLAG_RFC2253) >= 0) {
        n = BIO_get_mem_data(out, &text);
        buf_put(b, text, n > 0 && n < 512 ? (size_t)n : 0);
    }
    BIO_free(out);
}

void cert_print(struct buf *b, const X509 *cert)
{
    print_name(b, X509_get_subject_name(cert));
    buf_str(b, ", by ");
    print_name(b, X509_get_issuer_name(cert));
    buf_str(b, ", until ");
    cert_print_time(b, cert_ends(cert));
}

void cert_print_crl(struct buf *b, const X509_CRL *crl)
{
    buf_str(b, "by ");
    print_name(b, X509_CRL_get_issuer(crl));
    buf_str(b, ", until ");
    cert_print_time(b, cert_crl_end(crl));
}

void cert_print_revoked(struct buf *b, X509_CRL *crl, const X509 *cert)
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(cert);
    BIGNUM *number = ASN1_INTEGER_to_BN(serial, NULL);
    char *hex = number ? BN_bn2hex(number) : NULL;
    X509_REVOKED *row = NULL;

    buf_fmt(b, "serial %s, revoked ", hex ? hex : "?");
    if (X509_CRL_get0_by_serial(crl, &row, serial) > 0)
        cert_print_time(b, unix_time(X509_REVOKED_get0_revocationDate(row)));
    OPENSSL_free(hex);
    BN_free(number);
}
