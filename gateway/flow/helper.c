#include "gateway/flow/helper.h"

#include "gateway/flow/lane.h"
#include "gateway/flow/route.h"

void helper_say(struct worker *w, const struct address *to, struct span text)
{
    struct origin o = {.kind = ORIGIN_HELPER, .store = true};
    struct message m = {.from = {SPAN("aimgate"), w->own_domain},
                        .to = *to,
                        .friendly = SPAN("aimgate"),
                        .text = text,
                        .sent = w->unix_now,
                        .auto_reply = true};
    struct account *a = NULL;
    struct buf key = {0};
    struct flight *f;

    rng_bytes(&w->rng, m.cookie, sizeof m.cookie);
    if (address_is_own(&w->rules, to) && account_get(w, to->user, &a))
        return;
    address_key(&key, &w->rules, to);
    f = flight_new(w, &o, &m, a, a ? a->person->key : buf_span(&key));
    buf_fini(&key);
    if (!f)
        return;
    if (a)
        route_to_account(f, a);
    else if (!lane_to_domain(f))
        f->failure = OUTCOME_RATE;
    flight_depart(f);
}
