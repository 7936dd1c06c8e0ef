/* What waits in all connections together, and who pays for it: of messages that are not whole yet,
 * the one begun longest ago; of output that nobody reads, the connection that has not moved for
 * longest. So a crowd of slow senders or deaf readers is bounded as one, and takes nothing from
 * those who come and go. */
#include "gateway/door/sip_priv.h"

void sip_bounds_note(struct sip_conn *c)
{
    struct sip_door *d = c->door;

    d->in_total += c->in.cap - c->in_noted;
    d->out_total += c->out.cap - c->out_noted;
    c->in_noted = c->in.cap;
    c->out_noted = c->out.cap;
    if (c->in.n == 0)
        list_remove(&c->half);
    else if (!list_linked(&c->half))
        list_append(&d->half, &c->half);
    if (c->out.n == 0)
        list_remove(&c->deaf);
    else if (!list_linked(&c->deaf))
        list_append(&d->deaf, &c->deaf);
}

void sip_bounds_moved(struct sip_conn *c)
{
    list_remove(&c->deaf);
    sip_bounds_note(c);
}

void sip_bounds_forget(struct sip_conn *c)
{
    c->door->in_total -= c->in_noted;
    c->door->out_total -= c->out_noted;
    list_remove(&c->half);
    list_remove(&c->deaf);
}

static void drop(struct sip_conn *c, const char *why)
{
    c->door->w->metrics.sip_dropped++;
    sip_conn_close(c, why, true);
}

void sip_bounds_hold(struct sip_door *d)
{
    bool any = false;

    while (d->in_total > SIP_INPUT_TOTAL && !list_empty(&d->half)) {
        drop(LIST_OF(d->half.next, struct sip_conn, half), "too much waits to become whole");
        any = true;
    }
    while (d->out_total > SIP_OUTPUT_TOTAL && !list_empty(&d->deaf)) {
        drop(LIST_OF(d->deaf.next, struct sip_conn, deaf), "too much waits to be read");
        any = true;
    }
    if (any)
        sip_door_pump(d);
}
