/* A certificate that somebody shows us, as DER: whom it names, what it is for, and how it looks in
 * a log. */
#include <openssl/x509.h>

#include "gateway/conf/cert.h"
#include "gateway/conf/cert_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A name is one that DNS could have, and matches itself. */
static void check_names(const struct cert_names *names)
{
    struct span rest = buf_span(&names->text);
    unsigned n = 0;

    while (rest.n) {
        size_t end = span_find(rest, ' ');
        struct span one = span_first(rest, end);

        if (end == rest.n || !one.n || span_find(one, '*') < one.n || span_find(one, 0) < one.n ||
            !cert_names_have(names, one))
            __builtin_trap();
        rest = span_skip(rest, end + 1);
        n++;
    }
    if (n != names->n || n > CERT_NAMES_MAX || names->text.n > CERT_NAMES_OCTETS)
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const unsigned char *at = data;
    X509 *cert = d2i_X509(NULL, &at, (long)size);
    struct cert_names names = {0};
    struct buf text = {.max = 4096};

    if (!cert)
        return 0;
    cert_names_read(&names, cert);
    check_names(&names);
    cert_names_fini(&names);
    (void)cert_is_for_sip(cert, true);
    (void)cert_is_for_sip(cert, false);
    (void)cert_begins(cert);
    cert_print(&text, cert);
    buf_fini(&text);
    X509_free(cert);
    return 0;
}
