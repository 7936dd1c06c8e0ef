/* What an imported rule document says of a watcher (RFC 4745, RFC 5025): compiled once, asked
 * often. Pure. */
#ifndef MAPPING_POLICY_H
#define MAPPING_POLICY_H

#include "mapping/name.h"
#include "mapping/presence_provide.h"
#include "simple/doc/auth_policy.h"

struct policy;

/* Takes what it needs of `doc`. NULL: no memory. Free with policy_free; NULL is fine. */
struct policy *policy_new(const struct auth_policy *doc, const struct name_rules *rules);
void policy_free(struct policy *p);

struct policy_watcher {
    struct span name; /* as privacy lists have it: a normalised name of ours, or user@host */
    bool local;
};

struct policy_says {
    enum auth_handling handling; /* the largest of the rules that match; none does: AUTH_BLOCK */
    struct presence_provide provide; /* of each permission the largest (RFC 4745 10) */
};

struct policy_says policy_judge(const struct policy *p, const struct policy_watcher *who,
                                int64_t now);
/* When the time alone changes what it says next; INT64_MAX: it does not. */
int64_t policy_turns(const struct policy *p, int64_t now);

#endif
