/* Phones that take one message out of what they read at once, and look for the next one only when
 * more octets come: of two messages that share a segment the second is read with whatever is sent
 * next. libpurple's SIMPLE does so (2.14, simple.c, process_input); an empty line in between (RFC
 * 3261 7.5) is no help, as it leaves a trace of each in its buffer, with which the next message is
 * not understood. Such a phone is sent one message at a time, with a pause. */
#include "gateway/door/sip_priv.h"

enum { PACE_MS = 100 }; /* it has read what came before, by then */

static bool takes_one_at_once(struct span user_agent)
{
    return span_case_starts(user_agent, SPAN("Purple/"));
}

static void on_pause_over(struct timer *t, struct worker *w)
{
    (void)w;
    sip_conn_dirty(LIST_OF(t, struct sip_conn, pace));
}

struct span sip_pace_waiting(struct sip_conn *c)
{
    struct span out = buf_span(&c->out);
    struct sip_frame first = {.max = SIP_OUTPUT_MAX};

    if (c->pace_left == 0 && out.n && !timer_is_set(&c->pace)) {
        (void)sip_frame_next(&first, out);
        c->pace_left = first.size ? first.size : out.n; /* what we wrote is cut like what we read */
    }
    return span_first(out, c->pace_left);
}

void sip_pace_took(struct sip_conn *c, size_t taken)
{
    c->pace_left -= taken;
    if (taken && c->pace_left == 0)
        timer_set(c->door->w, &c->pace, c->door->w->now + PACE_MS);
}

void sip_door_agent(struct sip_door *d, const struct sip_hop *from, struct span user_agent)
{
    struct sip_conn *c = from->flow ? sip_conn_of_flow(d, from->flow) : NULL;

    if (!c || c->ws || c->paced || !takes_one_at_once(user_agent))
        return;
    c->paced = true;
    c->pace.due = on_pause_over;
    c->pace_left = c->out.n; /* that is on its way */
}
