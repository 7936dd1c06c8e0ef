/* Header fields with a single value. */
#include "simple/wire/hdr_priv.h"
#include "simple/wire/scan.h"

#define IS(s, literal) scan_is_word((s), SPAN(literal))

bool sip_cseq_parse(struct span value, struct sip_cseq *out)
{
    uint64_t number;

    *out = (struct sip_cseq){0};
    if (!scan_number(&value, UINT32_MAX, &number) || value.n == 0 || !scan_is(value.p[0], SCAN_LWS))
        return false;
    out->number = (uint32_t)number;
    scan_lws(&value);
    out->method_name = scan_token(&value);
    out->method = sip_method_find(out->method_name);
    return out->method_name.n > 0 && scan_end(&value);
}

/* type SLASH subtype, then parameters. */
bool sip_type_parse(struct span value, struct sip_type *out)
{
    bool bad = false;
    struct sip_param param;

    *out = (struct sip_type){.q = 1000};
    scan_lws(&value);
    out->type = scan_token(&value);
    if (out->type.n == 0 || !scan_separator(&value, '/'))
        return false;
    out->subtype = scan_token(&value);
    scan_lws(&value);
    out->params = value;
    while (sip_param_next(&value, &param, &bad))
        if (IS(param.name, "q") && !sip_q_parse(param.value, &out->q))
            out->q = 1000;
    return out->subtype.n > 0 && !bad;
}

bool sip_type_is(const struct sip_type *t, const char *type, const char *subtype)
{
    return span_case_is(t->type, type) && span_case_is(t->subtype, subtype);
}

bool sip_accept_next(struct sip_each *c, struct sip_type *out)
{
    struct span value;

    *out = (struct sip_type){0};
    if (!sip_value_next(c, &value))
        return false;
    return sip_type_parse(value, out) ? true : sip_each_fail(c);
}

bool sip_event_parse(struct span value, struct sip_event *out)
{
    bool bad = false;
    struct sip_param param;

    *out = (struct sip_event){0};
    scan_lws(&value);
    out->package = scan_token(&value);
    scan_lws(&value);
    out->params = value;
    while (sip_param_next(&value, &param, &bad))
        if (IS(param.name, "id"))
            out->id = param.value;
    return out->package.n > 0 && !bad;
}

static enum sip_substate find_substate(struct span name)
{
    if (IS(name, "active"))
        return SIP_SUBSTATE_ACTIVE;
    if (IS(name, "pending"))
        return SIP_SUBSTATE_PENDING;
    return IS(name, "terminated") ? SIP_SUBSTATE_TERMINATED : SIP_SUBSTATE_OTHER;
}

bool sip_subscription_state_parse(struct span value, struct sip_subscription_state *out)
{
    bool bad = false;
    struct sip_param param;

    *out = (struct sip_subscription_state){0};
    scan_lws(&value);
    out->name = scan_token(&value);
    out->state = find_substate(out->name);
    scan_lws(&value);
    out->params = value;
    while (sip_param_next(&value, &param, &bad)) {
        if (IS(param.name, "reason"))
            out->reason = param.value;
        else if (IS(param.name, "expires"))
            out->has_expires = sip_seconds_parse(param.value, &out->expires);
        else if (IS(param.name, "retry-after"))
            out->has_retry_after = sip_seconds_parse(param.value, &out->retry_after);
    }
    return out->name.n > 0 && !bad;
}

static bool read_seconds(struct span *s, uint32_t *out)
{
    uint64_t v = 0;
    size_t digits = 0;

    scan_lws(s);
    for (; digits < s->n && (uint8_t)(s->p[digits] - '0') < 10; digits++)
        if (v <= UINT32_MAX)
            v = v * 10 + (uint8_t)(s->p[digits] - '0');
    scan_drop(s, digits);
    *out = v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
    return digits > 0;
}

bool sip_seconds_parse(struct span value, uint32_t *out)
{
    uint32_t seconds;

    if (!read_seconds(&value, &seconds) || !scan_end(&value))
        return false;
    *out = seconds;
    return true;
}

/* delta-seconds [comment] *(SEMI retry-param), RFC 3261 20.33. What is behind the number does not
 * matter here. */
bool sip_retry_after_parse(struct span value, uint32_t *out)
{
    uint32_t seconds;

    if (!read_seconds(&value, &seconds) ||
        !(scan_end(&value) || value.p[0] == '(' || value.p[0] == ';'))
        return false;
    *out = seconds;
    return true;
}
