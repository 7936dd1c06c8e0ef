/* Stored messages: what could not be delivered yet, to local users (M-701: recipient offline) and
 * to foreign ones (M-712: their domain's link is down). A row is deleted by messages_done only,
 * when it was delivered or its sender was told that it will not be. */
#ifndef DB_MESSAGES_H
#define DB_MESSAGES_H

#include "base/buf.h"
#include "db/store.h"
#include "mapping/message.h"

enum message_direction {
    MESSAGE_IN = 0 /* to a local user */,
    MESSAGE_OUT = 1 /* to a foreign one */
};

enum {
    MESSAGES_PER_RECIPIENT = 100,              /* M-702 */
    MESSAGES_BYTES_PER_RECIPIENT = 256 * 1024, /* M-702; text, html and friendly name */
    MESSAGES_AGAIN_PER_RECIPIENT = 8192, /* the same for those that were answered 200 before ... */
    MESSAGES_AGAIN_BYTES =
        32 * 1024 * 1024,           /* ... their session broke: a promise, and memory had them */
    MESSAGES_KEEP = 14 * 24 * 3600, /* M-704, seconds */
    MESSAGES_REMEMBER = 3600,       /* M-710: how long a key outlives its message, seconds */
    MESSAGE_KEY_MAX = 32,
    MESSAGES_HOLD = 24 * 3600, /* M-541: how long a stranger's message waits for a yes, seconds */
    MESSAGES_HELD_MAX = 10,    /* M-541: so many of each, ... */
    MESSAGES_HELD_BYTES = 16 * 1024,
    MESSAGES_STRANGERS_MAX = 20, /* M-548: ... of so many strangers */
};

struct message_row {
    int64_t id; /* never given out twice; ascending in the order in which they were stored */
    enum message_direction direction;
    struct span
        recipient;   /* normalised screen name, or a foreign address's key (user@host folded) */
    struct span key; /* M-710: same key, same message; empty: nothing to compare by */
    struct message
        m;        /* m.expires 0 or more than 14 days ahead: 14 days. m.never_store is not kept */
    int64_t size; /* what it counts against the limit; set by the store */
    int64_t arrived; /* when it was stored; set by the store */
    int64_t turn;    /* to messages_add: it is listed behind all with a lower one */
    bool held;       /* to messages_add: `recipient` is a stranger's box */
    bool
        again; /* to messages_add: a delivery that broke; a remembered key does not count (M-711) */
};

/* May be zero: the defaults above. */
struct message_limits {
    int64_t count, bytes; /* per recipient */
};

/* OK and *id; ERR_EXISTS and *id of the one with the same key, stored or delivered within the last
 * hour (also OK to acknowledge); ERR_FULL when the recipient has no room. One writing statement. */
enum err messages_add(struct store *s, const struct message_row *row,
                      const struct message_limits *limits, int64_t now, int64_t *id);
/* Deletes it and remembers its key for an hour. ERR_NOT_FOUND: done before. Several statements. */
enum err messages_done(struct store *s, int64_t id, int64_t now);
/* Remembers the key of a message that was delivered without ever being stored (id 0). */
enum err messages_remember(struct store *s, struct span key, int64_t now);
/* Is a message with that key stored or remembered? */
enum err messages_find_key(struct store *s, struct span key, int64_t now,
                           int64_t *id); /* ERR_NOT_FOUND */
enum err messages_find(struct store *s, int64_t id, struct arena *a,
                       struct message_row *out); /* ERR_NOT_FOUND */

/* For one recipient, by their turn; expired ones too (the caller tells their senders). */
enum err messages_list(struct store *s, struct span recipient, struct cursor *c);
/* Everything for foreign users of one domain, oldest first, from id `after` on (0: all). */
enum err messages_list_domain(struct store *s, struct span host, int64_t after, struct cursor *c);
/* What is past its time, oldest expiry first, at most `max`. They stay until messages_done: a crash
 * between telling the sender and forgetting tells twice rather than never. */
enum err messages_list_expired(struct store *s, int64_t now, int max, struct cursor *c);
bool messages_next(struct cursor *c, struct message_row *out);
/* When the next one expires; 0 when there is none. */
enum err messages_next_expiry(struct store *s, int64_t *out);
/* Forgets keys that are past their hour, at most `max`; *gone: how many. */
enum err messages_forget_keys(struct store *s, int64_t now, int max, int *gone);

/* ---- what strangers wrote, until its recipient says whether it is wanted (M-541 to M-548) ---- */

/* It waits under a name of its own, that of the recipient's box for this stranger, which no other
 * listing finds. Both as privacy lists have them. */
void messages_box(struct buf *out, struct span recipient, struct span stranger);
struct span messages_stranger(struct span box);
/* row->recipient is the box, row->held true. As messages_add; ERR_FULL: too many of this stranger,
 * ERR_BUSY: too many strangers. *first: none of this one waits yet. Several statements. */
enum err messages_add_held(struct store *s, const struct message_row *row, int64_t now, int64_t *id,
                           bool *first);
/* One that waited for the recipient to be there waits for a yes from now on. ERR_NOT_FOUND. Several
 * statements. */
enum err messages_hold(struct store *s, int64_t id, struct span recipient, struct span box,
                       int64_t now, bool *first);
/* They are wanted: all of the box goes to the recipient's own; *n: how many. */
enum err messages_welcome(struct store *s, struct span box, struct span recipient, int *n);
/* They are not: all up to that id. Their keys are remembered for an hour. Several statements. */
enum err messages_drop_held(struct store *s, struct span box, int64_t last, int64_t now);
/* The boxes of one recipient, by messages_next_count. */
enum err messages_list_strangers(struct store *s, struct span recipient, struct cursor *c);

struct message_count {
    struct span recipient;
    enum message_direction direction;
    int64_t count, bytes, oldest; /* oldest: arrival, Unix seconds */
};
enum err messages_count(struct store *s, struct span recipient, int64_t *count, int64_t *bytes);
/* Per recipient, sorted by name (`queue list`). */
enum err messages_list_counts(struct store *s, struct cursor *c);
bool messages_next_count(struct cursor *c, struct message_count *out);

#endif
