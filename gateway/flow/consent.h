/* Who may see a user that wants to be asked first (foreign_watchers=confirm, M-522 to M-526): a
 * request is kept from the SUBSCRIBE on, its subscription is pending meanwhile; the user is asked
 * by the helper, or, with an ICQ client, by its own dialog (flow/leave). What the user says
 * is kept for good. Users of ours ask an ICQ user with authorisation=on in the same way (M-507). */
#ifndef GATEWAY_FLOW_CONSENT_H
#define GATEWAY_FLOW_CONSENT_H

#include "db/requests.h"
#include "gateway/door/aim.h"
#include "gateway/flow/identity.h"

enum { CONSENT_SWEEP_MS = 60000, CONSENT_SWEEP_MAX = 256 };

struct consents;
struct consents *consents_new(void); /* NULL: no memory */
void consents_free(struct worker *w, struct consents *c);
/* The doors are open: looks for requests that are too old, now and then. */
void consents_start(struct worker *w);

/* A watcher comes. False: no, and that was answered. True: he may subscribe;
 * where the user is to be asked, that is done. */
bool consent_check(struct worker *w, const struct sip_core_event *ev, struct account *a,
                   const struct claim *who);
/* The same of one on a list: 0, or the status that stands against it. */
int consent_judge(struct worker *w, struct account *a, const struct policy_watcher *who,
                  struct span uri);

/* Somebody of ours wants to see the user and asks, with these words: the request is kept, and the
 * user is asked, at once or at the next sign-on. ERR_EXISTS: it waits already; ERR_FULL: too many
 * do. */
enum err consent_request(struct worker *w, struct account *a, struct span who, struct span words);

struct consent_said {
    struct span name; /* as privacy lists have it */
    bool allowed;
    struct span words; /* that ICQ clients of ours are told with it */
};
/* The user says yes or no; somebody of ours who asked is told. */
void consent_answer(struct worker *w, struct account *a, const struct consent_said *said);
/* Somebody of ours asks where no leave is needed: he is told so, and his list does not wait. */
void consent_settled(struct worker *w, struct account *a, struct span name);
/* Does the user hear who begins to watch? */
bool consent_announces(const struct account *a);
/* A watcher in SIP that the user knows nothing of has begun: with announce_watchers ICQ clients
 * hear of it by "you were added" (SNAC 0x0013/0x001C). */
void consent_announce(struct worker *w, struct account *a, struct span who);
/* An ICQ client signed on: what was asked meanwhile. */
void consent_signed_on(struct aim_session *s);
/* Names of those that wait, with ", " between; the only one, where it is one. */
struct span consent_only_one(struct worker *w, struct account *a, struct buf *names);

#endif
