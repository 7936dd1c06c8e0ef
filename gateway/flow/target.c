#include "gateway/flow/target.h"

#include "gateway/flow/buddy.h"
#include "gateway/people/book.h"
#include "gateway/peer/peers.h"
#include "simple/txn/locate.h"

struct person *target_find(struct worker *w, struct account *watcher, const struct address *to,
                           struct refusal *why)
{
    struct account *a;

    if (address_is_own(&w->rules, to)) {
        *why = (struct refusal){404, "no such user"};
        if (watcher && book_is_helper(w, to->user))
            return person_find(w->people, to->user);
        return account_get(w, to->user, &a) == OK ? a->person : NULL;
    }
    *why = (struct refusal){403, "no relay between other domains"};
    if (!watcher)
        return NULL;
    *why = (struct refusal){404, "this service does not reach that domain"};
    if (!peer_find(w->peers, to->host) && !locate_is_domain(to->host))
        return NULL;
    *why = (struct refusal){500, "no memory"};
    return buddy_get(w, watcher, to);
}

void target_release(struct worker *w, struct person *target)
{
    if (target->account)
        account_release(w, target->account);
    else
        person_release(w, target);
}
