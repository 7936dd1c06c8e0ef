/* Identity, RFC 8224 4:
 *   signed-identity-digest SEMI "info" EQUAL "<" absoluteURI ">" *( SEMI ident-info-params )
 * The digest is "header.payload.signature", or "..signature" in the compact form (RFC 8225 7). RFC
 * 8224 has the octets of base 64 there, RFC 7515 those of its form for URLs: the latter is what is
 * sent. */
#include "simple/wire/hdr_priv.h"

static bool is_base64url(uint8_t c)
{
    return (c >= '0' && c <= '9') || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') || c == '-' ||
           c == '_';
}

static struct span base64url(struct span *s)
{
    size_t n = 0;

    while (n < s->n && is_base64url(s->p[n]))
        n++;
    struct span out = span_first(*s, n);
    scan_drop(s, n);
    return out;
}

static bool read_digest(struct span *s, struct sip_identity *out)
{
    struct span from = *s;

    out->header = base64url(s);
    if (!scan_char(s, '.'))
        return false;
    out->payload = base64url(s);
    out->octets = scan_since(from, *s);
    if (!scan_char(s, '.'))
        return false;
    out->signature = base64url(s);
    return out->signature.n > 0 && (out->header.n > 0) == (out->payload.n > 0);
}

static bool read_info(struct span *s, struct span *out)
{
    size_t end;

    if (!scan_char(s, '<'))
        return false;
    end = span_find(*s, '>');
    *out = span_first(*s, end);
    if (end == s->n || end == 0)
        return false;
    for (size_t i = 0; i < end; i++)
        if (!scan_is(out->p[i], SCAN_URI))
            return false;
    scan_drop(s, end + 1);
    return true;
}

/* One ";name=value"; a name that is not known is passed over (ident-info-extension). */
static bool read_param(struct span *s, struct sip_identity *out)
{
    struct sip_param p = {0};

    p.name = scan_token(s);
    if (p.name.n == 0)
        return false;
    if (!scan_separator(s, '='))
        return !span_case_is(p.name, "info");
    if (span_case_is(p.name, "info"))
        return out->info.n == 0 && read_info(s, &out->info);
    if (!sip_param_value(s, &p))
        return false;
    if (span_case_is(p.name, "alg"))
        out->alg = p.value;
    else if (span_case_is(p.name, "ppt"))
        out->ppt = p.value;
    return true;
}

bool sip_identity_parse(struct span value, struct sip_identity *out)
{
    struct span s = value;

    *out = (struct sip_identity){0};
    if (value.n > SIP_IDENTITY_MAX)
        return false;
    scan_lws(&s);
    if (!read_digest(&s, out))
        return false;
    while (scan_separator(&s, ';'))
        if (!read_param(&s, out))
            return false;
    return scan_end(&s) && out->info.n > 0;
}
