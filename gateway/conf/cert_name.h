/* Whose certificate it is: the SIP domains that one names (RFC 5922 7), and whether it may be used
 * for SIP (RFC 5924). Pure functions over one certificate; who issued it is no question here. */
#ifndef GATEWAY_CONF_CERT_NAME_H
#define GATEWAY_CONF_CERT_NAME_H

#include <openssl/x509.h>

#include "base/buf.h"

enum {
    CERT_NAMES_MAX = 100, /* domains that are looked at in one certificate; others are none */
    CERT_NAMES_OCTETS = 8 << 10, /* of all of them together */
};

/* Domains in lower case, one after the other, each ended by a space. Zeroed is none. */
struct cert_names {
    struct buf text;
    unsigned n;
};

/* The SIP domain identities, RFC 5922 7.1: of each sip: URI without a user part in subjectAltName
 * its host; if there is none, the DNS names of subjectAltName; the common name only where there is
 * no subjectAltName. Never a wildcard, an address, or a sips: or other URI. */
void cert_names_read(struct cert_names *to, const X509 *cert);
void cert_names_fini(struct cert_names *names);
/* RFC 5922 7.2: the whole name, whatever its case; no suffix, no pattern. */
bool cert_names_have(const struct cert_names *names, struct span domain);

/* RFC 5924, RFC 5280 4.2.1.12: a certificate that says what it is for must say SIP domain, any use,
 * or the TLS use of that side (a server's is good for both: SIP servers are clients, too). */
bool cert_is_for_sip(const X509 *cert, bool of_client);

#endif
