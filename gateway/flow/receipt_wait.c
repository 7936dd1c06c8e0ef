#include "gateway/flow/receipt_wait.h"

#include <stdlib.h>

struct wait {
    struct list node; /* of all, the oldest first */
    uint64_t until;
    char id[RECEIPT_ID];
    struct span own; /* behind the struct, as what follows */
    struct address to;
};

struct receipts {
    struct table by_id;
    struct list all;
};

struct receipts *receipts_new(void)
{
    struct receipts *all = calloc(1, sizeof *all);

    if (all) {
        table_init(&all->by_id);
        list_init(&all->all);
    }
    return all;
}

static void wait_free(struct receipts *all, struct wait *x)
{
    list_remove(&x->node);
    table_remove(&all->by_id, span_of(x->id, sizeof x->id));
    free(x);
}

void receipts_free(struct receipts *all)
{
    if (!all)
        return;
    LIST_EACH (struct wait, x, &all->all, node)
        wait_free(all, x);
    table_fini(&all->by_id);
    free(all);
}

/* What is too old, and the oldest where there are too many. */
static void make_room(struct receipts *all, uint64_t now)
{
    LIST_EACH (struct wait, x, &all->all, node) {
        if (x->until > now && table_count(&all->by_id) < RECEIPTS_MAX)
            return;
        wait_free(all, x);
    }
}

bool receipt_wait_for(struct worker *w, const struct message *m, char id[RECEIPT_ID])
{
    struct receipts *all = w->receipts;
    struct wait *x;
    uint8_t *at;

    make_room(all, w->now);
    x = calloc(1, sizeof *x + m->from.user.n + m->to.user.n + m->to.host.n);
    if (!x)
        return false;
    at = (uint8_t *)(x + 1);
    x->own = span_place(&at, m->from.user);
    x->to.user = span_place(&at, m->to.user);
    x->to.host = span_place(&at, m->to.host);
    x->until = w->now + RECEIPT_WAIT_MS;
    rng_token(&w->rng, x->id, sizeof x->id);
    if (table_add(&all->by_id, span_of(x->id, sizeof x->id), x)) {
        free(x);
        return false;
    }
    list_append(&all->all, &x->node);
    memcpy(id, x->id, RECEIPT_ID);
    return true;
}

static struct span shown(struct worker *w, const struct address *to)
{
    struct buf b = {0};
    struct span out;

    buf_add(&b, to->user);
    if (!address_is_own(&w->rules, to)) {
        buf_u8(&b, '@');
        buf_add(&b, to->host);
    }
    out = arena_copy(&w->arena, buf_span(&b));
    buf_fini(&b);
    return out;
}

bool receipt_wait_end(struct worker *w, struct span id, const struct address *who,
                      struct awaited *out)
{
    struct wait *x = table_find(&w->receipts->by_id, id);

    if (!x || !address_equal(&w->rules, &x->to, who))
        return false;
    *out = (struct awaited){arena_copy(&w->arena, x->own), shown(w, &x->to)};
    wait_free(w->receipts, x);
    return arena_ok(&w->arena);
}
