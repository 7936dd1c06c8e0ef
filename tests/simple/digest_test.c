#include "simple/txn/digest.h"

#include "simple/wire/print.h"
#include "wire.h"

static struct sip_msg m; /* too large for comfort on the stack twice */

/* The examples of RFC 2617 3.5 (once as it stands, once without qop, once with auth-int; these two
 * by another implementation) and RFC 7616 3.9.1. */
static const struct {
    const char *challenge, *password, *cnonce, *body, *response;
} vectors[] = {
    {"realm=\"testrealm@host.com\", qop=\"auth,auth-int\", "
     "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"",
     "Circle Of Life", "0a4f113b", "", "6629fae49393a05397450978507c4ef1"},
    {"realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"", "Circle Of Life",
     "0a4f113b", "", "670fd8c2df070c60b045671b8b24ff02"},
    {"realm=\"testrealm@host.com\", qop=auth-int, nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"",
     "Circle Of Life", "0a4f113b", "body", "f93d61f87864e6c8c6a46b339ad998de"},
    {"realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=MD5, "
     "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "
     "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"",
     "Circle of Life", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", "",
     "8ca523f5e9506fed4657c9700eebdbec"},
    {"realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=SHA-256, "
     "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\"",
     "Circle of Life", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", "",
     "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"},
};

#define RESPONSE                                                                                  \
    "SIP/2.0 401 Unauthorized\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKa\r\nFrom: <sip:a@b>;tag=1\r\n" \
    "To: <sip:c@d>;tag=2\r\nCall-ID: x\r\nCSeq: 1 MESSAGE\r\n"

static void parse_challenge(struct buf *b, const char *lines)
{
    buf_reset(b);
    buf_fmt(b, RESPONSE "%s\r\n", lines);
    assert_int_equal(sip_msg_parse(&m, buf_span(b)), SIP_GOOD);
}

static void the_examples_of_the_rfcs_come_out(void **state)
{
    struct buf in = {0}, b = {0}, line = {0};

    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        struct digest_client c = {0};
        struct span want = span_str(vectors[i].response);

        buf_reset(&line);
        buf_fmt(&line, "WWW-Authenticate: Digest %s\r\n", vectors[i].challenge);
        parse_challenge(&in, buf_cstr(&line));
        assert_true(digest_client_take(&c, &m));
        buf_reset(&b);
        digest_client_print(&c, &b,
                            &(struct digest_answer){SPAN("GET"), SPAN("/dir/index.html"),
                                                    span_str(vectors[i].body), SPAN("Mufasa"),
                                                    span_str(vectors[i].password),
                                                    span_str(vectors[i].cnonce)});
        assert_true(buf_ok(&b));
        if (span_search(buf_span(&b), want) == b.n)
            fail_msg("%s", buf_cstr(&b));
        digest_client_fini(&c);
    }
    buf_fini(&in);
    buf_fini(&b);
    buf_fini(&line);
}

/* ---- a server and a client talking ---- */

#define REALM SPAN("sip.example.org")

struct talk {
    struct digest_server *s;
    struct digest_client c;
    struct buf in, request;
    uint64_t now;
    const char *uri, *password;
};

static void talk_begin(struct talk *t, const struct digest_conf *conf)
{
    static const uint8_t key[DIGEST_KEY_SIZE] = "0123456789abcdef0123456789abcde";

    *t = (struct talk){.now = 5000, .uri = "sip:sip.example.org", .password = "secret"};
    t->s = digest_server_new(conf, key);
    assert_non_null(t->s);
}

static void talk_end(struct talk *t)
{
    digest_server_free(t->s);
    digest_client_fini(&t->c);
    buf_fini(&t->in);
    buf_fini(&t->request);
}

/* The server challenges, the client takes what it gets. */
static void challenge(struct talk *t, bool stale)
{
    buf_reset(&t->in);
    BUF_LIT(&t->in, RESPONSE);
    digest_challenge(t->s, &t->in,
                     &(struct digest_challenge){
                         .field = SIP_HDR_WWW_AUTHENTICATE, .realm = REALM, .stale = stale},
                     t->now);
    BUF_LIT(&t->in, "\r\n");
    assert_int_equal(sip_msg_parse(&m, buf_span(&t->in)), SIP_GOOD);
    assert_true(digest_client_take(&t->c, &m));
}

/* The client's request as the server parses it. */
static void request(struct talk *t)
{
    buf_reset(&t->request);
    buf_fmt(&t->request,
            "REGISTER sip:sip.example.org SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKa\r\n"
            "From: <sip:al@b>;tag=1\r\nTo: <sip:al@b>\r\nCall-ID: x\r\nCSeq: 1 REGISTER\r\n");
    digest_client_print(&t->c, &t->request,
                        &(struct digest_answer){SPAN("REGISTER"), span_str(t->uri),
                                                (struct span){0}, SPAN("Al \"S\"mith"),
                                                span_str(t->password), SPAN("cn")});
    sip_put_body(&t->request, (struct span){0});
    assert_true(buf_ok(&t->request));
    assert_int_equal(sip_msg_parse(&m, buf_span(&t->request)), SIP_GOOD);
}

static enum digest_result check(struct talk *t)
{
    struct digest_credentials c;
    char ha1[DIGEST_HEX_SIZE];
    enum digest_result r = digest_find(&m, SIP_HDR_AUTHORIZATION, REALM, &c);

    if (r != DIGEST_OK)
        return r;
    assert_span(c.username, "Al \"S\"mith");
    assert_true(digest_ha1(c.algorithm, c.username, c.realm, SPAN("secret"), ha1));
    return digest_check(t->s, &c, &m, ha1, t->now);
}

static void a_client_with_the_password_gets_in(void **state)
{
    struct talk t;

    (void)state;
    talk_begin(&t, &(struct digest_conf){0});
    challenge(&t, false);
    assert_int_equal(t.c.algorithm, DIGEST_SHA256); /* the topmost */
    assert_int_equal(t.c.qop, DIGEST_QOP_AUTH);
    request(&t);
    assert_int_equal(check(&t), DIGEST_OK);
    assert_int_equal(check(&t), DIGEST_REPLAY);
    request(&t);
    assert_int_equal(check(&t), DIGEST_OK);
    t.now += DIGEST_NONCE_LIFE + 1;
    request(&t);
    assert_int_equal(check(&t), DIGEST_STALE);
    challenge(&t, true);
    request(&t);
    assert_int_equal(check(&t), DIGEST_OK);
    talk_end(&t);
}

static void a_wrong_password_is_wrong_whatever_the_nonce(void **state)
{
    struct talk t;

    (void)state;
    talk_begin(&t, &(struct digest_conf){0});
    t.password = "guess";
    challenge(&t, false);
    request(&t);
    assert_int_equal(check(&t), DIGEST_WRONG);
    t.now += DIGEST_NONCE_LIFE + 1;
    assert_int_equal(check(&t), DIGEST_WRONG);
    talk_end(&t);
}

static void a_nonce_of_another_server_is_stale(void **state)
{
    static const uint8_t key[DIGEST_KEY_SIZE] = "another key after another start";
    struct talk t;

    (void)state;
    talk_begin(&t, &(struct digest_conf){0});
    challenge(&t, false);
    request(&t);
    digest_server_free(t.s);
    t.s = digest_server_new(&(struct digest_conf){0}, key);
    assert_int_equal(check(&t), DIGEST_STALE);
    talk_end(&t);
}

/* On UDP requests overtake each other: a late count is good once. */
static void counts_may_come_out_of_order_but_once_each(void **state)
{
    static const struct {
        uint32_t nc;
        enum digest_result want;
    } rows[] = {
        {2, DIGEST_OK},    {1, DIGEST_OK},      {1, DIGEST_REPLAY}, {2, DIGEST_REPLAY},
        {70, DIGEST_OK},   {3, DIGEST_REPLAY},  {7, DIGEST_OK},     {7, DIGEST_REPLAY},
        {5000, DIGEST_OK}, {70, DIGEST_REPLAY}, {4999, DIGEST_OK},  {5000, DIGEST_REPLAY},
    };
    struct talk t;

    (void)state;
    talk_begin(&t, &(struct digest_conf){0});
    challenge(&t, false);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        t.c.nc = rows[i].nc - 1;
        request(&t);
        assert_int_equal(check(&t), rows[i].want);
    }
    talk_end(&t);
}

static void a_nonce_whose_counts_were_forgotten_is_stale(void **state)
{
    struct talk t;
    struct buf old = {0};

    (void)state;
    talk_begin(&t, &(struct digest_conf){.nonces = 1});
    challenge(&t, false);
    request(&t);
    assert_int_equal(check(&t), DIGEST_OK);
    buf_add(&old, buf_span(&t.request));
    t.c.tries = 0;
    challenge(&t, false); /* only given out: the old one is as good as before */
    sip_msg_parse(&m, buf_span(&old));
    assert_int_equal(check(&t), DIGEST_REPLAY);
    request(&t);
    assert_int_equal(check(&t), DIGEST_OK);
    sip_msg_parse(&m, buf_span(&old));
    assert_int_equal(check(&t), DIGEST_STALE);
    buf_fini(&old);
    talk_end(&t);
}

static void the_signed_place_must_be_ours_or_the_target(void **state)
{
    static const struct {
        const char *uri;
        enum digest_result want;
    } rows[] = {
        {"sip:sip.example.org", DIGEST_OK},
        {"sip:al@SIP.example.org;transport=tcp", DIGEST_OK},
        {"sip:elsewhere.example.com", DIGEST_BAD_URI},
        {"/dir/index.html", DIGEST_BAD_URI},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct talk t;

        talk_begin(&t, &(struct digest_conf){0});
        t.uri = rows[i].uri;
        challenge(&t, false);
        request(&t);
        assert_int_equal(check(&t), rows[i].want);
        talk_end(&t);
    }
}

/* Answers of RFC 2069, as libpurple gives them. */
static void an_answer_without_qop_needs_the_switch(void **state)
{
    (void)state;
    for (int legacy = 0; legacy <= 1; legacy++) {
        struct talk t;

        talk_begin(&t, &(struct digest_conf){.legacy = legacy});
        challenge(&t, false);
        t.c.qop = DIGEST_QOP_NONE;
        request(&t);
        assert_int_equal(check(&t), legacy ? DIGEST_OK : DIGEST_WRONG);
        assert_int_equal(check(&t), legacy ? DIGEST_OK : DIGEST_WRONG);
        talk_end(&t);
    }
}

#define GOOD                                                                                \
    "username=\"a\", realm=\"sip.example.org\", nonce=\"n\", uri=\"sip:sip.example.org\", " \
    "response=\"r\", cnonce=\"c\""

static const struct {
    const char *lines;
    enum digest_result want;
} credentials[] = {
    {"Authorization: Digest " GOOD ", nc=00000001, qop=auth\r\n", DIGEST_OK},
    {"Authorization: dIGEST " GOOD ", nc=\"00000001\", qop=\"auth\"\r\n", DIGEST_OK},
    {"Authorization: Digest " GOOD "\r\n", DIGEST_OK},
    {"Authorization: Digest realm=\"other\"\r\nAuthorization: Digest " GOOD "\r\n", DIGEST_OK},
    {"Authorization: Basic YTpi\r\n", DIGEST_NONE},
    {"Authorization: NoOneKnowsThisScheme opaque-data=here\r\n", DIGEST_NONE},
    {"Authorization: Digest username=\"a\", realm=\"other\"\r\n", DIGEST_NONE},
    {"Proxy-Authorization: Digest " GOOD "\r\n", DIGEST_NONE},
    {"Authorization: Digest " GOOD ", algorithm=FOO\r\n", DIGEST_UNKNOWN_ALGORITHM},
    {"Authorization: Digest " GOOD ", algorithm=MD5-sess\r\n", DIGEST_UNKNOWN_ALGORITHM},
    {"Authorization: Digest " GOOD ", qop=auth\r\n", DIGEST_MALFORMED},
    {"Authorization: Digest " GOOD ", qop=auth, nc=0\r\n", DIGEST_MALFORMED},
    {"Authorization: Digest " GOOD ", qop=auth, nc=0000000x\r\n", DIGEST_MALFORMED},
    {"Authorization: Digest " GOOD ", qop=odd, nc=00000001\r\n", DIGEST_MALFORMED},
    {"Authorization: Digest " GOOD ", x=\"open\r\n", DIGEST_MALFORMED},
    {"Authorization: Digest realm=\"sip.example.org\"\r\n", DIGEST_MALFORMED},
    {"", DIGEST_NONE},
};

static void credentials_are_found_by_their_realm(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof credentials / sizeof *credentials; i++) {
        char *text = wire_request(&m, "MESSAGE", "sip:x", credentials[i].lines, "");
        struct digest_credentials c;
        enum digest_result r = digest_find(&m, SIP_HDR_AUTHORIZATION, REALM, &c);

        if (r != credentials[i].want)
            fail_msg("%s: %s", credentials[i].lines, digest_result_text(r));
        free(text);
    }
}

static void a_user_name_that_is_too_long_is_malformed(void **state)
{
    struct buf b = {0};
    struct digest_credentials c;
    char *text;

    (void)state;
    BUF_LIT(&b, "Authorization: Digest realm=\"sip.example.org\", username=\"");
    for (int i = 0; i <= DIGEST_FIELD_MAX; i++)
        BUF_LIT(&b, "a");
    BUF_LIT(&b, "\"\r\n");
    text = wire_request(&m, "MESSAGE", "sip:x", buf_cstr(&b), "");
    assert_int_equal(digest_find(&m, SIP_HDR_AUTHORIZATION, REALM, &c), DIGEST_MALFORMED);
    free(text);
    buf_fini(&b);
}

static void a_challenge_has_sha_256_first_and_md5_second(void **state)
{
    struct digest_challenge how = {
        .field = SIP_HDR_PROXY_AUTHENTICATE, .realm = REALM, .stale = true};
    struct talk t;
    struct buf b = {0};
    size_t sha, md5;

    (void)state;
    talk_begin(&t, &(struct digest_conf){0});
    digest_challenge(t.s, &b, &how, t.now);
    sha = span_search(buf_span(&b), SPAN("algorithm=SHA-256, qop=\"auth\", stale=true\r\n"));
    md5 = span_search(buf_span(&b), SPAN("algorithm=MD5, qop=\"auth\", stale=true\r\n"));
    assert_true(sha < md5 && md5 < b.n);
    assert_true(span_starts(buf_span(&b), SPAN("Proxy-Authenticate: Digest realm=\"sip.exam")));
    buf_fini(&b);
    talk_end(&t);
}

static void who_gives_up_at_sha_256_is_asked_for_md5_alone(void **state)
{
    static const struct {
        const char *user_agent;
        bool sha256;
    } rows[] = {
        {"baresip v1.0.0 (x86_64/linux)", false},
        {"baresip v3.16.0 (x86_64/linux)", true},
        {"Linphone/5.1", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct digest_challenge how = {.field = SIP_HDR_WWW_AUTHENTICATE,
                                       .realm = REALM,
                                       .user_agent = span_str(rows[i].user_agent)};
        struct talk t;
        struct buf b = {0};

        talk_begin(&t, &(struct digest_conf){0});
        digest_challenge(t.s, &b, &how, t.now);
        assert_int_equal(span_search(buf_span(&b), SPAN("SHA-256")) < b.n, rows[i].sha256);
        assert_true(span_search(buf_span(&b), SPAN("algorithm=MD5")) < b.n);
        buf_fini(&b);
        talk_end(&t);
    }
}

#define DIGEST(more) "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\"" more "\r\n"

static void a_client_gives_up_in_time(void **state)
{
    struct digest_client c = {0};
    struct buf in = {0};

    (void)state;
    parse_challenge(&in, "");
    assert_false(digest_client_take(&c, &m));
    parse_challenge(&in, "WWW-Authenticate: Basic realm=\"r\"\r\n" DIGEST(", algorithm=FOO")
                             DIGEST(", qop=\"odd\""));
    assert_false(digest_client_take(&c, &m));
    parse_challenge(&in, DIGEST(", algorithm=FOO") DIGEST(", algorithm=MD5, qop=\"auth\""));
    assert_true(digest_client_take(&c, &m));
    assert_int_equal(c.algorithm, DIGEST_MD5);
    assert_false(digest_client_take(&c, &m)); /* the same nonce, not stale */
    parse_challenge(&in, DIGEST(", stale=TRUE"));
    assert_true(digest_client_take(&c, &m));
    assert_true(digest_client_take(&c, &m));
    assert_false(digest_client_take(&c, &m)); /* three tries */
    digest_client_accepted(&c);
    assert_true(digest_client_take(&c, &m));
    digest_client_fini(&c);
    buf_fini(&in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_of_the_rfcs_come_out),
        cmocka_unit_test(a_client_with_the_password_gets_in),
        cmocka_unit_test(a_wrong_password_is_wrong_whatever_the_nonce),
        cmocka_unit_test(a_nonce_of_another_server_is_stale),
        cmocka_unit_test(counts_may_come_out_of_order_but_once_each),
        cmocka_unit_test(a_nonce_whose_counts_were_forgotten_is_stale),
        cmocka_unit_test(the_signed_place_must_be_ours_or_the_target),
        cmocka_unit_test(an_answer_without_qop_needs_the_switch),
        cmocka_unit_test(credentials_are_found_by_their_realm),
        cmocka_unit_test(a_user_name_that_is_too_long_is_malformed),
        cmocka_unit_test(a_challenge_has_sha_256_first_and_md5_second),
        cmocka_unit_test(who_gives_up_at_sha_256_is_asked_for_md5_alone),
        cmocka_unit_test(a_client_gives_up_in_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
