#include "gateway/peer/penalty.h"

#include <stdlib.h>

enum { KEY = 1 + 1 + 16 + 2 };

struct penalty {
    struct deadline forget; /* first */
    uint8_t key[KEY];
    uint64_t until;
    uint64_t last; /* ms: how long the last time; 0: it never failed */
    uint64_t rest; /* until when it asked to be left alone; 0: it did not */
};

static struct span key_of(const struct sip_hop *hop, uint8_t to[KEY])
{
    to[0] = (uint8_t)hop->transport;
    to[1] = hop->addr.family;
    memcpy(to + 2, hop->addr.ip, 16);
    to[18] = (uint8_t)(hop->addr.port >> 8);
    to[19] = (uint8_t)hop->addr.port;
    return span_of(to, KEY);
}

void penalties_init(struct penalties *a)
{
    *a = (struct penalties){0};
    table_init(&a->by_hop);
}

void penalties_fini(struct penalties *a)
{
    struct penalty *x;
    size_t at = 0;

    while ((x = table_next(&a->by_hop, &at)))
        free(x);
    table_fini(&a->by_hop);
    deadlines_fini(&a->over);
}

static void forget(struct penalties *a, struct penalty *x)
{
    table_remove(&a->by_hop, span_of(x->key, KEY));
    deadline_clear(&a->over, &x->forget);
    free(x);
}

static struct penalty *find(const struct penalties *a, const struct sip_hop *hop)
{
    uint8_t key[KEY];

    return table_find(&a->by_hop, key_of(hop, key));
}

/* What is over is forgotten on the way. NULL: no memory; then it stays usable. */
static struct penalty *get(struct penalties *a, const struct sip_hop *hop, uint64_t now)
{
    struct penalty *x = find(a, hop);
    struct deadline *d;

    if (x)
        return x;
    while ((d = deadlines_due(&a->over, now)))
        forget(a, (struct penalty *)(void *)d);
    if (table_count(&a->by_hop) >= PENALTY_MAX && (d = deadlines_due(&a->over, DEADLINE_NEVER)))
        forget(a, (struct penalty *)(void *)d);
    x = calloc(1, sizeof *x);
    if (x && table_add(&a->by_hop, key_of(hop, x->key), x)) {
        free(x);
        x = NULL;
    }
    return x;
}

static void set(struct penalties *a, struct penalty *x, uint64_t until)
{
    x->until = until;
    if (deadline_set(&a->over, &x->forget, until + PENALTY_LONGEST_MS))
        forget(a, x);
}

uint64_t penalty_until(const struct penalties *a, const struct sip_hop *hop)
{
    const struct penalty *x = find(a, hop);

    return x ? x->until : 0;
}

bool penalty_next(const struct penalties *a, size_t *at, struct sip_hop *hop, uint64_t *until)
{
    const struct penalty *x = table_next(&a->by_hop, at);

    if (!x)
        return false;
    *hop = (struct sip_hop){
        .transport = (enum sip_transport)x->key[0],
        .addr = {.family = x->key[1], .port = (uint16_t)(x->key[18] << 8 | x->key[19])}};
    memcpy(hop->addr.ip, x->key + 2, sizeof hop->addr.ip);
    *until = x->until;
    return true;
}

void penalty_failed(struct penalties *a, const struct sip_hop *hop, uint64_t now)
{
    struct penalty *x = get(a, hop, now);

    if (!x)
        return;
    x->last = x->last ? x->last * 2 : PENALTY_FIRST_MS;
    if (x->last > PENALTY_LONGEST_MS)
        x->last = PENALTY_LONGEST_MS;
    set(a, x, now + x->last);
}

void penalty_rest(struct penalties *a, const struct sip_hop *hop, uint64_t now, uint64_t until)
{
    struct penalty *x = get(a, hop, now);

    if (!x)
        return;
    x->rest = until;
    set(a, x, until);
}

bool penalty_rests(const struct penalties *a, const struct sip_hop *hop, uint64_t now)
{
    const struct penalty *x = find(a, hop);

    return x && x->rest > now;
}

void penalty_answered(struct penalties *a, const struct sip_hop *hop)
{
    struct penalty *x = find(a, hop);

    if (x)
        forget(a, x);
}
