/* A user reports another one to the operator: a row with whatever is known of the last messages of
 * that one but what they say (`aimgate report list` shows them). */
#ifndef GATEWAY_FLOW_REPORT_H
#define GATEWAY_FLOW_REPORT_H

#include "gateway/door/aim.h"
#include "simple/event.h"

enum { REPORT_WORDS_MAX = 1000 }; /* octets */

/* A message came for that account, of `who` as privacy lists have him. */
void report_note_sip(struct worker *w, struct account *to, struct span who,
                     const struct sip_core_event *ev);
void report_note_aim(struct account *to, const struct aim_session *from, const uint8_t *cookie);

/* From the store's commit on the operator has it, and the helper says so to the user. */
void report_add(struct worker *w, struct account *by, struct span subject, struct span words);

#endif
