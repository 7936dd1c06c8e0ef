/* One subscription for a list of resources (RFC 4662), on top of the notifier: one dialog, and in
 * each NOTIFY what changed of any of them, as multipart/related. Comes in: the resources, the state
 * of each. Goes out: the body of the next NOTIFY, made when it may be sent: until then changes
 * gather. The documents are shared, not copied. Stays out: who is on the list, who may see whom. */
#ifndef SIMPLE_EVENT_EVENTLIST_H
#define SIMPLE_EVENT_EVENTLIST_H

#include "simple/core.h"

enum {
    EVENTLIST_BODY_MAX = 256 * 1024, /* octets of one NOTIFY; what is over it follows in the next */
    EVENTLIST_BODY_UDP = 48 * 1024,  /* the same where only datagrams get there */
};

struct sip_list_item {
    struct span uri; /* as the subscriber knows it */
    struct span name;
};

struct sip_list_conf {
    struct span uri, name; /* of the list */
    const struct sip_list_item *items;
    size_t n;
    /* liblinphone before 5.4 finds a part by "Content-Id: ID" alone, without <>, and wants the
     * Event called "Presence" */
    bool for_linphone;
    uint32_t version; /* of the first NOTIFY; 0, but after a restart more than was ever sent */
};

/* Makes it the subscription of a list, after sip_watch_accept or _restore and before anything is
 * told; later, another list in the place of the old one: all of it is told then. Copies. False: no
 * memory, nothing changed. */
bool sip_watch_set_list(struct sip_watch *w, const struct sip_list_conf *conf);
bool sip_watch_is_list(const struct sip_watch *w);
/* Both borrowed from the list. */
struct span sip_list_uri(const struct sip_watch *w);
struct sip_list_item sip_list_item(const struct sip_watch *w, size_t i);

/* What the subscriber may know of resource i from now on; told with the next sip_watch_notify
 * (whose `doc` is not used). An active one without a document is listed without an instance:
 * nothing is known yet (RFC 4662 4.5). */
struct sip_list_state {
    enum sip_substate state;
    enum sip_sub_reason reason; /* terminated only */
    struct sip_doc *doc;        /* the list takes its own reference */
};
void sip_list_set(struct sip_watch *w, size_t i, const struct sip_list_state *s);

#endif
