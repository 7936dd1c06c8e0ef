#include "gateway/peer/way.h"

enum { REST_MAX = 3600 /* s that a server may ask to be left alone for */ };

static enum locate_state locate(struct worker *w, struct way *y, const struct locate_want *want,
                                void (*on)(void *ctx), void *ctx)
{
    y->dns = location_new(w, want, on, ctx);
    return way_state(y);
}

enum locate_state way_to_probe(struct worker *w, struct way *y, enum sip_scheme scheme,
                               struct span domain, void (*on)(void *ctx), void *ctx)
{
    struct locate_want want = {.scheme = scheme, .host = domain, .domain_only = true};

    *y = (struct way){.peer = peer_find(w->peers, domain)};
    return y->peer ? LOCATE_FOUND : locate(w, y, &want, on, ctx);
}

enum locate_state way_to_domain(struct worker *w, struct way *y, enum sip_scheme scheme,
                                struct span domain, void (*on)(void *ctx), void *ctx)
{
    enum locate_state s = way_to_probe(w, y, scheme, domain, on, ctx);

    if (s == LOCATE_ASKING || s == LOCATE_FOUND) /* a domain that is not there has no link */
        y->link = link_hold(links_get(w, domain));
    return s;
}

enum locate_state way_to_uri(struct worker *w, struct way *y, struct span uri,
                             void (*on)(void *ctx), void *ctx)
{
    struct locate_want want;
    struct sip_uri u;

    *y = (struct way){0};
    if (!sip_uri_parse(uri, &u))
        return LOCATE_BAD_NAME;
    want = locate_want_of(&u);
    return locate(w, y, &want, on, ctx);
}

enum locate_state way_state(const struct way *y)
{
    if (y->peer)
        return LOCATE_FOUND;
    return y->dns ? location_state(y->dns) : LOCATE_BUSY;
}

static bool place_at(const struct way *y, size_t i, struct way_place *out)
{
    size_t n;
    const struct way_place *all;

    if (y->peer)
        return peer_place(y->peer, i, out);
    all = y->dns ? location_places(y->dns, &n) : NULL;
    if (!all || i >= n)
        return false;
    *out = all[i];
    return true;
}

static bool is_tried(const struct way *y, const struct sip_hop *hop)
{
    for (unsigned i = 0; i < y->n_tried; i++)
        if (y->tried[i].transport == hop->transport && sip_addr_eq(&y->tried[i].addr, &hop->addr))
            return true;
    return false;
}

/* The same host's other family, where that one is still to be tried. */
static void find_beside(struct way *y, const struct way_place *chosen)
{
    struct way_place p;

    y->beside.family = 0;
    for (size_t i = 0; place_at(y, i, &p); i++)
        if (p.group == chosen->group && p.hop.addr.family != chosen->hop.addr.family &&
            p.hop.transport == chosen->hop.transport && !is_tried(y, &p.hop)) {
            y->beside = p.hop.addr;
            return;
        }
}

bool way_next(struct worker *w, struct way *y)
{
    uint64_t best_until = UINT64_MAX;
    struct way_place p, best = {0};

    if (y->n_tried == WAY_TRIES_MAX)
        return false;
    for (size_t i = 0; place_at(y, i, &p) && best_until > w->now; i++) {
        uint64_t until = penalty_until(&w->penalties, &p.hop);

        if (until <= w->now)
            until = 0;
        if (until && penalty_rests(&w->penalties, &p.hop, w->now)) {
            y->rests = true;
            continue;
        }
        if (!is_tried(y, &p.hop) && until < best_until) {
            best_until = until;
            best = p;
        }
    }
    if (best_until == UINT64_MAX)
        return false;
    y->hop = best.hop;
    y->tried[y->n_tried++] = best.hop;
    find_beside(y, &best);
    return true;
}

const char *way_mistrust(const struct worker *w, const struct way *y)
{
    return domains_why(peers_domains(w->peers), y->hop.domain);
}

/* Where the next server takes it the domain is as good as there. */
static bool any_other(const struct worker *w, const struct way *y)
{
    struct way_place p;

    for (size_t i = 0; place_at(y, i, &p); i++)
        if (!is_tried(y, &p.hop) && penalty_until(&w->penalties, &p.hop) <= w->now)
            return true;
    return false;
}

static void note_failure(struct worker *w, struct way *y, enum sip_cause cause)
{
    const char *mistrust = way_mistrust(w, y);
    const char *why = cause == SIP_BY_TIMEOUT ? "no answer"
                      : mistrust              ? mistrust
                                              : "cannot be reached";

    penalty_failed(&w->penalties, &y->hop, w->now);
    if (y->peer)
        peer_failed(y->peer, w->now, why);
    if (cause == SIP_BY_TIMEOUT || !any_other(w, y)) /* M-652: all its servers tried */
        link_note_failure(w, y->link, why);
}

void way_note(struct worker *w, struct way *y, const struct sip_core_event *ev)
{
    if (ev->cause != SIP_BY_PEER) {
        note_failure(w, y, ev->cause);
        return;
    }
    link_note_answer(w, y->link, w->now - y->sent);
    if (ev->status == 503 && ev->retry_after) {
        uint64_t s = ev->retry_after < REST_MAX ? ev->retry_after : REST_MAX;

        penalty_rest(&w->penalties, &y->hop, w->now, w->now + s * 1000);
    } else {
        penalty_answered(&w->penalties, &y->hop);
    }
}

void way_note_sent(struct worker *w, struct way *y)
{
    y->sent = w->now;
    link_note_used(w, y->link);
    if (y->peer)
        peer_count_sent(y->peer);
}

void way_fini(struct way *y)
{
    location_free(&y->dns);
    link_release(&y->link);
    *y = (struct way){0};
}

enum outcome way_outcome(enum locate_state s)
{
    switch (s) {
    case LOCATE_NO_DOMAIN:
    case LOCATE_BAD_NAME: return OUTCOME_DOMAIN_UNKNOWN;
    case LOCATE_NO_SERVICE:
    case LOCATE_NO_TRANSPORT: return OUTCOME_NO_SERVICE;
    case LOCATE_OWN:
    case LOCATE_LOOP: return OUTCOME_LOOP;
    default: return OUTCOME_NO_ROUTE;
    }
}

enum outcome way_no_place(const struct way *y)
{
    enum locate_state s = way_state(y);

    return y->rests            ? OUTCOME_PEER_OVERLOADED
           : s == LOCATE_FOUND ? OUTCOME_NO_ROUTE
                               : way_outcome(s);
}
