/* Who may sign on: a name and a proof of its password, whichever way they came, held against what
 * is stored and against how often that was tried. */
#ifndef GATEWAY_FLOW_AUTHORIZER_H
#define GATEWAY_FLOW_AUTHORIZER_H

#include "gateway/worker.h"
#include "mapping/name.h"
#include "oscar/foodgroup/bucp.h"
#include "oscar/snac.h"

enum {
    AUTHORIZER_WRONG_MAX = 8, /* wrong passwords for one name from one address ... */
    AUTHORIZER_RIGHT_MAX =
        30, /* right ones: two clients that throw each other out come again and again */
    AUTHORIZER_MS = 60000, /* ... in this time; then "too often" until it is over */
    AUTHORIZER_KEPT = 10000,
};

struct authorizer;
struct authorizer *authorizer_new(void); /* NULL: no memory */
void authorizer_free(struct authorizer *z);

/* Who was let in. The spans are in the arena of this event. */
struct authorized {
    struct span name;      /* normalised */
    struct span formatted; /* as its owner likes it written */
    enum name_class class;
};

/* 0: good. Else an enum login_error, and one line of the log said why. An unknown name and a wrong
 * password are answered alike: names are not given away. */
uint16_t authorizer_judge(struct worker *w, const struct sip_addr *from,
                          const struct oscar_login *l, struct authorized *out);
/* That line, and its count. */
void authorizer_log_refused(struct worker *w, const struct sip_addr *from, struct span name,
                            const char *why);

#endif
