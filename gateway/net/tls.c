#include <stdlib.h>

#include <openssl/err.h>

#include "gateway/conf/cert.h"
#include "gateway/net/tls_priv.h"

/* ---- octets in memory instead of a socket ---- */

static int on_bio_write(BIO *b, const char *p, size_t n, size_t *written)
{
    struct tls_layer *l = BIO_get_data(b);

    BIO_clear_retry_flags(b);
    buf_put(&l->out, p, n);
    *written = n;
    return buf_ok(&l->out);
}

static int on_bio_read(BIO *b, char *to, size_t room, size_t *got)
{
    struct tls_layer *l = BIO_get_data(b);
    size_t n = l->in.n < room ? l->in.n : room;

    BIO_clear_retry_flags(b);
    *got = n;
    if (n == 0) {
        BIO_set_retry_read(b);
        return 0;
    }
    memcpy(to, l->in.p, n);
    l->in = span_skip(l->in, n);
    return 1;
}

static long on_bio_ctrl(BIO *b, int what, long number, void *more)
{
    (void)b;
    (void)number;
    (void)more;
    return what == BIO_CTRL_FLUSH || what == BIO_CTRL_DUP;
}

static BIO_METHOD *new_method(void)
{
    int type = BIO_get_new_index();
    BIO_METHOD *m = type == -1 ? NULL : BIO_meth_new(type | BIO_TYPE_SOURCE_SINK, "aimgate stream");

    if (m && BIO_meth_set_write_ex(m, on_bio_write) && BIO_meth_set_read_ex(m, on_bio_read) &&
        BIO_meth_set_ctrl(m, on_bio_ctrl))
        return m;
    BIO_meth_free(m);
    return NULL;
}

enum err tls_new(const struct log *log, struct tls **out)
{
    struct tls *t = calloc(1, sizeof *t);

    *out = t;
    if (!t)
        return ERR_NOMEM;
    t->log = log;
    t->bio = new_method();
    return t->bio ? OK : ERR_NOMEM;
}

void tls_free(struct tls *t)
{
    if (!t)
        return;
    SSL_CTX_free(t->server);
    SSL_CTX_free(t->client);
    BIO_meth_free(t->bio);
    free(t->ca);
    free(t);
}

/* ---- contexts ---- */

struct loading {
    const struct tls_files *files;
    STACK_OF(X509) * chain;
    EVP_PKEY *key;
    STACK_OF(X509_CRL) * crls;
    SSL_CTX *server, *client;
    struct buf *why;
};

static bool read_crls(struct loading *o)
{
    const char *wrong = o->files->crl ? cert_read_crls(o->files->crl, &o->crls) : NULL;

    if (wrong)
        buf_fmt(o->why, "tls.crl: %s: %s", o->files->crl, wrong);
    return !wrong;
}

static bool read_files(struct loading *o)
{
    const char *wrong;

    if (!read_crls(o))
        return false;
    if (!o->files->certificate || !o->files->key)
        return true;
    wrong = cert_read(o->files->certificate, CERT_CHAIN_MAX, &o->chain);
    if (wrong) {
        buf_fmt(o->why, "tls.certificate: %s: %s", o->files->certificate, wrong);
        return false;
    }
    wrong = cert_read_key(o->files->key, &o->key);
    if (!wrong && !cert_fits_key(sk_X509_value(o->chain, 0), o->key))
        wrong = "it is not the key of tls.certificate; name the pair that belongs together";
    if (wrong)
        buf_fmt(o->why, "tls.key: %s: %s", o->files->key, wrong);
    return !wrong;
}

static bool use_certificate(SSL_CTX *ctx, STACK_OF(X509) * chain, EVP_PKEY *key)
{
    if (!chain || SSL_CTX_use_certificate(ctx, sk_X509_value(chain, 0)) != 1 ||
        SSL_CTX_use_PrivateKey(ctx, key) != 1 || SSL_CTX_clear_chain_certs(ctx) != 1)
        return false;
    for (int i = 1; i < sk_X509_num(chain); i++)
        if (SSL_CTX_add1_chain_cert(ctx, sk_X509_value(chain, i)) != 1)
            return false;
    return true;
}

static bool trust(SSL_CTX *ctx, const char *ca)
{
    return ca ? SSL_CTX_load_verify_file(ctx, ca) == 1 : SSL_CTX_set_default_verify_paths(ctx) == 1;
}

/* All of a chain are looked up; whose issuer has no list here passes (on_verify in tls_layer.c). */
static bool revoke(SSL_CTX *ctx, STACK_OF(X509_CRL) * crls)
{
    X509_STORE *store = SSL_CTX_get_cert_store(ctx);

    for (int i = 0; i < sk_X509_CRL_num(crls); i++)
        if (X509_STORE_add_crl(store, sk_X509_CRL_value(crls, i)) != 1)
            return false;
    return !crls ||
           X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL) == 1;
}

static SSL_CTX *new_context(const struct loading *o, const SSL_METHOD *method)
{
    SSL_CTX *ctx = SSL_CTX_new(method);

    if (!ctx)
        return NULL;
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF); /* tickets are with the clients */
    SSL_CTX_set_num_tickets(ctx, 1);
    if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
        SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"aimgate", 7) == 1 &&
        use_certificate(ctx, o->chain, o->key) && trust(ctx, o->files->ca) && revoke(ctx, o->crls))
        return ctx;
    SSL_CTX_free(ctx);
    return NULL;
}

/* Clients learn whose certificates are good here: some have several. */
static void name_issuers(SSL_CTX *server, const char *ca)
{
    STACK_OF(X509_NAME) *names = ca ? SSL_load_client_CA_file(ca) : NULL;

    if (names)
        SSL_CTX_set_client_CA_list(server, names);
}

static bool make_contexts(struct loading *o)
{
    const char *reason;

    if (!o->chain)
        return true;
    o->server = new_context(o, TLS_server_method());
    o->client = o->server ? new_context(o, TLS_client_method()) : NULL;
    if (o->client) {
        name_issuers(o->server, o->files->ca);
        return true;
    }
    reason = ERR_reason_error_string(ERR_peek_last_error());
    buf_fmt(o->why, "TLS cannot use %s with %s: %s", o->files->certificate,
            o->files->ca ? o->files->ca : "the system's issuers", reason ? reason : "no memory");
    return false;
}

/* What was read takes the place of what was there. */
static void take_over(struct tls *t, struct loading *o, char *ca)
{
    SSL_CTX *server = t->server, *client = t->client;

    t->server = o->server;
    t->client = o->client;
    o->server = server;
    o->client = client;
    t->state.expires = cert_first_end(o->chain);
    t->state.crl_ends = cert_first_crl_end(o->crls);
    free(t->ca);
    t->ca = ca;
}

enum err tls_load(struct tls *t, const struct tls_files *files, struct buf *why)
{
    struct loading o = {.files = files, .why = why};
    char *ca = files->ca ? strdup(files->ca) : NULL;
    bool good = (ca || !files->ca) && read_files(&o) && make_contexts(&o);

    if (good)
        take_over(t, &o, ca);
    else
        free(ca);
    SSL_CTX_free(o.server);
    SSL_CTX_free(o.client);
    sk_X509_pop_free(o.chain, X509_free);
    sk_X509_CRL_pop_free(o.crls, X509_CRL_free);
    EVP_PKEY_free(o.key);
    ERR_clear_error();
    return good ? OK : ERR_IO;
}

bool tls_has_certificate(const struct tls *t)
{
    return t->server != NULL;
}

void tls_state(const struct tls *t, struct tls_state *out)
{
    *out = t->state;
}
