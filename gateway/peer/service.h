/* How well a domain serves: delay, loss and downtime, held against what was agreed with it (S-010:
 * a quality-of-service level that participants keep). Delay and loss are of this hour and the one
 * before, downtime of the last 24. No I/O, no clock. */
#ifndef GATEWAY_PEER_SERVICE_H
#define GATEWAY_PEER_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    SERVICE_HOURS = 24,
    SERVICE_HOUR_MS = 3600000,
    SERVICE_DELAYS_MIN = 3,    /* answers that make a mean */
    SERVICE_REQUESTS_MIN = 10, /* requests that make a percentage */
};

enum { SERVICE_DELAY = 1, SERVICE_LOSS = 2, SERVICE_DOWNTIME = 4 }; /* bits */

struct service_bounds { /* 0: none was agreed */
    uint32_t delay_ms, loss_percent, downtime_s;
};

struct service { /* zeroed is empty */
    struct {
        uint64_t number; /* hours of the clock: which one this is */
        uint64_t answered, unanswered, delay_sum, delay_max, down_ms;
    } hours[SERVICE_HOURS];
    uint64_t down_since; /* 0: it is not */
};

void service_answered(struct service *s, uint64_t delay_ms, uint64_t now);
void service_unanswered(struct service *s, uint64_t now);
/* Down or not, from now on; the same again is no harm, and brings the figures up to date. */
void service_set_down(struct service *s, bool down, uint64_t now);

struct service_figures {
    uint64_t requests, delay_ms, delay_max_ms, loss_permille, downtime_s;
};
void service_figures(struct service *s, uint64_t now, struct service_figures *out);
/* Bits of the bounds that it does not keep. */
unsigned service_breaches(struct service *s, const struct service_bounds *b, uint64_t now);

#endif
