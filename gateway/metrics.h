/* What is counted: one row each in metrics.def. */
#ifndef GATEWAY_METRICS_H
#define GATEWAY_METRICS_H

#include "base/buf.h"

struct metrics {
#define COUNTER(name, help) uint64_t name;
#define GAUGE(name, help) uint64_t name;
#include "gateway/metrics.def"
#undef COUNTER
#undef GAUGE
};

/* All of them in the Prometheus text format. */
void metrics_print(const struct metrics *m, struct buf *out);

#endif
