#include "gateway/door/sip_budget.h"

#include <stdlib.h>

enum { HOST_KEY = 17, WAY_KEY = 19 };

/* Whole tokens become thousandths. */
#define RATE(second, once) {(second) * BUCKET_TOKEN, (once) * BUCKET_TOKEN}

static const struct {
    struct rate datagrams, connections;
} rates[] = {
#define BUDGET(who, d, d_once, c, c_once, words) \
    [SIP_WHO_##who] = {RATE(d, d_once), RATE(c, c_once)},
#include "gateway/door/sip_budgets.def"
};

static const struct rate all_strangers = RATE(BUDGET_ALL_PER_SECOND, BUDGET_ALL_PER_SECOND);

struct host {
    uint8_t key[HOST_KEY];
    struct list lru;
    struct bucket datagrams, connections;
    uint64_t reply;         /* octets that may be answered */
    uint64_t trusted_until; /* somebody there has proven himself */
};

struct way {
    uint8_t key[WAY_KEY];
    struct list fifo;
    enum sip_who who;
    struct bucket datagrams;
    uint64_t until;
};

static bool take(struct bucket *k, struct rate r, uint64_t now)
{
    return bucket_take(k, r, BUCKET_TOKEN, now);
}

/* --- hosts --- */

/* An IPv6 host has a /64 to itself. */
static void host_key(uint8_t key[HOST_KEY], const struct sip_addr *a)
{
    memset(key, 0, HOST_KEY);
    key[0] = a->family;
    memcpy(key + 1, a->ip, a->family == 6 && !sip_addr_is_loopback(a) ? 8 : 16);
}

static enum sip_who stranger(const struct sip_addr *a)
{
    return sip_addr_is_loopback(a) ? SIP_WHO_LOOPBACK : SIP_WHO_STRANGER;
}

static void host_drop(struct sip_budget *b, struct host *h)
{
    (void)table_remove(&b->hosts, span_of(h->key, HOST_KEY));
    list_remove(&h->lru);
    free(h);
}

static struct host *host_add(struct sip_budget *b, const struct sip_addr *a)
{
    struct host *h;

    if (table_count(&b->hosts) >= BUDGET_HOSTS_MAX)
        host_drop(b, LIST_OF(b->hosts_lru.next, struct host, lru));
    h = calloc(1, sizeof *h);
    if (!h)
        return NULL;
    host_key(h->key, a);
    h->reply = BUDGET_REPLY_FIRST;
    if (table_add(&b->hosts, span_of(h->key, HOST_KEY), h) == OK)
        return h;
    free(h);
    return NULL;
}

/* NULL: no memory. */
static struct host *host_get(struct sip_budget *b, const struct sip_addr *a)
{
    uint8_t key[HOST_KEY];
    struct host *h;

    host_key(key, a);
    h = table_find(&b->hosts, span_of(key, HOST_KEY));
    if (!h)
        h = host_add(b, a);
    if (h) {
        list_remove(&h->lru);
        list_append(&b->hosts_lru, &h->lru);
    }
    return h;
}

/* --- ways --- */

static void way_key(uint8_t key[WAY_KEY], const struct sip_addr *a)
{
    key[0] = a->family;
    memcpy(key + 1, a->ip, 16);
    key[17] = (uint8_t)(a->port >> 8);
    key[18] = (uint8_t)a->port;
}

static struct way *way_find(struct sip_budget *b, const struct sip_hop *from)
{
    uint8_t key[WAY_KEY];

    if (from->transport != SIP_TRANSPORT_UDP)
        return NULL;
    way_key(key, &from->addr);
    if (!b->latest || memcmp(b->latest->key, key, WAY_KEY) != 0)
        b->latest = table_find(&b->ways, span_of(key, WAY_KEY));
    return b->latest;
}

static struct way *way_live(struct sip_budget *b, const struct sip_hop *from, uint64_t now)
{
    struct way *y = way_find(b, from);

    return y && y->until > now ? y : NULL;
}

static void way_drop(struct sip_budget *b, struct way *y)
{
    if (b->latest == y)
        b->latest = NULL;
    (void)table_remove(&b->ways, span_of(y->key, WAY_KEY));
    list_remove(&y->fifo);
    free(y);
}

static struct way *way_add(struct sip_budget *b, const struct sip_addr *a)
{
    struct way *y;

    if (table_count(&b->ways) >= BUDGET_WAYS_MAX)
        way_drop(b, LIST_OF(b->ways_fifo.next, struct way, fifo));
    y = calloc(1, sizeof *y);
    if (!y)
        return NULL;
    way_key(y->key, a);
    if (table_add(&b->ways, span_of(y->key, WAY_KEY), y) == OK)
        return y;
    free(y);
    return NULL;
}

void sip_budget_trust(struct sip_budget *b, const struct sip_hop *from, enum sip_who who,
                      uint64_t until)
{
    struct way *y = way_find(b, from);
    struct host *h;

    if (from->transport != SIP_TRANSPORT_UDP)
        return;
    if (!y)
        y = way_add(b, &from->addr);
    if (!y)
        return;
    y->who = who;
    y->until = until;
    list_remove(&y->fifo);
    list_append(&b->ways_fifo, &y->fifo);
    h = host_get(b, &from->addr);
    if (h && h->trusted_until < until)
        h->trusted_until = until;
}

bool sip_budget_trusts(struct sip_budget *b, const struct sip_hop *from, uint64_t now)
{
    return way_live(b, from, now) != NULL;
}

/* --- what comes, what goes --- */

void sip_budget_init(struct sip_budget *b)
{
    table_init(&b->hosts);
    table_init(&b->ways);
    list_init(&b->hosts_lru);
    list_init(&b->ways_fifo);
    b->latest = NULL;
    b->all = (struct bucket){0};
}

void sip_budget_fini(struct sip_budget *b)
{
    LIST_EACH (struct host, h, &b->hosts_lru, lru)
        host_drop(b, h);
    LIST_EACH (struct way, y, &b->ways_fifo, fifo)
        way_drop(b, y);
    table_fini(&b->hosts);
    table_fini(&b->ways);
}

bool sip_budget_datagram(struct sip_budget *b, const struct sip_hop *from, size_t octets,
                         uint64_t now)
{
    struct way *y = way_live(b, from, now);
    struct host *h;

    if (y)
        return y->who == SIP_WHO_UNLIMITED || take(&y->datagrams, rates[y->who].datagrams, now);
    h = host_get(b, &from->addr);
    if (!h || !take(&h->datagrams, rates[stranger(&from->addr)].datagrams, now) ||
        !take(&b->all, all_strangers, now))
        return false;
    if (h->reply > BUDGET_REPLY_FIRST)
        h->reply = BUDGET_REPLY_FIRST;
    h->reply += octets * BUDGET_REPLY_TIMES;
    return true;
}

bool sip_budget_message(struct sip_budget *b, const struct sip_addr *from, uint64_t now)
{
    struct host *h = host_get(b, from);

    return h && take(&h->datagrams, rates[stranger(from)].datagrams, now);
}

bool sip_budget_connection(struct sip_budget *b, const struct sip_addr *from, uint64_t now)
{
    struct host *h = host_get(b, from);

    return h && take(&h->connections, rates[stranger(from)].connections, now);
}

bool sip_budget_reply(struct sip_budget *b, const struct sip_hop *to, size_t octets, uint64_t now)
{
    struct host *h;

    if (way_live(b, to, now))
        return true;
    h = host_get(b, &to->addr);
    if (!h)
        return false;
    if (h->trusted_until > now)
        return true;
    if (h->reply < octets)
        return false;
    h->reply -= octets;
    return true;
}
