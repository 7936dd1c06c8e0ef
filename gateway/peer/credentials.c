#include "gateway/peer/credentials.h"

#include <stdlib.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/table.h"
#include "gateway/conf/cert.h"
#include "gateway/conf/cert_name.h"

struct credential {
    struct buf key; /* "domain URL"; for the first of each domain "domain" leads to it, too */
    size_t domain;  /* octets of it that are the domain */
    X509 *cert;
    struct cert_names names;
    struct credential *next;
};

struct credentials {
    struct table by_key;
    struct credential *all;
};

static void credential_free(struct credential *c)
{
    buf_fini(&c->key);
    cert_names_fini(&c->names);
    X509_free(c->cert);
    free(c);
}

void credentials_free(struct credentials *c)
{
    if (!c)
        return;
    table_fini(&c->by_key);
    for (struct credential *next; c->all; c->all = next) {
        next = c->all->next;
        credential_free(c->all);
    }
    free(c);
}

static enum err add_keys(struct credentials *c, struct credential *one)
{
    struct span key = buf_span(&one->key), domain = span_first(key, one->domain);
    enum err e = table_add(&c->by_key, key, one);

    return !e && !table_find(&c->by_key, domain) ? table_add(&c->by_key, domain, one) : e;
}

static enum err load(struct credentials *c, const char *domain, const struct conf_credential *from,
                     struct buf *why)
{
    struct credential *one = calloc(1, sizeof *one);
    const char *wrong;

    if (!one)
        return ERR_NOMEM;
    one->next = c->all;
    c->all = one;
    buf_fmt(&one->key, "%s %s", domain, from->info);
    one->domain = strlen(domain);
    wrong = cert_read_signer(from->path, &one->cert);
    if (wrong) {
        buf_fmt(why, "%s: %s", from->path, wrong);
        return ERR_SYNTAX;
    }
    cert_names_read(&one->names, one->cert);
    return buf_ok(&one->key) ? add_keys(c, one) : ERR_NOMEM;
}

enum err credentials_load(const struct conf *conf, struct credentials **out, struct buf *why)
{
    struct credentials *c = calloc(1, sizeof *c);
    enum err e = c ? OK : ERR_NOMEM;

    *out = NULL;
    if (c)
        table_init(&c->by_key);
    for (size_t i = 0; !e && i < conf->peer_count; i++)
        for (size_t j = 0; !e && j < conf->peers[i].identity_keys.n; j++)
            e = load(c, conf->peers[i].domain, &conf->peers[i].identity_keys.at[j], why);
    if (e)
        credentials_free(c);
    else
        *out = c;
    if (e && why->n == 0)
        buf_str(why, err_text(e));
    return e;
}

const struct credential *credentials_find(const struct credentials *c, struct span domain,
                                          struct span info)
{
    struct buf key = {0};
    const struct credential *found;

    buf_add(&key, domain);
    buf_u8(&key, ' ');
    buf_add(&key, info);
    found = buf_ok(&key) ? table_find(&c->by_key, buf_span(&key)) : NULL;
    buf_fini(&key);
    return found;
}

bool credentials_have(const struct credentials *c, struct span domain)
{
    return table_find(&c->by_key, domain) != NULL;
}

bool credential_names(const struct credential *c, struct span domain)
{
    return cert_names_have(&c->names, domain);
}

bool credential_is_good_at(const struct credential *c, int64_t unix_time)
{
    return cert_begins(c->cert) <= unix_time && unix_time < cert_ends(c->cert);
}

/* RFC 7518 3.4 has r and s one behind the other; OpenSSL wants them as ASN.1. NULL: no memory. */
static unsigned char *as_der(const uint8_t signature[CREDENTIAL_SIGNATURE], int *n)
{
    enum { HALF = CREDENTIAL_SIGNATURE / 2 };
    ECDSA_SIG *sig = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature, HALF, NULL), *s = BN_bin2bn(signature + HALF, HALF, NULL);
    unsigned char *der = NULL;

    *n = 0;
    if (sig && r && s && ECDSA_SIG_set0(sig, r, s)) {
        r = s = NULL;
        *n = i2d_ECDSA_SIG(sig, &der);
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(sig);
    return *n > 0 ? der : NULL;
}

bool credential_signed(const struct credential *c, struct span octets,
                       const uint8_t signature[CREDENTIAL_SIGNATURE])
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    int n;
    unsigned char *der = as_der(signature, &n);
    bool good =
        ctx && der &&
        EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, X509_get0_pubkey(c->cert)) == 1 &&
        EVP_DigestVerify(ctx, der, (size_t)n, octets.p, octets.n) == 1;

    OPENSSL_free(der);
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    return good;
}
