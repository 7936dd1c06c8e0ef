/* Who sent a request of ours and waits for its end. The owner that sip_core_send takes is a pointer
 * to one of these, so that the answer finds the file that knows what to do with it. */
#ifndef GATEWAY_PEOPLE_ASKER_H
#define GATEWAY_PEOPLE_ASKER_H

#include "gateway/worker.h"

struct asker {
    /* SIP_EVENT_RESPONSE, once for each request that was sent; SIP_EVENT_SUB_* of a
     * subscription. */
    void (*answered)(struct worker *w, struct asker *a, const struct sip_core_event *ev);
};

#endif
