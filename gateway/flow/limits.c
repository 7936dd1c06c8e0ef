#include "gateway/flow/limits.h"

#include "base/siphash.h"
#include "gateway/flow/warnings.h"

#include <stdlib.h>

struct pair {
    uint64_t to; /* hash of the user's name */
    struct bucket bucket;
};

/* Somebody who writes by SIP. */
struct writer {
    struct list lru;
    struct bucket all;
    struct pair pairs[LIMITS_PAIRS];
    struct span name; /* behind the struct */
};

struct limits {
    struct table writers;
    struct list lru; /* who was quiet longest stands first */
    uint64_t seed[2];
};

struct limits *limits_new(struct rng *rng)
{
    struct limits *all = calloc(1, sizeof *all);

    if (!all)
        return NULL;
    table_init(&all->writers);
    list_init(&all->lru);
    for (size_t i = 0; i < 2; i++)
        all->seed[i] = (uint64_t)rng_u32(rng) << 32 | rng_u32(rng);
    return all;
}

static void writer_free(struct limits *all, struct writer *r)
{
    (void)table_remove(&all->writers, r->name);
    list_remove(&r->lru);
    free(r);
}

void limits_free(struct limits *all)
{
    if (!all)
        return;
    LIST_EACH (struct writer, r, &all->lru, lru)
        writer_free(all, r);
    table_fini(&all->writers);
    free(all);
}

static struct writer *writer_new(struct limits *all, struct span name)
{
    struct writer *r;

    if (table_count(&all->writers) >= LIMITS_SENDERS_MAX)
        writer_free(all, LIST_OF(all->lru.next, struct writer, lru));
    r = calloc(1, sizeof *r + name.n);
    if (!r)
        return NULL;
    r->name = span_behind(r + 1, name);
    if (table_add(&all->writers, r->name, r)) {
        free(r);
        return NULL;
    }
    return r;
}

/* NULL: no memory. */
static struct writer *writer_get(struct limits *all, struct span name)
{
    struct writer *r = table_find(&all->writers, name);

    if (!r)
        r = writer_new(all, name);
    if (r) {
        list_remove(&r->lru);
        list_append(&all->lru, &r->lru);
    }
    return r;
}

/* What the whole sender may write bounds what is won by being forgotten here. */
static struct bucket *pair_get(const struct limits *all, struct writer *r, struct span to,
                               struct rate rate, uint64_t now)
{
    uint64_t hash = siphash(all->seed, to);
    struct pair *spare = &r->pairs[0];

    for (size_t i = 0; i < LIMITS_PAIRS; i++) {
        struct pair *p = &r->pairs[i];

        if (p->to == hash)
            return &p->bucket;
        if (bucket_missing(&p->bucket, rate, now) < bucket_missing(&spare->bucket, rate, now))
            spare = p;
    }
    *spare = (struct pair){.to = hash};
    return &spare->bucket;
}

/* Rounded up, as who comes back a moment too soon is refused again. */
static uint32_t seconds_of(uint64_t ms)
{
    return ms >= LIMITS_RETRY_MAX * 1000ULL ? LIMITS_RETRY_MAX : (uint32_t)((ms + 999) / 1000);
}

/* One that is asked of several: it counts nowhere unless all let it through. */
struct asked {
    struct bucket *bucket;
    struct rate rate;
};

static uint32_t take_all(const struct asked *all, size_t n, uint32_t cost, uint64_t now)
{
    uint64_t wait = 0;

    for (size_t i = 0; i < n; i++) {
        uint64_t ms = bucket_wait(all[i].bucket, all[i].rate, cost, now);

        wait = ms > wait ? ms : wait;
    }
    for (size_t i = 0; !wait && i < n; i++)
        (void)bucket_take(all[i].bucket, all[i].rate, cost, now);
    return seconds_of(wait);
}

static struct rate slowed(struct rate r, uint16_t warning)
{
    r.per_second = warning_scale(r.per_second, warning);
    return r;
}

/* M-459: seconds until somebody elsewhere is not warned too far any more. */
static uint32_t is_too_evil(struct worker *w, const struct claim *who)
{
    const struct warning *x = who->local ? NULL : warnings_find(w, who->name);

    return x ? warning_wait(x, WARNINGS_REFUSED - 1, w->unix_now) : 0;
}

static uint16_t level_of(struct worker *w, const struct claim *who)
{
    return who->local ? warning_level(&who->account->warning, w->unix_now)
                      : warnings_level(w, who->name);
}

uint32_t limits_sip(struct worker *w, const struct claim *who, struct span to, uint32_t cost,
                    enum outcome *how)
{
    struct writer *r;
    struct asked asked[3];
    size_t n = 2;
    uint16_t warning;
    uint32_t wait;

    *how = OUTCOME_RATE;
    if (who->peer && !peer_is_limited(who->peer))
        return 0;
    wait = is_too_evil(w, who);
    if (wait) {
        *how = OUTCOME_SENDER_EVIL;
        return wait;
    }
    warning = level_of(w, who);
    r = writer_get(w->limits, who->name);
    if (!r)
        return LIMITS_RETRY_MAX;
    asked[0].rate = slowed(w->conf->limits.sender_to_user, warning);
    asked[0].bucket = pair_get(w->limits, r, to, asked[0].rate, w->now);
    asked[1] = (struct asked){&r->all, slowed(w->conf->limits.sender, warning)};
    if (who->peer)
        asked[n++] = (struct asked){peer_budget(who->peer), w->conf->limits.domain};
    return take_all(asked, n, cost, w->now);
}

/* `oscar.rate_limits: false` lets AIM users do as they like, and so does a peer's limits: none. */
static bool is_free(const struct worker *w, struct span host)
{
    const struct peer *p = peer_find(w->peers, host);

    return !w->conf->oscar.rate_limits || (p && !peer_is_limited(p));
}

uint32_t limits_aim(struct worker *w, struct account *from, struct span host)
{
    uint16_t warning = warning_level(&from->warning, w->unix_now);
    struct asked asked = {&from->to_sip, slowed(w->conf->limits.aim_to_sip, warning)};

    return is_free(w, host) ? 0 : take_all(&asked, 1, LIMITS_MESSAGE, w->now);
}

uint64_t limits_subscribe(struct worker *w, struct account *from, struct span host)
{
    struct rate rate = w->conf->limits.aim_subscribes;

    if (is_free(w, host) || bucket_take(&from->watching, rate, BUCKET_TOKEN, w->now))
        return 0;
    return bucket_wait(&from->watching, rate, BUCKET_TOKEN, w->now);
}
