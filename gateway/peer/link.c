#include "gateway/peer/link.h"

const char *link_state_name(enum link_state s)
{
    static const char *const names[] = {[LINK_UP] = "up",
                                        [LINK_SUSPECT] = "suspect",
                                        [LINK_DOWN] = "down",
                                        [LINK_PROBING] = "probing"};

    return names[s];
}

void link_init(struct link *l, uint64_t now)
{
    *l = (struct link){.state = LINK_UP, .since = now, .probe_at = now + LINK_PROBE_MS};
}

static void enter(struct link *l, enum link_state s, uint64_t now)
{
    if (l->state != s)
        l->since = now;
    l->state = s;
}

/* Between down and probing it is down all the time. */
static void enter_down(struct link *l, enum link_state s)
{
    l->state = s;
}

/* M-656: 5, 10, 20, 40, 60, 60 ... s. */
static uint64_t pause_of(unsigned step)
{
    static const uint64_t pauses[] = {5000, 10000, 20000, 40000, 60000};
    unsigned last = sizeof pauses / sizeof pauses[0] - 1;

    return pauses[step < last ? step : last];
}

static void note_down(struct link *l, uint64_t now)
{
    unsigned i = l->n_downs++ % LINK_FLAPS;
    uint64_t oldest = l->downs[(i + 1) % LINK_FLAPS];

    l->downs[i] = now;
    l->flapping = l->n_downs >= LINK_FLAPS && now - oldest <= LINK_FLAPS_MS;
    l->good_since = 0;
}

static enum link_news go_down(struct link *l, uint64_t now)
{
    enter(l, LINK_DOWN, now);
    note_down(l, now);
    l->step = 0;
    l->probe_at = now + pause_of(l->step++);
    return LINK_WENT_DOWN;
}

static enum link_news go_up(struct link *l, uint64_t now)
{
    enum link_news news = link_is_down(l) ? LINK_CAME_UP : LINK_NO_NEWS;

    enter(l, LINK_UP, now);
    l->flapping = false;
    l->probe_at = now + LINK_PROBE_MS;
    return news;
}

/* M-657: answers must go on for a minute. */
static enum link_news settle(struct link *l, uint64_t now)
{
    if (!l->good_since)
        l->good_since = now;
    if (now - l->good_since >= LINK_SETTLE_MS)
        return go_up(l, now);
    enter_down(l, LINK_PROBING);
    l->probe_at = now + LINK_SETTLE_STEP_MS;
    return LINK_NO_NEWS;
}

enum link_news link_answered(struct link *l, uint64_t now)
{
    if (!link_is_down(l) || !l->flapping)
        return go_up(l, now);
    return l->by_requests ? settle(l, now) : LINK_NO_NEWS; /* its probes say when */
}

static void stay_down(struct link *l, uint64_t now)
{
    enter_down(l, LINK_DOWN);
    if (l->good_since) { /* it was there for a moment: the schedule begins again */
        l->good_since = 0;
        l->step = 0;
    }
    l->probe_at = now + pause_of(l->step++);
}

enum link_news link_failed(struct link *l, uint64_t now)
{
    if (l->state == LINK_UP) {
        enter(l, LINK_SUSPECT, now);
        l->doubted = now;
        l->probe_at = now + LINK_SECOND_MS;
    } else if (!l->by_requests) {
        return LINK_NO_NEWS; /* the probe says more */
    } else if (l->state == LINK_SUSPECT && now - l->doubted >= LINK_SECOND_MS) {
        return go_down(l, now);
    } else if (l->state == LINK_PROBING) {
        stay_down(l, now);
    }
    return LINK_NO_NEWS;
}

void link_look(struct link *l, uint64_t now)
{
    if (l->state != LINK_PROBING && l->probe_at > now)
        l->probe_at = now;
}

enum link_news link_heard(struct link *l, uint64_t now)
{
    if (!link_is_down(l))
        return LINK_NO_NEWS;
    if (l->by_requests)
        return link_answered(l, now);
    link_look(l, now);
    return LINK_NO_NEWS;
}

/* It is not asked; while it is down a request may try it. */
static bool open_up(struct link *l, uint64_t now)
{
    l->probe_at = now + (l->good_since ? LINK_SETTLE_STEP_MS : LINK_PROBE_MS);
    if (link_is_down(l))
        enter_down(l, LINK_PROBING);
    return link_is_down(l);
}

bool link_tick(struct link *l, uint64_t now)
{
    if (l->probing || now < l->probe_at)
        return false;
    if (l->by_requests)
        return open_up(l, now);
    l->probing = true;
    if (l->state == LINK_DOWN)
        enter_down(l, LINK_PROBING);
    return true;
}

enum link_news link_probed(struct link *l, bool answered, uint64_t now)
{
    l->probing = false;
    if (answered)
        return link_is_down(l) && l->flapping ? settle(l, now) : go_up(l, now);
    switch (l->state) {
    case LINK_UP: (void)link_failed(l, now); break;
    case LINK_SUSPECT: return go_down(l, now);
    case LINK_DOWN:
    case LINK_PROBING: stay_down(l, now); break;
    }
    return LINK_NO_NEWS;
}

void link_not_probed(struct link *l, uint64_t now)
{
    l->probing = false;
    if (l->state == LINK_PROBING)
        enter_down(l, LINK_DOWN);
    l->probe_at = now + (link_is_down(l) ? pause_of(l->step) : LINK_PROBE_MS);
}

uint64_t link_deadline(const struct link *l)
{
    return l->probing ? UINT64_MAX : l->probe_at;
}
