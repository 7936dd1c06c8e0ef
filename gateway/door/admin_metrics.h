/* The figures of a running gateway in the Prometheus text format: what is counted
 * (gateway/metrics.def), the store, the peers, the process. */
#ifndef GATEWAY_DOOR_ADMIN_METRICS_H
#define GATEWAY_DOOR_ADMIN_METRICS_H

#include "gateway/worker.h"

void admin_metrics_print(struct worker *w, struct buf *out);

#endif
