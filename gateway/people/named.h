/* Whom somebody means by what he writes to the helper or to a command: a screen name, user@host, or
 * a URI. */
#ifndef GATEWAY_PEOPLE_NAMED_H
#define GATEWAY_PEOPLE_NAMED_H

#include "gateway/worker.h"

struct named {
    struct address address;
    bool local;
    struct span key;   /* as privacy lists have it: normalised name, or user@host */
    struct span shown; /* as AIM clients are shown it */
};

/* ERR_NO_USER: a name of ours that nobody has, *out is it all the same; else there is nobody
 * (ERR_BAD_NAME, …). What *out points to lives while the event is handled. */
enum err named_find(struct worker *w, struct span typed, struct named *out);

#endif
