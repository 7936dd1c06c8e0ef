#include "gateway/flow/route.h"

#include "gateway/door/sip.h"
#include "gateway/flow/lane.h"

static bool is_active(const struct aim_session *s)
{
    return !s->state->away && s->state->idle_since == 0;
}

/* It may have said that it wants nothing of who is warned so far (SNAC 0x0004/0x0002). */
static bool listens(const struct flight *f, const struct aim_session *s)
{
    return s->online && f->m.warned <= oscar_conn_icbm(s->conn)->max_sender_warning;
}

/* S-151, RFC 3261 26.2.2: what was addressed by sips: goes to no phone without TLS. */
static bool is_safe(const struct flight *f, const struct contact *c)
{
    enum sip_transport over = sip_door_hop_of(f->w->sip_door, c).transport;

    return !f->m.to.secure || over == SIP_TRANSPORT_TLS || over == SIP_TRANSPORT_WSS;
}

static bool takes(const struct flight *f, const struct account *to, const struct contact *c)
{
    return sip_door_takes(f->w->sip_door, to, c, SPAN("MESSAGE")) && is_safe(f, c);
}

/* All sessions that are neither away nor idle; all where there is none of those (M-714). */
static void to_sessions(struct flight *f, struct account *to)
{
    bool any_active = false;

    LIST_EACH (struct aim_session, s, &to->sessions, of_account)
        any_active |= listens(f, s) && is_active(s);
    LIST_EACH (struct aim_session, s, &to->sessions, of_account)
        if (listens(f, s) && (!any_active || is_active(s)))
            (void)flight_to_session(f, s, (struct span){0}, false);
}

static void to_contacts(struct flight *f, struct account *to)
{
    LIST_EACH (struct contact, c, &to->contacts, node)
        if (takes(f, to, c))
            (void)lane_to_contact(f, c);
}

/* A phone by its own preference, of two that are alike the one that registered last. */
static struct contact *best_contact(const struct flight *f, struct account *to)
{
    struct contact *best = NULL;

    LIST_EACH (struct contact, c, &to->contacts, node)
        if (takes(f, to, c) && (!best || c->c.q > best->c.q ||
                                (c->c.q == best->c.q && c->refreshed > best->refreshed)))
            best = c;
    return best;
}

static bool to_one_session(struct flight *f, struct account *to, bool active)
{
    LIST_EACH (struct aim_session, s, &to->sessions, of_account)
        if (listens(f, s) && is_active(s) == active &&
            flight_to_session(f, s, (struct span){0}, false))
            return true;
    return false;
}

/* S-087, RFC 3841 6.1: where somebody sits; else a phone; else where somebody sat. */
static void to_one_place(struct flight *f, struct account *to)
{
    struct contact *c;

    if (to_one_session(f, to, true))
        return;
    c = best_contact(f, to);
    if (!c || !lane_to_contact(f, c))
        (void)to_one_session(f, to, false);
}

void route_to_account(struct flight *f, struct account *to)
{
    if (f->origin.only) { /* S-383 */
        if (takes(f, to, f->origin.only))
            (void)lane_to_contact(f, f->origin.only);
        return;
    }
    if (f->origin.one_place) {
        to_one_place(f, to);
        return;
    }
    to_sessions(f, to);
    to_contacts(f, to);
}
