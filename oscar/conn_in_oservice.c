/* Foodgroup 0x0001 as it comes from a client: nearly all of it is answered here. */
#include "oscar/conn_priv.h"
#include "oscar/tlv.h"

static bool take_online(struct oscar_conn *c, const struct snac *s, struct oscar_event *out)
{
    (void)s, (void)out;
    conn_ready(c);
    return false;
}

static bool take_service_request(struct oscar_conn *c, const struct snac *s,
                                 struct oscar_event *out)
{
    struct rd r = rd_over(s->body);

    out->foodgroup = rd_u16(&r);
    if (!rd_ok(&r)) {
        conn_refuse(c, s, SNAC_ERR_BAD_PAYLOAD);
        return false;
    }
    if (c->service) {
        conn_refuse(c, s, SNAC_ERR_SERVICE_UNAVAILABLE);
        return false;
    }
    out->kind = OSCAR_SERVICE_WANTED;
    return true;
}

static bool take_rate_request(struct oscar_conn *c, const struct snac *s, struct oscar_event *out)
{
    uint16_t served[CONN_SERVED_MAX];
    size_t n = conn_served(c, served);
    size_t begun = conn_snac_open(c, FOODGROUP_OSERVICE, SNAC_OSERVICE_RATES, 0, s->id);

    (void)out;
    rate_write_all(&c->out, &c->rates, served, n, c->oservice_version, c->now);
    conn_snac_close(c, begun);
    return false;
}

static uint8_t rate_bits(struct span ids)
{
    struct rd r = rd_over(ids);
    uint8_t bits = 0;

    while (rd_left(&r) >= 2) {
        uint16_t id = rd_u16(&r);

        if (id >= 1 && id <= RATE_CLASSES)
            bits |= (uint8_t)(1 << (id - 1));
    }
    return bits;
}

static bool take_rate_add(struct oscar_conn *c, const struct snac *s, struct oscar_event *out)
{
    (void)out;
    c->rate_wanted |= rate_bits(s->body);
    return false;
}

static bool take_rate_remove(struct oscar_conn *c, const struct snac *s, struct oscar_event *out)
{
    (void)out;
    c->rate_wanted &= (uint8_t)~rate_bits(s->body);
    return false;
}

static bool take_self_request(struct oscar_conn *c, const struct snac *s, struct oscar_event *out)
{
    (void)out;
    conn_say_self(c, s->id);
    return false;
}

static bool take_idle(struct oscar_conn *c, const struct snac *s, struct oscar_event *out)
{
    struct rd r = rd_over(s->body);

    (void)c;
    out->kind = OSCAR_IDLE;
    out->idle_seconds = rd_u32(&r);
    return rd_ok(&r);
}

static bool take_privacy_flags(struct oscar_conn *c, const struct snac *s, struct oscar_event *out)
{
    struct rd r = rd_over(s->body);

    (void)c;
    out->kind = OSCAR_PRIVACY_FLAGS;
    out->privacy_flags = rd_u32(&r);
    return rd_ok(&r);
}

/* Versions are echoed up to what we know, so that client and server agree on the layouts that hang
 * on them: node-oscar goes by what is answered, libpurple by its own constants. */
static bool take_versions(struct oscar_conn *c, const struct snac *s, struct oscar_event *out)
{
    struct span pairs = s->body;
    uint16_t foodgroup, version;
    size_t begun = conn_snac_open(c, FOODGROUP_OSERVICE, SNAC_OSERVICE_HOST_VERSIONS, 0, s->id);

    (void)out;
    for (size_t i = 0;
         i < OSERVICE_VERSIONS_MAX && oservice_version_next(&pairs, &foodgroup, &version); i++) {
        uint16_t ours = foodgroup_version(foodgroup);

        if (ours && version > ours)
            version = ours;
        if (foodgroup == FOODGROUP_OSERVICE)
            c->oservice_version = version;
        oservice_version_write(&c->out, foodgroup, version);
    }
    conn_snac_close(c, begun);
    if (c->service)
        return false;
    /* The message of the day, without one: Jimm waits for it. */
    begun = conn_snac_open(c, FOODGROUP_OSERVICE, SNAC_OSERVICE_MOTD, 0, conn_server_id(c));
    buf_u16(&c->out, OSERVICE_MOTD_NORMAL);
    conn_snac_close(c, begun);
    return false;
}

static bool take_status(struct oscar_conn *c, const struct snac *s, struct oscar_event *out)
{
    oservice_status_read(s->body, &out->status_set);
    if (out->status_set.has_status)
        c->self.status = out->status_set.status;
    conn_say_self(c, s->id); /* WinAIM's button for invisible waits for it */
    out->kind = OSCAR_STATUS_SET;
    return out->status_set.has_status || out->status_set.has_text;
}

static const struct conn_route oservice[] = {
    [SNAC_OSERVICE_ERROR] = {conn_take_ignore, false},
    [SNAC_OSERVICE_CLIENT_ONLINE] = {take_online, false},
    [SNAC_OSERVICE_SERVICE_REQUEST] = {take_service_request, true},
    [SNAC_OSERVICE_RATE_REQUEST] = {take_rate_request, true},
    [SNAC_OSERVICE_RATE_ADD] = {take_rate_add, false},
    [SNAC_OSERVICE_RATE_REMOVE] = {take_rate_remove, false},
    [SNAC_OSERVICE_PAUSE_ACK] = {conn_take_ignore, false},
    [SNAC_OSERVICE_SELF_REQUEST] = {take_self_request, true},
    [SNAC_OSERVICE_IDLE] = {take_idle, false},
    [SNAC_OSERVICE_PRIVACY_FLAGS] = {take_privacy_flags, false},
    [SNAC_OSERVICE_NOOP] = {conn_take_ignore, false},
    [SNAC_OSERVICE_VERSIONS] = {take_versions, true},
    [SNAC_OSERVICE_SET_STATUS] = {take_status, true},
    [SNAC_OSERVICE_VERIFY_REPLY] = {conn_take_ignore, false},
};

const struct conn_table conn_oservice = {oservice, sizeof oservice / sizeof oservice[0]};
