#include "gateway/flow/aside.h"

#include "gateway/door/sip.h"
#include "gateway/flow/lane.h"
#include "gateway/peer/way.h"

/* One request, but for where it goes. */
struct sheet {
    struct worker *w;
    const struct aside *what;
    struct asker *asker;
    struct sip_request request;
    unsigned sent;
};

static void send_to(struct sheet *s, struct span uri)
{
    struct sip_request *r = &s->request;
    size_t size;

    if (s->what->polite && lane_is_busy(s->w->lanes, uri))
        return;
    r->uri = uri;
    size = sip_core_measure(s->w->sip, r);
    if (size == 0 || size > SIP_UDP_MAX)
        return;
    if (sip_core_send(s->w->sip, r, (uintptr_t)s->asker, s->w->now))
        s->sent++;
}

static void to_contacts(struct sheet *s)
{
    struct account *to;

    if (account_get(s->w, s->what->to->user, &to))
        return;
    LIST_EACH (struct contact, c, &to->contacts, node) {
        if (!sip_door_takes(s->w->sip_door, to, c, SPAN("MESSAGE")))
            continue;
        s->request.route = c->c.path;
        s->request.hop = sip_door_hop_of(s->w->sip_door, c);
        send_to(s, c->c.uri);
    }
}

static void to_peer(struct sheet *s)
{
    struct way way = {.peer = peer_find(s->w->peers, s->what->to->host)};
    struct sip_uri first;

    if (!way.peer || links_is_shut(s->w, s->what->to->host) || !way_next(s->w, &way))
        return;
    s->request.hop = way.hop;
    if (sip_uri_parse(s->what->first, &first) && peer_find(s->w->peers, first.host) == way.peer)
        send_to(s, s->what->first);
    else
        send_to(s, s->request.to_uri);
}

unsigned aside_send(struct worker *w, const struct aside *what, struct asker *asker)
{
    struct buf from = {0}, to = {0};
    struct sheet s = {.w = w, .what = what, .asker = asker};

    address_to_sip_uri(&from, what->from);
    address_to_sip_uri(&to, what->to);
    if (buf_ok(&from) && buf_ok(&to)) {
        s.request = (struct sip_request){.method = SIP_MESSAGE,
                                         .from_uri = buf_span(&from),
                                         .from_display = what->display,
                                         .to_uri = buf_span(&to),
                                         .headers = what->headers,
                                         .content_type = what->content_type,
                                         .body = what->body};
        if (address_is_own(&w->rules, what->to))
            to_contacts(&s);
        else
            to_peer(&s);
    }
    buf_fini(&from);
    buf_fini(&to);
    return s.sent;
}
