#include "simple/txn/answered.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/siphash.h"

enum { BLOCK = 1024, TICK_SHIFT = 7 };

/* What a request says beyond its ids, of those that change something: clients that count from a
 * fixed seed say another thing, or prove themselves anew, under the ids of the run before. */
static struct span content_of(const struct sip_msg *m)
{
    if (m->method == SIP_MESSAGE)
        return m->body;
    if (m->method == SIP_REGISTER || m->method == SIP_PUBLISH)
        return sip_msg_value(m, SIP_HDR_AUTHORIZATION);
    return (struct span){0};
}

void txn_key_id(const uint64_t secret[4], const struct sip_msg *m, struct txn_key *out)
{
    const struct span parts[] = {m->call_id, m->from.tag,
                                 span_of(&m->cseq.number, sizeof m->cseq.number), content_of(m)};

    siphash_parts(secret, parts, sizeof parts / sizeof *parts, out->id);
}

void txn_key_branch(const uint64_t secret[4], const struct sip_msg *m, struct txn_key *out)
{
    /* S-166, RFC 3261 17.2.3: what came before branches is told apart by all it says */
    const struct span old[] = {m->uri, m->via.text};
    const struct span top[] = {m->via.branch, m->via.host,
                               span_of(&m->via.port, sizeof m->via.port)};
    uint64_t hash[2];

    if (sip_msg_has_branch(m))
        siphash_parts(secret + 2, top, sizeof top / sizeof *top, hash);
    else
        siphash_parts(secret + 2, old, sizeof old / sizeof *old, hash);
    out->branch = hash[0];
}

/* Zeroed, and in large pages where the system has them: a look-up goes anywhere in these 4 MiB, and
 * would wait for the page's address too. */
static uint32_t *new_buckets(size_t octets)
{
    void *p = mmap(NULL, octets, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED)
        return NULL;
    (void)madvise(p, octets, MADV_HUGEPAGE);
    return p;
}

static size_t buckets_octets(const struct answered *a)
{
    return ((size_t)a->mask + 1) * sizeof *a->buckets;
}

bool answered_init(struct answered *a, uint32_t max, uint64_t short_ms, uint64_t now)
{
    uint32_t buckets = 64;

    while (buckets / 2 < max && buckets < 1U << 30)
        buckets *= 2; /* most are empty: what is new is known to be so without a walk */
    *a = (struct answered){.max = max, .mask = buckets - 1, .born = now, .short_ms = short_ms};
    a->max_blocks = max / BLOCK + 1;
    a->blocks = calloc(a->max_blocks, sizeof(struct answered_entry *));
    a->buckets = new_buckets(buckets_octets(a));
    if (a->blocks && a->buckets)
        return true;
    answered_fini(a);
    return false;
}

void answered_fini(struct answered *a)
{
    for (uint32_t i = 0; a->blocks && i < a->n_blocks; i++)
        free(a->blocks[i]);
    free((void *)a->blocks);
    if (a->buckets)
        (void)munmap(a->buckets, buckets_octets(a));
    *a = (struct answered){0};
}

struct answered_entry *answered_get(const struct answered *a, uint32_t at)
{
    assert(at > 0 && (at - 1) / BLOCK < a->n_blocks);
    return &a->blocks[(at - 1) / BLOCK][(at - 1) % BLOCK];
}

static bool same_request(const struct txn_key *a, const struct txn_key *b)
{
    return a->id[0] == b->id[0] && a->id[1] == b->id[1];
}

void answered_expect(const struct answered *a, const struct txn_key *key)
{
    __builtin_prefetch(&a->buckets[key->id[0] & a->mask]);
}

uint32_t answered_find(const struct answered *a, const struct txn_key *key, enum sip_method method)
{
    uint32_t at = a->buckets[key->id[0] & a->mask];

    for (; at; at = answered_get(a, at)->chain) {
        const struct answered_entry *e = answered_get(a, at);

        if (same_request(&e->key, key) && e->method == method)
            return at;
    }
    return 0;
}

uint32_t answered_find_cancelled(const struct answered *a, const struct txn_key *key)
{
    uint32_t at = a->buckets[key->id[0] & a->mask];

    for (; at; at = answered_get(a, at)->chain) {
        const struct answered_entry *e = answered_get(a, at);

        if (same_request(&e->key, key) && e->key.branch == key->branch)
            return at;
    }
    return 0;
}

static bool add_block(struct answered *a)
{
    struct answered_entry *block;

    if (a->n_blocks == a->max_blocks)
        return false;
    block = calloc(BLOCK, sizeof *block);
    if (!block)
        return false;
    a->blocks[a->n_blocks++] = block;
    for (uint32_t i = BLOCK; i > 0; i--) { /* low numbers first, so that few blocks are in use */
        block[i - 1].chain = a->free;
        a->free = (a->n_blocks - 1) * BLOCK + i;
    }
    return true;
}

static void unlink_bucket(struct answered *a, uint32_t at)
{
    const struct answered_entry *e = answered_get(a, at);
    uint32_t *link = &a->buckets[e->key.id[0] & a->mask];

    while (*link != at)
        link = &answered_get(a, *link)->chain;
    *link = e->chain;
}

static void remove_oldest(struct answered *a, enum answered_life life)
{
    uint32_t at = a->oldest[life];
    struct answered_entry *e = answered_get(a, at);

    unlink_bucket(a, at);
    a->oldest[life] = e->newer;
    if (e->newer) /* is the next to go */
        answered_expect(a, &answered_get(a, e->newer)->key);
    else
        a->newest[life] = 0;
    e->chain = a->free;
    a->free = at;
    a->n--;
}

static uint32_t ticks(const struct answered *a, uint64_t now)
{
    return (uint32_t)((now - a->born) >> TICK_SHIFT);
}

bool answered_is_before(const struct answered *a, uint32_t at, uint64_t when)
{
    const struct answered_entry *e = answered_get(a, at);
    uint64_t end = a->born + ((uint64_t)e->expires << TICK_SHIFT) - a->short_ms; /* of its tick */

    assert(e->method != SIP_MESSAGE);
    return end <= when;
}

/* It stays in its first-in first-out list, under a name that no request has. */
void answered_forget(struct answered *a, uint32_t at)
{
    struct answered_entry *e = answered_get(a, at);

    unlink_bucket(a, at);
    e->key = (struct txn_key){0};
    e->chain = a->buckets[0];
    a->buckets[0] = at;
}

uint32_t answered_add(struct answered *a, const struct txn_key *key, enum sip_method method,
                      uint64_t now)
{
    enum answered_life life = method == SIP_MESSAGE ? ANSWERED_LONG : ANSWERED_SHORT;
    uint64_t ms = life == ANSWERED_LONG ? ANSWERED_LONG_MS : a->short_ms;
    uint32_t at, *bucket = &a->buckets[key->id[0] & a->mask];
    struct answered_entry *e;

    if (a->n >= a->max)
        remove_oldest(a, a->oldest[ANSWERED_LONG] ? ANSWERED_LONG : ANSWERED_SHORT);
    if (!a->free && !add_block(a))
        return 0;
    at = a->free;
    e = answered_get(a, at);
    a->free = e->chain;
    *e = (struct answered_entry){.key = *key,
                                 .expires = ticks(a, now + ms) + 1,
                                 .chain = *bucket,
                                 .method = (uint8_t)method};
    *bucket = at;
    if (a->newest[life])
        answered_get(a, a->newest[life])->newer = at;
    else
        a->oldest[life] = at;
    a->newest[life] = at;
    a->n++;
    return at;
}

void answered_expire(struct answered *a, uint64_t now)
{
    for (int life = 0; life < ANSWERED_LIVES; life++) {
        while (a->oldest[life] && answered_get(a, a->oldest[life])->expires <= ticks(a, now))
            remove_oldest(a, (enum answered_life)life);
    }
}
