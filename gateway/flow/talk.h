/* Who is typing: from AIM clients to AIM clients as it is, from AIM clients to SIP and back as
 * isComposing (RFC 3994). What passes on here is never stored, never repeated and never an error to
 * anybody. */
#ifndef GATEWAY_FLOW_TALK_H
#define GATEWAY_FLOW_TALK_H

#include "gateway/door/aim.h"
#include "gateway/flow/identity.h"

enum {
    TALKS_MAX =
        50000 /* conversations that are remembered; the one that was quiet longest is forgotten */
};

struct talks;
struct talks *talks_new(void); /* NULL: no memory */
void talks_free(struct worker *w, struct talks *all);

/* SNAC 0x0004/0x0014. */
void talk_from_aim(struct aim_session *s, const struct icbm_typing *t);
/* A document of application/im-iscomposing+xml for one of ours; what cannot be read is nothing. */
void talk_from_sip(struct worker *w, const struct claim *who, struct account *to,
                   struct span document);
/* A message went from one of ours to somebody who may be reached by SIP. It says itself that its
 * writer types no more, and from then on the other side is told of typing. */
void talk_said(struct worker *w, struct account *own, const struct address *them);
/* The same for one of theirs. `key` is their address's, where it is known already; else empty. */
void talk_heard(struct worker *w, struct account *own, const struct address *them, struct span key);

#endif
