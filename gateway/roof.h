/* The roof: builds a worker out of its parts (store, people, peers, SIP element, doors), gives the
 * doors the flows, runs the loop, takes a new configuration, and takes everything down again in
 * order. */
#ifndef GATEWAY_ROOF_H
#define GATEWAY_ROOF_H

#include "gateway/worker.h"

enum err worker_new(struct conf *conf, const struct log *log, struct worker **out, struct buf *why);
/* Opens the doors. ERR_IO: `why` says which listener, and what to do. */
enum err worker_open(struct worker *w, struct buf *why);
void worker_run(struct worker *w);
void worker_free(struct worker *w);

#endif
