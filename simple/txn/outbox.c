#include "simple/txn/outbox.h"

#include <stdlib.h>

struct outbox_item {
    struct sip_hop hop;
    uint64_t id;
    size_t at, n; /* octets in `bytes` */
};

void outbox_fini(struct outbox *o)
{
    buf_fini(&o->bytes);
    free(o->items);
    *o = (struct outbox){0};
}

static void start_anew(struct outbox *o)
{
    o->first = o->n = 0;
    if (o->bytes.cap > OUTBOX_KEEP)
        buf_fini(&o->bytes);
    if (o->cap > OUTBOX_KEEP / sizeof *o->items) {
        free(o->items);
        o->items = NULL;
        o->cap = 0;
    }
    buf_reset(&o->bytes);
}

struct buf *outbox_begin(struct outbox *o)
{
    if (o->first == o->n)
        start_anew(o);
    o->bytes.max = OUTBOX_BYTES_MAX;
    o->start = o->bytes.n;
    return &o->bytes;
}

void outbox_undo(struct outbox *o)
{
    o->bytes.n = o->start;
    o->bytes.bad = false;
}

static bool room_for_one(struct outbox *o)
{
    size_t cap = o->cap ? o->cap * 2 : 64;
    struct outbox_item *more;

    if (o->n < o->cap)
        return true;
    more = realloc(o->items, cap * sizeof *more);
    if (!more)
        return false;
    o->items = more;
    o->cap = cap;
    return true;
}

bool outbox_end(struct outbox *o, const struct sip_hop *hop, uint64_t id)
{
    if (!buf_ok(&o->bytes) || !room_for_one(o)) {
        outbox_undo(o);
        return false;
    }
    o->items[o->n++] =
        (struct outbox_item){.hop = *hop, .id = id, .at = o->start, .n = o->bytes.n - o->start};
    return true;
}

bool outbox_again(struct outbox *o, struct span bytes, const struct sip_hop *hop, uint64_t id)
{
    buf_add(outbox_begin(o), bytes);
    return outbox_end(o, hop, id);
}

bool outbox_next(struct outbox *o, struct sip_output *out)
{
    const struct outbox_item *i;

    if (o->first == o->n)
        return false;
    i = &o->items[o->first++];
    *out =
        (struct sip_output){.hop = i->hop, .bytes = span_of(o->bytes.p + i->at, i->n), .id = i->id};
    return true;
}

size_t outbox_waiting(const struct outbox *o)
{
    return o->first == o->n ? 0 : o->bytes.n - o->items[o->first].at;
}
