/* Any octets as the value of an Identity header, and as what stands in it before it became
 * base64url: read; and what claims can be made of is written as it reads back. */
#include <stdlib.h>

#include "base/base64.h"
#include "simple/doc/passport.h"
#include "simple/wire/hdr.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* An address in the form of claims is in that form. */
static void check_uri(struct span text)
{
    struct sip_uri u;
    struct buf once = {0}, twice = {0};

    if (!sip_uri_parse(text, &u) || u.scheme == SIP_SCHEME_OTHER)
        return;
    passport_print_uri(&once, &u);
    if (!sip_uri_parse(buf_span(&once), &u))
        abort();
    passport_print_uri(&twice, &u);
    if (!span_eq(buf_span(&once), buf_span(&twice)))
        abort();
    buf_fini(&once);
    buf_fini(&twice);
}

static void check_claims(const struct passport *is)
{
    struct passport_claims claims = {is->x5u, is->orig,
                                     is->dest_count ? is->dest[0] : (struct span){0}, is->iat};
    struct passport again;
    struct arena a = {0};
    struct buf b = {0};
    size_t dot;

    passport_print(&b, &claims);
    dot = span_find(buf_span(&b), '.');
    if (buf_ok(&b) && b.n < PASSPORT_PART_MAX &&
        (passport_parse(span_first(buf_span(&b), dot), span_skip(buf_span(&b), dot + 1), &a,
                        &again) ||
         again.iat != is->iat || !span_eq(again.orig, is->orig) || !span_eq(again.x5u, is->x5u)))
        abort();
    check_uri(is->orig);
    buf_fini(&b);
    arena_fini(&a);
}

static void check_parts(struct span header, struct span payload)
{
    struct passport is;
    struct arena a = {0};

    if (passport_parse(header, payload, &a, &is) == OK)
        check_claims(&is);
    arena_fini(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct span in = span_of(p, n);
    size_t line = span_find(in, '\n');
    struct buf header = {0}, payload = {0};
    struct sip_identity id;

    if (sip_identity_parse(in, &id))
        check_parts(id.header, id.payload);
    base64url_write(&header, span_first(in, line));
    base64url_write(&payload, span_skip(in, line + 1));
    check_parts(buf_span(&header), buf_span(&payload));
    check_uri(in);
    buf_fini(&header);
    buf_fini(&payload);
    return 0;
}
