#include "gateway/flow/admin_peer.h"

#include <jansson.h>

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

json_t *admin_peer_list(struct worker *w)
{
    json_t *all = json_array();
    size_t at = 0;

    for (struct peer *p = NULL; (p = peer_next(w->peers, &at));) {
        struct peer_state s;
        json_t *j = json_object();

        peer_state(p, w->now, &s);
        put(j, "domain", json_stringn((const char *)s.domain.p, s.domain.n));
        put(j, "state", json_string(s.usable ? "up" : "down"));
        put(j, "routes", number(s.routes));
        put(j, "usable", number(s.usable));
        put(j, "sent", number(s.sent));
        put(j, "received", number(s.received));
        put(j, "failures", number(s.failures));
        put(j, "last_failure", json_string(s.last_failure));
        put(j, "last_failure_age",
            s.last_failure_at ? number((w->now - s.last_failure_at) / 1000) : json_null());
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
