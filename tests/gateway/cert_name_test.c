/* Whose certificate it is: RFC 5922 7.1 and 7.2, RFC 5924. Certificates are made here, one a row.
 */
#include "gateway/conf/cert_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

/* `san` and `use` as openssl.cnf has them; NULL: no such extension. */
static void extend(X509 *cert, int nid, const char *value)
{
    X509_EXTENSION *e = value ? X509V3_EXT_conf_nid(NULL, NULL, nid, value) : NULL;

    if (!value)
        return;
    assert_non_null(e);
    assert_int_equal(X509_add_ext(cert, e, -1), 1);
    X509_EXTENSION_free(e);
}

static void name(X509 *cert, const char *common, int n)
{
    X509_NAME *subject = X509_get_subject_name(cert);

    if (common)
        assert_int_equal(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                                    (const unsigned char *)common, n, -1, 0),
                         1);
}

static X509 *make(const char *common, const char *san, const char *use)
{
    X509 *cert = X509_new();

    assert_non_null(cert);
    X509_set_version(cert, 2);
    name(cert, common, -1);
    extend(cert, NID_subject_alt_name, san);
    extend(cert, NID_ext_key_usage, use);
    return cert;
}

static const struct {
    const char *what, *common, *san, *names;
} forms[] = {
    {"S-397: a sip: URI without a user", "x.example", "URI:sip:a.example", "a.example"},
    {"several of them", NULL, "URI:sip:a.example,URI:sip:b.example", "a.example b.example"},
    {"its scheme in whatever case, and the domain in lower case", NULL, "URI:SIP:A.Example",
     "a.example"},
    {"port and parameters do not count", NULL, "URI:sip:a.example:5061;transport=tls", "a.example"},
    {"beside it DNS names are none", NULL, "URI:sip:a.example,DNS:b.example", "a.example"},
    {"DNS names where there is no such URI", NULL, "DNS:b.example,DNS:c.example",
     "b.example c.example"},
    {"a URI with a user is a user's", NULL, "URI:sip:al@a.example,DNS:b.example", "b.example"},
    {"sips: is no SIP identity", NULL, "URI:sips:a.example,DNS:b.example", "b.example"},
    {"nor is any other scheme", NULL, "URI:https://a.example/,DNS:b.example", "b.example"},
    {"the common name where there are no alternatives", "a.example", NULL, "a.example"},
    {"but not beside them, whatever they are", "a.example", "email:al@a.example", ""},
    {"nor beside an address", "a.example", "IP:192.0.2.1", ""},
    {"a common name that is none", "Our Gateway", NULL, ""},
    {"no name at all", NULL, NULL, ""},
    {"a wildcard is no name", NULL, "DNS:*.example,DNS:a.example", "a.example"},
    {"nor is one in a URI", NULL, "URI:sip:*.example", ""},
    {"nor one in a common name", "*.example", NULL, ""},
    {"an address in a URI is no domain", NULL, "URI:sip:192.0.2.1,URI:sip:[2001:db8::1]", ""},
    {"a leading dot is a suffix", NULL, "DNS:.example", ""},
    {"a name twice is one name", NULL, "DNS:a.example,DNS:A.example", "a.example"},
};

static void the_domains_of_a_certificate(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        X509 *cert = make(forms[i].common, forms[i].san, NULL);
        struct cert_names names = {0};

        cert_names_read(&names, cert);
        if (!span_is(span_trim(buf_span(&names.text)), forms[i].names))
            fail_msg("%s: got \"%.*s\"", forms[i].what, SPAN_ARG(buf_span(&names.text)));
        cert_names_fini(&names);
        X509_free(cert);
    }
}

/* S-398, RFC 5922 7.2: whole names, no suffixes, no wildcards. */
static void names_are_compared_as_a_whole(void **state)
{
    X509 *cert = make(NULL, "DNS:sip.example,DNS:other.example", NULL);
    struct cert_names names = {0};

    (void)state;
    cert_names_read(&names, cert);
    assert_true(cert_names_have(&names, SPAN("sip.example")));
    assert_true(cert_names_have(&names, SPAN("SIP.Example")));
    assert_true(cert_names_have(&names, SPAN("other.example")));
    assert_false(cert_names_have(&names, SPAN("example")));
    assert_false(cert_names_have(&names, SPAN("a.sip.example")));
    assert_false(cert_names_have(&names, SPAN("sip.example ")));
    assert_false(cert_names_have(&names, SPAN("sip.example other.example")));
    assert_false(cert_names_have(&names, SPAN("")));
    cert_names_fini(&names);
    assert_false(cert_names_have(&names, SPAN("sip.example")));
    X509_free(cert);
}

/* "a.example\0.evil.example" must not pass for a.example. */
static void a_name_with_a_nul_is_none(void **state)
{
    static const char evil[] = "a.example\0.evil.example";
    GENERAL_NAMES *all = GENERAL_NAMES_new();
    GENERAL_NAME *g = GENERAL_NAME_new();
    X509 *cert = make(NULL, NULL, NULL), *common = make(NULL, NULL, NULL);
    ASN1_IA5STRING *s = ASN1_IA5STRING_new();
    struct cert_names names = {0};

    (void)state;
    assert_int_equal(ASN1_STRING_set(s, evil, sizeof evil - 1), 1);
    GENERAL_NAME_set0_value(g, GEN_DNS, s);
    assert_true(sk_GENERAL_NAME_push(all, g) > 0);
    assert_int_equal(X509_add1_ext_i2d(cert, NID_subject_alt_name, all, 0, 0), 1);
    cert_names_read(&names, cert);
    assert_int_equal(names.n, 0);
    name(common, evil, sizeof evil - 1);
    cert_names_read(&names, common);
    assert_int_equal(names.n, 0);
    GENERAL_NAMES_free(all);
    X509_free(cert);
    X509_free(common);
}

static void only_so_many_names_are_looked_at(void **state)
{
    GENERAL_NAMES *all = GENERAL_NAMES_new();
    X509 *cert = make(NULL, NULL, NULL);
    struct cert_names names = {0};

    (void)state;
    for (int i = 0; i < 2 * CERT_NAMES_MAX; i++) {
        GENERAL_NAME *g = GENERAL_NAME_new();
        ASN1_IA5STRING *s = ASN1_IA5STRING_new();
        char text[32];

        (void)snprintf(text, sizeof text, "n%d.example", i);
        assert_int_equal(ASN1_STRING_set(s, text, -1), 1);
        GENERAL_NAME_set0_value(g, GEN_DNS, s);
        assert_true(sk_GENERAL_NAME_push(all, g) > 0);
    }
    assert_int_equal(X509_add1_ext_i2d(cert, NID_subject_alt_name, all, 0, 0), 1);
    cert_names_read(&names, cert);
    assert_int_equal(names.n, CERT_NAMES_MAX);
    assert_true(cert_names_have(&names, SPAN("n0.example")));
    assert_false(cert_names_have(&names, SPAN("n100.example")));
    cert_names_fini(&names);
    GENERAL_NAMES_free(all);
    X509_free(cert);
}

/* S-401: RFC 5924 and what a server's certificate mostly says. */
static const struct {
    const char *use;
    bool of_server, of_client;
} uses[] = {
    {NULL, true, true},
    {"1.3.6.1.5.5.7.3.20", true, true}, /* id-kp-sipDomain */
    {"emailProtection,1.3.6.1.5.5.7.3.20", true, true},
    {"anyExtendedKeyUsage", true, true},
    {"serverAuth", true, true},
    {"serverAuth,clientAuth", true, true},
    {"clientAuth", false, true},
    {"emailProtection", false, false},
    {"codeSigning,timeStamping", false, false},
    {"1.3.6.1.5.5.7.3.200", false, false},
};

static void what_a_certificate_may_be_used_for(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof uses / sizeof uses[0]; i++) {
        X509 *cert = make("a.example", NULL, uses[i].use);

        if (cert_is_for_sip(cert, false) != uses[i].of_server ||
            cert_is_for_sip(cert, true) != uses[i].of_client)
            fail_msg("extended key usage %s", uses[i].use ? uses[i].use : "none");
        X509_free(cert);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_domains_of_a_certificate),
        cmocka_unit_test(names_are_compared_as_a_whole),
        cmocka_unit_test(a_name_with_a_nul_is_none),
        cmocka_unit_test(only_so_many_names_are_looked_at),
        cmocka_unit_test(what_a_certificate_may_be_used_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
