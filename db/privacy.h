/* What a user decided about others outside the feedbag: the permit and deny lists and mode of
 * clients without a list on the server (SNAC family 0x0009), the gateway's block list (M-545) and
 * answers to questions (M-525, M-543, M-544). */
#ifndef DB_PRIVACY_H
#define DB_PRIVACY_H

#include "db/store.h"

enum privacy_kind {
    KEPT_PERMIT,
    KEPT_DENY,
    KEPT_BLOCK,           /* BLOCK NAME to the helper: counts in every mode (M-545) */
    KEPT_STRANGER_YES,    /* YES NAME (M-543) */
    KEPT_STRANGER_NO,     /* NO NAME (M-544) */
    KEPT_WATCHER_ALLOWED, /* ALLOW NAME */
    KEPT_WATCHER_REFUSED, /* REFUSE NAME (M-525) */
    KEPT__COUNT
};

struct privacy_entry {
    enum privacy_kind list;
    struct span name; /* normalised screen name */
    int64_t until;    /* Unix seconds; 0: for good */
    int64_t created;
};

/* Adds it, or moves its `until`. ERR_NO_USER. */
enum err privacy_put(struct store *s, int64_t user, const struct privacy_entry *entry);
enum err privacy_delete(struct store *s, int64_t user, enum privacy_kind list,
                        struct span name); /* ERR_NOT_FOUND */
enum err privacy_clear(struct store *s, int64_t user, enum privacy_kind list);
/* Sorted by list, then name; those past `until` are given too. */
enum err privacy_list_user(struct store *s, int64_t user, struct cursor *c);
bool privacy_next(struct cursor *c, struct privacy_entry *out);
enum err privacy_expire(struct store *s, int64_t now);
/* Mode 1 to 5 as in the feedbag's attribute 0x00CA; 0: none set. */
enum err privacy_set_mode(struct store *s, int64_t user, unsigned mode);
enum err privacy_mode(struct store *s, int64_t user, unsigned *mode);

#endif
