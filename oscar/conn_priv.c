#include "oscar/conn_priv.h"

#include <stdlib.h>

#include "base/deadlines.h"

/* ---- its end, and who it is ---- */

void conn_end(struct oscar_conn *c, const char *why, bool clean)
{
    if (c->state == SIGNON_OVER)
        return;
    c->state = SIGNON_OVER;
    c->why = why;
    c->clean = clean;
    c->by = c->online_at = c->rates.calm_at = DEADLINE_NEVER;
}

bool conn_keep_self(struct oscar_conn *c, const struct oscar_userinfo *u)
{
    size_t n = u->name.n + u->caps.n + u->bart.n;
    uint8_t *bytes = malloc(n + 1), *at = bytes;

    if (!bytes)
        return false;
    c->self = *u;
    for (size_t i = 0; i < 3; i++) {
        struct span *s = (struct span *[]){&c->self.name, &c->self.caps, &c->self.bart}[i];

        if (s->n)
            memcpy(at, s->p, s->n);
        s->p = at;
        at += s->n;
    }
    free(c->self_bytes); /* last: u may point into it */
    c->self_bytes = bytes;
    c->self_at = c->now;
    return true;
}

/* ---- writing: frames and SNACs whole or not at all, and the few answers that need only the
 * connection's own state ---- */

/* A frame that could not be written whole leaves no trace, and is the end. */
static void frame_close(struct oscar_conn *c, size_t begun)
{
    bool unwanted = c->state >= SIGNON_LEAVING;

    if (!unwanted) {
        flap_end(&c->out, begun, &c->seq);
        if (buf_ok(&c->out) && c->out.n - c->out_at <= c->conf.output_max) {
            c->written += c->out.n - begun;
            c->last_out = c->now;
            return;
        }
        conn_end(c, "more output than there is room for", false);
    }
    c->out.bad = false;
    if (c->out.n > begun)
        c->out.n = begun;
}

size_t conn_snac_open(struct oscar_conn *c, uint16_t foodgroup, uint16_t subtype, uint16_t flags,
                      uint32_t id)
{
    size_t begun = flap_begin(&c->out, FLAP_DATA);

    snac_write(&c->out, foodgroup, subtype, flags, id);
    return begun;
}

void conn_snac_close(struct oscar_conn *c, size_t begun)
{
    frame_close(c, begun);
}

void conn_frame(struct oscar_conn *c, enum flap_channel channel, struct span data)
{
    size_t begun = flap_begin(&c->out, channel);

    buf_add(&c->out, data);
    frame_close(c, begun);
}

uint32_t conn_server_id(struct oscar_conn *c)
{
    return c->server_id++ | SNAC_ID_SERVER;
}

void conn_say(struct oscar_conn *c, uint16_t foodgroup, uint16_t subtype, uint32_t id)
{
    conn_snac_close(c, conn_snac_open(c, foodgroup, subtype, 0, id));
}

void conn_refuse(struct oscar_conn *c, const struct snac *s, enum snac_error code)
{
    size_t begun = conn_snac_open(c, s->foodgroup, SNAC_ERROR_SUBTYPE, 0, s->id);

    snac_failure_write(&c->out, &(struct snac_failure){.code = (uint16_t)code});
    conn_snac_close(c, begun);
}

size_t conn_served(const struct oscar_conn *c, uint16_t to[CONN_SERVED_MAX])
{
    /* BART and ALERT are listed so that clients ask here, where they get a polite error, rather
     * than for a connection of its own: node-oscar fails without that, AIM 4.8 shows a popup. */
    static const uint16_t bos[] = {FOODGROUP_OSERVICE, FOODGROUP_LOCATE,     FOODGROUP_BUDDY,
                                   FOODGROUP_ICBM,     FOODGROUP_INVITE,     FOODGROUP_POPUP,
                                   FOODGROUP_PERMIT,   FOODGROUP_USERLOOKUP, FOODGROUP_STATS,
                                   FOODGROUP_BART,     FOODGROUP_FEEDBAG,    FOODGROUP_ICQ,
                                   FOODGROUP_ALERT};

    if (c->service) {
        to[0] = FOODGROUP_OSERVICE;
        to[1] = c->service;
        return 2;
    }
    memcpy(to, bos, sizeof bos);
    return sizeof bos / sizeof bos[0];
}

enum {
    OSERVICE_INSTANCES = 4 /* version from which SNAC 0x0001/0x000F is a block for each instance */
};

void conn_say_self(struct oscar_conn *c, uint32_t id)
{
    struct oscar_userinfo u = c->self;
    struct oservice_self more = {.ipv4 = c->ipv4, .instance = 1};
    size_t begun = conn_snac_open(c, FOODGROUP_OSERVICE, SNAC_OSERVICE_SELF, 0, id);

    u.session += (uint32_t)((c->now - c->self_at) / 1000);
    oservice_self_write(&c->out, &u, &more);
    if (c->oservice_version >= OSERVICE_INSTANCES) {
        more.primary = true;
        oservice_self_write(&c->out, &u, &more);
    }
    conn_snac_close(c, begun);
}
