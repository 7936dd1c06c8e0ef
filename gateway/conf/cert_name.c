#include "gateway/conf/cert_name.h"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#define SIP_DOMAIN_USE "1.3.6.1.5.5.7.3.20" /* id-kp-sipDomain, RFC 5924 4 */

static bool is_label_octet(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* A DNS name of labels: no address, no wildcard, no octets that only deceive who reads them. */
static bool is_name(struct span s)
{
    bool letters = false;
    size_t label = 0;

    if (s.n == 0 || s.n > 253)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = ascii_lower(s.p[i]);

        if (c == '.' ? label == 0 : !is_label_octet(c))
            return false;
        label = c == '.' ? 0 : label + 1;
        letters = letters || (c >= 'a' && c <= 'z');
    }
    return letters && label > 0;
}

static void add_name(struct cert_names *to, struct span name)
{
    if (to->n >= CERT_NAMES_MAX || !is_name(name) || cert_names_have(to, name) ||
        to->text.n + name.n + 1 > CERT_NAMES_OCTETS)
        return;
    for (size_t i = 0; i < name.n; i++)
        buf_u8(&to->text, ascii_lower(name.p[i]));
    buf_u8(&to->text, ' ');
    to->n++;
}

static struct span text_of(const ASN1_STRING *s)
{
    int n = ASN1_STRING_length(s);

    return span_of(ASN1_STRING_get0_data(s), n > 0 ? (size_t)n : 0);
}

/* The host of "sip:host[:port][;…]"; empty for a user's, and for any other scheme. */
static struct span host_of(struct span uri)
{
    struct span rest;
    size_t end = 0;

    if (!span_case_starts(uri, SPAN("sip:")) || span_find(uri, '@') < uri.n)
        return (struct span){0};
    rest = span_skip(uri, 4);
    while (end < rest.n && rest.p[end] != ':' && rest.p[end] != ';' && rest.p[end] != '?')
        end++;
    return span_first(rest, end);
}

static void read_alternatives(struct cert_names *to, const GENERAL_NAMES *all, int type)
{
    for (int i = 0; i < sk_GENERAL_NAME_num(all); i++) {
        const GENERAL_NAME *g = sk_GENERAL_NAME_value(all, i);

        if (g->type != type)
            continue;
        if (type == GEN_URI)
            add_name(to, host_of(text_of(g->d.uniformResourceIdentifier)));
        else
            add_name(to, text_of(g->d.dNSName));
    }
}

/* The last one: it is the most specific (RFC 6125 1.8). */
static void read_common_name(struct cert_names *to, const X509 *cert)
{
    const X509_NAME *subject = X509_get_subject_name(cert);
    int at = -1, last = -1;

    while ((at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0)
        last = at;
    if (last >= 0)
        add_name(to, text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, last))));
}

void cert_names_read(struct cert_names *to, const X509 *cert)
{
    int found = -1;
    GENERAL_NAMES *all = X509_get_ext_d2i(cert, NID_subject_alt_name, &found, NULL);

    if (all) {
        read_alternatives(to, all, GEN_URI);
        if (to->n == 0)
            read_alternatives(to, all, GEN_DNS);
    } else if (found == -1) { /* not there; one that is there twice or damaged names nobody */
        read_common_name(to, cert);
    }
    GENERAL_NAMES_free(all);
    ERR_clear_error();
    if (!buf_ok(&to->text))
        cert_names_fini(to);
}

void cert_names_fini(struct cert_names *names)
{
    buf_fini(&names->text);
    names->n = 0;
}

bool cert_names_have(const struct cert_names *names, struct span domain)
{
    struct span rest = buf_span(&names->text);

    while (rest.n) {
        size_t end = span_find(rest, ' ');

        if (span_case_eq(span_first(rest, end), domain))
            return true;
        rest = span_skip(rest, end + 1);
    }
    return false;
}

static bool is_use(const ASN1_OBJECT *use, bool of_client)
{
    char text[64];
    int nid = OBJ_obj2nid(use);

    if (nid == NID_anyExtendedKeyUsage || nid == NID_server_auth ||
        (of_client && nid == NID_client_auth))
        return true;
    return OBJ_obj2txt(text, sizeof text, use, 1) > 0 && strcmp(text, SIP_DOMAIN_USE) == 0;
}

bool cert_is_for_sip(const X509 *cert, bool of_client)
{
    int found = -1;
    EXTENDED_KEY_USAGE *uses = X509_get_ext_d2i(cert, NID_ext_key_usage, &found, NULL);
    bool good = !uses && found == -1;

    for (int i = 0; i < sk_ASN1_OBJECT_num(uses); i++)
        good = good || is_use(sk_ASN1_OBJECT_value(uses, i), of_client);
    EXTENDED_KEY_USAGE_free(uses);
    ERR_clear_error();
    return good;
}
