#include "gateway/door/sip_ends.h"

#include <stdlib.h>

enum { HOST_KEY = 1 + 16, END_KEY = HOST_KEY + 1 + 2 };

struct sip_end {
    uint8_t key[END_KEY];
    struct list nodes; /* the newest first; never empty while it is in the table */
};

struct sip_source {
    uint8_t key[HOST_KEY];
    size_t conns; /* never 0 while it is in the table */
};

static void host_key(uint8_t key[HOST_KEY], const struct sip_addr *peer)
{
    key[0] = peer->family;
    memcpy(key + 1, peer->ip, sizeof peer->ip);
}

static void end_key(uint8_t key[END_KEY], enum sip_transport over, const struct sip_addr *peer)
{
    host_key(key, peer);
    key[HOST_KEY] = (uint8_t)over;
    key[HOST_KEY + 1] = (uint8_t)(peer->port >> 8);
    key[HOST_KEY + 2] = (uint8_t)peer->port;
}

void sip_ends_init(struct sip_ends *e)
{
    table_init(&e->ends);
    table_init(&e->sources);
}

void sip_ends_fini(struct sip_ends *e)
{
    table_fini(&e->ends);
    table_fini(&e->sources);
}

static struct sip_end *find_end(const struct sip_ends *e, enum sip_transport over,
                                const struct sip_addr *peer)
{
    uint8_t key[END_KEY];

    end_key(key, over, peer);
    return table_find(&e->ends, span_of(key, sizeof key));
}

static struct sip_source *find_source(const struct sip_ends *e, const struct sip_addr *peer)
{
    uint8_t key[HOST_KEY];

    host_key(key, peer);
    return table_find(&e->sources, span_of(key, sizeof key));
}

static struct sip_end *get_end(struct sip_ends *e, enum sip_transport over,
                               const struct sip_addr *peer)
{
    struct sip_end *end = find_end(e, over, peer);

    if (end || !(end = calloc(1, sizeof *end)))
        return end;
    list_init(&end->nodes);
    end_key(end->key, over, peer);
    if (table_add(&e->ends, span_of(end->key, sizeof end->key), end)) {
        free(end);
        return NULL;
    }
    return end;
}

static struct sip_source *get_source(struct sip_ends *e, const struct sip_addr *peer)
{
    struct sip_source *s = find_source(e, peer);

    if (s || !(s = calloc(1, sizeof *s)))
        return s;
    host_key(s->key, peer);
    if (table_add(&e->sources, span_of(s->key, sizeof s->key), s)) {
        free(s);
        return NULL;
    }
    return s;
}

static void drop_end(struct sip_ends *e, struct sip_end *end)
{
    if (!list_empty(&end->nodes))
        return;
    (void)table_remove(&e->ends, span_of(end->key, sizeof end->key));
    free(end);
}

enum err sip_ends_add(struct sip_ends *e, struct sip_end_node *n, enum sip_transport over,
                      const struct sip_addr *peer)
{
    struct sip_end *end = get_end(e, over, peer);
    struct sip_source *source = end ? get_source(e, peer) : NULL;

    if (!source) {
        if (end)
            drop_end(e, end);
        return ERR_NOMEM;
    }
    n->end = end;
    n->source = source;
    list_prepend(&end->nodes, &n->node);
    source->conns++;
    return OK;
}

enum err sip_ends_add_alias(struct sip_ends *e, struct sip_end_node *n, enum sip_transport over,
                            const struct sip_addr *peer)
{
    struct sip_end *end = get_end(e, over, peer);

    if (!end)
        return ERR_NOMEM;
    n->end = end;
    list_prepend(&end->nodes, &n->node);
    return OK;
}

void sip_ends_remove(struct sip_ends *e, struct sip_end_node *n)
{
    if (!n->end)
        return;
    list_remove(&n->node);
    drop_end(e, n->end);
    if (n->source && --n->source->conns == 0) {
        (void)table_remove(&e->sources, span_of(n->source->key, sizeof n->source->key));
        free(n->source);
    }
    *n = (struct sip_end_node){0};
}

struct sip_end_node *sip_ends_find(const struct sip_ends *e, enum sip_transport over,
                                   const struct sip_addr *peer)
{
    struct sip_end *end = find_end(e, over, peer);

    return end ? LIST_OF(end->nodes.next, struct sip_end_node, node) : NULL;
}

struct sip_end_node *sip_ends_next(const struct sip_end_node *n)
{
    return n->node.next == &n->end->nodes ? NULL : LIST_OF(n->node.next, struct sip_end_node, node);
}

size_t sip_ends_of_source(const struct sip_ends *e, const struct sip_addr *peer)
{
    const struct sip_source *s = find_source(e, peer);

    return s ? s->conns : 0;
}
