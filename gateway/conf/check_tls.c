#include "gateway/conf/check_tls.h"

#include <sys/stat.h>
#include <time.h>

#include "gateway/conf/cert.h"
#include "gateway/conf/cert_name.h"
#include "gateway/conf/check_file.h"
#include "gateway/conf/errors.h"
#include "gateway/conf/keys.h"

struct check {
    const struct conf *conf;
    struct conf_errors *errs;
    int64_t now;
};

static struct conf_place place(const struct check *k, enum conf_key_id id)
{
    return (struct conf_place){k->conf->name, k->conf->lines[id], conf_key_get(id)->path};
}

static bool is_file(const struct check *k, enum conf_key_id id, const char *path)
{
    struct stat st;

    if (!conf_check_file(k->errs, place(k, id), path))
        return false;
    if (id == CONF_KEY_TLS_KEY && stat(path, &st) == 0 && (st.st_mode & S_IROTH))
        conf_errors_warn(k->errs, place(k, id), "%s can be read by everybody; chmod 600 it", path);
    return true;
}

/* Peers look for our domain in it (RFC 5922), and at what it may be used for. */
static void check_own(const struct check *k, const X509 *cert)
{
    struct cert_names names = {0};

    cert_names_read(&names, cert);
    if (k->conf->domain && !cert_names_have(&names, span_str(k->conf->domain)))
        conf_errors_warn(k->errs, place(k, CONF_KEY_CERTIFICATE),
                         "it names %s%.*s, not %s: who checks that will not take it; get one with "
                         "that domain in subjectAltName",
                         names.n ? "" : "no domain", SPAN_ARG(span_trim(buf_span(&names.text))),
                         k->conf->domain);
    if (!cert_is_for_sip(cert, false))
        conf_errors_warn(k->errs, place(k, CONF_KEY_CERTIFICATE),
                         "its extended key usage has no TLS server: clients will not take it; get "
                         "one for TLS server and client");
    cert_names_fini(&names);
}

static STACK_OF(X509) *
    read_certificates(const struct check *k, enum conf_key_id id, const char *path, int max)
{
    STACK_OF(X509) *all = NULL;
    const char *wrong = is_file(k, id, path) ? cert_read(path, max, &all) : NULL;

    if (wrong)
        conf_errors_add(k->errs, place(k, id), "%s: %s", path, wrong);
    for (int i = 0; i < sk_X509_num(all); i++)
        conf_check_dates(k->errs, place(k, id), sk_X509_value(all, i), k->now);
    return all;
}

static void check_pair(const struct check *k)
{
    const struct conf *c = k->conf;
    STACK_OF(X509) *chain =
        read_certificates(k, CONF_KEY_CERTIFICATE, c->tls.certificate, CERT_CHAIN_MAX);
    EVP_PKEY *key = NULL;
    const char *wrong =
        is_file(k, CONF_KEY_TLS_KEY, c->tls.key) ? cert_read_key(c->tls.key, &key) : NULL;

    if (wrong)
        conf_errors_add(k->errs, place(k, CONF_KEY_TLS_KEY), "%s: %s", c->tls.key, wrong);
    if (chain && key && !cert_fits_key(sk_X509_value(chain, 0), key))
        conf_errors_add(k->errs, place(k, CONF_KEY_TLS_KEY),
                        "%s is not the key of the first certificate in %s; name the pair that "
                        "belongs together, our own certificate before its chain",
                        c->tls.key, c->tls.certificate);
    if (chain)
        check_own(k, sk_X509_value(chain, 0));
    if (c->tls.certificate && !c->tls.key)
        conf_errors_add(k->errs, place(k, CONF_KEY_CERTIFICATE),
                        "its private key is missing; name it in tls.key");
    if (c->tls.key && !c->tls.certificate)
        conf_errors_add(k->errs, place(k, CONF_KEY_TLS_KEY),
                        "its certificate is missing; name it in tls.certificate");
    sk_X509_pop_free(chain, X509_free);
    EVP_PKEY_free(key);
}

static void check_crl(const struct check *k, const X509_CRL *crl)
{
    struct buf what = {0};
    int64_t end = cert_crl_end(crl);

    cert_print_crl(&what, crl);
    if (end && end <= k->now)
        conf_errors_warn(
            k->errs, place(k, CONF_KEY_TLS_CRL),
            "a list is out of date: %s; fetch the new one: until then the certificates of "
            "that issuer are refused",
            buf_cstr(&what));
    buf_fini(&what);
}

static bool has_crl(STACK_OF(X509_CRL) * crls, const X509 *ca)
{
    for (int i = 0; i < sk_X509_CRL_num(crls); i++)
        if (X509_NAME_cmp(X509_CRL_get_issuer(sk_X509_CRL_value(crls, i)),
                          X509_get_subject_name(ca)) == 0)
            return true;
    return false;
}

/* Whose issuer is not asked is believed until he expires. */
static void check_crls(const struct check *k, STACK_OF(X509) * cas)
{
    const char *path = k->conf->tls.crl;
    STACK_OF(X509_CRL) *crls = NULL;
    const char *wrong = is_file(k, CONF_KEY_TLS_CRL, path) ? cert_read_crls(path, &crls) : NULL;
    int without = 0;

    if (wrong)
        conf_errors_add(k->errs, place(k, CONF_KEY_TLS_CRL), "%s: %s", path, wrong);
    for (int i = 0; i < sk_X509_CRL_num(crls); i++)
        check_crl(k, sk_X509_CRL_value(crls, i));
    for (int i = 0; crls && i < sk_X509_num(cas); i++)
        without += !has_crl(crls, sk_X509_value(cas, i));
    if (without)
        conf_errors_warn(
            k->errs, place(k, CONF_KEY_TLS_CRL),
            "%d of %d issuers in tls.ca have no list in it: what they revoked is believed; add "
            "their lists",
            without, sk_X509_num(cas));
    sk_X509_CRL_pop_free(crls, X509_CRL_free);
}

/* Who listens under TLS needs a certificate, and who calls under TLS is called back. */
static void check_needs(const struct check *k)
{
    const struct conf *c = k->conf;
    const struct {
        enum conf_key_id id;
        size_t n;
    } needs[] = {{CONF_KEY_OSCAR_TLS, c->oscar.listen_tls.n},
                 {CONF_KEY_WEB, c->oscar.web.n},
                 {CONF_KEY_SIP_TLS, c->sip.tls.n},
                 {CONF_KEY_SIP_WSS, c->sip.wss.n}};

    for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++)
        if (needs[i].n && !c->tls.certificate)
            conf_errors_add(k->errs, place(k, needs[i].id),
                            "there is no certificate for it; name one in tls.certificate, and its "
                            "key in tls.key");
}

void conf_check_tls(const struct conf *c, struct conf_errors *errs)
{
    struct check k = {c, errs, (int64_t)time(NULL)};
    STACK_OF(X509) *cas = read_certificates(&k, CONF_KEY_TLS_CA, c->tls.ca, CERT_CAS_MAX);

    check_pair(&k);
    check_crls(&k, cas);
    sk_X509_pop_free(cas, X509_free);
    check_needs(&k);
}
