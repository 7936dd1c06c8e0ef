/* Who watches a user of ours, told to that user's own phones and to nobody else (RFC 3857). */
#ifndef GATEWAY_FLOW_WINFO_H
#define GATEWAY_FLOW_WINFO_H

#include "db/requests.h"
#include "gateway/flow/subscription.h"
#include "simple/doc/winfo.h"

enum { WINFO_OF_ONE = 10 }; /* such subscriptions of one account */

/* A SUBSCRIBE for presence.winfo. */
void winfo_request(struct worker *w, const struct sip_core_event *ev, const struct claim *who);
void winfo_restore(struct worker *w, const struct watcher_row *row);
/* Somebody watches the account of v's target now, or no longer: `gone` says why. */
void winfo_watches(struct worker *w, struct watcher *v);
void winfo_left(struct worker *w, struct watcher *v, enum sip_sub_reason gone);
/* A request (M-522) ended: `why` is what the user said, or that too much time has passed. */
void winfo_request_ended(struct worker *w, struct account *a, const struct request *r,
                         enum winfo_event why);
/* That account is gone. */
void winfo_forget(struct worker *w, struct account *a);
/* The worker ends. */
void winfo_free_all(struct account *a);

#endif
