#include "gateway/peer/names.h"

#include <stdlib.h>

#include "gateway/peer/locator.h"
#include "gateway/peer/peers.h"

enum { AGAIN_MS = 5000 /* after a failure of DNS */, NO_MS = 30000 /* after a "no" */ };

struct name {
    struct list node;
    struct worker *w;
    struct peer *peer;
    size_t route;
    struct location *asked;
    struct timer again;
};

struct peer_names {
    struct worker *w;
    struct list all;
};

static void name_free(struct name *n)
{
    list_remove(&n->node);
    timer_clear(n->w, &n->again);
    location_free(&n->asked);
    free(n);
}

static void note_failure(struct name *n, enum locate_state end)
{
    struct buf why = {0};

    buf_fmt(&why, "%s: %s", peer_named_route(n->peer, n->route)->host, locate_text(end));
    peer_failed(n->peer, n->w->now, buf_cstr(&why));
    buf_fini(&why);
}

static void take(struct name *n)
{
    enum locate_state end = location_state(n->asked);
    uint64_t ms = end == LOCATE_FOUND        ? location_ttl(n->asked) * 1000ULL
                  : locate_is_temporary(end) ? AGAIN_MS
                                             : NO_MS;
    size_t count;
    const struct way_place *places = location_places(n->asked, &count);

    if (end != LOCATE_FOUND)
        note_failure(n, end);
    if (!locate_is_temporary(end))
        peer_set_places(n->peer, n->route, places, count);
    location_free(&n->asked);
    timer_set(n->w, &n->again, n->w->now + ms);
}

static void on_found(void *ctx)
{
    take(ctx);
}

struct locate_want peer_route_want(const struct conf_route *r)
{
    static const enum sip_transport transports[] = {[CONF_UDP] = SIP_TRANSPORT_UDP,
                                                    [CONF_TCP] = SIP_TRANSPORT_TCP,
                                                    [CONF_TLS] = SIP_TRANSPORT_TLS};

    bool sips = r->transport == CONF_TLS && !r->has_transport;

    return (struct locate_want){.scheme = sips ? SIP_SCHEME_SIPS : SIP_SCHEME_SIP,
                                .host = span_str(r->host),
                                .port = r->has_port ? r->port : 0,
                                .transport = r->has_transport ? transports[r->transport]
                                                              : SIP_TRANSPORT_OTHER};
}

static void look_up(struct name *n)
{
    struct locate_want want = peer_route_want(peer_named_route(n->peer, n->route));

    n->asked = location_new(n->w, &want, on_found, n);
    if (!n->asked)
        timer_set(n->w, &n->again, n->w->now + AGAIN_MS);
    else if (location_state(n->asked) != LOCATE_ASKING)
        take(n);
}

static void on_again(struct timer *t, struct worker *w)
{
    (void)w;
    look_up(LIST_OF(t, struct name, again));
}

static void follow(struct peer_names *all, struct peer *p, size_t route)
{
    struct name *n = calloc(1, sizeof *n);

    if (!n)
        return;
    *n = (struct name){.w = all->w, .peer = p, .route = route, .again = {.due = on_again}};
    list_append(&all->all, &n->node);
    look_up(n);
}

struct peer_names *peer_names_new(struct worker *w)
{
    struct peer_names *n = calloc(1, sizeof *n);

    if (!n)
        return NULL;
    n->w = w;
    list_init(&n->all);
    peer_names_follow(n);
    return n;
}

static void forget_all(struct peer_names *all)
{
    LIST_EACH (struct name, n, &all->all, node)
        name_free(n);
}

void peer_names_follow(struct peer_names *all)
{
    size_t at = 0;

    forget_all(all);
    for (struct peer *p = NULL; (p = peer_next(all->w->peers, &at));)
        for (size_t i = 0; i < peer_route_count(p); i++)
            if (peer_named_route(p, i))
                follow(all, p, i);
}

void peer_names_free(struct peer_names *all)
{
    if (!all)
        return;
    forget_all(all);
    free(all);
}
