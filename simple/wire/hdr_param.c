/* Parameters, and the cursor over all values of a header field. */
#include "simple/wire/hdr_priv.h"
#include "simple/wire/scan.h"

/* generic-param of RFC 3261 25.1: SEMI token [EQUAL (token / host / quoted-string)]. "rport=" with
 * nothing behind it is sent in the wild and taken. */
static bool read_param(struct span *rest, struct sip_param *out)
{
    struct span s = *rest;

    *out = (struct sip_param){0};
    if (!scan_separator(&s, ';'))
        return false;
    out->name = scan_token(&s);
    if (out->name.n == 0)
        return false;
    *rest = s;
    if (!scan_separator(&s, '='))
        return true;
    if (!sip_param_value(&s, out))
        return false;
    *rest = s;
    return true;
}

bool sip_param_next(struct span *rest, struct sip_param *out, bool *bad)
{
    if (read_param(rest, out))
        return true;
    if (bad && !scan_end(rest))
        *bad = true;
    return false;
}

bool sip_param_find(struct span params, const char *name, struct sip_param *out)
{
    struct sip_param param;

    while (read_param(&params, &param)) {
        if (span_case_is(param.name, name)) {
            if (out)
                *out = param;
            return true;
        }
    }
    return false;
}

void sip_unquote(struct buf *b, struct span quoted_inside)
{
    for (size_t i = 0; i < quoted_inside.n; i++) {
        if (quoted_inside.p[i] == '\\' && i + 1 < quoted_inside.n)
            i++;
        buf_u8(b, quoted_inside.p[i]);
    }
}

bool sip_each_ready(struct sip_each *c)
{
    while (c->line) {
        if (!scan_end(&c->rest))
            return true;
        c->line = c->lines[c->line - 1].next;
        c->rest = c->line ? c->lines[c->line - 1].value : (struct span){0};
    }
    return false;
}

bool sip_each_fail(struct sip_each *c)
{
    c->bad = true;
    c->line = 0;
    c->rest = (struct span){0};
    return false;
}

bool sip_value_end(struct span *rest)
{
    if (scan_end(rest))
        return true;
    return scan_char(rest, ',') && !scan_end(rest);
}

/* Up to a comma that is not in quotes and not in <>. */
static bool cut_value(struct span *rest, struct span *out)
{
    struct span s = *rest, inside;
    bool brackets = false;

    while (s.n > 0 && (brackets || s.p[0] != ',')) {
        if (s.p[0] == '"' && !brackets) {
            if (!scan_quoted(&s, &inside))
                return false;
            continue;
        }
        if (s.p[0] == '<')
            brackets = true;
        else if (s.p[0] == '>')
            brackets = false;
        scan_drop(&s, 1);
    }
    *out = scan_trim(scan_since(*rest, s));
    scan_char(&s, ',');
    *rest = s;
    return true;
}

bool sip_value_next(struct sip_each *c, struct span *out)
{
    *out = (struct span){0};
    while (sip_each_ready(c)) {
        if (!cut_value(&c->rest, out))
            return sip_each_fail(c);
        if (out->n > 0)
            return true;
    }
    return false;
}

/* Empty elements of a list are passed over: "Supported: path,, 100rel" is sent. */
bool sip_token_next(struct sip_each *c, struct span *out)
{
    struct span value;

    if (!sip_value_next(c, &value))
        return false;
    *out = scan_token(&value);
    return out->n > 0 ? true : sip_each_fail(c);
}
