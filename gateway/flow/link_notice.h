/* What users are told of links: one notice each when a domain with which they have to do cannot be
 * reached, and one when it is back, to those who heard of the first (M-654, M-656, M-659; M-439 for
 * who writes meanwhile). The words come from the helper buddy. */
#ifndef GATEWAY_FLOW_LINK_NOTICE_H
#define GATEWAY_FLOW_LINK_NOTICE_H

#include "gateway/peer/links.h"
#include "mapping/message.h"

enum {
    NOTICE_OLD_MS = 60000, /* who wrote there longer ago has nothing to do with what happens now */
    NOTICE_TOLD_MAX = 100000, /* users of one link who are remembered; more hear nothing */
};

/* The link is down: remembers who has an online buddy there, or a message on its way; before those
 * are shown offline. */
void link_notice_collect(struct worker *w, struct domain_link *l);
/* Tells them. A link without a domain is our own way out: no domain is named (M-659). */
void link_notice_down(struct worker *w, struct domain_link *l);
/* Those who are to hear of `from` are to hear of `to` instead. */
void link_notice_join(struct domain_link *to, struct domain_link *from);
/* Tells those who were told, and forgets them. */
void link_notice_up(struct worker *w, struct domain_link *l);
/* An AIM user wrote to somebody there. */
void link_notice_message(struct worker *w, const struct message *m, bool stored);
/* It is up: who wrote there some time ago has nothing to hear any more. */
void link_notice_tidy(struct worker *w, struct domain_link *l);
void link_notice_forget(struct domain_link *l);

#endif
