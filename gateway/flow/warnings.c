#include "gateway/flow/warnings.h"

#include <stdlib.h>

#include "db/levels.h"
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

/* ---- what stays ---- */

struct keeping {
    struct storer_op op;
    struct level level; /* the name behind the struct */
};

static enum err run_keep(struct storer_op *op, struct store *s)
{
    return levels_put(s, &LIST_OF(op, struct keeping, op)->level);
}

static void done_keep(struct storer_op *op, enum err e, void *ctx)
{
    struct keeping *k = LIST_OF(op, struct keeping, op);
    struct worker *w = ctx;

    if (e)
        LOG_ERROR(&w->log, "store", "a warning is forgotten with the next restart", "why",
                  err_text(e), "do", "look at the disk of the data folder");
    free(k);
}

static void keep(struct worker *w, const struct entry *e)
{
    struct keeping *k = calloc(1, sizeof *k + e->name.n);

    if (!k)
        return;
    k->level = (struct level){
        .name = span_behind(k + 1, e->name), .level = e->warning.level, .at = e->warning.at};
    k->op = (struct storer_op){.run = run_keep, .done = done_keep, .bytes = sizeof *k + e->name.n};
    worker_write(w, &k->op);
}

/* ---- warning ---- */

/* NULL: no memory. */
static struct entry *entry_get(struct worker *w, struct span host, struct span name)
{
    struct warnings *all = w->warnings;
    struct entry *e = table_find(&all->by_name, name);
    uint8_t *bytes;

    if (e)
        return e;
    if (table_count(&all->by_name) >= WARNINGS_MAX)
        entry_free(all, first(all));
    e = calloc(1, sizeof *e + name.n + host.n);
    if (!e)
        return NULL;
    bytes = (uint8_t *)(e + 1);
    e->name = span_place(&bytes, name);
    e->host = span_place(&bytes, host);
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
    e = entry_get(w, who->host, name);
    if (!e)
        return ERR_NOMEM;
    *added = warning_add(&e->warning, amount, w->unix_now);
    keep(w, e);
    show(w, e);
    set_fading(w);
    return OK;
}

void warnings_forgive(struct worker *w, struct span name)
{
    struct entry *e = table_find(&w->warnings->by_name, name);

    if (!e)
        return;
    e->warning = (struct warning){0};
    show(w, e);
    entry_free(w->warnings, e);
    set_fading(w);
}

void warnings_restore(struct worker *w)
{
    struct cursor c = {0};
    struct level row;

    if (levels_list(w->store, w->unix_now, WARNING_FADE_S, &c) == OK)
        while (levels_next(&c, &row)) {
            struct span host = span_skip(row.name, span_find(row.name, '@') + 1);
            struct warning x = {row.level, row.at};
            struct entry *e = warning_level(&x, w->unix_now) ? entry_get(w, host, row.name) : NULL;

            if (!e)
                continue;
            e->warning = x;
            (void)warning_add(&e->warning, 0, w->unix_now); /* right as of its last step */
        }
    (void)cursor_close(&c);
    set_fading(w);
}
