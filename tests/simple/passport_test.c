/* The Identity header field (RFC 8224 4) and the PASSporT in it (RFC 8225). */
#include "base/base64.h"
#include "simple/doc/passport.h"
#include "wire.h"

#define INFO ";info=<https://cert.example.org/passport.cer>"

static const struct {
    const char *what, *value;
    bool good;
    const char *header, *payload, *signature, *alg, *ppt;
} headers[] = {
    {"the full form", "aa.bb.c_-c" INFO ";alg=ES256", true, "aa", "bb", "c_-c", "ES256", ""},
    {"the compact form", "..cc" INFO, true, "", "", "cc", "", ""},
    {"white space where it may be, folds too",
     " ..cc\r\n ; info = <https://cert.example.org/passport.cer> ; alg = ES256", true, "", "", "cc",
     "ES256", ""},
    {"an extension", "aa.bb.cc" INFO ";ppt=\"shaken\"", true, "aa", "bb", "cc", "", "shaken"},
    {"parameters in another order, and one nobody knows", "..cc;x=1;alg=ES256" INFO ";y", true, "",
     "", "cc", "ES256", ""},
    {"as RFC 4474 had it", "\"abc\"" INFO, false, "", "", "", "", ""},
    {"no dots", "abc" INFO, false, "", "", "", "", ""},
    {"half a form", "aa..cc" INFO, false, "", "", "", "", ""},
    {"the other half", ".bb.cc" INFO, false, "", "", "", "", ""},
    {"no signature", "aa.bb." INFO, false, "", "", "", "", ""},
    {"no info", "..cc;alg=ES256", false, "", "", "", "", ""},
    {"info without brackets", "..cc;info=https://cert.example.org/", false, "", "", "", "", ""},
    {"info twice", "..cc" INFO INFO, false, "", "", "", "", ""},
    {"info without a value", "..cc;info", false, "", "", "", "", ""},
    {"info without an end", "..cc;info=<https://cert.example.org/", false, "", "", "", "", ""},
    {"an empty info", "..cc;info=<>", false, "", "", "", "", ""},
    {"white space in info", "..cc;info=<https://a b/>", false, "", "", "", "", ""},
    {"a second one behind a comma", "..cc" INFO ", ..dd" INFO, false, "", "", "", "", ""},
    {"nothing", "", false, "", "", "", "", ""},
};

static void an_identity_is_a_digest_and_where_its_key_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        struct sip_identity id;

        if (sip_identity_parse(span_str(headers[i].value), &id) != headers[i].good)
            fail_msg("%s: %staken", headers[i].what, headers[i].good ? "not " : "");
        if (!headers[i].good)
            continue;
        assert_span(id.header, headers[i].header);
        assert_span(id.payload, headers[i].payload);
        assert_span(id.signature, headers[i].signature);
        assert_span(id.alg, headers[i].alg);
        assert_span(id.ppt, headers[i].ppt);
        assert_span(id.info, "https://cert.example.org/passport.cer");
        assert_int_equal(id.octets.n, id.header.n + 1 + id.payload.n);
    }
}

static void an_identity_without_end_is_refused(void **state)
{
    static char text[SIP_IDENTITY_MAX + 100];
    struct sip_identity id;

    (void)state;
    memset(text, 'a', SIP_IDENTITY_MAX);
    memcpy(text, "..", 2);
    memcpy(text + SIP_IDENTITY_MAX, INFO, sizeof INFO);
    assert_false(sip_identity_parse(span_str(text), &id));
    memmove(text + 100, text + SIP_IDENTITY_MAX, sizeof INFO);
    assert_true(sip_identity_parse(span_str(text), &id));
}

#define HEADER \
    "{\"alg\":\"ES256\",\"typ\":\"passport\",\"x5u\":\"https://cert.example.org/passport.cer\"}"
#define PAYLOAD                                                                                   \
    "{\"dest\":{\"uri\":[\"sip:al@example.com\"]},\"iat\":1443208345,\"orig\":{\"uri\":\"sip:bo@" \
    "example.org\"}}"

static const struct {
    const char *what, *header, *payload;
    bool good;
    const char *orig;
    size_t dest;
} passports[] = {
    {"a PASSporT", HEADER, PAYLOAD, true, "sip:bo@example.org", 1},
    {"members in any order, white space, others beside them",
     "{\"x5u\": \"u\", \"z\": {}, \"alg\": \"ES256\"}",
     "{\"orig\": {\"uri\": \"im:bo@b\"}, \"mky\": [1], \"iat\": 1, \"dest\": {\"uri\": "
     "[\"im:al@a\", \"im:x@a\"]}}",
     true, "im:bo@b", 2},
    {"telephone numbers stand apart", HEADER,
     "{\"dest\":{\"tn\":[\"12125551213\"]},\"iat\":1443208345,\"orig\":{\"tn\":\"12155551212\"}}",
     true, "", 0},
    {"claims of the wrong kind are none", "{\"alg\":7,\"typ\":null,\"x5u\":[]}",
     "{\"dest\":{\"uri\":\"sip:al@a\"},\"iat\":1,\"orig\":{\"uri\":[\"sip:bo@b\"]}}", true, "", 0},
    {"no dest", HEADER, "{\"iat\":1,\"orig\":{\"uri\":\"sip:bo@b\"}}", false, "", 0},
    {"no orig", HEADER, "{\"dest\":{\"uri\":[\"sip:al@a\"]},\"iat\":1}", false, "", 0},
    {"orig that is no object", HEADER, "{\"dest\":{},\"iat\":1,\"orig\":\"x\"}", false, "", 0},
    {"no iat", HEADER, "{\"dest\":{\"uri\":[\"sip:al@a\"]},\"orig\":{\"uri\":\"sip:bo@b\"}}", false,
     "", 0},
    {"iat in words", HEADER, "{\"dest\":{},\"iat\":\"1\",\"orig\":{}}", false, "", 0},
    {"iat with a fraction", HEADER, "{\"dest\":{},\"iat\":1443208345.75,\"orig\":{}}", true, "", 0},
    {"iat beyond all bounds, with a fraction", HEADER, "{\"dest\":{},\"iat\":1e300,\"orig\":{}}",
     false, "", 0},
    {"iat beyond all bounds", HEADER, "{\"dest\":{},\"iat\":99999999999999999999,\"orig\":{}}",
     false, "", 0},
    {"a member twice", HEADER, "{\"dest\":{},\"iat\":1,\"iat\":2,\"orig\":{}}", false, "", 0},
    {"an array", "[]", PAYLOAD, false, "", 0},
    {"no JSON", "alg", PAYLOAD, false, "", 0},
    {"cut short", HEADER, "{\"dest\":{", false, "", 0},
    {"nothing", "", "", false, "", 0},
};

static void a_passport_says_who_writes_to_whom(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof passports / sizeof *passports; i++) {
        struct buf h = {0}, p = {0};
        struct arena a = {0};
        struct passport out;
        bool good;

        base64url_write(&h, span_str(passports[i].header));
        base64url_write(&p, span_str(passports[i].payload));
        good = passport_parse(buf_span(&h), buf_span(&p), &a, &out) == OK;
        if (good != passports[i].good)
            fail_msg("%s: %staken", passports[i].what, good ? "" : "not ");
        if (good) {
            assert_span(out.orig, passports[i].orig);
            assert_int_equal(out.dest_count, passports[i].dest);
            assert_int_equal(out.number_count,
                             strstr(passports[i].payload, "dest\":{\"tn") ? 1 : 0);
            if (strstr(passports[i].payload, "1443208345"))
                assert_int_equal(out.iat, 1443208345);
        }
        buf_fini(&h);
        buf_fini(&p);
        arena_fini(&a);
    }
}

static void a_passport_that_is_too_long_or_too_deep_is_refused(void **state)
{
    static const char *const heads[] = {"{\"x\":\"", "["};
    struct arena a = {0};
    struct passport out;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct buf text = {0}, h = {0}, p = {0};

        for (int n = 0; n < PASSPORT_PART_MAX; n++)
            buf_str(&text, i == 0 && n > 0 ? "x" : heads[i]);
        base64url_write(&h, SPAN(HEADER));
        base64url_write(&p, buf_span(&text));
        assert_int_equal(passport_parse(buf_span(&h), buf_span(&p), &a, &out), ERR_SYNTAX);
        buf_fini(&text);
        buf_fini(&h);
        buf_fini(&p);
    }
    arena_fini(&a);
}

/* RFC 8224 8.5. */
static const char *const uris[][2] = {
    {"sip:bo@example.org", "sip:bo@example.org"},
    {"SIP:Bo@Example.ORG", "sip:bo@example.org"},
    {"sips:bo@example.org", "sips:bo@example.org"},
    {"sip:bo:secret@example.org:5060;transport=tcp?Subject=x", "sip:bo@example.org"},
    {"sip:b%6F%2D%7e@example.org", "sip:bo-~@example.org"},
    {"sip:b%2fo%C3%a4@example.org", "sip:b%2Fo%C3%A4@example.org"},
    {"im:bo@example.org", "im:bo@example.org"},
    {"sip:example.org", "sip:example.org"},
    {"sip:bo@192.0.2.1:5060", "sip:bo@192.0.2.1"},
    {"sip:bo@[2001:DB8::1]:5060", "sip:bo@[2001:db8::1]"},
};

static void an_address_has_one_form_in_claims(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof uris / sizeof *uris; i++) {
        struct sip_uri u;
        struct buf b = {0};

        assert_true(sip_uri_parse(span_str(uris[i][0]), &u));
        passport_print_uri(&b, &u);
        assert_span(buf_span(&b), uris[i][1]);
        buf_fini(&b);
    }
}

static void what_a_compact_form_leaves_out_is_canonical(void **state)
{
    struct passport_claims claims = {SPAN("https://cert.example.org/passport.cer"),
                                     SPAN("sip:bo@example.org"), SPAN("sip:al@example.com"),
                                     1443208345};
    struct buf made = {0}, want = {0};

    (void)state;
    passport_print(&made, &claims);
    /* this part stands in RFC 8225 A.1 */
    buf_str(&want, "eyJhbGciOiJFUzI1NiIsInR5cCI6InBhc3Nwb3J0IiwieDV1IjoiaHR0cHM6Ly9jZXJ0LmV4YW1wbGU"
                   "ub3JnL3Bhc3Nwb3J0LmNlciJ9.");
    base64url_write(&want, SPAN(PAYLOAD));
    assert_true(buf_ok(&made));
    assert_span(buf_span(&made), buf_cstr(&want));
    buf_reset(&made);
    claims.orig = SPAN("sip:\xff@example.org");
    passport_print(&made, &claims);
    assert_false(buf_ok(&made));
    buf_fini(&made);
    buf_fini(&want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_identity_is_a_digest_and_where_its_key_is),
        cmocka_unit_test(an_identity_without_end_is_refused),
        cmocka_unit_test(a_passport_says_who_writes_to_whom),
        cmocka_unit_test(a_passport_that_is_too_long_or_too_deep_is_refused),
        cmocka_unit_test(an_address_has_one_form_in_claims),
        cmocka_unit_test(what_a_compact_form_leaves_out_is_canonical),
    };

    return cmocka_run_group_tests_name("simple/passport", tests, NULL, NULL);
}
