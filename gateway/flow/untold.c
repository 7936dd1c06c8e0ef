#include "gateway/flow/untold.h"

#include <stdlib.h>

struct untold {
    struct asker asker; /* first */
    struct list node;
    struct untolds *all;
    unsigned open; /* places that have not answered */
    bool told;     /* one took it */
    struct arena arena;
    struct message m;
};

struct untolds {
    struct list all;
    size_t n;
    void (*tell)(struct worker *w, const struct message *m);
};

struct untolds *untolds_new(void (*tell)(struct worker *w, const struct message *m))
{
    struct untolds *all = calloc(1, sizeof *all);

    if (!all)
        return NULL;
    list_init(&all->all);
    all->tell = tell;
    return all;
}

static void untold_free(struct untold *u)
{
    list_remove(&u->node);
    u->all->n--;
    arena_fini(&u->arena);
    free(u);
}

void untolds_free(struct untolds *all)
{
    if (!all)
        return;
    LIST_EACH (struct untold, u, &all->all, node)
        untold_free(u);
    free(all);
}

static void on_answer(struct worker *w, struct asker *a, const struct sip_core_event *ev)
{
    struct untold *u = (struct untold *)(void *)a;

    u->told |= ev->status >= 200 && ev->status < 300;
    if (--u->open > 0)
        return;
    if (!u->told)
        u->all->tell(w, &u->m);
    untold_free(u);
}

struct asker *untold_begin(struct worker *w, const struct message *m)
{
    struct untolds *all = w->untolds;
    struct untold *u = all->n < UNTOLD_MAX ? calloc(1, sizeof *u) : NULL;

    if (!u)
        return NULL;
    u->asker.answered = on_answer;
    u->all = all;
    u->m = *m;
    u->m.text = u->m.html = (struct span){0}; /* it goes back to nobody */
    all->n++;
    list_append(&all->all, &u->node);
    if (message_keep(&u->m, &u->arena))
        return &u->asker;
    untold_free(u);
    return NULL;
}

void untold_sent(struct asker *asker, unsigned places)
{
    struct untold *u = (struct untold *)(void *)asker;

    u->open = places;
    if (places == 0)
        untold_free(u);
}
