/* Credentials and challenges, RFC 3261 25.1: auth-scheme LWS auth-param *(COMMA auth-param). Their
 * commas separate parameters, so such fields are never combined on a line. */
#include "simple/wire/hdr_priv.h"

bool sip_auth_parse(struct span value, struct sip_auth *out)
{
    scan_lws(&value);
    out->scheme = scan_token(&value);
    out->params = scan_trim(value);
    return out->scheme.n > 0 && (value.n == 0 || scan_is(value.p[0], SCAN_LWS));
}

/* token EQUAL (token / quoted-string) */
static bool read_param(struct span *rest, struct sip_param *out)
{
    struct span s = *rest;

    while (!scan_end(&s) && scan_char(&s, ','))
        ;
    out->name = scan_token(&s);
    if (out->name.n == 0 || !scan_separator(&s, '='))
        return false;
    if (!sip_param_value(&s, out))
        return false;
    *rest = s;
    return scan_end(&s) || s.p[0] == ',';
}

bool sip_auth_param_next(struct span *rest, struct sip_param *out, bool *bad)
{
    *out = (struct sip_param){0};
    if (read_param(rest, out))
        return true;
    while (!scan_end(rest) && scan_char(rest, ','))
        ;
    if (bad && rest->n > 0)
        *bad = true;
    return false;
}
