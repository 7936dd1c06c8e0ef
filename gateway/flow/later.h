/* What is stored: delivered at the next sign-on, sent when a domain is back, or given up with a
 * word to its sender. */
#ifndef GATEWAY_FLOW_LATER_H
#define GATEWAY_FLOW_LATER_H

#include "gateway/flow/flight.h"

enum {
    LATER_SWEEP_MS = 60000, /* how often what has expired is looked for */
    LATER_BATCH = 64,       /* rows that have expired and are given up at once */
    LATER_RESUME_MS = 2000, /* before an endpoint that took no more is asked again */
};

struct later;
struct later *later_new(void); /* NULL: no memory */
void later_free(struct worker *w, struct later *l);
/* The doors are open: looks for what was left from before. */
void later_start(struct worker *w);

/* The client asks for its messages (SNAC 0x0004/0x0010; `icq`: 0x0015/0x0002): they go out, then
 * "that was all". */
void later_asked(struct aim_session *s, uint32_t id, const struct oscar_event *icq);
/* It is settled and did not ask: they are pushed with their time in the text; or it asked before it
 * was announced. */
void later_push(struct aim_session *s);
/* A phone registered, or said that it is still there: the one that did so last gets what waits. */
void later_registered(struct worker *w, struct account *a);

/* What flights and lanes tell (struct flight_handler, lanes_new). A flight with a row is delivered,
 * or given up: the row is deleted. */
void later_over(struct worker *w, const struct flight *f);
/* It was stored: if somebody who could take it came meanwhile, it goes on at once. */
void later_stored(struct worker *w, const struct flight *f);
/* One that came out of the store is over. */
void later_landed(struct worker *w, const struct flight *f);
/* What waits for it may be delivered now, where somebody is there. */
void later_wake(struct worker *w, struct account *a);

#endif
