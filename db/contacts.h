/* Contacts: the SIP registrations of local users (RFC 3261 10.3; path: RFC 3327; instance and
 * reg-id: RFC 5626). */
#ifndef DB_CONTACTS_H
#define DB_CONTACTS_H

#include "db/store.h"

struct contact_row {
    int64_t user;
    struct span
        name; /* the user's normalised name; filled by listings, not read by contacts_replace */
    struct span uri;
    unsigned q;      /* thousandths, 0 to 1000 */
    int64_t expires; /* Unix seconds */
    struct span call_id;
    uint32_t cseq;
    struct span instance; /* +sip.instance, may be empty */
    uint32_t reg_id;      /* 0: none */
    struct span methods;
    struct span path;
    struct span hop;   /* opaque: where the REGISTER came from */
    struct span agent; /* User-Agent, for listings */
};

/* All contacts of one user: these instead of what was there; n == 0 clears. Several statements.
 * ERR_NO_USER. */
enum err contacts_replace(struct store *s, int64_t user, const struct contact_row *rows, size_t n);
/* All users' contacts, sorted by user. */
enum err contacts_list(struct store *s, struct cursor *c);
/* Of one user. */
enum err contacts_list_user(struct store *s, int64_t user, struct cursor *c);
bool contacts_next(struct cursor *c, struct contact_row *out);
/* Drops what ended at or before `now`. */
enum err contacts_expire(struct store *s, int64_t now);

#endif
