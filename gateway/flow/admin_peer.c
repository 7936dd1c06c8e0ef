#include "gateway/flow/admin_peer.h"

#include <jansson.h>

#include "gateway/peer/links.h"
#include "gateway/peer/locator.h"
#include "gateway/peer/peers.h"

static void put(json_t *to, const char *key, json_t *value)
{
    (void)json_object_set_new(to, key, value);
}

static json_t *number(uint64_t n)
{
    return json_integer((json_int_t)n);
}

/* Unix seconds of a time of the loop's clock; null: it never was. */
static json_t *when(const struct worker *w, uint64_t at)
{
    return at ? json_integer(w->unix_now - (json_int_t)((w->now - at) / 1000)) : json_null();
}

static uint64_t count_buddies(const struct domain_link *l)
{
    uint64_t n = 0;

    for (const struct list *node = l->buddies.next; node != &l->buddies; node = node->next)
        n++;
    return n;
}

static void put_breaches(json_t *j, unsigned bits)
{
    json_t *all = json_array();

    if (bits & SERVICE_DELAY)
        (void)json_array_append_new(all, json_string("delay"));
    if (bits & SERVICE_LOSS)
        (void)json_array_append_new(all, json_string("loss"));
    if (bits & SERVICE_DOWNTIME)
        (void)json_array_append_new(all, json_string("downtime"));
    put(j, "breaches", all);
}

/* S-010: what was measured, and what of it is not as agreed. */
static void put_service(json_t *j, struct worker *w, struct domain_link *l,
                        const struct service_bounds *b)
{
    struct service_figures f;

    service_figures(&l->service, w->now, &f);
    put(j, "delay_ms", number(f.delay_ms));
    put(j, "delay_max_ms", number(f.delay_max_ms));
    put(j, "loss_percent", json_real((double)f.loss_permille / 10));
    put(j, "downtime", number(f.downtime_s));
    put_breaches(j, service_breaches(&l->service, b, w->now));
}

/* M-663. */
static void put_link(json_t *j, struct worker *w, struct domain_link *l,
                     const struct service_bounds *b)
{
    put(j, "state", json_string(link_state_name(l->link.state)));
    put(j, "since", when(w, l->link.since));
    put(j, "for", number((w->now - l->link.since) / 1000));
    put(j, "last_success", when(w, l->succeeded));
    put(j, "buddies", number(count_buddies(l)));
    put(j, "last_failure", json_string(l->why));
    put(j, "last_failure_at", when(w, l->failed_at));
    put_service(j, w, l, b);
}

static json_t *peer_row(struct worker *w, const struct peer *p)
{
    struct domain_link *l;
    struct service_bounds bounds;
    struct peer_state s;
    json_t *j = json_object();

    peer_state(p, w->now, &s);
    peer_bounds(p, &bounds);
    l = links_find(w->links, s.domain);
    put(j, "domain", json_stringn((const char *)s.domain.p, s.domain.n));
    put(j, "by", json_string("route"));
    put(j, "state", json_string(s.usable ? "up" : "down")); /* not in use: by what was tried last */
    put(j, "routes", number(s.routes));
    put(j, "usable", number(s.usable));
    put(j, "sent", number(s.sent));
    put(j, "received", number(s.received));
    put(j, "failures", number(s.failures));
    put(j, "last_failure_age",
        s.last_failure_at ? number((w->now - s.last_failure_at) / 1000) : json_null());
    if (l)
        put_link(j, w, l, &bounds);
    if (s.last_failure_at && (!l || s.last_failure_at >= l->failed_at)) {
        put(j, "last_failure", json_string(s.last_failure));
        put(j, "last_failure_at", when(w, s.last_failure_at));
    } else if (!l) {
        put(j, "last_failure", json_string(""));
    }
    return j;
}

json_t *admin_peer_list(struct worker *w)
{
    json_t *all = json_array();
    size_t at = 0;

    for (struct peer *p = NULL; (p = peer_next(w->peers, &at));)
        (void)json_array_append_new(all, peer_row(w, p));
    at = 0;
    for (struct domain_link *l = NULL; (l = links_next(w->links, &at));) {
        json_t *j;

        if (peer_find(w->peers, l->domain))
            continue;
        j = json_object();
        put(j, "domain", json_stringn((const char *)l->domain.p, l->domain.n));
        put(j, "by", json_string("dns"));
        put_link(j, w, l, &(struct service_bounds){0});
        (void)json_array_append_new(all, j);
    }
    return all;
}

json_t *admin_aside(struct worker *w)
{
    json_t *all = json_array();
    struct sip_hop hop;
    uint64_t until;
    size_t at = 0;

    while (penalty_next(&w->penalties, &at, &hop, &until)) {
        struct buf address = {0};

        if (until <= w->now)
            continue;
        sip_addr_print_hostport(&address, &hop.addr);
        (void)json_array_append_new(all, json_pack("{s:s,s:s,s:I}", "transport",
                                                   sip_transport_name(hop.transport), "address",
                                                   buf_cstr(&address), "seconds",
                                                   (json_int_t)((until - w->now + 999) / 1000)));
        buf_fini(&address);
    }
    return all;
}

json_t *admin_dns(struct worker *w, struct span question)
{
    size_t space = span_find(question, ' ');
    struct rr_question q = {.name = span_skip(question, space + 1)};
    uint64_t type = 0;
    int64_t left = -1;

    if (span_number(span_first(question, space), 255, &type)) {
        q.type = (enum rr_type)type;
        left = locator_left(w->locator, &q);
    }
    return json_pack("{s:o}", "left", left < 0 ? json_null() : json_integer(left));
}
