#include "gateway/flow/linkwatch.h"

#include <stdlib.h>

#include "gateway/door/sip.h"
#include "gateway/flow/backlog.h"
#include "gateway/flow/buddy.h"
#include "gateway/flow/link_notice.h"
#include "gateway/flow/subscription.h"
#include "gateway/peer/reach.h"
#include "gateway/peer/way.h"
#include "gateway/people/asker.h"

/* OPTIONS to one server after the other, until one answers. */
struct probe {
    struct asker asker; /* first */
    struct worker *w;
    struct domain_link *l; /* NULL: of the target near us */
    struct list node;      /* of one server that was put aside: in linkwatch.singles; l is held */
    struct way way;
    uint64_t request; /* the core's id; 0: none is out */
    uint64_t each_ms;
    struct timer silence;
};

struct linkwatch {
    struct worker *w;
    struct timer verdict, keep_alive;
    struct list singles; /* probes of servers that are put aside */
    uint64_t asked;      /* since when it is being found out whose failure it is; 0: it is not */
    struct probe *near;  /* of sip.probe */
    enum { NEAR_UNKNOWN, NEAR_ANSWERS, NEAR_SILENT } near_is;
    struct domain_link us; /* our own way out; acted: users were told that it is gone */
};

/* ---- a probe ---- */

static void probe_ended(struct probe *p, bool answered);

static void probe_free(struct probe *p)
{
    if (p->request)
        sip_core_forget(p->w->sip, p->request);
    timer_clear(p->w, &p->silence);
    way_fini(&p->way);
    free(p);
}

static size_t count_places(const struct probe *p)
{
    struct way_place place;
    size_t n = 0;

    if (!p->way.peer)
        (void)location_places(p->way.dns, &n);
    else
        while (peer_place(p->way.peer, n, &place))
            n++;
    return n;
}

/* No domain is meant, only what is there. */
static void put_host(struct buf *b, const struct sip_hop *hop)
{
    BUF_LIT(b, "sip:");
    sip_addr_print_hostport(b, &hop->addr);
}

static void send_options(struct probe *p)
{
    struct worker *w = p->w;
    struct buf from = {0}, to = {0};
    struct sip_request r = {.method = SIP_OPTIONS, .headers = SPAN("Accept: application/sdp\r\n")};

    r.hop = sip_door_race(w->sip_door, &p->way.hop, &p->way.beside);
    buf_fmt(&from, "sip:%.*s", SPAN_ARG(w->own_domain));
    if (p->l)
        buf_fmt(&to, "sip:%.*s", SPAN_ARG(p->l->domain));
    else
        put_host(&to, &p->way.hop);
    r.from_uri = buf_span(&from);
    r.uri = r.to_uri = buf_span(&to);
    p->request =
        buf_ok(&from) && buf_ok(&to) ? sip_core_send(w->sip, &r, (uintptr_t)&p->asker, w->now) : 0;
    timer_set(w, &p->silence, w->now + (p->request ? p->each_ms : 0));
    buf_fini(&from);
    buf_fini(&to);
}

/* M-660: DNS cannot say; or they asked to be left alone. */
static void probe_skipped(struct probe *p)
{
    p->l->probe = NULL;
    link_note_no_probe(p->w, p->l);
    probe_free(p);
}

static void probe_next(struct probe *p)
{
    bool single = list_linked(&p->node); /* there is no other server to ask */

    if (!single && way_next(p->w, &p->way))
        send_options(p);
    else if (!single && p->way.rests && p->l)
        probe_skipped(p);
    else
        probe_ended(p, false);
}

static void on_silence(struct timer *t, struct worker *w)
{
    struct probe *p = LIST_OF(t, struct probe, silence);

    if (p->request)
        sip_core_forget(w->sip, p->request);
    p->request = 0;
    way_note(w, &p->way, &(struct sip_core_event){.cause = SIP_BY_TIMEOUT, .status = 408});
    probe_next(p);
}

static void on_answer(struct worker *w, struct asker *a, const struct sip_core_event *ev)
{
    struct probe *p = (struct probe *)(void *)a;

    p->request = 0;
    timer_clear(w, &p->silence);
    way_note(w, &p->way, ev);
    if (ev->cause == SIP_BY_PEER) /* D-31: any answer is life, 405 and 503 too */
        probe_ended(p, true);
    else
        probe_next(p);
}

static void on_located(void *ctx)
{
    struct probe *p = ctx;
    enum locate_state s = way_state(&p->way);
    size_t n = s == LOCATE_FOUND ? count_places(p) : 0;

    if (s == LOCATE_FOUND || s == LOCATE_NO_WAY || !p->l) {
        p->each_ms = n > 0 && PROBE_MS / n > PROBE_ONE_MS ? PROBE_MS / n : PROBE_ONE_MS;
        probe_next(p);
    } else {
        probe_skipped(p);
    }
}

static struct probe *probe_new(struct worker *w, struct domain_link *l)
{
    struct probe *p = calloc(1, sizeof *p);

    if (p)
        *p = (struct probe){.asker = {on_answer}, .w = w, .l = l, .silence = {.due = on_silence}};
    return p;
}

static void probe_begin(struct worker *w, struct domain_link *l)
{
    enum sip_scheme as = list_empty(&l->buddies) ? SIP_SCHEME_IM : SIP_SCHEME_PRES;
    struct probe *p = probe_new(w, l);

    l->probe = p;
    if (!p)
        link_note_no_probe(w, l);
    else if (way_to_probe(w, &p->way, as, l->domain, on_located, p) != LOCATE_ASKING)
        on_located(p);
}

/* ---- the end of a link, and its return ---- */

static void log_link(struct worker *w, const struct domain_link *l)
{
    struct buf domain = {0};

    buf_add(&domain, l->domain);
    if (l->acted)
        LOG_WARNING(
            &w->log, "peer", "a domain cannot be reached: its users are shown offline", "domain",
            buf_cstr(&domain), "why", l->why[0] ? l->why : "no answer", "do",
            "look at its server, the route, the firewall; it is tried again at least each minute");
    else
        LOG_INFO(&w->log, "peer", "a domain is reachable again", "domain", buf_cstr(&domain));
    buf_fini(&domain);
}

static void find_blame(struct linkwatch *lw);

static void act_down(struct worker *w, struct domain_link *l)
{
    log_link(w, l);
    w->metrics.links_lost++;
    link_notice_collect(w, l);
    buddy_link_down(w, l);
    l->untold = true;
    find_blame(w->linkwatch);
}

static void act_up(struct worker *w, struct domain_link *l)
{
    struct linkwatch *lw = w->linkwatch;

    log_link(w, l);
    l->untold = false;
    link_notice_up(w, l);
    if (lw->us.acted) {
        lw->us.acted = false;
        link_notice_up(w, &lw->us);
    }
    buddy_link_up(w, l);
    subscription_link_up(w, l);
    backlog_link_is_up(w, l->domain);
}

static void log_breach(struct worker *w, const struct domain_link *l, const char *what)
{
    struct buf domain = {0};

    buf_add(&domain, l->domain);
    LOG_WARNING(&w->log, "peer", "a peer does not keep what was agreed", "domain",
                buf_cstr(&domain), "what", what, "do",
                "aimgate peer list --json has the figures; tell its operator");
    buf_fini(&domain);
}

/* S-010: once for each breach, until it is over. */
static void check_service(struct worker *w, struct domain_link *l)
{
    struct service_bounds bounds;
    const struct peer *p = peer_find(w->peers, l->domain);
    unsigned is, fresh;

    if (!p)
        return;
    peer_bounds(p, &bounds);
    is = service_breaches(&l->service, &bounds, w->now);
    fresh = is & ~l->breaches;
    l->breaches = is;
    if (fresh & SERVICE_DELAY)
        log_breach(w, l, "delay");
    if (fresh & SERVICE_LOSS)
        log_breach(w, l, "loss");
    if (fresh & SERVICE_DOWNTIME)
        log_breach(w, l, "downtime");
}

/* It is never probed: what is to be said there anyhow tries it. Where there is nothing and it did
 * answer, nothing speaks against it. */
static void try_request(struct worker *w, struct domain_link *l)
{
    if (!buddy_link_try(w, l)) {
        backlog_peer_is_up(w, l->domain);
        if (l->link.good_since)
            link_note_probe(w, l, true);
    }
    link_note_look_later(w, l);
}

static void on_due(struct timer *t, struct worker *w)
{
    struct domain_link *l = LIST_OF(t, struct domain_link, timer);
    bool down = link_is_down(&l->link);

    if (down != l->acted) {
        link_note_acted(w, l);
        (down ? act_down : act_up)(w, l);
        return;
    }
    if (!down)
        link_notice_tidy(w, l);
    if (links_forget(w, l))
        return;
    check_service(w, l);
    if (!link_note_due(w, l))
        link_note_look_later(w, l);
    else if (l->link.by_requests)
        try_request(w, l);
    else
        probe_begin(w, l);
}

/* ---- whose failure it is (M-659) ---- */

static bool has_near(const struct worker *w)
{
    return w->conf->sip.probe.n > 0;
}

static void probe_near(struct linkwatch *lw)
{
    struct worker *w = lw->w;

    if (lw->near || !has_near(w))
        return;
    lw->near_is = NEAR_UNKNOWN;
    lw->near = probe_new(w, NULL);
    if (lw->near && way_to_uri(w, &lw->near->way, span_str(w->conf->sip.probe.at[0].text),
                               on_located, lw->near) != LOCATE_ASKING)
        on_located(lw->near);
}

static void probe_ended(struct probe *p, bool answered)
{
    struct worker *w = p->w;
    struct domain_link *l = p->l;

    if (list_linked(&p->node)) {
        list_remove(&p->node);
        link_release(&p->l); /* what came of it is noted at the server */
    } else if (l) {
        l->probe = NULL;
        link_note_probe(w, l, answered);
    } else {
        w->linkwatch->near = NULL;
        w->linkwatch->near_is = answered ? NEAR_ANSWERS : NEAR_SILENT;
    }
    probe_free(p);
}

/* This machine itself knows no way to any of its servers. */
static bool has_no_way(struct worker *w, const struct domain_link *l)
{
    const struct peer *p = peer_find(w->peers, l->domain);
    struct way_place place;
    size_t n = 0;

    while (p && peer_place(p, n, &place)) {
        if (reach_can(w->conf, &place.hop))
            return false;
        n++;
    }
    return n > 0;
}

enum blame { BLAME_UNKNOWN, BLAME_THEM, BLAME_US };

/* Theirs where anything else answers; ours where nothing does, and what is near us is silent or the
 * way out is gone. */
static enum blame blame(struct linkwatch *lw)
{
    struct worker *w = lw->w;
    size_t at = 0;
    bool all_down = true, no_way = true;

    for (struct domain_link *l = NULL; (l = links_next(w->links, &at));) {
        if (l->succeeded >= lw->asked && !link_is_down(&l->link))
            return BLAME_THEM;
        all_down = all_down && (!l->witness || link_is_down(&l->link));
        no_way = no_way && (!link_is_down(&l->link) || has_no_way(w, l));
    }
    if (lw->near_is == NEAR_ANSWERS || w->now - lw->asked >= BLAME_MS)
        return BLAME_THEM;
    if (!all_down || (has_near(w) && lw->near_is == NEAR_UNKNOWN))
        return BLAME_UNKNOWN;
    return no_way || has_near(w) ? BLAME_US : BLAME_THEM;
}

static void tell_all(struct linkwatch *lw, enum blame whose)
{
    struct worker *w = lw->w;
    size_t at = 0;

    for (struct domain_link *l = NULL; (l = links_next(w->links, &at));) {
        if (!l->untold)
            continue;
        l->untold = false;
        if (whose == BLAME_US)
            link_notice_join(&lw->us, l);
        else
            link_notice_down(w, l);
    }
    if (whose == BLAME_US) {
        LOG_WARNING(&w->log, "peer",
                    "no other domain can be reached: our own way out seems to be gone", "do",
                    "look at this machine's network");
        lw->us.acted = true;
        link_notice_down(w, &lw->us);
    }
}

enum { VERDICT_STEP_MS = 250 };

static void on_verdict(struct timer *t, struct worker *w)
{
    struct linkwatch *lw = LIST_OF(t, struct linkwatch, verdict);
    enum blame whose = blame(lw);

    if (whose == BLAME_UNKNOWN) {
        timer_set(w, t, w->now + VERDICT_STEP_MS);
        return;
    }
    lw->asked = 0;
    tell_all(lw, whose);
}

/* Some others are asked at once, and what is near. */
static void find_blame(struct linkwatch *lw)
{
    struct worker *w = lw->w;
    size_t at = 0;
    unsigned asked = 0;

    if (lw->asked)
        return;
    lw->asked = w->now;
    for (struct domain_link *l = NULL; (l = links_next(w->links, &at));) {
        l->witness =
            !link_is_down(&l->link) && !l->link.by_requests && asked < WITNESSES;
        if (l->witness) {
            link_note_look(w, l);
            asked++;
        }
    }
    probe_near(lw);
    timer_set(w, &lw->verdict, w->now);
}

/* ---- servers, one by one ---- */

static bool is_probed(const struct linkwatch *lw, const struct sip_hop *hop)
{
    LIST_EACH (struct probe, p, &lw->singles, node)
        if (p->way.hop.transport == hop->transport && sip_addr_eq(&p->way.hop.addr, &hop->addr))
            return true;
    return false;
}

/* S-202: a server whose time aside is about to end is asked before it gets a message that might be
 * lost there; an answer brings it back at once, silence puts it aside for longer. */
static void probe_single(struct linkwatch *lw, struct domain_link *l, const struct sip_hop *hop)
{
    struct worker *w = lw->w;
    uint64_t until = penalty_until(&w->penalties, hop);
    struct probe *p;

    if (l->link.by_requests || until <= w->now || until > w->now + KEEP_ALIVE_MS + PROBE_MS ||
        penalty_rests(&w->penalties, hop, w->now) || is_probed(lw, hop))
        return;
    p = probe_new(w, l);
    if (!p)
        return;
    p->l = link_hold(l);
    p->way.hop = *hop;
    p->each_ms = PROBE_MS;
    list_append(&lw->singles, &p->node);
    send_options(p);
}

/* Streams are kept open (RFC 5626 4.4.1). */
static void on_keep_alive(struct timer *t, struct worker *w)
{
    struct linkwatch *lw = LIST_OF(t, struct linkwatch, keep_alive);
    size_t at = 0;

    for (struct domain_link *l = NULL; (l = links_next(w->links, &at));) {
        const struct peer *p = peer_find(w->peers, l->domain);
        struct way_place place;

        for (size_t i = 0; p && !link_is_down(&l->link) && peer_place(p, i, &place); i++) {
            sip_door_keep_alive(w->sip_door, &place.hop);
            probe_single(lw, l, &place.hop);
        }
    }
    timer_set(w, t, w->now + KEEP_ALIVE_MS);
}

/* ---- life ---- */

struct linkwatch *linkwatch_new(struct worker *w)
{
    struct linkwatch *lw = calloc(1, sizeof *lw);

    if (!lw)
        return NULL;
    lw->w = w;
    list_init(&lw->singles);
    lw->verdict.due = on_verdict;
    lw->keep_alive.due = on_keep_alive;
    w->links = links_new(on_due);
    if (!w->links) {
        free(lw);
        return NULL;
    }
    timer_set(w, &lw->keep_alive, w->now + KEEP_ALIVE_MS);
    return lw;
}

void linkwatch_free(struct worker *w, struct linkwatch *lw)
{
    size_t at = 0;

    if (!lw)
        return;
    for (struct domain_link *l = NULL; (l = links_next(w->links, &at));) {
        if (l->probe)
            probe_free(l->probe);
        link_notice_forget(l);
    }
    LIST_EACH (struct probe, p, &lw->singles, node) {
        list_remove(&p->node);
        probe_free(p);
    }
    if (lw->near)
        probe_free(lw->near);
    link_notice_forget(&lw->us);
    timer_clear(w, &lw->verdict);
    timer_clear(w, &lw->keep_alive);
    links_free(w, w->links);
    free(lw);
}
