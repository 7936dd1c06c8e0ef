/* What has ended by itself is dropped here, so that no table grows for ever: registrations and
 * publications past their time, warnings that have faded, decisions past their day, keys of
 * messages past their hour. Stored messages are not: their senders are to be told first
 * (messages_list_expired); nor watchers, who are told too, and for whom a start looks
 * (watchers_expire). */
#ifndef DB_SWEEP_H
#define DB_SWEEP_H

#include "db/store.h"

enum {
    SWEEP_GRACE = 60, /* seconds: what ended a moment ago may be on its way to be renewed */
    SWEEP_KEYS_MAX =
        20000, /* keys at once, so that no sweep holds up those who wait for a commit */
};

/* *more: there are keys left for the next sweep. Several statements. */
enum err store_sweep(struct store *s, int64_t now, bool *more);

#endif
