/* One worker: a loop and everything that hangs off it. All state of the gateway is reached from
 * here; nothing is global, so that several can live in one process. All of it belongs to the loop's
 * thread, but for the storer. */
#ifndef GATEWAY_WORKER_H
#define GATEWAY_WORKER_H

#include "base/arena.h"
#include "base/deadlines.h"
#include "base/log.h"
#include "base/rng.h"
#include "db/store.h"
#include "gateway/conf/conf.h"
#include "gateway/metrics.h"
#include "gateway/net/net.h"
#include "gateway/peer/penalty.h"
#include "gateway/people/recall.h"
#include "gateway/seal.h"
#include "gateway/storer.h"
#include "mapping/name.h"
#include "simple/core.h"

struct admin_door;
struct aim_door;
struct authorizer;
struct control_door;
struct cookies;
struct credentials;
struct digest_server;
struct flights;
struct helper;
struct consents;
struct knocks;
struct strangers;
struct lanes;
struct limits;
struct looks;
struct links;
struct linkwatch;
struct later;
struct lists;
struct people;
struct locator;
struct peer_names;
struct peers;
struct backlog;
struct receipts;
struct tastes;
struct untolds;
struct sip_door;
struct talks;
struct upstreams;
struct tls;
struct warnings;
struct web_door;
struct weblogins;

struct worker;

/* Something that waits for a time: embed it, set it, and `due` is called once on the loop. */
struct timer {
    struct deadline at; /* first: LIST_OF finds the timer */
    void (*due)(struct timer *t, struct worker *w);
};

struct worker {
    struct conf *conf;
    struct conf *live; /* the last one that SIGHUP brought: conf borrows what may change from it */
    struct log log;
    struct net *net;
    struct tls *tls; /* what connections under TLS begin from */
    struct store *store;   /* reads, on the loop */
    struct storer *storer; /* writes, on its own thread */
    struct seal_key key;
    struct rng rng;
    uint64_t crossing_key[2]; /* of marks of messages that cross (flow/crossing) */
    struct deadlines timers;
    struct sip_core *sip;
    struct sip_door *sip_door;
    struct aim_door *aim_door;
    struct control_door *control;
    struct admin_door *admin;
    struct web_door *web;
    struct digest_server *digest;
    struct people *people;
    struct peers *peers;
    struct credentials *credentials; /* what their users sign with */
    struct peer_names *peer_names;
    struct penalties penalties; /* servers that failed */
    struct locator *locator;
    struct links *links;     /* to the domains that are in use ... */
    struct linkwatch *linkwatch; /* ... and who looks after them */
    struct flights *flights; /* messages under way: here ... */
    struct lanes *lanes;     /* ... to SIP, one lane a target ... */
    struct consents *consents; /* who may see our users */
    struct knocks *knocks;   /* messages of strangers, ... */
    struct strangers *strangers; /* ... and what becomes of them */
    struct later *later;     /* ... and stored */
    struct backlog *backlog;   /* what waits for other domains */
    struct tastes *tastes;     /* what is known of targets of SIP */
    struct receipts *receipts; /* those that are waited for */
    struct untolds *untolds;   /* those that say "failed", under way */
    struct limits *limits;   /* what SIP senders may write */
    struct warnings *warnings; /* of users elsewhere */
    struct upstreams *upstreams; /* what is published at another server */
    struct looks *looks;     /* at users elsewhere whom nobody watches */
    struct talks *talks;     /* who types at whom, across the protocols */
    struct lists *lists;     /* of many users, watched by one subscription each */
    struct authorizer *authorizer; /* who may sign on to AIM ... */
    struct cookies *cookies;       /* ... comes back by which cookie ... */
    struct weblogins *weblogins;   /* ... and is half signed on, over HTTP */
    struct helper *helper; /* the service's own buddy */
    struct span own_domain;
    struct span helper_name; /* normalised */
    struct name_rules rules;
    struct name_book book;
    struct recall recall; /* what the book answered lately */
    struct arena arena; /* lives while one event is handled */
    struct buf scratch; /* for one value while it is made */
    struct metrics metrics;
    uint64_t list_edits; /* of contact lists, begun so far */
    /* the largest number of a subscription in the database so far (db/watchers.h) */
    int64_t last_row;
    uint64_t told_full; /* when it was logged that there is no descriptor for callers; 0: never */
    uint64_t now;      /* milliseconds of the loop's clock, at the start of this turn */
    int64_t unix_now;  /* seconds */
    int64_t started;   /* Unix seconds */
    struct timer drain; /* the last moment to stop */
    struct timer cert_watch;
    bool draining;
    bool stopped;
};

/* Every event of a door starts with this: the time, an empty arena. */
void worker_begin(struct worker *w);
/* The same without the arena: for the loop itself. */
void worker_tell_time(struct worker *w);

void timer_set(struct worker *w, struct timer *t, uint64_t when);
void timer_clear(struct worker *w, struct timer *t);
static inline bool timer_is_set(const struct timer *t)
{
    return t->at.at != 0;
}

/* Hands a write to the storer and counts it. When the queue is full the operation is handed back at
 * once with `done` (ERR_FULL), so that a caller has one way to hear of it. */
void worker_write(struct worker *w, struct storer_op *op);

#endif
