/* What a client says to and about others: foodgroups 0x0002 (locate), 0x0004 (messages), and the
 * small ones. */
#include "base/span.h"
#include "oscar/conn_priv.h"
#include "oscar/foodgroup/chatnav.h"
#include "oscar/foodgroup/userlookup.h"

static bool take_locate_rights(struct oscar_conn *c, const struct snac *s, struct oscar_event *out)
{
    size_t begun = conn_snac_open(c, FOODGROUP_LOCATE, SNAC_LOCATE_RIGHTS, 0, s->id);

    (void)out;
    locate_rights_write(&c->out);
    conn_snac_close(c, begun);
    return false;
}

static bool take_info_set(struct oscar_conn *c, const struct snac *s, struct oscar_event *out)
{
    (void)c;
    out->kind = OSCAR_INFO_SET;
    locate_set_read(s->body, &out->info_set);
    return out->info_set.has_profile || out->info_set.has_away || out->info_set.has_caps;
}

static bool take_query(struct oscar_conn *c, const struct snac *s, struct oscar_event *out)
{
    if (!locate_query_read(s->body, s->subtype == SNAC_LOCATE_QUERY_LONG, &out->query)) {
        conn_refuse(c, s, SNAC_ERR_BAD_PAYLOAD);
        return false;
    }
    out->kind = OSCAR_INFO_WANTED;
    return true;
}

static bool take_entry_set(struct oscar_conn *c, const struct snac *s, struct oscar_event *out)
{
    (void)c;
    out->kind = OSCAR_ENTRY_SET;
    out->tlvs = s->body;
    return true;
}

static bool take_entry_request(struct oscar_conn *c, const struct snac *s, struct oscar_event *out)
{
    struct rd r = rd_over(s->body);

    out->kind = OSCAR_ENTRY_WANTED;
    out->name = rd_str8(&r);
    if (!rd_ok(&r))
        conn_refuse(c, s, SNAC_ERR_BAD_PAYLOAD);
    return rd_ok(&r);
}

/* Keywords are not kept: the answer is that of a directory that took them. */
static bool take_keywords(struct oscar_conn *c, const struct snac *s, struct oscar_event *out)
{
    size_t begun = conn_snac_open(c, FOODGROUP_LOCATE, SNAC_LOCATE_SET_KEYWORDS_REPLY, 0, s->id);

    (void)out;
    buf_u16(&c->out, 1);
    conn_snac_close(c, begun);
    return false;
}

static const struct conn_route locate[] = {
    [SNAC_LOCATE_RIGHTS_REQUEST] = {take_locate_rights, true},
    [SNAC_LOCATE_SET_INFO] = {take_info_set, false},
    [SNAC_LOCATE_QUERY] = {take_query, true},
    [SNAC_LOCATE_SET_DIRECTORY] = {take_entry_set, true},
    [SNAC_LOCATE_GET_DIRECTORY] = {take_entry_request, true},
    [SNAC_LOCATE_SET_KEYWORDS] = {take_keywords, true},
    [SNAC_LOCATE_QUERY_LONG] = {take_query, true},
};

const struct conn_table conn_locate = {locate, sizeof locate / sizeof locate[0]};

static bool take_params(struct oscar_conn *c, const struct snac *s, struct oscar_event *out)
{
    struct icbm_params p;

    (void)out;
    if (icbm_params_read(s->body, &p) && (p.channel == 0 || p.channel == ICBM_PLAIN)) {
        c->icbm = p;
        c->params_set = true;
    }
    return false;
}

static bool take_params_reset(struct oscar_conn *c, const struct snac *s, struct oscar_event *out)
{
    (void)s, (void)out;
    c->icbm = icbm_params_default();
    c->params_set = false;
    return false;
}

static bool take_params_request(struct oscar_conn *c, const struct snac *s, struct oscar_event *out)
{
    struct icbm_params p = icbm_params_default();
    size_t begun = conn_snac_open(c, FOODGROUP_ICBM, SNAC_ICBM_PARAMS, 0, s->id);

    (void)out;
    icbm_params_write(&c->out, &p);
    conn_snac_close(c, begun);
    return false;
}

static bool take_message(struct oscar_conn *c, const struct snac *s, struct oscar_event *out)
{
    if (!icbm_message_read(s->body, &out->im)) {
        conn_refuse(c, s, SNAC_ERR_BAD_PAYLOAD);
        return false;
    }
    out->kind = OSCAR_IM;
    return true;
}

static bool take_warn(struct oscar_conn *c, const struct snac *s, struct oscar_event *out)
{
    if (!icbm_warning_read(s->body, &out->warning)) {
        conn_refuse(c, s, SNAC_ERR_BAD_PAYLOAD);
        return false;
    }
    out->kind = OSCAR_WARN;
    return true;
}

static bool take_typing(struct oscar_conn *c, const struct snac *s, struct oscar_event *out)
{
    (void)c;
    out->kind = OSCAR_TYPING;
    return icbm_typing_read(s->body, &out->typing);
}

static bool take_client_event(struct oscar_conn *c, const struct snac *s, struct oscar_event *out)
{
    (void)c;
    out->kind = OSCAR_CLIENT_EVENT;
    return icbm_client_event_read(s->body, &out->client_event);
}

static bool take_offline(struct oscar_conn *c, const struct snac *s, struct oscar_event *out)
{
    (void)c, (void)s;
    out->kind = OSCAR_OFFLINE_WANTED;
    return true;
}

static const struct conn_route icbm[] = {
    [SNAC_ICBM_SET_PARAMS] = {take_params, false},
    [SNAC_ICBM_RESET_PARAMS] = {take_params_reset, false},
    [SNAC_ICBM_PARAMS_REQUEST] = {take_params_request, true},
    [SNAC_ICBM_MESSAGE_TO_HOST] = {take_message, true},
    [SNAC_ICBM_WARN] = {take_warn, true},
    [SNAC_ICBM_CLIENT_EVENT] = {take_client_event, false},
    [SNAC_ICBM_HOST_ACK] = {conn_take_ignore, false},
    [0x000D] = {conn_take_ignore, false}, /* 0x000D to 0x0013, but for 0x0010: rarely seen */
    [0x000E] = {conn_take_ignore, false},
    [0x000F] = {conn_take_ignore, false},
    [SNAC_ICBM_OFFLINE_RETRIEVE] = {take_offline, true},
    [0x0011] = {conn_take_ignore, false},
    [0x0012] = {conn_take_ignore, false},
    [0x0013] = {conn_take_ignore, false},
    [SNAC_ICBM_TYPING] = {take_typing, false},
};

const struct conn_table conn_icbm = {icbm, sizeof icbm / sizeof icbm[0]};

static bool take_find_email(struct oscar_conn *c, const struct snac *s, struct oscar_event *out)
{
    out->address = span_trim(s->body);
    out->kind = OSCAR_FIND_EMAIL;
    if (out->address.n > 0 && out->address.n <= USERLOOKUP_ADDRESS_MAX)
        return true;
    conn_refuse(c, s, SNAC_ERR_NO_MATCH);
    return false;
}

/* Requests that want no more than a sign that they came: the reply is the next subtype, without a
 * body. */
static bool take_acknowledge(struct oscar_conn *c, const struct snac *s, struct oscar_event *out)
{
    (void)out;
    conn_say(c, s->foodgroup, (uint16_t)(s->subtype + 1), s->id);
    return false;
}

static bool take_chatnav_rights(struct oscar_conn *c, const struct snac *s, struct oscar_event *out)
{
    size_t begun = conn_snac_open(c, FOODGROUP_CHATNAV, SNAC_CHATNAV_INFO, 0, s->id);

    (void)out;
    chatnav_rights_write(&c->out);
    conn_snac_close(c, begun);
    return false;
}

static const struct conn_route userlookup[] = {
    [SNAC_USERLOOKUP_BY_EMAIL] = {take_find_email, true}};
static const struct conn_route stats[] = {[SNAC_STATS_REPORT] = {take_acknowledge, true}};
static const struct conn_route invite[] = {[SNAC_INVITE_REQUEST] = {take_acknowledge, true}};
static const struct conn_route alert[] = {[SNAC_ALERT_SUBSCRIBE] = {conn_take_unavailable, true},
                                          [SNAC_ALERT_ACTIVATE] = {conn_take_ignore, false}};
static const struct conn_route chatnav[] = {
    [SNAC_CHATNAV_RIGHTS_REQUEST] = {take_chatnav_rights, true},
    [SNAC_CHATNAV_EXCHANGE_REQUEST] = {conn_take_unavailable, true},
    [SNAC_CHATNAV_ROOM_REQUEST] = {conn_take_unavailable, true},
    [SNAC_CHATNAV_ROOM_MORE_REQUEST] = {conn_take_unavailable, true},
    [SNAC_CHATNAV_OCCUPANTS_REQUEST] = {conn_take_unavailable, true},
    [SNAC_CHATNAV_SEARCH] = {conn_take_unavailable, true},
    [SNAC_CHATNAV_CREATE] = {conn_take_unavailable, true},
};

const struct conn_table conn_userlookup = {userlookup, sizeof userlookup / sizeof userlookup[0]};
const struct conn_table conn_stats = {stats, sizeof stats / sizeof stats[0]};
const struct conn_table conn_invite = {invite, sizeof invite / sizeof invite[0]};
const struct conn_table conn_alert = {alert, sizeof alert / sizeof alert[0]};
const struct conn_table conn_chatnav = {chatnav, sizeof chatnav / sizeof chatnav[0]};
