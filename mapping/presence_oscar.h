/* The presence record to and from what OSCAR says: class bits, status word, idle minutes, BART
 * items, away text. Pure fields: the user-info block itself is read and written in
 * oscar/userinfo.h. */
#ifndef MAPPING_PRESENCE_OSCAR_H
#define MAPPING_PRESENCE_OSCAR_H

#include "base/arena.h"
#include "base/buf.h"
#include "mapping/charset.h"
#include "mapping/presence.h"
#include "oscar/userinfo.h"

enum {
    AWAY_MAX = 1024 /* octets of an away text shown to AIM (TLV 0x0004 of SNAC 0x0002/0x0006) */
};

/* The block in which AIM viewers are shown an online record; `name` as its owner formats it.
 * out->bart lies in the arena, the other spans are borrowed. Of an offline one the name is all
 * (userinfo_write_gone). */
void presence_to_userinfo(const struct presence *p, struct span name, int64_t now,
                          struct oscar_userinfo *out, struct arena *a);
/* The record that the block of an arrived user means; texts are copied into the arena. */
void presence_from_userinfo(const struct oscar_userinfo *in, int64_t now, struct presence *out,
                            struct arena *a);

/* What a session of our own user says of itself. Each sets its part of *p and leaves the rest;
 * texts are copied into the arena. They do not touch `changed`. */
void presence_set_status(struct presence *p, uint32_t status); /* SNAC 0x0001/0x001E TLV 0x0006 */
/* SNAC 0x0001/0x001E TLV 0x001D: icon hash and available text, where they are among the items. */
void presence_set_bart(struct presence *p, struct span items, struct arena *a);
/* SNAC 0x0001/0x0011; 0: active again. */
void presence_set_idle(struct presence *p, uint32_t seconds, int64_t now);
/* SNAC 0x0002/0x0004 TLV 0x0003 (MIME type) and 0x0004 (text): non-empty is away, empty is back.
 * The words are kept with their %n, %d and %t. */
void presence_set_away(struct presence *p, struct span mime, struct span text, bool icq,
                       struct arena *a);

/* Appends the away text of a record as an AIM client is shown it: HTML, at most AWAY_MAX octets, in
 * a character set that this client reads. *mime is static. Texts that did not come from AIM keep
 * viewers from replacing %n, %d, %t. */
void presence_away_html(const struct presence *p, enum text_client viewer, struct buf *text,
                        struct span *mime);

#endif
