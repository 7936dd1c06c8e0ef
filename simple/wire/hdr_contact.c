/* Contact: RFC 3261 20.10, with what RFC 5626 11.1 and RFC 3840 9 add. */
#include "simple/wire/hdr_priv.h"
#include "simple/wire/scan.h"

#define IS(s, literal) scan_is_word((s), SPAN(literal))

bool sip_q_parse(struct span s, uint16_t *out)
{
    uint16_t q;
    uint16_t unit = 1000;

    if (s.n == 0 || s.n > 5 || (s.p[0] != '0' && s.p[0] != '1') || (s.n > 1 && s.p[1] != '.'))
        return false;
    q = s.p[0] == '1' ? 1000 : 0;
    for (size_t i = 2; i < s.n; i++) {
        unsigned digit = (uint8_t)(s.p[i] - '0');

        if (digit > 9)
            return false;
        unit /= 10;
        q = (uint16_t)(q + digit * unit);
    }
    *out = q;
    return q <= 1000;
}

static bool take_param(struct sip_contact_value *out, const struct sip_param *p)
{
    struct span value = p->value;
    uint64_t number;

    if (IS(p->name, "q")) {
        out->has_q = true;
        return sip_q_parse(p->value, &out->q);
    }
    if (IS(p->name, "expires")) {
        /* one that is no number counts as not given (RFC 3261 20.10: "treated as 3600") */
        out->has_expires = sip_seconds_parse(p->value, &out->expires);
    } else if (IS(p->name, "reg-id")) {
        out->has_reg_id = true;
        if (!scan_number(&value, INT32_MAX, &number) || value.n > 0 || number == 0)
            return false;
        out->reg_id = (uint32_t)number;
    } else if (IS(p->name, "+sip.instance")) {
        out->instance = p->value;
    } else if (IS(p->name, "methods")) {
        out->methods = p->value;
    }
    return true;
}

static bool read_contact(struct span *in, struct sip_contact_value *out)
{
    struct sip_param param;
    struct span params;

    if (scan_peek(*in) == '*') {
        struct span rest = span_skip(*in, 1);

        if (scan_end(&rest) || rest.p[0] == ',') {
            out->star = true;
            *in = rest;
            return sip_value_end(in);
        }
    }
    if (!sip_name_addr_read(in, &out->addr))
        return false;
    params = out->addr.params;
    while (sip_param_next(&params, &param, NULL))
        if (!take_param(out, &param))
            return false;
    return true;
}

bool sip_contact_next(struct sip_each *c, struct sip_contact_value *out)
{
    scan_clear(out, sizeof *out);
    out->q = 1000;
    if (!sip_each_ready(c))
        return false;
    return read_contact(&c->rest, out) ? true : sip_each_fail(c);
}
