#include "gateway/flow/warnings.h"

#include <stdlib.h>

#include "gateway/flow/presence.h"
#include "gateway/peer/links.h"
#include "gateway/people/foreign.h"

struct entry {
    struct list node;
    struct warning warning;
    struct span name, host; /* behind the struct */
};

struct warnings {
    struct table by_name;
    struct list all; /* who fades next stands first: all fade after the same time */
    struct timer fading;
};

static void on_fading(struct timer *t, struct worker *w);

struct warnings *warnings_new(void)
{
    struct warnings *all = calloc(1, sizeof *all);

    if (all) {
        table_init(&all->by_name);
        list_init(&all->all);
        all->fading.due = on_fading;
    }
    return all;
}

static void entry_free(struct warnings *all, struct entry *e)
{
    (void)table_remove(&all->by_name, e->name);
    list_remove(&e->node);
    free(e);
}

void warnings_free(struct worker *w, struct warnings *all)
{
    if (!all)
        return;
    timer_clear(w, &all->fading);
    LIST_EACH (struct entry, e, &all->all, node)
        entry_free(all, e);
    table_fini(&all->by_name);
    free(all);
}

const struct warning *warnings_find(const struct worker *w, struct span name)
{
    const struct entry *e =
        list_empty(&w->warnings->all) ? NULL : table_find(&w->warnings->by_name, name);

    return e ? &e->warning : NULL;
}

uint16_t warnings_level(const struct worker *w, struct span name)
{
    const struct warning *x = warnings_find(w, name);

    return x ? warning_level(x, w->unix_now) : 0;
}

/* ---- who sees it ---- */

/* M-250: the level that those of ours are shown who watch him. */
static void show(struct worker *w, const struct entry *e)
{
    const struct domain_link *l = links_find(w->links, e->host);

    if (!l)
        return; /* nobody watches there */
    LIST_EACH (struct foreign, f, &l->buddies, of_link) {
        struct presence p, *changed;

        if (!f->person->seen || !span_eq(f->name, e->name))
            continue;
        p = *f->person->seen;
        p.warning = warning_level(&e->warning, w->unix_now);
        changed = presence_dup(&p);
        if (changed) /* else what was shown stands */
            presence_foreign_changed(w, f->person, changed);
    }
}

static struct entry *first(const struct warnings *all)
{
    return list_empty(&all->all) ? NULL : LIST_OF(all->all.next, struct entry, node);
}

static void set_fading(struct worker *w)
{
    const struct entry *e = first(w->warnings);
    int64_t next = e ? warning_fades(&e->warning, w->unix_now) : 0;

    timer_clear(w, &w->warnings->fading);
    if (e)
        timer_set(w, &w->warnings->fading,
                  w->now + (next > w->unix_now ? (uint64_t)(next - w->unix_now) * 1000 : 0));
}

/* Those whose level is another one since they were put in: shown, and to the end, or forgotten. */
static void fade(struct worker *w)
{
    struct warnings *all = w->warnings;
    struct entry *e;

    while ((e = first(all)) && w->unix_now >= e->warning.at + WARNING_FADE_S) {
        (void)warning_add(&e->warning, 0, w->unix_now); /* it is right as of the last step */
        list_remove(&e->node);
        list_append(&all->all, &e->node);
        show(w, e);
        if (!e->warning.level)
            entry_free(all, e);
    }
    set_fading(w);
}

static void on_fading(struct timer *t, struct worker *w)
{
    (void)t;
    fade(w);
}

/* ---- warning ---- */

/* NULL: no memory. */
static struct entry *entry_get(struct worker *w, const struct address *who, struct span name)
{
    struct warnings *all = w->warnings;
    struct entry *e = table_find(&all->by_name, name);
    uint8_t *bytes;

    if (e)
        return e;
    if (table_count(&all->by_name) >= WARNINGS_MAX)
        entry_free(all, first(all));
    e = calloc(1, sizeof *e + name.n + who->host.n);
    if (!e)
        return NULL;
    bytes = (uint8_t *)(e + 1);
    e->name = span_place(&bytes, name);
    e->host = span_place(&bytes, who->host);
    if (table_add(&all->by_name, e->name, e)) {
        free(e);
        return NULL;
    }
    list_append(&all->all, &e->node);
    return e;
}

enum err warnings_add(struct worker *w, const struct address *who, struct span name,
                      uint16_t amount, uint16_t *added)
{
    struct entry *e;

    fade(w); /* in order: it is put in behind those that are due */
    e = entry_get(w, who, name);
    if (!e)
        return ERR_NOMEM;
    *added = warning_add(&e->warning, amount, w->unix_now);
    show(w, e);
    set_fading(w);
    return OK;
}
