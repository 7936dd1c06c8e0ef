/* Who may see a user that wants to be asked first (foreign_watchers=confirm, M-522 to M-526): a
 * request is kept from the SUBSCRIBE on, its subscription is pending meanwhile; the user is asked
 * by the helper, or, with an ICQ client, by its own dialog (SNAC 0x0013/0x0019). What the user says
 * is kept for good. */
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
int consent_judge(struct worker *w, struct account *a, const struct policy_watcher *who, struct span uri);

/* The user says yes or no; `name` as privacy lists have it. */
void consent_answer(struct worker *w, struct account *a, struct span name, bool allowed);
/* Does the user hear who begins to watch? */
bool consent_announces(const struct account *a);
/* A watcher in SIP that the user knows nothing of has begun: with announce_watchers ICQ clients hear of it by
 * "you were added" (SNAC 0x0013/0x001C). */
void consent_announce(struct worker *w, struct account *a, struct span who);
/* An ICQ client signed on: what was asked meanwhile. */
void consent_signed_on(struct aim_session *s);
/* SNAC 0x0013/0x0014, 0x0018, 0x001A: authorisation is given, asked for, or answered. */
void consent_auth(struct aim_session *s, const struct feedbag_auth *auth);
/* Names of those that wait, with ", " between; the only one, where it is one. */
struct span consent_only_one(struct worker *w, struct account *a, struct buf *names);

#endif
