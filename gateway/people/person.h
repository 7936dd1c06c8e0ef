/* Everybody who is alive here: local users while anything of theirs is (a session, a contact,
 * somebody who watches them), and users elsewhere while one of ours watches them. Whether a name
 * belongs to this worker is asked here and nowhere else.
 * Who watches whom is a graph: edges from AIM sessions, watchers from SIP, both hanging off the
 * person watched. */
#ifndef GATEWAY_PEOPLE_PERSON_H
#define GATEWAY_PEOPLE_PERSON_H

#include "base/list.h"
#include "base/table.h"
#include "gateway/worker.h"
#include "mapping/presence.h"

struct account;
struct aim_session;
struct foreign;
struct subscription;

struct person {
    struct span key;       /* local: normalised screen name. Foreign: "OWNER USER@HOST" */
    struct span name;      /* what an AIM client is shown; local: see account_formatted */
    void (*let_go)(struct worker *w, struct person *p);
    size_t holds;          /* questions about it that are under way */
    struct list edges;     /* AIM sessions that watch */
    struct list watchers;  /* SIP subscriptions, struct watcher */
    struct presence *seen; /* what they all see, but for privacy; NULL: offline */
    struct sip_doc *doc;   /* the same as a document, made when first needed; NULL: to be made */
    struct timer pace;     /* AIM viewers are told of changes at most every 2 s */
    uint64_t told;         /* when they last were, loop's clock */
    /* what is asked for with the key, whose octets stand behind */
    struct account *account; /* local and loaded */
    struct foreign *foreign; /* elsewhere; whoever sets it sets let_go, which frees it */
    bool kept;             /* the service's own buddy, always there */
    bool deleted;          /* its account is, in the database: what is left here ends */
};

/* An AIM session has somebody on its list. */
struct edge {
    struct list of_session; /* aim_session.buddies */
    struct list of_target;  /* person.edges */
    struct aim_session *session;
    struct person *target;
    uint16_t listed;  /* how many items of the feedbag name them */
    bool kept, temporary; /* on the client's own list; in an open window */
    bool by_alias;    /* the client's list has them under a short name */
    bool shown;       /* the client takes them for online */
};

/* A SIP subscription watches a person: alone, or among those of a list. There may be very many: no
 * holes. */
struct watcher {
    struct list node; /* person.watchers */
    struct person *target;
    struct subscription *sub;
    uint16_t entry; /* of a list: which of its resources */
    bool of_list : 1;
    bool blocked : 1;      /* is shown an offline user, forever */
    bool pending : 1;      /* the user has not said yet whether he may see anything */
    bool told_online : 1;  /* the last document said open */
    bool told_winfo : 1;   /* the target may know of it ... */
    bool told_pending : 1; /* ... as of one that waits for a yes ... */
    bool told_by_name : 1; /* ... and did so from the start: known by the name, as requests are */
};

struct people {
    struct table by_key;
};

enum err people_new(struct people **out);
void people_free(struct people *p); /* everybody must have been let go */

struct person *person_find(const struct people *p, struct span key); /* may give NULL */
/* Finds or makes; NULL: no memory. */
struct person *person_get(struct worker *w, struct span key, struct span name);
/* Frees it if nothing holds it any more. Call it after taking something away. */
void person_release(struct worker *w, struct person *p);
static inline bool person_is_online(const struct person *p)
{
    return p->seen && p->seen->online && !p->seen->invisible;
}

/* The edge of that session to that person; NULL: there is none. */
struct edge *edge_find(const struct aim_session *s, const struct person *target);
struct edge *edge_add(struct aim_session *s, struct person *target); /* finds or makes */
void edge_remove(struct worker *w, struct edge *e);

#endif
