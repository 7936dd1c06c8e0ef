/* Messages to SIP whose senders on AIM asked for receipts (RFC 5438 7.1), known by the id that was
 * sent with them. */
#ifndef GATEWAY_FLOW_RECEIPT_WAIT_H
#define GATEWAY_FLOW_RECEIPT_WAIT_H

#include "gateway/worker.h"
#include "mapping/message.h"

enum {
    RECEIPTS_MAX = 10000,           /* messages that are waited for; the oldest is forgotten */
    RECEIPT_WAIT_MS = 86400 * 1000, /* for so long */
    RECEIPT_ID = 24,                /* characters of an imdn.Message-ID of ours */
};

struct receipts;
struct receipts *receipts_new(void); /* NULL: no memory */
void receipts_free(struct receipts *all);

struct awaited {
    struct span own,
        shown; /* its writer; its recipient, for people. Live while the event is handled */
};
/* Waits for receipts of m; `id` is what to ask for them by. False: no memory. */
bool receipt_wait_for(struct worker *w, const struct message *m, char id[RECEIPT_ID]);
/* One came, from `who`. False: nothing of theirs is waited for under that id. Each is heard once.
 */
bool receipt_wait_end(struct worker *w, struct span id, const struct address *who,
                      struct awaited *out);

#endif
