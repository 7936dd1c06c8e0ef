/* How often a watcher wants to be told at most: max-rate, in NOTIFYs a second (RFC 6446 5). In
 * millionths here; 0: it did not say. */
#include "simple/event/notifier.h"

enum { ONE = 1000000, MOST = ONE * 1000 / NOTIFY_INTERVAL };

/* RFC 6446 11: 1*2DIGIT ["." 1*10DIGIT]. What is not that is as if it were not there. */
uint32_t notify_rate_parse(struct span event_params)
{
    struct sip_param p;
    uint64_t whole, decimals = 0;
    size_t dot;

    if (!sip_param_find(event_params, "max-rate", &p))
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
    return whole < MOST ? (uint32_t)whole : MOST; /* adjusted: RFC 3856 6.10 */
}

/* ";max-rate=0.01" */
void notify_rate_put(struct buf *b, uint32_t rate)
{
    char text[] = "0.000000";
    size_t n = sizeof text - 1;

    for (size_t i = n; i-- > 2; rate /= 10)
        text[i] = (char)('0' + rate % 10);
    while (text[n - 1] == '0')
        n--;
    BUF_LIT(b, ";max-rate=");
    buf_put(b, text, n);
}

uint64_t notify_rate_interval(uint32_t rate)
{
    return rate ? (uint64_t)ONE * 1000 / rate : NOTIFY_INTERVAL;
}
