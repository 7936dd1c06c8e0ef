/* How often a watcher wants to be told: at most (max-rate), and at least, news or not (min-rate),
 * in NOTIFYs a second (RFC 6446 5, 6). In millionths here; 0: it did not say. adaptive-min-rate (7)
 * is not obeyed, and so not echoed. */
#include "simple/event/notifier.h"

enum { ONE = 1000000, MOST = ONE * 1000 / NOTIFY_INTERVAL, MOST_IDLE = ONE * 1000 / NOTIFY_IDLE };

/* RFC 6446 11: 1*2DIGIT ["." 1*10DIGIT]. What is not that is as if it were not there. More than
 * `most` is adjusted to it. */
static uint32_t parse(struct span event_params, const char *name, uint32_t most)
{
    struct sip_param p;
    uint64_t whole, decimals = 0;
    size_t dot;

    if (!sip_param_find(event_params, name, &p))
        return 0;
    dot = span_find(p.value, '.');
    if (dot > 2 || !span_number(span_first(p.value, dot), 99, &whole))
        return 0;
    if (dot < p.value.n) {
        struct span rest = span_skip(p.value, dot + 1), six = span_first(rest, 6);

        if (rest.n > 10 || !span_number(rest, 9999999999, &decimals) ||
            !span_number(six, ONE - 1, &decimals))
            return 0;
        for (size_t i = six.n; i < 6; i++)
            decimals *= 10;
    }
    whole = whole * ONE + decimals;
    return whole < most ? (uint32_t)whole : most;
}

struct notify_rates notify_rates_parse(struct span event_params)
{
    struct notify_rates r = {.max = parse(event_params, "max-rate", MOST)}; /* RFC 3856 6.10 */

    r.min = parse(event_params, "min-rate", r.max && r.max < MOST_IDLE ? r.max : MOST_IDLE);
    return r;
}

static void put(struct buf *b, const char *name, uint32_t rate)
{
    char text[] = "0.000000";
    size_t n = sizeof text - 1;

    for (size_t i = n; i-- > 2; rate /= 10)
        text[i] = (char)('0' + rate % 10);
    while (text[n - 1] == '0')
        n--;
    buf_str(b, name);
    buf_put(b, text, n);
}

void notify_rates_put(struct buf *b, struct notify_rates r)
{
    if (r.max)
        put(b, ";max-rate=", r.max);
    if (r.min)
        put(b, ";min-rate=", r.min);
}

uint64_t notify_rates_apart(struct notify_rates r)
{
    return r.max ? (uint64_t)ONE * 1000 / r.max : NOTIFY_INTERVAL;
}

uint64_t watch_repeat_at(const struct sip_watch *w)
{
    if (!w->rates.min || !w->next_at || w->wanted || w->in_flight)
        return DEADLINE_NEVER;
    return w->next_at - notify_rates_apart(w->rates) + (uint64_t)ONE * 1000 / w->rates.min;
}

void watch_repeat(struct sip_watch *w)
{
    w->wanted = true;
    if (w->body && w->body->tell_all)
        w->body->tell_all(w);
    partial_tell_all(w);
}
