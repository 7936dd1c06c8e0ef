/* What a connection says and does about the rates of its client (oscar/rate.h has the arithmetic).
 */
#include "oscar/conn_priv.h"

static void say_rate(struct oscar_conn *c, uint16_t id, enum rate_code code)
{
    size_t begun;

    if (!(c->rate_wanted & 1 << (id - 1)))
        return;
    begun = conn_snac_open(c, FOODGROUP_OSERVICE, SNAC_OSERVICE_RATE_CHANGE, 0, conn_server_id(c));
    buf_u16(&c->out, (uint16_t)code);
    rate_write_class(&c->out, &c->rates, id, c->oservice_version, c->now);
    conn_snac_close(c, begun);
}

bool conn_passes_rate(struct oscar_conn *c, const struct snac *s, bool asks)
{
    uint16_t id = rate_class_of(s->foodgroup, s->subtype);

    switch (rate_count(&c->rates, id, c->now)) {
    case RATE_PASS: return true;
    case RATE_PASS_ALERTED: say_rate(c, id, RATE_CODE_ALERT); return true;
    case RATE_PASS_CLEARED: say_rate(c, id, RATE_CODE_CLEAR); return true;
    case RATE_DROP_LIMITED: say_rate(c, id, RATE_CODE_LIMIT); break;
    case RATE_DROP: break;
    case RATE_DISCONNECT:
        conn_frame(c, FLAP_SIGNOFF, (struct span){0});
        conn_end(c, "the client keeps sending too fast", false);
        return false;
    }
    if (asks)
        conn_refuse(c, s, SNAC_ERR_RATE_TO_HOST);
    return false;
}

void conn_calm_rates(struct oscar_conn *c)
{
    uint16_t id;

    while (c->now >= c->rates.calm_at && (id = rate_calm(&c->rates, c->now)) != 0)
        say_rate(c, id, RATE_CODE_CLEAR);
}

void conn_warn_rates(struct oscar_conn *c, bool tell)
{
    if (!c->conf.rate_limits)
        return;
    rate_warn(&c->rates, c->self.warning);
    if (tell)
        say_rate(c, RATE_CLASS_MESSAGES, RATE_CODE_CHANGED);
}
