#include "base/table.h"

#include "base/rng.h"
#include "base/siphash.h"

#include <stdlib.h>

struct table_slot {
    uint32_t hash;  /* 0: never used, 1: tombstone */
    uint32_t key_n; /* the key apart: a span of its own would leave a hole */
    const uint8_t *key;
    void *value;
};

enum { EMPTY = 0, TOMB = 1, FIRST_CAP = 8, MOVE_STEP = 8 };

void table_init(struct table *t)
{
    *t = (struct table){0};
    rng_seed(t->seed, sizeof t->seed);
}

void table_fini(struct table *t)
{
    free(t->slots);
    free(t->old);
    t->slots = t->old = NULL;
    t->cap = t->old_cap = t->used = t->dead = t->moved = 0;
}

static uint32_t hash_of(const struct table *t, struct span key)
{
    uint32_t h = (uint32_t)siphash(t->seed, key);

    return h > TOMB ? h : h + 2;
}

static struct table_slot *probe(struct table_slot *slots, size_t cap, uint32_t hash,
                                struct span key)
{
    if (!slots)
        return NULL;
    for (size_t i = hash & (cap - 1);; i = (i + 1) & (cap - 1)) {
        struct table_slot *s = &slots[i];

        if (s->hash == EMPTY)
            return NULL;
        if (s->hash == hash && span_eq(span_of(s->key, s->key_n), key))
            return s;
    }
}

static struct table_slot *find_slot(const struct table *t, struct span key)
{
    uint32_t hash;
    struct table_slot *s;

    if (t->used == 0)
        return NULL; /* most tables of an account are empty */
    hash = hash_of(t, key);
    s = probe(t->slots, t->cap, hash, key);
    return s ? s : probe(t->old, t->old_cap, hash, key);
}

static void insert(struct table *t, struct table_slot entry)
{
    size_t i = entry.hash & (t->cap - 1);

    while (t->slots[i].hash > TOMB)
        i = (i + 1) & (t->cap - 1);
    if (t->slots[i].hash == TOMB)
        t->dead--;
    t->slots[i] = entry;
}

static void move_some(struct table *t, size_t steps)
{
    for (; t->old && steps > 0; steps--) {
        struct table_slot *s = &t->old[t->moved++];

        if (s->hash > TOMB) {
            insert(t, *s);
            s->hash = TOMB; /* probes in `old` must go on past it */
        }
        if (t->moved == t->old_cap) {
            free(t->old);
            t->old = NULL;
            t->old_cap = t->moved = 0;
        }
    }
}

/* A new array twice as large (or as large, where tombstones fill it); the old one drains by and by.
 */
static enum err grow(struct table *t)
{
    size_t cap = t->cap ? t->cap : FIRST_CAP;
    struct table_slot *slots;

    move_some(t, t->old_cap);
    if (t->cap && t->used * 2 >= t->cap)
        cap *= 2;
    slots = calloc(cap, sizeof *slots);
    if (!slots)
        return ERR_NOMEM;
    t->old = t->slots;
    t->old_cap = t->cap;
    t->moved = t->dead = 0;
    t->slots = slots;
    t->cap = cap;
    return OK;
}

enum err table_add(struct table *t, struct span key, void *value)
{
    if (find_slot(t, key))
        return ERR_EXISTS;
    if ((t->used + t->dead + 1) * 4 > t->cap * 3) {
        enum err e = grow(t);

        if (e)
            return e;
    }
    move_some(t, MOVE_STEP);
    insert(t, (struct table_slot){
                  .hash = hash_of(t, key), .key_n = (uint32_t)key.n, .key = key.p, .value = value});
    t->used++;
    return OK;
}

void *table_find(const struct table *t, struct span key)
{
    struct table_slot *s = find_slot(t, key);

    return s ? s->value : NULL;
}

void *table_remove(struct table *t, struct span key)
{
    struct table_slot *s = find_slot(t, key);

    if (!s)
        return NULL;
    s->hash = TOMB;
    if (s >= t->slots && s < t->slots + t->cap)
        t->dead++;
    t->used--;
    return s->value;
}

void *table_next(const struct table *t, size_t *at)
{
    for (; *at < t->cap + t->old_cap; (*at)++) {
        const struct table_slot *s = *at < t->cap ? &t->slots[*at] : &t->old[*at - t->cap];

        if (s->hash > TOMB) {
            (*at)++;
            return s->value;
        }
    }
    return NULL;
}
