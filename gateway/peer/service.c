#include "gateway/peer/service.h"

static unsigned slot_of(struct service *s, uint64_t now)
{
    uint64_t number = now / SERVICE_HOUR_MS;
    unsigned i = (unsigned)(number % SERVICE_HOURS);

    if (s->hours[i].number != number) {
        s->hours[i].answered = s->hours[i].unanswered = s->hours[i].down_ms = 0;
        s->hours[i].delay_sum = s->hours[i].delay_max = 0;
        s->hours[i].number = number;
    }
    return i;
}

void service_answered(struct service *s, uint64_t delay_ms, uint64_t now)
{
    unsigned i = slot_of(s, now);

    s->hours[i].answered++;
    s->hours[i].delay_sum += delay_ms;
    if (delay_ms > s->hours[i].delay_max)
        s->hours[i].delay_max = delay_ms;
}

void service_unanswered(struct service *s, uint64_t now)
{
    s->hours[slot_of(s, now)].unanswered++;
}

/* Downtime goes to the hours in which it was, a day of it at most. */
static void count_down(struct service *s, uint64_t now)
{
    uint64_t day = (uint64_t)SERVICE_HOURS * SERVICE_HOUR_MS;
    uint64_t at = now - s->down_since > day ? now - day : s->down_since;

    while (at < now) {
        uint64_t next = (at / SERVICE_HOUR_MS + 1) * SERVICE_HOUR_MS;
        uint64_t end = next < now ? next : now;

        s->hours[slot_of(s, at)].down_ms += end - at;
        at = end;
    }
    s->down_since = now;
}

void service_set_down(struct service *s, bool down, uint64_t now)
{
    if (s->down_since)
        count_down(s, now);
    s->down_since = down ? now : 0;
}

void service_figures(struct service *s, uint64_t now, struct service_figures *out)
{
    uint64_t number = now / SERVICE_HOUR_MS, answered = 0, sum = 0, lost = 0, down = 0;

    *out = (struct service_figures){0};
    service_set_down(s, s->down_since != 0, now);
    for (unsigned i = 0; i < SERVICE_HOURS; i++) {
        uint64_t age = number - s->hours[i].number;

        if (age >= SERVICE_HOURS)
            continue;
        down += s->hours[i].down_ms;
        if (age > 1)
            continue;
        answered += s->hours[i].answered;
        lost += s->hours[i].unanswered;
        sum += s->hours[i].delay_sum;
        if (s->hours[i].delay_max > out->delay_max_ms)
            out->delay_max_ms = s->hours[i].delay_max;
    }
    out->requests = answered + lost;
    out->delay_ms = answered ? sum / answered : 0;
    out->loss_permille = out->requests ? lost * 1000 / out->requests : 0;
    out->downtime_s = down / 1000;
}

unsigned service_breaches(struct service *s, const struct service_bounds *b, uint64_t now)
{
    struct service_figures f;
    unsigned bits = 0;
    uint64_t answered;

    service_figures(s, now, &f);
    answered = f.requests - f.requests * f.loss_permille / 1000;
    if (b->delay_ms && answered >= SERVICE_DELAYS_MIN && f.delay_ms > b->delay_ms)
        bits |= SERVICE_DELAY;
    if (b->loss_percent && f.requests >= SERVICE_REQUESTS_MIN &&
        f.loss_permille > b->loss_percent * 10ULL)
        bits |= SERVICE_LOSS;
    if (b->downtime_s && f.downtime_s > b->downtime_s)
        bits |= SERVICE_DOWNTIME;
    return bits;
}
