/* A whole gateway without sockets, on a clock that we move: AIM clients and the SIP users of one
 * peer domain around a real worker with a real database. What happens is to be read like a
 * conversation: what AIM clients do and hear is in aim.h, what SIP users do and hear in sip.h.
 *
 * Users have the password "secret". The peer is sip.example.org, which is 127.0.0.1:5080 over UDP.
 */
#ifndef TESTS_SCENARIO_WORLD_H
#define TESTS_SCENARIO_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/worker.h"
#include "tests/scenario/aim.h"
#include "tests/scenario/net_double.h"
#include "tests/scenario/sip.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

struct world {
    char folder[64];
    struct worker *worker;
    struct net *net;
    unsigned serial;     /* for what must be unlike anything before */
    struct store *users; /* while they are made */
    struct buf sip;      /* the message that sip_next gave last */
    struct aim cast[16]; /* whom aim_arrives brought */
    unsigned cast_n;
    bool held; /* what is said is heard at once, and nothing else happens */
};

/* What its configuration ends with: nothing is limited, or all of it as it is by itself. */
#define WORLD_FREE                                                                                 \
    "oscar: {listen: 127.0.0.1:5190, rate_limits: false}\n"                                        \
    "peers: [{domain: sip.example.org, route: \"sip:127.0.0.1:5080;transport=udp\", limits: "      \
    "none}]\n"
#define WORLD_LIMITED                                                                              \
    "oscar: {listen: 127.0.0.1:5190}\n"                                                            \
    "peers: [{domain: sip.example.org, route: \"sip:127.0.0.1:5080;transport=udp\"}]\n"

/* A test that has a world of its own, the file's `w`: with the users alice, dave, erin and 700700
 * (ICQ), who are not signed on. */
struct world_plan {
    struct world *w;
    const char *configuration;
};
int world_opens(void **plan);
int world_closes(void **plan);
#define CONVERSATION_IN(f, configuration)                                                          \
    cmocka_unit_test_prestate_setup_teardown(f, world_opens, world_closes,                         \
                                             (&(struct world_plan){&w, (configuration)}))
#define CONVERSATION(f) CONVERSATION_IN(f, WORLD_FREE)

void world_make(struct world *w, const char *configuration);
void world_end(struct world *w);
/* As after kill -9: what is on the disk is all that is left. Whoever was connected hangs up. */
void world_crashes(struct world *w);
void world_user(struct world *w, const char *name);
/* Around many of them: they are made at once. */
void world_users_begin(struct world *w);
void world_users_end(struct world *w);
/* `aimgate user set`: at once, signed on or not; or while they are made. */
void world_sets(struct world *w, const char *name, const char *setting, const char *word);
void world_deletes(struct world *w, const char *name); /* `aimgate user del` */
/* A line of the control socket. */
void world_operator(struct world *w, const char *line);
void world_settle(struct world *w);
/* Time goes by; the peer answers probes, and the clients of the cast say that they are still
 * there. */
void world_pass(struct world *w, uint64_t ms);

#endif
