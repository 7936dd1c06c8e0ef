/* Reports: what users told the operator about others (REPORT NAME to the helper). */
#ifndef DB_REPORTS_H
#define DB_REPORTS_H

#include "db/store.h"

enum {
    REPORTS_KEPT = 1000,       /* the oldest goes first */
    REPORTS_PER_REPORTER = 20, /* in a day */
};

struct report {
    int64_t id;                    /* never given out twice */
    struct span reporter, subject; /* as privacy lists have them */
    struct span words;             /* what the reporter wrote along; may be empty */
    struct span evidence;          /* lines: time, ids and ways of a message */
    int64_t created;               /* Unix seconds */
};

/* ERR_FULL: too many of this reporter today. Several statements. */
enum err reports_add(struct store *s, const struct report *row, int64_t *id);
enum err reports_delete(struct store *s, int64_t id); /* ERR_NOT_FOUND */
/* Oldest first. */
enum err reports_list(struct store *s, struct cursor *c);
bool reports_next(struct cursor *c, struct report *out);

#endif
