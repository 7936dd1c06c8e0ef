/* TLS without sockets: two layers that hand each other octets, however they are cut. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "gateway/net/tls_priv.h"

enum { ROOM = 65536 };

static const struct log quiet = {.fd = -1, .level = LOG_LEVEL_ERROR};

struct files {
    char folder[32], certificate[64], key[64];
};

static X509 *sign_own(EVP_PKEY *key, const char *san)
{
    X509 *cert = X509_new();
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, san);
    X509_NAME *n = X509_get_subject_name(cert);

    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -60);
    X509_gmtime_adj(X509_getm_notAfter(cert), 86400);
    X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_ASC, (const unsigned char *)"own", -1, -1, 0);
    X509_set_issuer_name(cert, n);
    X509_set_pubkey(cert, key);
    X509_add_ext(cert, e, -1);
    X509_EXTENSION_free(e);
    assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
    return cert;
}

/* A certificate of a.example that is its own issuer: both sides show it, and believe it. */
static void make_files(struct files *f)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = sign_own(key, "URI:sip:a.example");
    FILE *out;

    (void)strcpy(f->folder, "/tmp/aimgate-tls-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    (void)snprintf(f->certificate, sizeof f->certificate, "%s/cert.pem", f->folder);
    (void)snprintf(f->key, sizeof f->key, "%s/key.pem", f->folder);
    out = fopen(f->certificate, "we");
    assert_int_equal(PEM_write_X509(out, cert), 1);
    assert_int_equal(fclose(out), 0);
    out = fopen(f->key, "we");
    assert_int_equal(PEM_write_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL), 1);
    assert_int_equal(fclose(out), 0);
    X509_free(cert);
    EVP_PKEY_free(key);
}

static int set_up(void **state)
{
    struct files *f = calloc(1, sizeof *f);

    make_files(f);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct files *f = *state;

    (void)unlink(f->certificate);
    (void)unlink(f->key);
    (void)rmdir(f->folder);
    free(f);
    return 0;
}

struct pair {
    struct tls *tls;
    struct tls_layer *server, *client;
    struct buf got[2]; /* plain octets that came to each */
    bool up[2];
    size_t cut; /* octets that are handed over at once */
};

static void begin(struct pair *p, const struct files *f, const char *domain, size_t cut)
{
    struct tls_files files = {.certificate = f->certificate, .key = f->key, .ca = f->certificate};
    struct buf why = {0};

    *p = (struct pair){.cut = cut};
    assert_int_equal(tls_new(&quiet, &p->tls), OK);
    assert_int_equal(tls_load(p->tls, &files, &why), OK);
    p->server = tls_layer_new(p->tls, TLS_SERVES_SIP, (struct span){0});
    p->client = tls_layer_new(p->tls, TLS_CALLS, span_str(domain));
    assert_true(p->server && p->client);
}

static void end(struct pair *p)
{
    tls_layer_free(p->server);
    tls_layer_free(p->client);
    tls_free(p->tls);
    buf_fini(&p->got[0]);
    buf_fini(&p->got[1]);
}

/* Reads until nothing is left. */
static enum tls_got take(struct pair *p, struct tls_layer *l, struct span in)
{
    size_t who = l == p->client, n;
    enum tls_got got;
    uint8_t *room = malloc(ROOM);

    tls_layer_feed(l, in);
    do {
        got = tls_layer_read(l, room, ROOM, &n);
        if (got == TLS_UP)
            p->up[who] = true;
        if (got == TLS_DATA)
            buf_put(&p->got[who], room, n);
    } while (got == TLS_UP || got == TLS_DATA);
    free(room);
    return got;
}

/* Hands over one cut; gives how many plain octets are out of the sender's hands. */
static size_t carry(struct pair *p, struct tls_layer *from, enum tls_got *got)
{
    struct span out = span_first(buf_span(&from->out), p->cut);
    uint8_t *copy = malloc(out.n + 1);
    size_t n = out.n;

    memcpy(copy, out.p, out.n);
    *got = take(p, from == p->client ? p->server : p->client, span_of(copy, n));
    free(copy);
    return tls_layer_sent(from, n);
}

static enum tls_got shake(struct pair *p)
{
    enum tls_got got = take(p, p->client, (struct span){0});

    while ((p->client->out.n || p->server->out.n) && got == TLS_MORE)
        (void)carry(p, p->client->out.n ? p->client : p->server, &got);
    return got;
}

static void octets_arrive_however_they_are_cut(void **state)
{
    static const size_t cuts[] = {1, 7, 1000, SIZE_MAX};
    enum { LENGTH = 100000 };
    uint8_t *text = malloc(LENGTH);

    assert_int_equal(RAND_bytes(text, LENGTH), 1);
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        size_t n = cuts[i] < 1000 ? 20000 : LENGTH, taken = 0;
        enum tls_got got = TLS_MORE;
        struct pair p;

        begin(&p, *state, "a.example", cuts[i]);
        assert_int_equal(shake(&p), TLS_MORE);
        assert_true(p.up[0] && p.up[1]);
        assert_true(cert_names_have(&p.client->names, SPAN("a.example")));
        assert_true(cert_names_have(&p.server->names, SPAN("a.example")));
        while (taken < n && got == TLS_MORE) {
            tls_layer_write(p.client, span_of(text + taken, n - taken));
            while (p.client->out.n && got == TLS_MORE) {
                size_t whole = carry(&p, p.client, &got);

                assert_true(whole == 0 || p.client->out.n == 0);
                taken += whole;
            }
            assert_true(p.got[0].n >= taken); /* what is told as taken has arrived */
        }
        assert_int_equal(p.got[0].n, n);
        assert_memory_equal(p.got[0].p, text, n);
        end(&p);
    }
    free(text);
}

static void a_good_bye_is_an_end(void **state)
{
    enum tls_got got;
    struct pair p;

    begin(&p, *state, "a.example", SIZE_MAX);
    assert_int_equal(shake(&p), TLS_MORE);
    tls_layer_write(p.server, SPAN("last words"));
    tls_layer_bye(p.server);
    (void)carry(&p, p.server, &got);
    assert_int_equal(got, TLS_END);
    assert_true(span_is(buf_span(&p.got[1]), "last words"));
    end(&p);
}

/* S-399: who is somebody else hears an alert, and nothing of us. */
static void another_domain_is_refused(void **state)
{
    enum tls_got got;
    struct pair p;

    begin(&p, *state, "b.example", SIZE_MAX);
    assert_int_equal(shake(&p), TLS_BROKEN);
    assert_false(p.up[1]);
    (void)carry(&p, p.client, &got); /* the alert */
    assert_int_equal(got, TLS_BROKEN);
    assert_int_equal(p.client->fault, TLS_WRONG_NAME);
    tls_layer_write(p.client, SPAN("hello"));
    assert_int_equal(p.client->owed, 0);
    assert_int_equal(p.server->fault, TLS_REFUSED);
    end(&p);
}

static void plain_text_is_no_tls(void **state)
{
    struct pair p;

    begin(&p, *state, "a.example", SIZE_MAX);
    assert_int_equal(take(&p, p.server, SPAN("OPTIONS sip:a.example SIP/2.0\r\n\r\n")), TLS_BROKEN);
    assert_int_equal(p.server->fault, TLS_PLAIN);
    assert_int_equal(take(&p, p.server, SPAN("more")), TLS_BROKEN); /* and stays so */
    end(&p);
}

/* Whatever comes in the place of a record ends it, and nothing else happens. */
static void damaged_records_end_it(void **state)
{
    for (size_t at = 0; at < 40; at++) {
        enum tls_got got = TLS_MORE;
        struct pair p;

        begin(&p, *state, "a.example", SIZE_MAX);
        assert_int_equal(shake(&p), TLS_MORE);
        tls_layer_write(p.client, SPAN("a text of some length, so that there is a record"));
        p.client->out.p[at] ^= 0x41;
        (void)carry(&p, p.client, &got);
        assert_true(got == TLS_BROKEN || got == TLS_MORE); /* a length may promise more */
        assert_int_equal(p.got[0].n, 0);
        end(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(octets_arrive_however_they_are_cut),
        cmocka_unit_test(a_good_bye_is_an_end),
        cmocka_unit_test(another_domain_is_refused),
        cmocka_unit_test(plain_text_is_no_tls),
        cmocka_unit_test(damaged_records_end_it),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
