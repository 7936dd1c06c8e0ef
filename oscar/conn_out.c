/* What the gateway says through a connection that is signed on: one function a SNAC, written at
 * once. */
#include "base/deadlines.h"
#include "oscar/conn_priv.h"
#include "oscar/foodgroup/userlookup.h"
#include "oscar/tlv.h"

enum {
    OSERVICE_SELF_UNASKED = 3, /* version below which SNAC 0x0001/0x000F may crash the client */
    FEEDBAG_LIST_FRAME = 1 + 2 + 4, /* version, count, time around the items */
    FEEDBAG_ROOM = FLAP_OUT_MAX - SNAC_HEADER - FEEDBAG_LIST_FRAME,
    TLV_DISCONNECT_REASON = 0x0009,
    TLV_DISCONNECT_URL = 0x000B,
};

/* Opens a SNAC that answers request `id`. */
static size_t answer(struct oscar_conn *c, uint16_t foodgroup, uint16_t subtype, uint32_t id)
{
    return conn_snac_open(c, foodgroup, subtype, 0, id);
}

/* Opens a SNAC that nobody asked for. */
static size_t unasked(struct oscar_conn *c, uint16_t foodgroup, uint16_t subtype)
{
    return conn_snac_open(c, foodgroup, subtype, 0, conn_server_id(c));
}

void oscar_conn_redirect(struct oscar_conn *c, uint32_t id, const struct oservice_redirect *r)
{
    size_t begun = answer(c, FOODGROUP_OSERVICE, SNAC_OSERVICE_REDIRECT, id);

    oservice_redirect_write(&c->out, r);
    conn_snac_close(c, begun);
}

void oscar_conn_error(struct oscar_conn *c, uint16_t foodgroup, uint32_t id,
                      const struct snac_failure *f)
{
    size_t begun = answer(c, foodgroup, SNAC_ERROR_SUBTYPE, id);

    snac_failure_write(&c->out, f);
    conn_snac_close(c, begun);
}

void oscar_conn_set_self(struct oscar_conn *c, const struct oscar_userinfo *u, bool tell)
{
    uint16_t warning = c->self.warning;

    if (!conn_is_signed_on(c) || !conn_keep_self(c, u))
        return;
    if (warning != u->warning)
        conn_warn_rates(c, true);
    if (tell && c->oservice_version >= OSERVICE_SELF_UNASKED)
        conn_say_self(c, conn_server_id(c));
}

/* The block as this client may have it; *plain is room for one without BART items. */
static const struct oscar_userinfo *block_for(const struct oscar_conn *c,
                                              const struct oscar_userinfo *u,
                                              struct oscar_userinfo *plain)
{
    if (!c->ancient || u->bart.n == 0)
        return u;
    *plain = *u;
    plain->bart = (struct span){0};
    return plain;
}

void oscar_conn_arrived(struct oscar_conn *c, const struct oscar_userinfo *u)
{
    struct oscar_userinfo plain;
    size_t begun = unasked(c, FOODGROUP_BUDDY, SNAC_BUDDY_ARRIVED);

    userinfo_write(&c->out, block_for(c, u, &plain));
    conn_snac_close(c, begun);
}

void oscar_conn_departed(struct oscar_conn *c, struct span name)
{
    size_t begun = unasked(c, FOODGROUP_BUDDY, SNAC_BUDDY_DEPARTED);

    userinfo_write_gone(&c->out, name);
    conn_snac_close(c, begun);
}

void oscar_conn_reject_buddy(struct oscar_conn *c, struct span name)
{
    size_t begun = unasked(c, FOODGROUP_BUDDY, SNAC_BUDDY_REJECTED);

    buf_str8(&c->out, name);
    conn_snac_close(c, begun);
}

void oscar_conn_deliver_im(struct oscar_conn *c, const struct icbm_delivery *d)
{
    struct icbm_delivery to_ancient;
    struct oscar_userinfo plain;
    size_t begun = unasked(c, FOODGROUP_ICBM, SNAC_ICBM_MESSAGE_TO_CLIENT);

    if (c->ancient) {
        to_ancient = *d;
        to_ancient.from = block_for(c, d->from, &plain);
        d = &to_ancient;
    }
    icbm_delivery_write(&c->out, d);
    conn_snac_close(c, begun);
}

void oscar_conn_ack(struct oscar_conn *c, uint32_t id, const struct icbm_ack *a)
{
    size_t begun = answer(c, FOODGROUP_ICBM, SNAC_ICBM_HOST_ACK, id);

    icbm_ack_write(&c->out, a);
    conn_snac_close(c, begun);
}

void oscar_conn_typing(struct oscar_conn *c, struct span from, enum icbm_typing_event event)
{
    struct icbm_typing t = {.channel = ICBM_PLAIN, .name = from, .event = (uint16_t)event};
    size_t begun = unasked(c, FOODGROUP_ICBM, SNAC_ICBM_TYPING);

    icbm_typing_write(&c->out, &t);
    conn_snac_close(c, begun);
}

void oscar_conn_client_event(struct oscar_conn *c, const struct icbm_client_event *e)
{
    size_t begun = unasked(c, FOODGROUP_ICBM, SNAC_ICBM_CLIENT_EVENT);

    icbm_client_event_write(&c->out, e);
    conn_snac_close(c, begun);
}

void oscar_conn_missed(struct oscar_conn *c, const struct icbm_missed *m)
{
    size_t begun;

    if (!(c->icbm.flags & ICBM_MISSED_CALLS))
        return;
    begun = unasked(c, FOODGROUP_ICBM, SNAC_ICBM_MISSED);
    icbm_missed_write(&c->out, m);
    conn_snac_close(c, begun);
}

void oscar_conn_offline_done(struct oscar_conn *c, uint32_t id)
{
    conn_say(c, FOODGROUP_ICBM, SNAC_ICBM_OFFLINE_DONE, id);
}

void oscar_conn_warned(struct oscar_conn *c, uint32_t id, uint16_t added, uint16_t level)
{
    size_t begun = answer(c, FOODGROUP_ICBM, SNAC_ICBM_WARN_REPLY, id);

    buf_u16(&c->out, added);
    buf_u16(&c->out, level);
    conn_snac_close(c, begun);
}

void oscar_conn_evil(struct oscar_conn *c, uint16_t level, const struct oscar_userinfo *by)
{
    size_t begun = unasked(c, FOODGROUP_OSERVICE, SNAC_OSERVICE_EVIL);

    oservice_evil_write(&c->out, level, by);
    conn_snac_close(c, begun);
}

void oscar_conn_info(struct oscar_conn *c, uint32_t id, const struct locate_info *i)
{
    struct oscar_userinfo plain;
    struct locate_info whole = *i;
    size_t begun = answer(c, FOODGROUP_LOCATE, SNAC_LOCATE_INFO, id);

    whole.user = block_for(c, i->user, &plain);
    locate_info_write(&c->out, &whole);
    conn_snac_close(c, begun);
}

void oscar_conn_found(struct oscar_conn *c, uint32_t id, const struct span *names, size_t n)
{
    size_t begun;

    if (n == 0) {
        oscar_conn_error(c, FOODGROUP_USERLOOKUP, id,
                         &(struct snac_failure){.code = SNAC_ERR_NO_MATCH});
        return;
    }
    begun = answer(c, FOODGROUP_USERLOOKUP, SNAC_USERLOOKUP_FOUND, id);
    userlookup_found_write(&c->out, names, n);
    conn_snac_close(c, begun);
}

void oscar_conn_feedbag_list(struct oscar_conn *c, uint32_t id, struct span items, uint32_t time)
{
    struct span portion;
    bool more;

    do {
        size_t count = feedbag_portion(&items, FEEDBAG_ROOM, &portion);
        size_t begun;

        more = count > 0 && items.n > 0;
        begun =
            conn_snac_open(c, FOODGROUP_FEEDBAG, SNAC_FEEDBAG_LIST, more ? SNAC_FLAG_MORE : 0, id);
        feedbag_list_write(&c->out, portion, count, more ? NULL : &time);
        conn_snac_close(c, begun);
    } while (more);
    c->list_fetched = true;
    if (c->online_at != DEADLINE_NEVER && c->online_at > c->now + OSCAR_ONLINE_WAIT_LIST_MS)
        c->online_at = c->now + OSCAR_ONLINE_WAIT_LIST_MS;
}

void oscar_conn_feedbag_current(struct oscar_conn *c, uint32_t id, uint32_t time, uint16_t count)
{
    size_t begun = answer(c, FOODGROUP_FEEDBAG, SNAC_FEEDBAG_CURRENT, id);

    feedbag_copy_write(&c->out, time, count);
    conn_snac_close(c, begun);
    c->list_fetched = true;
}

void oscar_conn_feedbag_status(struct oscar_conn *c, uint32_t id, const uint16_t *codes, size_t n)
{
    size_t begun = answer(c, FOODGROUP_FEEDBAG, SNAC_FEEDBAG_STATUS, id);

    for (size_t i = 0; i < n; i++)
        buf_u16(&c->out, codes[i]);
    conn_snac_close(c, begun);
}

void oscar_conn_feedbag_push(struct oscar_conn *c, enum feedbag_op op, struct span items)
{
    struct span portion;

    while (feedbag_portion(&items, FEEDBAG_ROOM, &portion) > 0) {
        size_t begun = unasked(c, FOODGROUP_FEEDBAG, (uint16_t)op);

        buf_add(&c->out, portion);
        conn_snac_close(c, begun);
    }
}

/* ICQ clients want the version block before these (SNAC flag 0x8000). */
void oscar_conn_auth(struct oscar_conn *c, const struct feedbag_auth *a)
{
    size_t begun =
        conn_snac_open(c, FOODGROUP_FEEDBAG, a->subtype, SNAC_FLAG_VERSION, conn_server_id(c));

    buf_u16(&c->out, 6);
    tlv_write_u16(&c->out, 0x0001, foodgroup_version(FOODGROUP_FEEDBAG));
    feedbag_auth_write(&c->out, a);
    conn_snac_close(c, begun);
}

void oscar_conn_disconnect(struct oscar_conn *c, enum oscar_disconnect reason, struct span url)
{
    if (c->modern || c->feedbag) {
        size_t begun = flap_begin(&c->out, FLAP_SIGNOFF);

        tlv_write_u16(&c->out, TLV_DISCONNECT_REASON, (uint16_t)reason); /* libpurple: two octets */
        if (url.n)
            tlv_write(&c->out, TLV_DISCONNECT_URL, url);
        conn_snac_close(c, begun);
    }
    conn_end(c, "signed on at another place", true);
}

void oscar_conn_shutdown(struct oscar_conn *c)
{
    conn_frame(c, FLAP_SIGNOFF, (struct span){0});
    conn_end(c, "closed by the server", true);
}
