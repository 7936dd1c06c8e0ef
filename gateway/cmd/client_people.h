/* The people whom a line-mode client watches, and how they are. A change is shown when it is told.
 * Comes in: names, states and texts from either door. Stays out: how a door finds out. */
#ifndef GATEWAY_CMD_CLIENT_PEOPLE_H
#define GATEWAY_CMD_CLIENT_PEOPLE_H

#include "base/buf.h"
#include "base/list.h"

enum { CLIENT_PEOPLE_MAX = 1000, CLIENT_NAME_MAX = 319 /* user@host at its longest */ };

enum client_state {
    CLIENT_UNKNOWN, /* nothing was heard yet */
    CLIENT_GONE,
    CLIENT_HERE,
    CLIENT_AWAY,
};

struct client_person {
    struct list node;
    char name[CLIENT_NAME_MAX + 1]; /* as its owner formats it, or as it was typed */
    enum client_state state;
    struct buf text;   /* the words of the state; may be empty */
    uint32_t query;    /* aim: the question for the away text that is under way; 0: none */
    void *watch;       /* sip: its subscription; NULL: none */
    uint64_t retry_at; /* sip: when to subscribe again; 0: not */
};

struct client_people {
    struct list all; /* in the order in which they were added */
    size_t n;
};

void client_people_init(struct client_people *people);
void client_people_fini(struct client_people *people);
/* Screen names are equal but for case and spaces. NULL: nobody of that name. */
struct client_person *client_people_find(const struct client_people *people, struct span name);
/* The same, made where it is new. NULL: too many, too long, or no memory. */
struct client_person *client_people_get(struct client_people *people, struct span name);
void client_people_remove(struct client_people *people, struct client_person *p);
/* How one is now; shown where that is news. */
void client_person_set(struct client_person *p, enum client_state state, struct span text);
/* A line for each. */
void client_people_show(const struct client_people *people);

#endif
