/* The way of one request: the places that it may go to, by a peer's routes or by DNS, and those
 * that it has tried. A host is looked up first; a place that is put aside comes after the others
 * (S-197: the next target after 503, or where nothing can have arrived; RFC 3263 4.3). */
#ifndef GATEWAY_PEER_WAY_H
#define GATEWAY_PEER_WAY_H

#include "gateway/peer/links.h"
#include "gateway/peer/locator.h"
#include "gateway/peer/peers.h"
#include "mapping/outcome.h"

enum { WAY_TRIES_MAX = 8 };

/* Zeroed is nothing. */
struct way {
    struct peer *peer;        /* NULL: by DNS */
    struct location *dns;     /* NULL: by a peer */
    struct domain_link *link; /* held; NULL: none is watched */
    bool rests;               /* a server of theirs was left out, as it asked for rest */
    uint64_t sent;            /* when the request went to y->hop */
    struct sip_hop hop;       /* where it goes now */
    struct sip_addr
        beside; /* another address of the same host, of the other family; family 0: none */
    struct sip_hop tried[WAY_TRIES_MAX];
    unsigned n_tried;
};

/* To a user of that domain: `scheme` im for messages, pres for presence; sip where the user was
 * named by a sip: URI (RFC 3428 5, RFC 3856 5). ASKING: `on` is called later, once. */
enum locate_state way_to_domain(struct worker *w, struct way *y, enum sip_scheme scheme,
                                struct span domain, void (*on)(void *ctx), void *ctx);
/* The same for a probe: what becomes of it is not noted at the link. */
enum locate_state way_to_probe(struct worker *w, struct way *y, enum sip_scheme scheme,
                               struct span domain, void (*on)(void *ctx), void *ctx);
/* To what a URI of theirs says: a Contact, a Route. */
enum locate_state way_to_uri(struct worker *w, struct way *y, struct span uri,
                             void (*on)(void *ctx), void *ctx);
enum locate_state way_state(const struct way *y);
/* Takes the next place, into y->hop; false: none is left. */
bool way_next(struct worker *w, struct way *y);
/* How a request over y->hop ended: SIP_EVENT_RESPONSE and what ends subscriptions. */
void way_note(struct worker *w, struct way *y, const struct sip_core_event *ev);
/* Why the certificate at y->hop was not believed, theirs or ours; NULL: it was, or there is none.
 */
const char *way_mistrust(const struct worker *w, const struct way *y);
void way_note_sent(struct worker *w, struct way *y);
void way_fini(struct way *y); /* at any time; nobody is called then */

/* What it means for a message that there is no way. */
enum outcome way_outcome(enum locate_state s);
/* The same where way_next found nothing. */
enum outcome way_no_place(const struct way *y);

#endif
