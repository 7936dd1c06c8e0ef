#include "mapping/presence.h"

#include <stdlib.h>

enum { WARNING_STEP = 50 /* tenths of a percent */ };

/* The texts of a record, by their place in it. */
static const size_t texts[] = {
    offsetof(struct presence, away_text), offsetof(struct presence, avail_text),
    offsetof(struct presence, friendly),  offsetof(struct presence, icon),
    offsetof(struct presence, icon_url),  offsetof(struct presence, caps),
};
enum { TEXTS = sizeof texts / sizeof *texts };

static struct span *text_at(struct presence *p, size_t i)
{
    return (struct span *)(void *)((uint8_t *)p + texts[i]);
}

struct presence *presence_dup(const struct presence *p)
{
    struct presence all = *p, *copy;
    size_t size = sizeof *copy;
    uint8_t *to;

    for (size_t i = 0; i < TEXTS; i++)
        size += text_at(&all, i)->n;
    copy = malloc(size);
    if (!copy)
        return NULL;
    *copy = all;
    to = (uint8_t *)(copy + 1);
    for (size_t i = 0; i < TEXTS; i++) {
        struct span *s = text_at(copy, i);

        if (s->n > 0)
            memcpy(to, s->p, s->n);
        s->p = to;
        to += s->n;
    }
    return copy;
}

struct span presence_text(const struct presence *p)
{
    if (!p->away)
        return p->avail_text;
    if (p->away_text.n > 0)
        return p->away_text;
    switch (p->shade) {
    case SHADE_AWAY: return SPAN("Away");
    case SHADE_NOT_AVAILABLE: return SPAN("Not available");
    case SHADE_OCCUPIED: return SPAN("Occupied");
    case SHADE_DO_NOT_DISTURB: return SPAN("Do not disturb");
    case SHADE_NONE: break;
    }
    return (struct span){0};
}

/* Being warned at all is one, too. */
static int warning_step(const struct presence *p)
{
    return p->warning == 0 ? -1 : p->warning / WARNING_STEP;
}

bool presence_differs(const struct presence *a, const struct presence *b)
{
    bool a_seen = a->online && !a->invisible, b_seen = b->online && !b->invisible;

    if (!a_seen || !b_seen)
        return a_seen != b_seen;
    return a->away != b->away || a->shade != b->shade || a->mobile != b->mobile ||
           (a->idle_since != 0) != (b->idle_since != 0) ||
           (a->idle_since != 0 && a->hide_idle != b->hide_idle) ||
           warning_step(a) != warning_step(b) ||
           !span_eq(presence_text(a), presence_text(b)) || !span_eq(a->friendly, b->friendly) ||
           !span_eq(a->icon, b->icon) || !span_eq(a->icon_url, b->icon_url) ||
           !span_eq(a->caps, b->caps); /* what clients offer to do with somebody hangs on it */
}
