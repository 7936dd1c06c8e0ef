/* What is known of a user's presence: the neutral record (sources: an AIM session, a published
 * document, a registration, a NOTIFY). Data only; spans belong to whoever made it (presence_dup
 * owns all of a copy). */
#ifndef MAPPING_PRESENCE_H
#define MAPPING_PRESENCE_H

#include "base/span.h"

/* ICQ's finer shades of away (TLV 0x0006 low word). They are shown to SIP as busy or away. */
enum presence_shade {
    SHADE_NONE,
    SHADE_AWAY,
    SHADE_NOT_AVAILABLE,
    SHADE_OCCUPIED,
    SHADE_DO_NOT_DISTURB,
};

enum { PRESENCE_TEXT_MAX = 1024 /* characters */, PRESENCE_ICON_MAX = 16, PRESENCE_CAPS_MAX = 64 };

struct presence {
    bool online;
    bool away;
    bool mobile;
    bool invisible; /* own users only: what others see is offline */
    bool hide_idle; /* own users only: since when is not told */
    bool icq;       /* an ICQ number: its class bits and status word */
    bool helper;    /* the service's own buddy: class 0x0410 */
    /* away_text is AIM's: its %n, %d, %t stand for the viewer's name, the date, the time */
    bool tokens;
    enum presence_shade shade;
    uint16_t warning;   /* tenths of a percent, 0..999 */
    int64_t idle_since; /* Unix seconds; 0: not idle */
    int64_t signon;     /* Unix seconds; 0: not known */
    int64_t changed;    /* Unix seconds of the last change of status */
    /* Unix seconds at which this record must be read anew (an activity's window ends); 0: never */
    int64_t until;
    struct span away_text;  /* UTF-8 plain text; with `away` only */
    struct span avail_text; /* UTF-8 plain text; without `away` only */
    struct span friendly;   /* display name, clean */
    struct span icon;       /* hash, 0, 5 or 16 octets */
    struct span icon_url;
    struct span caps;       /* 16 octets each */
};

/* One allocation that holds the record and all its texts; free() it. NULL: no memory. */
struct presence *presence_dup(const struct presence *p);
/* The words in force: away text or available text; an ICQ shade of away without words has its
 * name. */
struct span presence_text(const struct presence *p);
/* Is there a change that watchers are told of? Idle growing longer is none; warning counts in steps
 * of 5 %, and whether there is any. */
bool presence_differs(const struct presence *a, const struct presence *b);

#endif
