#include "gateway/flow/route.h"

#include "gateway/door/sip.h"
#include "gateway/flow/lane.h"

static bool is_active(const struct aim_session *s)
{
    return !s->state->away && s->state->idle_since == 0;
}

/* All sessions that are neither away nor idle; all where there is none of those (M-714). */
static void to_sessions(struct flight *f, struct account *to)
{
    bool any_active = false;

    LIST_EACH (struct aim_session, s, &to->sessions, of_account)
        any_active |= s->online && is_active(s);
    LIST_EACH (struct aim_session, s, &to->sessions, of_account)
        if (s->online && (!any_active || is_active(s)))
            (void)flight_to_session(f, s, (struct span){0}, false);
}

/* S-151, RFC 3261 26.2.2: what was addressed by sips: goes to no phone without TLS. */
static bool is_safe(const struct flight *f, const struct contact *c)
{
    enum sip_transport over = sip_door_hop_of(f->w->sip_door, c).transport;

    return !f->m.to.secure || over == SIP_TRANSPORT_TLS || over == SIP_TRANSPORT_WSS;
}

static void to_contacts(struct flight *f, struct account *to)
{
    LIST_EACH (struct contact, c, &to->contacts, node)
        if (sip_door_takes(f->w->sip_door, to, c, SPAN("MESSAGE")) && is_safe(f, c))
            (void)lane_to_contact(f, c);
}

void route_to_account(struct flight *f, struct account *to)
{
    to_sessions(f, to);
    to_contacts(f, to);
}
