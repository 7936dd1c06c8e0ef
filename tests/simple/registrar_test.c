#include "simple/event/registrar.h"

#include "wire.h"

#define NOW 1000000ULL

static struct sip_msg m;

/* What is registered before each case: one from the same Call-ID (the requests below are CSeq 7),
 * one from another, one with a flow, one that is over. */
static const struct sip_contact have[] = {
    {.uri = {(const uint8_t *)"sip:al@192.0.2.9", 16},
     .call_id = {(const uint8_t *)"c1", 2},
     .cseq = 6,
     .q = 1000,
     .expires_at = NOW + 1000000},
    {.uri = {(const uint8_t *)"sip:al@192.0.2.10;line=1", 24},
     .call_id = {(const uint8_t *)"other", 5},
     .cseq = 99,
     .q = 500,
     .expires_at = NOW + 500},
    {.uri = {(const uint8_t *)"sip:al@192.0.2.11", 17},
     .instance = {(const uint8_t *)"<urn:uuid:1>", 12},
     .reg_id = 1,
     .call_id = {(const uint8_t *)"third", 5},
     .cseq = 1,
     .q = 1000,
     .expires_at = NOW + 1},
    {.uri = {(const uint8_t *)"sip:al@192.0.2.12", 17}, .expires_at = NOW},
};

#define OUTBOUND "Supported: path, outbound\r\n"
#define FLOW(n)  ";reg-id=" #n ";+sip.instance=\"<urn:uuid:1>\""

static const struct {
    const char *headers;
    int status;
    size_t n;      /* contacts afterwards */
    int expires;   /* seconds of the last, 0: not looked at */
    bool outbound; /* Require: outbound */
} rows[] = {
    {"", 200, 3, 0, false}, /* a fetch: the expired one is gone */
    {"Contact: <sip:al@h>\r\n", 200, 4, 3600, false},
    {"Contact: <sip:al@h>\r\nExpires: 90\r\n", 200, 4, 90, false},
    {"Contact: <sip:al@h>;expires=61\r\nExpires: 90\r\n", 200, 4, 61, false},
    {"Contact: sip:al@h;expires=61\r\n", 200, 4, 61, false},
    {"Contact: <sip:al@h>;expires=99999999999999\r\n", 200, 4, 7200, false},
    {"Contact: <sip:al@h>;expires=soon\r\n", 200, 4, 3600, false},
    {"Contact: <sip:al@h>;expires=59\r\n", 423, 0, 0, false},
    {"Contact: <sip:al@h>\r\nExpires: 1\r\n", 423, 0, 0, false},
    {"Contact: <sip:al@h>;expires=0\r\n", 200, 3, 0, false},
    /* the same contact again, and away */
    {"Contact: <sip:al@192.0.2.9>\r\n", 200, 3, 0, false},
    {"Contact: <sip:al@192.0.2.9>;expires=0\r\n", 200, 2, 0, false},
    {"Contact: <sip:al@192.0.2.10;line=1>;expires=0\r\n", 200, 2, 0, false},
    {"Contact: <sip:al@192.0.2.9:5060>;expires=0\r\n", 200, 3, 0, false}, /* another URI */
    {"Contact: *\r\nExpires: 0\r\n", 200, 0, 0, false},
    {"Contact: *\r\nExpires: 60\r\n", 400, 0, 0, false},
    {"Contact: *\r\n", 400, 0, 0, false},
    {"Contact: *, <sip:al@h>\r\nExpires: 0\r\n", 400, 0, 0, false},
    {"Contact: *\r\nContact: *\r\nExpires: 0\r\n", 400, 0, 0, false},
    /* all or nothing */
    {"Contact: <sip:al@h>, <sip:al@i>;expires=5\r\n", 423, 0, 0, false},
    {"Contact: <sip:al@h>, <name:John_Smith>\r\n", 400, 0, 0, false},
    {"Contact: <sip:al@h>\r\nContact: sip:u@e?Route=%3Csip:s%3E\r\n", 400, 0, 0, false},
    {"Contact: <sip:u@e?Route=%3Csip:s%3E>\r\n", 200, 4, 3600, false},
    {"Contact: <sip:%00@h>, <sip:%00%00@h>\r\n", 200, 5, 3600, false},
    {"Contact: <sip:al@h>;unknownparam\r\n", 200, 4, 3600, false},
    {"Contact: <sip:a@1>,<sip:a@2>,<sip:a@3>,<sip:a@4>,<sip:a@5>,<sip:a@6>,<sip:a@7>\r\n", 200, 10,
     3600, false},
    {"Contact: <sip:a@1>,<sip:a@2>,<sip:a@3>,<sip:a@4>,<sip:a@5>,<sip:a@6>,<sip:a@7>,<sip:a@8>\r\n",
     403, 0, 0, false},
    {"Contact: <sip:a@1>,<sip:a@2>,<sip:a@3>,<sip:a@4>,<sip:a@5>,<sip:a@6>,<sip:a@7>,<sip:a@8>,"
     "<sip:al@192.0.2.9>;expires=0\r\n",
     200, 10, 3600, false},
    /* places that nothing is sent to */
    {"Contact: <sip:al@sip.example.ORG>\r\n", 403, 0, 0, false},
    {"Contact: <sip:al@127.0.0.1>\r\n", 403, 0, 0, false},
    {"Contact: <sip:al@[::1]>\r\n", 403, 0, 0, false},
    {"Contact: <sip:al@localhost>\r\n", 403, 0, 0, false},
    {"Contact: <sip:al@224.0.0.1>\r\n", 403, 0, 0, false},
    {"Contact: <sip:al@255.255.255.255>\r\n", 403, 0, 0, false},
    {"Contact: <sip:al@0.0.0.0>\r\n", 403, 0, 0, false},
    /* flows, RFC 5626 6 */
    {OUTBOUND "Contact: <sip:al@h>" FLOW(1) "\r\n", 200, 3, 3600, true}, /* takes its place */
    {OUTBOUND "Contact: <sip:al@h>" FLOW(2) "\r\n", 200, 4, 3600, true},
    {OUTBOUND "Contact: <sip:al@h>;reg-id=2\r\n", 200, 4, 3600, false},
    {"Contact: <sip:al@h>" FLOW(1) "\r\n", 200, 4, 3600, false}, /* not supported by the client */
    {OUTBOUND "Contact: <sip:al@h>" FLOW(2) ", <sip:al@i>" FLOW(3) "\r\n", 400, 0, 0, false},
    {OUTBOUND "Contact: <sip:al@h>" FLOW(2) ", <sip:al@i>" FLOW(3) ";expires=0\r\n", 200, 4, 3600,
     true},
    {OUTBOUND "Via: SIP/2.0/TCP p;branch=z9hG4bKp\r\nContact: <sip:al@h>" FLOW(2) "\r\n", 439, 0, 0,
     false},
    {OUTBOUND
     "Via: SIP/2.0/TCP p;branch=z9hG4bKp\r\nPath: <sip:p;lr;ob>\r\nContact: <sip:al@h>" FLOW(
         2) "\r\n",
     200, 4, 3600, true},
    {OUTBOUND "Via: SIP/2.0/TCP p;branch=z9hG4bKp\r\nPath: <sip:q;lr;ob>,<sip:p;lr>\r\n"
              "Contact: <sip:al@h>" FLOW(2) "\r\n",
     439, 0, 0, false},
    {"Path: junk\r\nContact: <sip:al@h>\r\n", 400, 0, 0, false},
};

static const struct registrar_conf conf = {.domain = {(const uint8_t *)"sip.example.org", 15}};

static int apply(const struct registrar_conf *with, const char *uri, const char *headers,
                 struct registrar_result *out, struct arena *a)
{
    char *text = wire_request(&m, "REGISTER", uri, headers, "");
    int status;

    arena_copy(a, span_str(text)); /* the spans of the result point into the message */
    status = registrar_apply(with, have, sizeof have / sizeof *have, &m, a, NOW, out);
    assert_int_equal(out->status, status);
    assert_true(strlen(out->text) > 0);
    if (status == 423)
        assert_int_equal(out->min_expires, REGISTRAR_EXPIRES_MIN);
    free(text);
    return status;
}

static void a_register_is_applied_as_a_whole_or_not_at_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct registrar_result r;
        struct arena a = {0};

        if (apply(&conf, "sip:sip.example.org", rows[i].headers, &r, &a) != rows[i].status)
            fail_msg("%s: %d %s", rows[i].headers, r.status, r.text);
        if (r.status == 200) {
            if (r.n != rows[i].n)
                fail_msg("%s: %zu", rows[i].headers, r.n);
            assert_int_equal(r.outbound, rows[i].outbound);
            if (rows[i].expires) {
                assert_true(r.touched[r.n - 1]);
                assert_int_equal(r.contacts[r.n - 1].expires_at,
                                 NOW + 1000ULL * (unsigned)rows[i].expires);
            }
        }
        arena_fini(&a);
    }
}

static void the_target_is_our_domain_and_the_user_has_a_sip_address(void **state)
{
    static const struct {
        const char *uri, *to;
        int strict, with_im;
    } cases[] = {
        {"sip:user@sip.example.org", "sip:al@example.org", 400, 400},
        {"sip:sip.example.org", "sips:al@example.org", 200, 200},
        {"sip:sip.example.org", "im:al@example.org", 400, 200},
        {"sip:sip.example.org", "pres:al@example.org", 400, 200},
        {"sip:sip.example.org", "isbn:2983792873", 400, 400},
        {"sip:sip.example.org", "sip:a%zz@b", 400, 400},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int im = 0; im <= 1; im++) {
            struct registrar_conf with = {.im_to = im};
            struct registrar_result r;
            struct arena a = {0};
            struct buf b = {0};

            buf_fmt(&b,
                    "REGISTER %s SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nFrom: <sip:al@x>;tag=1\r\n"
                    "To: <%s>\r\nCall-ID: c9\r\nCSeq: 1 REGISTER\r\n\r\n",
                    cases[i].uri, cases[i].to);
            assert_int_equal(sip_msg_parse(&m, buf_span(&b)), SIP_GOOD);
            assert_int_equal(registrar_apply(&with, NULL, 0, &m, &a, NOW, &r),
                             im ? cases[i].with_im : cases[i].strict);
            buf_fini(&b);
            arena_fini(&a);
        }
    }
}

/* CSeq 7 of Call-ID c1 comes in; what is stored with c1 and 7 or more refuses it. */
static void an_old_request_changes_nothing(void **state)
{
    static const char *const headers[] = {
        "Contact: <sip:al@192.0.2.9>\r\n",
        "Contact: <sip:al@192.0.2.9>;expires=0\r\n",
        "Contact: *\r\nExpires: 0\r\n",
        "Contact: <sip:al@h>, <sip:al@192.0.2.9>\r\n",
    };

    (void)state;
    for (uint32_t cseq = 6; cseq <= 8; cseq++) {
        for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
            struct sip_contact old = have[0];
            struct registrar_result r;
            struct arena a = {0};
            char *text = wire_request(&m, "REGISTER", "sip:x", headers[i], "");

            old.cseq = cseq;
            assert_int_equal(registrar_apply(&conf, &old, 1, &m, &a, NOW, &r),
                             cseq < 7 ? 200 : 500);
            free(text);
            arena_fini(&a);
        }
    }
}

static void what_became_of_each_contact_can_be_told(void **state)
{
    struct registrar_result r;
    struct arena a = {0};
    char *text =
        wire_request(&m, "REGISTER", "sip:x",
                     "Contact: <sip:al@192.0.2.10;line=1>;q=0.7,<sip:n@h>;methods=\"INFO,\r\n"
                     " message\", <sip:al@192.0.2.9>;expires=0\r\n"
                     "Path: <sip:p1;lr>\r\nPath: <sip:p2;lr>,\r\n <sip:p3;lr>\r\n",
                     "");

    (void)state;
    assert_int_equal(registrar_apply(&conf, have, 4, &m, &a, NOW, &r), 200);
    assert_int_equal(r.n, 3);
    assert_int_equal(r.from[0], 2);
    assert_true(r.touched[0]);
    assert_int_equal(r.contacts[0].q, 700);
    assert_int_equal(r.contacts[0].cseq, 7);
    assert_int_equal(r.from[1], 3);
    assert_false(r.touched[1]);
    assert_int_equal(r.from[2], 0);
    assert_span(r.contacts[2].methods, "INFO, message");
    assert_span(r.contacts[2].path, "<sip:p1;lr>, <sip:p2;lr>, <sip:p3;lr>");
    assert_true(sip_contact_allows(&r.contacts[2], SPAN("MESSAGE")));
    assert_false(sip_contact_allows(&r.contacts[2], SPAN("SUBSCRIBE")));
    assert_true(sip_contact_allows(&r.contacts[1], SPAN("SUBSCRIBE")));
    assert_false(r.fetch);
    free(text);
    arena_fini(&a);
}

/* RFC 5627 5.2, 11. */
static void who_reads_gruus_is_given_them(void **state)
{
    static const struct registrar_gruus gruus = {
        .user = SPAN("al"),
        .domain = SPAN("x"),
        .temporary = {SPAN(""), SPAN("tgruu.1"), SPAN("tgruu.2")}};
    struct registrar_result r;
    struct arena a = {0};
    struct buf b = {0};
    char *text = wire_request(
        &m, "REGISTER", "sip:x",
        "Supported: path, gruu\r\n"
        "Contact: <sip:al@h1>;expires=60, <sip:al@h2>;+sip.instance=\"<urn:uuid:1>\";expires=60,"
        " <sip:al@h3>;+sip.instance=\"<urn:a;b=c>\";expires=60\r\n",
        "");

    (void)state;
    assert_true(registrar_wants_gruus(&m));
    assert_int_equal(registrar_apply(&conf, have, 0, &m, &a, NOW, &r), 200);
    registrar_print(&b, &r, &gruus, &m, NOW, 1289690940);
    assert_span(buf_span(&b),
                "Contact: <sip:al@h1>;expires=60\r\n"
                "Contact: <sip:al@h2>;expires=60;+sip.instance=\"<urn:uuid:1>\";"
                "pub-gruu=\"sip:al@x;gr=urn:uuid:1\";temp-gruu=\"sip:tgruu.1@x;gr\"\r\n"
                "Contact: <sip:al@h3>;expires=60;+sip.instance=\"<urn:a;b=c>\";"
                "pub-gruu=\"sip:al@x;gr=urn:a%3Bb%3Dc\";temp-gruu=\"sip:tgruu.2@x;gr\"\r\n"
                "Date: Sat, 13 Nov 2010 23:29:00 GMT\r\n");
    free(text);
    buf_fini(&b);
    arena_fini(&a);
}

static void the_answer_lists_what_is_left_of_each(void **state)
{
    struct registrar_result r;
    struct arena a = {0};
    struct buf b = {0};
    char *text = wire_request(&m, "REGISTER", "sip:x",
                              "Supported: outbound, path\r\nPath: <sip:p;lr>\r\n"
                              "Contact: <sip:al@h;p=1>;reg-id=2;+sip.instance=\"<urn:u>\";"
                              "methods=\"MESSAGE\";q=0.25;expires=120;unknownparam\r\n",
                              "");

    (void)state;
    assert_int_equal(registrar_apply(&conf, have, 4, &m, &a, NOW, &r), 200);
    registrar_print(&b, &r, NULL, &m, NOW + 400, 1289690940);
    assert_span(buf_span(&b),
                "Contact: <sip:al@192.0.2.9>;expires=1000\r\n"
                "Contact: <sip:al@192.0.2.10;line=1>;expires=1;q=0.5\r\n"
                "Contact: <sip:al@192.0.2.11>;expires=0;+sip.instance=\"<urn:uuid:1>\";reg-id=1\r\n"
                "Contact: <sip:al@h;p=1>;expires=120;q=0.25;+sip.instance=\"<urn:u>\";reg-id=2;"
                "methods=\"MESSAGE\"\r\n"
                "Date: Sat, 13 Nov 2010 23:29:00 GMT\r\n"
                "Path: <sip:p;lr>\r\n"
                "Require: outbound\r\n");
    free(text);
    buf_fini(&b);
    arena_fini(&a);
}

static void a_path_may_need_a_client_that_knows_it(void **state)
{
    struct registrar_conf with = {.path_needs_supported = true};
    struct registrar_result r;
    struct arena a = {0};

    (void)state;
    assert_int_equal(apply(&with, "sip:x", "Path: <sip:p>\r\n", &r, &a), 421);
    assert_int_equal(apply(&with, "sip:x", "Path: <sip:p>\r\nSupported: path\r\n", &r, &a), 200);
    arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_register_is_applied_as_a_whole_or_not_at_all),
        cmocka_unit_test(the_target_is_our_domain_and_the_user_has_a_sip_address),
        cmocka_unit_test(an_old_request_changes_nothing),
        cmocka_unit_test(what_became_of_each_contact_can_be_told),
        cmocka_unit_test(who_reads_gruus_is_given_them),
        cmocka_unit_test(the_answer_lists_what_is_left_of_each),
        cmocka_unit_test(a_path_may_need_a_client_that_knows_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
