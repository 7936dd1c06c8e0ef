/* One of our users watches somebody elsewhere: one subscription for each (account, foreign
 * address), alive while a session or a phone of the account wants it. Its record is what those see
 * (mapping: 6.1 of the tables). */
#ifndef GATEWAY_FLOW_BUDDY_H
#define GATEWAY_FLOW_BUDDY_H

#include "gateway/people/account.h"
#include "gateway/people/foreign.h"

enum {
    BUDDY_EXPIRES = 3600,        /* M-601 */
    BUDDY_PACE_MS = 100,         /* M-601: 10 new SUBSCRIBEs a second and peer */
    BUDDY_DNS_PACE_MS = 20,      /* to all domains that DNS finds */
    BUDDY_AT_ONCE_MAX = 3,       /* M-610: "deactivated" is followed at once so often in a minute */
};

/* The person for that address as the account sees it: found, or made (not yet subscribed). NULL: no
 * memory. */
struct person *buddy_get(struct worker *w, struct account *owner, const struct address *address);
/* Somebody wants to see them: subscribes where that is not under way. */
void buddy_want(struct worker *w, struct person *p);

/* Is that under way, or does it wait for its turn? */
bool buddy_is_wanted(const struct foreign *f);

void buddy_draw_ids(struct worker *w, struct sub_ids *out);
/* For whoever looks at them otherwise (flow/look): a SUBSCRIBE over that way, of which `asker`
 * hears; NULL: it cannot be sent. */
struct sip_sub *buddy_subscribe(struct worker *w, const struct foreign *f,
                                const struct sub_ids *ids, struct way *way, uint32_t expires,
                                struct asker *asker);
/* Answers a NOTIFY, and takes what it says. */
void buddy_notified(struct worker *w, struct foreign *f, const struct sip_core_event *ev);
/* The body of a NOTIFY becomes the record; ERR_SYNTAX and others: the earlier one stands. */
enum err buddy_take_document(struct worker *w, struct foreign *f, const struct sip_msg *msg);
/* M-653: nobody there is shown any more, and nothing is asked. M-656: all are asked anew, paced. */
void buddy_link_down(struct worker *w, struct domain_link *l);
void buddy_link_up(struct worker *w, struct domain_link *l);
/* One of them is asked for, to try a link that may be up again; false: there is none. */
bool buddy_link_try(struct worker *w, struct domain_link *l);

#endif
