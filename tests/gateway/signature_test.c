/* Is a request signed as it must be (RFC 8224 6.2): one request a row, signed here. */
#include "gateway/flow/signature.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/base64.h"

#define INFO "https://certs.p.example/sip.cer"
#define NOW 1790000000

enum { HOUR = 3600, DAY = 86400 };

struct world {
    char folder[64];
    EVP_PKEY *key, *other_key;
    struct arena arena;
};

/* A certificate of `key` for `domain` (NULL: without a name), good from and until these seconds. */
static void write_certificate(struct world *w, const char *file, const char *domain, int64_t from,
                              int64_t until)
{
    char path[128], san[96];
    X509 *cert = X509_new();
    FILE *f;

    X509_set_version(cert, 2);
    ASN1_TIME_set(X509_getm_notBefore(cert), (time_t)from);
    ASN1_TIME_set(X509_getm_notAfter(cert), (time_t)until);
    X509_set_pubkey(cert, w->key);
    (void)snprintf(san, sizeof san, "DNS:%s", domain);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, san);
    X509_add_ext(cert, e, -1);
    X509_EXTENSION_free(e);
    assert_true(X509_sign(cert, w->key, EVP_sha256()) > 0);
    (void)snprintf(path, sizeof path, "%s/%s", w->folder, file);
    f = fopen(path, "w");
    assert_non_null(f);
    assert_true(PEM_write_X509(f, cert));
    (void)fclose(f);
    X509_free(cert);
}

static int begin(void **state)
{
    struct world *w = calloc(1, sizeof *w);

    (void)snprintf(w->folder, sizeof w->folder, "/tmp/signature_test_XXXXXX");
    if (!mkdtemp(w->folder))
        return -1;
    w->key = EVP_EC_gen("P-256");
    w->other_key = EVP_EC_gen("P-256");
    write_certificate(w, "good.pem", "p.example", NOW - DAY, NOW + DAY);
    write_certificate(w, "other.pem", "q.example", NOW - DAY, NOW + DAY);
    write_certificate(w, "below.pem", "sip.p.example", NOW - DAY, NOW + DAY);
    write_certificate(w, "expired.pem", "p.example", NOW - 2 * DAY, NOW - DAY);
    write_certificate(w, "new.pem", "p.example", NOW - 10, NOW + DAY);
    write_certificate(w, "early.pem", "p.example", NOW + DAY, NOW + 2 * DAY);
    *state = w;
    return 0;
}

static int end(void **state)
{
    struct world *w = *state;
    char command[96];

    (void)snprintf(command, sizeof command, "rm -rf %s", w->folder);
    EVP_PKEY_free(w->key);
    EVP_PKEY_free(w->other_key);
    arena_fini(&w->arena);
    free(w);
    return system(command);
}

/* base64url of r and s. */
static void put_signature(struct buf *b, EVP_PKEY *key, struct span octets)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    unsigned char der[160], raw[64];
    const unsigned char *at = der;
    size_t n = sizeof der;
    ECDSA_SIG *sig;

    assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key), 1);
    assert_int_equal(EVP_DigestSign(ctx, der, &n, octets.p, octets.n), 1);
    sig = d2i_ECDSA_SIG(NULL, &at, (long)n);
    BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + 32, 32);
    base64url_write(b, span_of(raw, sizeof raw));
    ECDSA_SIG_free(sig);
    EVP_MD_CTX_free(ctx);
}

enum form { ABSENT, FULL, COMPACT, TWO /* the other one first, then a good full one */ };

/* What differs from a request that is well signed. Empty or 0: nothing. */
struct row {
    const char *what;
    enum form form;
    enum signature want;
    const char *file; /* of the certificate */
    const char *from, *to, *header, *orig, *dest, *params, *raw;
    int iat, date; /* seconds from now */
    bool no_date, other_key, changed;
    enum conf_identity policy;
};

static const char *or(const char *s, const char *standard)
{
    return s ? s : standard;
}

/* One line "Identity: …", signed with w->key unless the row says otherwise. */
static void put_identity(struct world *w, struct buf *b, const struct row *r, bool compact)
{
    struct buf json = {0}, octets = {0};

    buf_str(&json, or(r->header, "{\"alg\":\"ES256\",\"typ\":\"passport\",\"x5u\":\"" INFO "\"}"));
    base64url_write(&octets, buf_span(&json));
    buf_u8(&octets, '.');
    buf_reset(&json);
    buf_fmt(&json, "{\"dest\":{%s},\"iat\":%lld,\"orig\":{%s}}",
            or (r->dest, "\"uri\":[\"sip:al@aim.test\"]"), (long long)NOW + r->iat,
            or (r->orig, "\"uri\":\"sip:bo@p.example\""));
    base64url_write(&octets, buf_span(&json));
    buf_str(b, "Identity: ");
    if (compact)
        buf_u8(b, '.');
    else
        buf_add(b, buf_span(&octets));
    buf_u8(b, '.');
    if (r->changed) /* after it was made */
        octets.p[octets.n - 1] ^= 1;
    put_signature(b, r->other_key ? w->other_key : w->key, buf_span(&octets));
    buf_str(b, or(r->params, ";info=<" INFO ">;alg=ES256"));
    buf_str(b, "\r\n");
    buf_fini(&json);
    buf_fini(&octets);
}

static void put_request(struct world *w, struct buf *b, const struct row *r)
{
    buf_fmt(b,
            "MESSAGE sip:al@aim.test SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKabc\r\n"
            "From: <%s>;tag=a\r\nTo: <%s>\r\nCall-ID: c1\r\nCSeq: 7 MESSAGE\r\n",
            or(r->from, "sip:bo@p.example"), or(r->to, "sip:al@aim.test"));
    if (!r->no_date) {
        buf_str(b, "Date: ");
        sip_date_print(b, NOW + r->date);
        buf_str(b, "\r\n");
    }
    if (r->raw)
        buf_fmt(b, "Identity: %s\r\n", r->raw);
    else if (r->form != ABSENT)
        put_identity(w, b, r, r->form == COMPACT);
    if (r->form == TWO)
        put_identity(w, b, &(struct row){0}, false);
    buf_str(b, "\r\n");
}

/* With the file of the row as the certificate of p.example. */
static enum signature judge(struct world *w, const struct row *r)
{
    static struct sip_msg m;
    char path[128];
    struct conf_credential key = {.info = INFO, .path = path};
    struct conf_peer peer = {.domain = "p.example", .identity_keys = {&key, 1}};
    struct conf conf = {.peers = &peer, .peer_count = 1};
    struct signature_case q = {.msg = &m,
                               .domain = SPAN("p.example"),
                               .policy = r->policy,
                               .freshness = 60,
                               .now = NOW,
                               .arena = &w->arena};
    struct credentials *keys = NULL;
    struct buf text = {0}, why = {0};

    (void)snprintf(path, sizeof path, "%s/%s", w->folder, or(r->file, "good.pem"));
    assert_int_equal(credentials_load(&conf, &keys, &why), OK);
    q.keys = keys;
    put_request(w, &text, r);
    assert_int_equal(sip_msg_parse(&m, buf_span(&text)), SIP_GOOD);
    enum signature s = signature_judge(&q);
    credentials_free(keys);
    buf_fini(&text);
    buf_fini(&why);
    arena_reset(&w->arena);
    return s;
}

#define X5U(alg, typ, more) "{\"alg\":\"" alg "\"," more "\"typ\":\"" typ "\",\"x5u\":\"" INFO "\"}"

static const struct row requests[] = {
    {.what = "full", .form = FULL, .want = SIGNATURE_GOOD},
    {.what = "compact", .form = COMPACT, .want = SIGNATURE_GOOD},
    {.what = "without alg in the header",
     .form = FULL,
     .params = ";info=<" INFO ">",
     .want = SIGNATURE_GOOD},
    {.what = "the addresses in other spellings",
     .form = COMPACT,
     .from = "SIP:BO@P.Example:5060;x=y",
     .to = "sip:%61l@AIM.test",
     .want = SIGNATURE_GOOD},
    {.what = "the claims in other spellings",
     .form = FULL,
     .orig = "\"uri\":\"sip:Bo@P.example\"",
     .want = SIGNATURE_GOOD},
    {.what = "one of several recipients",
     .form = FULL,
     .dest = "\"tn\":[\"1\"],\"uri\":[\"sip:x@y\",\"sip:al@aim.test\"]",
     .want = SIGNATURE_GOOD},
    {.what = "nothing", .form = ABSENT, .want = SIGNATURE_UNASKED},
    {.what = "nothing, where it must be",
     .form = ABSENT,
     .policy = CONF_IDENTITY_REQUIRED,
     .want = SIGNATURE_MISSING},
    {.what = "well signed, where it must be",
     .form = FULL,
     .policy = CONF_IDENTITY_REQUIRED,
     .want = SIGNATURE_GOOD},
    {.what = "forged, where nobody looks",
     .form = FULL,
     .changed = true,
     .policy = CONF_IDENTITY_OFF,
     .want = SIGNATURE_UNASKED},
    {.what = "changed, full", .form = FULL, .changed = true, .want = SIGNATURE_FORGED},
    {.what = "changed, compact", .form = COMPACT, .changed = true, .want = SIGNATURE_FORGED},
    {.what = "by another key", .form = FULL, .other_key = true, .want = SIGNATURE_FORGED},
    {.what = "compact, for another recipient",
     .form = COMPACT,
     .to = "sip:eve@aim.test",
     .want = SIGNATURE_FORGED},
    {.what = "compact, of another sender",
     .form = COMPACT,
     .from = "sip:eve@p.example",
     .want = SIGNATURE_FORGED},
    {.what = "compact, of another second", .form = COMPACT, .date = 1, .want = SIGNATURE_FORGED},
    {.what = "a signature that is none",
     .form = FULL,
     .raw = "e30.e30.AAAA;info=<" INFO ">",
     .want = SIGNATURE_MALFORMED},
    {.what = "a compact signature that is none",
     .form = COMPACT,
     .raw = "..AAAA;info=<" INFO ">",
     .want = SIGNATURE_FORGED},
    {.what = "full, for another recipient",
     .form = FULL,
     .to = "sip:eve@aim.test",
     .want = SIGNATURE_CLAIMS},
    {.what = "full, of another sender",
     .form = FULL,
     .from = "sip:eve@p.example",
     .want = SIGNATURE_CLAIMS},
    {.what = "full, of a telephone number",
     .form = FULL,
     .orig = "\"tn\":\"12155551212\"",
     .want = SIGNATURE_CLAIMS},
    {.what = "full, for a telephone number",
     .form = FULL,
     .dest = "\"tn\":[\"12155551212\"]",
     .want = SIGNATURE_CLAIMS},
    {.what = "full, for an ICQ user as a number",
     .form = FULL,
     .to = "sip:12155551212@aim.test",
     .dest = "\"tn\":[\"1\",\"12155551212\"]",
     .want = SIGNATURE_GOOD},
    {.what = "full, for a number with a plus",
     .form = FULL,
     .to = "sip:+12155551212@aim.test;user=phone",
     .dest = "\"tn\":[\"12155551212\"]",
     .want = SIGNATURE_GOOD},
    {.what = "full, for another number",
     .form = FULL,
     .to = "sip:12155551213@aim.test",
     .dest = "\"tn\":[\"12155551212\"]",
     .want = SIGNATURE_CLAIMS},
    {.what = "full, for no number",
     .form = FULL,
     .to = "sip:+@aim.test",
     .dest = "\"tn\":[\"\"]",
     .want = SIGNATURE_CLAIMS},
    {.what = "another x5u than info",
     .form = FULL,
     .header = "{\"alg\":\"ES256\",\"typ\":\"passport\",\"x5u\":\"https://x/\"}",
     .want = SIGNATURE_CLAIMS},
    {.what = "signed an hour ago", .form = FULL, .iat = -HOUR, .want = SIGNATURE_STALE},
    {.what = "signed in an hour", .form = FULL, .iat = HOUR, .want = SIGNATURE_STALE},
    {.what = "an old Date, full", .form = FULL, .date = -61, .want = SIGNATURE_STALE},
    {.what = "an old Date, compact",
     .form = COMPACT,
     .date = -61,
     .iat = -61,
     .want = SIGNATURE_STALE},
    {.what = "a Date of tomorrow",
     .form = COMPACT,
     .date = DAY,
     .iat = DAY,
     .want = SIGNATURE_STALE},
    {.what = "just fresh", .form = COMPACT, .date = -60, .iat = -60, .want = SIGNATURE_GOOD},
    {.what = "iat and Date differ, both fresh",
     .form = FULL,
     .date = 5,
     .iat = -5,
     .want = SIGNATURE_GOOD},
    {.what = "no Date, full", .form = FULL, .no_date = true, .want = SIGNATURE_GOOD},
    {.what = "no Date, compact", .form = COMPACT, .no_date = true, .want = SIGNATURE_NO_DATE},
    {.what = "a URL that is not configured",
     .form = FULL,
     .params = ";info=<https://evil.example/x>",
     .want = SIGNATURE_UNKNOWN},
    {.what = "a URL of another spelling",
     .form = FULL,
     .params = ";info=<HTTPS://certs.p.example/sip.cer>",
     .want = SIGNATURE_UNKNOWN},
    {.what = "no certificate in reach",
     .form = FULL,
     .params = ";info=<cid:x@y>",
     .want = SIGNATURE_UNKNOWN},
    {.what = "a certificate of another domain",
     .form = FULL,
     .file = "other.pem",
     .want = SIGNATURE_DOMAIN},
    {.what = "a certificate of a host in it",
     .form = FULL,
     .file = "below.pem",
     .want = SIGNATURE_DOMAIN},
    {.what = "an expired certificate",
     .form = FULL,
     .file = "expired.pem",
     .want = SIGNATURE_EXPIRED},
    {.what = "one that is not good yet",
     .form = COMPACT,
     .file = "early.pem",
     .want = SIGNATURE_EXPIRED},
    {.what = "signed before the certificate was good",
     .form = FULL,
     .file = "new.pem",
     .iat = -30,
     .want = SIGNATURE_EXPIRED},
    {.what = "a Date of before it was good",
     .form = FULL,
     .file = "new.pem",
     .date = -30,
     .want = SIGNATURE_EXPIRED},
    {.what = "the same, compact",
     .form = COMPACT,
     .file = "new.pem",
     .date = -30,
     .iat = -30,
     .want = SIGNATURE_EXPIRED},
    {.what = "signed since it is good", .form = COMPACT, .file = "new.pem", .want = SIGNATURE_GOOD},
    {.what = "another algorithm in the header field",
     .form = FULL,
     .params = ";info=<" INFO ">;alg=RS256",
     .want = SIGNATURE_ALGORITHM},
    {.what = "another one in the PASSporT",
     .form = FULL,
     .header = X5U("none", "passport", ""),
     .want = SIGNATURE_ALGORITHM},
    {.what = "another type",
     .form = FULL,
     .header = X5U("ES256", "jwt", ""),
     .want = SIGNATURE_MALFORMED},
    {.what = "an extension that only the PASSporT tells of",
     .form = FULL,
     .header = X5U("ES256", "passport", "\"ppt\":\"div\","),
     .want = SIGNATURE_MALFORMED},
    {.what = "an extension",
     .form = FULL,
     .params = ";info=<" INFO ">;ppt=shaken",
     .want = SIGNATURE_UNASKED},
    {.what = "an extension, where it must be signed",
     .form = FULL,
     .params = ";info=<" INFO ">;ppt=shaken",
     .policy = CONF_IDENTITY_REQUIRED,
     .want = SIGNATURE_EXTENSION},
    {.what = "as RFC 4474 had it",
     .form = FULL,
     .raw = "\"AAAA\";info=<" INFO ">",
     .want = SIGNATURE_MALFORMED},
    {.what = "a forged one, and a good one", .form = TWO, .changed = true, .want = SIGNATURE_GOOD},
    {.what = "an extension, and a good one",
     .form = TWO,
     .params = ";info=<" INFO ">;ppt=x",
     .want = SIGNATURE_GOOD},
    {.what = "one of an unknown URL, and a good one",
     .form = TWO,
     .params = ";info=<https://x/>",
     .want = SIGNATURE_GOOD},
    {.what = "one of an unknown URL, and one for another",
     .form = TWO,
     .params = ";info=<https://x/>",
     .to = "sip:eve@aim.test",
     .want = SIGNATURE_CLAIMS},
    {.what = "two that are forged",
     .form = TWO,
     .to = "sip:eve@aim.test",
     .want = SIGNATURE_CLAIMS},
};

static void every_request_is_judged(void **state)
{
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        enum signature got = judge(*state, &requests[i]);

        if (got != requests[i].want)
            fail_msg("%s: got %d, not %d", requests[i].what, (int)got, (int)requests[i].want);
    }
}

static void a_peer_without_keys_is_asked_nothing(void **state)
{
    static struct sip_msg m;
    struct world *w = *state;
    struct conf conf = {0};
    struct credentials *keys = NULL;
    struct buf text = {0}, why = {0};
    struct signature_case q = {
        .msg = &m, .domain = SPAN("p.example"), .freshness = 60, .now = NOW, .arena = &w->arena};

    assert_int_equal(credentials_load(&conf, &keys, &why), OK);
    q.keys = keys;
    put_request(w, &text, &(struct row){.form = FULL, .changed = true});
    assert_int_equal(sip_msg_parse(&m, buf_span(&text)), SIP_GOOD);
    assert_int_equal(signature_judge(&q), SIGNATURE_UNASKED);
    credentials_free(keys);
    buf_fini(&text);
    buf_fini(&why);
}

/* RFC 8224 6.2.2. */
static void each_fault_has_its_status_and_words(void **state)
{
    static const int statuses[SIGNATURES] = {
        [SIGNATURE_MISSING] = 428,   [SIGNATURE_EXTENSION] = 428, [SIGNATURE_MALFORMED] = 438,
        [SIGNATURE_ALGORITHM] = 438, [SIGNATURE_UNKNOWN] = 436,   [SIGNATURE_EXPIRED] = 437,
        [SIGNATURE_DOMAIN] = 437,    [SIGNATURE_STALE] = 403,     [SIGNATURE_NO_DATE] = 438,
        [SIGNATURE_CLAIMS] = 438,    [SIGNATURE_FORGED] = 438};

    (void)state;
    for (int s = SIGNATURE_UNASKED + 1; s < SIGNATURES; s++) {
        const struct signature_row *row = signature_row((enum signature)s);

        assert_int_equal(row->status, statuses[s]);
        assert_true(row->why[0] && row->cure[0]);
    }
    assert_string_equal(signature_row(SIGNATURE_STALE)->reason, "Stale Date");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_request_is_judged),
        cmocka_unit_test(a_peer_without_keys_is_asked_nothing),
        cmocka_unit_test(each_fault_has_its_status_and_words),
    };

    return cmocka_run_group_tests_name("gateway/signature", tests, begin, end);
}
