#include "base/deadlines.h"

#include <stdbool.h>
#include <stdlib.h>

void deadlines_fini(struct deadlines *h)
{
    free(h->heap);
    *h = (struct deadlines){0};
}

static void place(struct deadlines *h, size_t i, struct deadline *d)
{
    h->heap[i] = d;
    d->at = i + 1;
}

static void sift_up(struct deadlines *h, size_t i, struct deadline *d)
{
    for (; i > 0 && h->heap[(i - 1) / 2]->when > d->when; i = (i - 1) / 2)
        place(h, i, h->heap[(i - 1) / 2]);
    place(h, i, d);
}

static void sift_down(struct deadlines *h, size_t i, struct deadline *d)
{
    for (size_t child = 2 * i + 1; child < h->n; child = 2 * i + 1) {
        if (child + 1 < h->n && h->heap[child + 1]->when < h->heap[child]->when)
            child++;
        if (h->heap[child]->when >= d->when)
            break;
        place(h, i, h->heap[child]);
        i = child;
    }
    place(h, i, d);
}

void deadline_clear(struct deadlines *h, struct deadline *d)
{
    size_t i = d->at - 1;
    struct deadline *last;

    if (d->at == 0)
        return;
    d->at = 0;
    last = h->heap[--h->n];
    if (last == d)
        return;
    if (i > 0 && h->heap[(i - 1) / 2]->when > last->when)
        sift_up(h, i, last);
    else
        sift_down(h, i, last);
}

/* Mostly by little or nothing: from where it is. */
static void move(struct deadlines *h, struct deadline *d, uint64_t when)
{
    bool sooner = when < d->when;

    if (when == d->when)
        return;
    d->when = when;
    if (sooner)
        sift_up(h, d->at - 1, d);
    else
        sift_down(h, d->at - 1, d);
}

enum err deadline_set(struct deadlines *h, struct deadline *d, uint64_t when)
{
    if (when == DEADLINE_NEVER) {
        deadline_clear(h, d);
        return OK;
    }
    if (d->at) {
        move(h, d, when);
        return OK;
    }
    if (h->n == h->cap) {
        size_t cap = h->cap ? h->cap * 2 : 16;
        struct deadline **heap = realloc((void *)h->heap, cap * sizeof(struct deadline *));

        if (!heap)
            return ERR_NOMEM;
        h->heap = heap;
        h->cap = cap;
    }
    d->when = when;
    sift_up(h, h->n++, d);
    return OK;
}

uint64_t deadlines_first(const struct deadlines *h)
{
    return h->n ? h->heap[0]->when : DEADLINE_NEVER;
}

struct deadline *deadlines_due(struct deadlines *h, uint64_t now)
{
    struct deadline *d = h->n && h->heap[0]->when <= now ? h->heap[0] : NULL;

    if (d)
        deadline_clear(h, d);
    return d;
}
