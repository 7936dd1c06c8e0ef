/* Foodgroup 0x0002, Locate: profiles, away texts, capabilities; asking for those of others. */
#ifndef OSCAR_FOODGROUP_LOCATE_H
#define OSCAR_FOODGROUP_LOCATE_H

#include "oscar/userinfo.h"

enum { LOCATE_TEXT_MAX = 1024 /* profile and away text, announced */, LOCATE_CAPS_MAX = 64 };

/* What is asked for, or told. */
enum locate_what { LOCATE_PROFILE = 1, LOCATE_AWAY = 2, LOCATE_CAPS = 4 };

/* SNAC 0x0002/0x0004. */
struct locate_set {
    bool has_profile, has_away, has_caps;
    struct span profile_mime, profile; /* profile empty: cleared */
    struct span away_mime, away;       /* away empty: back */
    struct span caps;                  /* 16 octets each, at most LOCATE_CAPS_MAX of them */
};
void locate_set_read(struct span body, struct locate_set *out);
void locate_set_write(struct buf *b, const struct locate_set *s);

/* SNAC 0x0002/0x0005 (short mask) and 0x0002/0x0015 (long mask). */
struct locate_query {
    uint32_t what; /* enum locate_what */
    struct span name;
};
bool locate_query_read(struct span body, bool long_mask, struct locate_query *out);
void locate_query_write(struct buf *b, const struct locate_query *q); /* the long form */

/* SNAC 0x0002/0x0006. Texts that are empty are left out, as is what `what` does not ask for. */
struct locate_info {
    const struct oscar_userinfo *user;
    uint32_t what;
    struct span profile_mime, profile, away_mime, away, caps;
};
void locate_info_write(struct buf *b, const struct locate_info *i);
bool locate_info_read(struct span body, struct oscar_userinfo *user, struct locate_set *out);
void locate_rights_write(struct buf *b); /* SNAC 0x0002/0x0003 */

#endif
