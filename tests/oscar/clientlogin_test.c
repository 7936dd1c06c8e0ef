/* clientLogin: fields of forms, what both requests ask, signatures, answers. The signatures were
 * made by another program (Python's hmac) from section 5.6 of the reference. */
#include "oscar/clientlogin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/base64.h"
#include "oscar/form.h"

static const struct {
    const char *raw, *text; /* NULL: it cannot be decoded */
} encoded[] = {
    {"", ""},         {"abc", "abc"},         {"a+b", "a b"},
    {"%41%7a", "Az"}, {"%2B%2b", "++"},       {"100%25", "100%"},
    {"%", NULL},      {"a%4", NULL},          {"%4g", NULL},
    {"%00", NULL},    {"%C3%A9", "\xC3\xA9"}, {"=&", "=&"},
};

static void fields_are_decoded(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof encoded / sizeof encoded[0]; i++) {
        struct buf out = {0};
        bool good = form_decode(span_str(encoded[i].raw), ' ', &out);

        if (good != (encoded[i].text != NULL) ||
            (good && !span_is(buf_span(&out), encoded[i].text)))
            fail_msg("%s: %d, \"%.*s\"", encoded[i].raw, good, SPAN_ARG(buf_span(&out)));
        buf_fini(&out);
    }
}

static void texts_are_encoded(void **state)
{
    struct buf out = {0};

    (void)state;
    form_encode(&out, SPAN("aZ09-._~ /:?&=+%\xC3\xA9"));
    assert_true(span_is(buf_span(&out), "aZ09-._~%20%2F%3A%3F%26%3D%2B%25%C3%A9"));
    buf_fini(&out);
}

static void fields_are_found(void **state)
{
    struct span form = SPAN("&&a=1&b&=x&a=2&c=3=4&d=");
    struct span value;

    (void)state;
    assert_true(form_find(form, "a", &value) && span_is(value, "1"));
    assert_true(form_find(form, "b", &value) && value.n == 0);
    assert_true(form_find(form, "", &value) && span_is(value, "x"));
    assert_true(form_find(form, "c", &value) && span_is(value, "3=4"));
    assert_true(form_find(form, "d", &value) && value.n == 0);
    assert_false(form_find(form, "e", &value));
}

static const struct {
    const char *fields;
    enum clientlogin_status status;
    const char *name, *password;
    enum clientlogin_form form;
} logins[] = {
    {"devId=k&f=xml&pwd=open%20sesame&s=Alice+Smith", CLIENTLOGIN_OK, "Alice Smith", "open sesame",
     CLIENTLOGIN_XML},
    {"s=alice&pwd=p%26q%3D%2B", CLIENTLOGIN_OK, "alice", "p&q=+", CLIENTLOGIN_XML},
    {"f=json&s=alice&pwd=x&s=bob&pwd=y", CLIENTLOGIN_OK, "alice", "x", CLIENTLOGIN_JSON},
    {"f=amf3&s=alice&pwd=x", CLIENTLOGIN_BAD_FIELD, NULL, NULL, CLIENTLOGIN_XML},
    {"f=json&s=alice", CLIENTLOGIN_MISSING, NULL, NULL, CLIENTLOGIN_JSON},
    {"pwd=x", CLIENTLOGIN_MISSING, NULL, NULL, CLIENTLOGIN_XML},
    {"s=&pwd=x", CLIENTLOGIN_MISSING, NULL, NULL, CLIENTLOGIN_XML},
    {"s=%&pwd=x", CLIENTLOGIN_BAD_FIELD, NULL, NULL, CLIENTLOGIN_XML},
    {"s=a&pwd=%0", CLIENTLOGIN_BAD_FIELD, NULL, NULL, CLIENTLOGIN_XML},
    {"", CLIENTLOGIN_MISSING, NULL, NULL, CLIENTLOGIN_XML},
};

static void a_login_says_who_and_how(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof logins / sizeof logins[0]; i++) {
        struct clientlogin_login l;
        struct buf texts = {0};

        buf_str(&texts, "before");
        if (clientlogin_login_read(span_str(logins[i].fields), &texts, &l) != logins[i].status ||
            l.form != logins[i].form)
            fail_msg("%s: another status or form", logins[i].fields);
        if (logins[i].name &&
            (!span_is(l.name, logins[i].name) || !span_is(l.password, logins[i].password)))
            fail_msg("%s: \"%.*s\", \"%.*s\"", logins[i].fields, SPAN_ARG(l.name),
                     SPAN_ARG(l.password));
        buf_fini(&texts);
    }
}

#define SIGNATURE "&sig_sha256=MsL5c7MO/ZC3iF0/PILpk/jLgbXVbmvPWPCG5bUM9VI="

static const struct {
    const char *query;
    enum clientlogin_status status;
    bool tls;
} sessions[] = {
    {"a=token&ts=1200000000&useTLS=1" SIGNATURE, CLIENTLOGIN_OK, true},
    {"a=token&ts=1200000000&useTLS=true" SIGNATURE, CLIENTLOGIN_OK, true},
    {"a=token&ts=1200000000&useTLS=0" SIGNATURE, CLIENTLOGIN_OK, false},
    {"a=token&ts=1200000000" SIGNATURE, CLIENTLOGIN_OK, false},
    {"a=token&ts=1200000000&sig_sha256=MsL5c7MO%2FZC3iF0%2FPILpk%2FjLgbXVbmvPWPCG5bUM9VI%3D",
     CLIENTLOGIN_OK, false},
    {"ts=1200000000" SIGNATURE, CLIENTLOGIN_MISSING, false},
    {"a=token" SIGNATURE, CLIENTLOGIN_MISSING, false},
    {"a=token&ts=1", CLIENTLOGIN_MISSING, false},
    {"a=token&ts=-1" SIGNATURE, CLIENTLOGIN_BAD_FIELD, false},
    {"a=token&ts=99999999999999999999" SIGNATURE, CLIENTLOGIN_BAD_FIELD, false},
    {"a=token&ts=1&sig_sha256=AAAA", CLIENTLOGIN_BAD_FIELD, false},
    {"a=token&ts=1&sig_sha256=!", CLIENTLOGIN_BAD_FIELD, false},
    {"a=token&ts=1" SIGNATURE "AAAA", CLIENTLOGIN_BAD_FIELD, false},
    {"a=token&ts=1&f=php" SIGNATURE, CLIENTLOGIN_BAD_FIELD, false},
};

static void a_session_is_asked_for(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sessions / sizeof sessions[0]; i++) {
        struct clientlogin_session s;
        enum clientlogin_status status = clientlogin_session_read(span_str(sessions[i].query), &s);

        if (status != sessions[i].status || (status == CLIENTLOGIN_OK && s.tls != sessions[i].tls))
            fail_msg("%s: %d", sessions[i].query, status);
        if (status == CLIENTLOGIN_OK) {
            assert_true(span_is(s.token, "token"));
            assert_int_equal(s.at, 1200000000);
            assert_int_equal(s.signature[0], 0x32);
        }
    }
}

#define URL    "https://api.oscar.aol.com/aim/startOSCARSession"
#define QUERY  "a=token%2Fone&distId=1553&f=xml&k=ma15d7JTxbmVG-RP&ts=1200000000&useTLS=1"
#define SECRET "abcdefghijklmnopqrstuvwxyz234567"
#define GOOD   "MsL5c7MO/ZC3iF0/PILpk/jLgbXVbmvPWPCG5bUM9VI="

static const struct {
    const char *what, *url, *query, *secret, *password, *signature;
    bool good;
} signatures[] = {
    {"as it was made", URL, QUERY, SECRET, "opensesame", GOOD, true},
    {"the signature is not signed", URL, QUERY "&sig_sha256=x", SECRET, "opensesame", GOOD, true},
    {"in another order", URL,
     "useTLS=1&ts=1200000000&sig_sha256=x&k=ma15d7JTxbmVG-RP&f=xml&distId=1553&a=token%2Fone",
     SECRET, "opensesame", GOOD, true},
    {"the password in Latin-1", URL, QUERY, SECRET, "caf\xC3\xA9",
     "VozAHHCYsBIEPi/Omty4DrFveIgBgDaJ72LKRUKYg0E=", true},
    {"the password cut", URL, QUERY, SECRET, "0123456789abcdefXYZ",
     "qjfp6TWb701JBG0QqNS61Q0DOYo1jZBMqFDYd0NbpqI=", true},
    {"another password", URL, QUERY, SECRET, "opensesamf", GOOD, false},
    {"no password", URL, QUERY, SECRET, "", GOOD, false},
    {"another secret", URL, QUERY, "abcdefghijklmnopqrstuvwxyz234568", "opensesame", GOOD, false},
    {"another URL", "http://api.oscar.aol.com/aim/startOSCARSession", QUERY, SECRET, "opensesame",
     GOOD, false},
    {"a field more", URL, QUERY "&z=", SECRET, "opensesame", GOOD, false},
    {"a field less", URL, "a=token%2Fone&distId=1553&f=xml&k=ma15d7JTxbmVG-RP&ts=1200000000",
     SECRET, "opensesame", GOOD, false},
    {"written otherwise", URL,
     "a=token%2fone&distId=1553&f=xml&k=ma15d7JTxbmVG-RP&ts=1200000000&useTLS=1", SECRET,
     "opensesame", GOOD, false},
};

static void signatures_are_checked(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof signatures / sizeof signatures[0]; i++) {
        struct buf octets = {0};

        assert_true(base64_read(span_str(signatures[i].signature), &octets));
        assert_int_equal(octets.n, CLIENTLOGIN_SIGNATURE);
        if (clientlogin_is_signed(span_str(signatures[i].url), span_str(signatures[i].query),
                                  span_str(signatures[i].secret), span_str(signatures[i].password),
                                  octets.p) != signatures[i].good)
            fail_msg("%s", signatures[i].what);
        buf_fini(&octets);
    }
}

static void more_fields_than_are_looked_at_are_not_signed(void **state)
{
    struct buf query = {0};
    uint8_t signature[CLIENTLOGIN_SIGNATURE] = {0};

    (void)state;
    for (int i = 0; i < FORM_FIELDS_MAX + 1; i++)
        buf_str(&query, "a=1&");
    assert_false(
        clientlogin_is_signed(SPAN(URL), buf_span(&query), SPAN(SECRET), SPAN("x"), signature));
    buf_fini(&query);
}

static void expect(struct buf *b, const char *text)
{
    assert_true(buf_ok(b));
    if (!span_is(buf_span(b), text))
        fail_msg("expected %s; got %.*s", text, SPAN_ARG(buf_span(b)));
    buf_reset(b);
}

#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"

static void answers_are_xml_or_json(void **state)
{
    const struct clientlogin_token token = {SPAN("tok"), SPAN("sec"), 600, 1200000000};
    struct clientlogin_bos bos = {SPAN("192.0.2.1"), 5190, SPAN("\x01\x02"), {0}};
    struct buf b = {0};

    (void)state;
    clientlogin_write_token(&b, CLIENTLOGIN_XML, &token);
    expect(&b, XML "<response><statusCode>200</statusCode><statusText>OK</statusText><data><token>"
                   "<expiresIn>600</expiresIn><a>tok</a></token><sessionSecret>sec</sessionSecret>"
                   "<hostTime>1200000000</hostTime></data></response>");
    clientlogin_write_token(&b, CLIENTLOGIN_JSON, &token);
    expect(&b, "{\"response\":{\"statusCode\":200,\"statusText\":\"OK\",\"data\":{\"token\":"
               "{\"expiresIn\":600,\"a\":\"tok\"},\"sessionSecret\":\"sec\",\"hostTime\":1200000000"
               "}}}");
    clientlogin_write_bos(&b, CLIENTLOGIN_XML, &bos);
    expect(&b, XML "<response><statusCode>200</statusCode><statusText>OK</statusText><data><host>"
                   "192.0.2.1</host><port>5190</port><cookie>AQI=</cookie></data></response>");
    bos.certificate = SPAN("aim.test");
    clientlogin_write_bos(&b, CLIENTLOGIN_JSON, &bos);
    expect(&b, "{\"response\":{\"statusCode\":200,\"statusText\":\"OK\",\"data\":{\"host\":"
               "\"192.0.2.1\",\"port\":5190,\"cookie\":\"AQI=\",\"tlsCertName\":\"aim.test\"}}}");
    clientlogin_write_refusal(&b, CLIENTLOGIN_XML, CLIENTLOGIN_BAD_PASSWORD);
    expect(&b, XML "<response><statusCode>330</statusCode><statusText>The screen name or the "
                   "password is wrong</statusText><statusDetailCode>3011</statusDetailCode><data>"
                   "</data></response>");
    clientlogin_write_refusal(&b, CLIENTLOGIN_JSON, CLIENTLOGIN_MISSING);
    expect(&b, "{\"response\":{\"statusCode\":460,\"statusText\":\"A field is missing\",\"data\":{"
               "}}}");
    buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_decoded),
        cmocka_unit_test(texts_are_encoded),
        cmocka_unit_test(fields_are_found),
        cmocka_unit_test(a_login_says_who_and_how),
        cmocka_unit_test(a_session_is_asked_for),
        cmocka_unit_test(signatures_are_checked),
        cmocka_unit_test(more_fields_than_are_looked_at_are_not_signed),
        cmocka_unit_test(answers_are_xml_or_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
