/* A SNAC of a client that is signed on: counted against its rate class, then handed to whoever
 * knows its foodgroup. The handlers stand in conn_in_oservice.c, conn_in_list.c, conn_in_talk.c and
 * conn_in_service.c. */
#include "base/deadlines.h"
#include "oscar/conn_priv.h"

bool conn_take_ignore(struct oscar_conn *c, const struct snac *s, struct oscar_event *out)
{
    (void)c, (void)s, (void)out;
    return false;
}

bool conn_take_unavailable(struct oscar_conn *c, const struct snac *s, struct oscar_event *out)
{
    (void)out;
    conn_refuse(c, s, SNAC_ERR_SERVICE_UNAVAILABLE);
    return false;
}

static struct conn_table table_of(uint16_t foodgroup)
{
    switch (foodgroup) {
    case FOODGROUP_OSERVICE: return conn_oservice;
    case FOODGROUP_LOCATE: return conn_locate;
    case FOODGROUP_BUDDY: return conn_buddy;
    case FOODGROUP_ICBM: return conn_icbm;
    case FOODGROUP_INVITE: return conn_invite;
    case FOODGROUP_ADMIN: return conn_admin;
    case FOODGROUP_PERMIT: return conn_permit;
    case FOODGROUP_USERLOOKUP: return conn_userlookup;
    case FOODGROUP_STATS: return conn_stats;
    case FOODGROUP_CHATNAV: return conn_chatnav;
    case FOODGROUP_DIRECTORY: return conn_directory;
    case FOODGROUP_BART: return conn_bart;
    case FOODGROUP_FEEDBAG: return conn_feedbag;
    case FOODGROUP_ICQ: return conn_icq;
    case FOODGROUP_ALERT: return conn_alert;
    default: return (struct conn_table){0};
    }
}

static struct conn_route route_of(const struct oscar_conn *c, const struct snac *s)
{
    uint16_t served[CONN_SERVED_MAX];
    size_t n = conn_served(c, served);
    struct conn_table t = table_of(s->foodgroup);

    for (size_t i = 0; i < n; i++)
        if (served[i] == s->foodgroup && s->subtype < t.n)
            return t.rows[s->subtype];
    return (struct conn_route){0};
}

bool conn_take(struct oscar_conn *c, const struct snac *s, struct oscar_event *out)
{
    struct conn_route route = route_of(c, s);

    if (c->conf.rate_limits && !conn_passes_rate(c, s, route.asks))
        return false;
    if (!route.take) {
        conn_refuse(c, s, SNAC_ERR_INVALID_SNAC);
        return false;
    }
    if (c->service && s->foodgroup != FOODGROUP_OSERVICE)
        conn_ready(c); /* it works with the service: nothing more to wait for */
    out->id = s->id;
    if (route.take(c, s, out) && (c->service == 0 || s->foodgroup == c->service))
        return true;
    *out = (struct oscar_event){0};
    return false;
}

/* Ready and with a list, whichever comes last: ICQ 4 and 5 Lite and BitlBee are ready first, the
 * others use their list first. */
static void check_online(struct oscar_conn *c)
{
    if (c->state == SIGNON_READY && c->list_used && !c->online && c->service == 0)
        c->online_due = true;
}

void conn_ready(struct oscar_conn *c)
{
    if (c->state != SIGNON_SETUP)
        return;
    c->state = SIGNON_READY;
    c->by = DEADLINE_NEVER;
    c->last_out = c->now;
    check_online(c);
    if (!c->online_due && c->service == 0) /* an empty client-kept list is never sent */
        c->online_at =
            c->now + (c->list_fetched ? OSCAR_ONLINE_WAIT_LIST_MS : OSCAR_ONLINE_WAIT_MS);
}

void conn_list_used(struct oscar_conn *c)
{
    c->list_used = true;
    check_online(c);
}
