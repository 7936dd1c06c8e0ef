/* What all lines of one header field of a message say together. */
#include "simple/wire/msg.h"

struct sip_each sip_each(const struct sip_msg *m, enum sip_hdr_id id)
{
    struct sip_each c = {.lines = m->hdrs, .line = m->first[id]};

    if (c.line)
        c.rest = m->hdrs[c.line - 1].value;
    return c;
}

bool sip_has_token(const struct sip_msg *m, enum sip_hdr_id id, const char *token)
{
    struct sip_each c = sip_each(m, id);
    struct span t;

    while (sip_token_next(&c, &t))
        if (span_case_is(t, token))
            return true;
    return false;
}

/* How closely a range names the type: 3 both, 2 the type, 1 anything, 0 not at all. */
static int closeness(const struct sip_type *t, const char *type, const char *subtype)
{
    if (sip_type_is(t, type, subtype))
        return 3;
    if (span_case_is(t->type, type) && span_is(t->subtype, "*"))
        return 2;
    return span_is(t->type, "*") && span_is(t->subtype, "*") ? 1 : 0;
}

bool sip_accepts(const struct sip_msg *m, const char *type, const char *subtype, bool otherwise)
{
    struct sip_each c = sip_each(m, SIP_HDR_ACCEPT);
    struct sip_type t;
    int best = 0;
    bool accepted = false;

    if (!sip_msg_has(m, SIP_HDR_ACCEPT))
        return otherwise;
    while (sip_accept_next(&c, &t)) {
        int n = closeness(&t, type, subtype);

        if (n > best) {
            best = n;
            accepted = t.q > 0;
        }
    }
    return accepted;
}
