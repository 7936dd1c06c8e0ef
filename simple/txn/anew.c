#include "simple/txn/anew.h"

#include <stdlib.h>

enum { KEY = 1 + 1 + 16 + 2 };

struct newcomer {
    uint8_t key[KEY];
    struct list fifo;
    uint64_t since;
};

static void put_key(uint8_t key[KEY], const struct sip_hop *who)
{
    key[0] = (uint8_t)who->transport;
    key[1] = who->addr.family;
    memcpy(key + 2, who->addr.ip, 16);
    key[18] = (uint8_t)(who->addr.port >> 8);
    key[19] = (uint8_t)who->addr.port;
}

void anew_init(struct anew *a)
{
    table_init(&a->by_addr);
    list_init(&a->fifo);
}

static void drop(struct anew *a, struct newcomer *n)
{
    (void)table_remove(&a->by_addr, span_of(n->key, KEY));
    list_remove(&n->fifo);
    free(n);
}

void anew_fini(struct anew *a)
{
    LIST_EACH (struct newcomer, n, &a->fifo, fifo)
        drop(a, n);
    table_fini(&a->by_addr);
}

static struct newcomer *find(const struct anew *a, const struct sip_hop *who)
{
    uint8_t key[KEY];

    put_key(key, who);
    return table_find(&a->by_addr, span_of(key, KEY));
}

static struct newcomer *add(struct anew *a, const struct sip_hop *who)
{
    struct newcomer *n;

    if (table_count(&a->by_addr) >= ANEW_MAX)
        drop(a, LIST_OF(a->fifo.next, struct newcomer, fifo));
    n = calloc(1, sizeof *n);
    if (!n)
        return NULL;
    put_key(n->key, who);
    if (table_add(&a->by_addr, span_of(n->key, KEY), n) == OK)
        return n;
    free(n);
    return NULL;
}

void anew_note(struct anew *a, const struct sip_hop *who, uint64_t now)
{
    struct newcomer *n = find(a, who);

    if (!n)
        n = add(a, who);
    if (!n)
        return;
    n->since = now;
    list_remove(&n->fifo);
    list_append(&a->fifo, &n->fifo);
}

uint64_t anew_since(const struct anew *a, const struct sip_hop *who)
{
    const struct newcomer *n = find(a, who);

    return n ? n->since : 0;
}

void anew_expire(struct anew *a, uint64_t before)
{
    LIST_EACH (struct newcomer, n, &a->fifo, fifo) {
        if (n->since >= before)
            break;
        drop(a, n);
    }
}
