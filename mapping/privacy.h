/* Who may see a local user and who may write: AIM's permit and deny lists as one decision table. */
#ifndef MAPPING_PRIVACY_H
#define MAPPING_PRIVACY_H

#include "base/span.h"

/* Attribute 0x00CA of the PD item (class 0x0004). */
enum privacy_mode {
    PRIVACY_UNSET, /* no PD item, or one without a mode: deny listed where there are deny items,
                      else permit all */
    PRIVACY_PERMIT_ALL,
    PRIVACY_DENY_ALL,
    PRIVACY_PERMIT_LISTED,
    PRIVACY_DENY_LISTED,
    PRIVACY_PERMIT_BUDDIES,
};

enum privacy_list { PRIVACY_BUDDIES, PRIVACY_PERMITTED, PRIVACY_DENIED, PRIVACY_IGNORED };

/* A local user's wishes. `has` looks a normalised screen name up on one of the lists (the names of
 * foreign users are those that the list shows: bob@example.com). */
struct privacy {
    enum privacy_mode mode;
    bool any_denied; /* the deny list is not empty: matters where the mode is unset */
    bool icq;        /* an ICQ account: permit is its visible list, deny its invisible list */
    bool invisible;
    bool confirm; /* watchers need the user's yes (ICQ authorisation, foreign_watchers=confirm) */
    bool (*has)(void *lists, enum privacy_list list, struct span name);
    void *lists;
};

/* Somebody who wants to see or to write. */
struct privacy_other {
    struct span name;   /* normalised screen name */
    bool anonymous;     /* nobody vouches for the name */
    bool blocked;       /* on the account's block list of the gateway, which counts in every mode */
    bool authorised;    /* the user said yes to this watcher */
    bool domain_denied; /* the operator refuses this domain */
};

enum privacy_verdict {
    PRIVACY_ALLOW, /* presence: the real one, also of an invisible user: clear `invisible` to write
                      it */
    PRIVACY_CONFIRM,          /* presence only: pending until the user says yes */
    PRIVACY_BLOCK,            /* presence: shown offline; message: refused 403 */
    PRIVACY_REFUSE_ANONYMOUS, /* 433 */
    PRIVACY_REFUSE_DOMAIN,    /* 403 for every request of that domain */
};

enum privacy_mode privacy_mode_of(const struct privacy *p); /* never PRIVACY_UNSET */
enum privacy_verdict privacy_presence(const struct privacy *p, const struct privacy_other *who);
enum privacy_verdict privacy_message(const struct privacy *p, const struct privacy_other *who);
/* Is somebody ignored: is their presence kept from the local user, who gets no message of theirs
 * either? */
bool privacy_ignores(const struct privacy *p, struct span name);

/* A client without a list on the server edits its permit or deny list (SNAC 0x0009/0x0005 and
 * 0x0007): the mode that holds afterwards. Permitting only one's own name means "nobody", denying
 * only that "everybody". `first` is the first name of the SNAC, `names` how many it has. */
enum privacy_mode privacy_mode_after_add(bool permit, struct span own, struct span first,
                                         size_t names);

#endif
