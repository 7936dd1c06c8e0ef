#include "gateway/flow/taste.h"

#include <stdlib.h>

struct taste {
    struct list node; /* oldest first */
    uint64_t until;
    bool html;
    struct span uri; /* behind the struct */
};

struct tastes {
    struct table by_uri;
    struct list all;
};

struct tastes *tastes_new(void)
{
    struct tastes *all = calloc(1, sizeof *all);

    if (all) {
        table_init(&all->by_uri);
        list_init(&all->all);
    }
    return all;
}

static void taste_free(struct tastes *all, struct taste *t)
{
    list_remove(&t->node);
    table_remove(&all->by_uri, t->uri);
    free(t);
}

void tastes_free(struct tastes *all)
{
    if (!all)
        return;
    LIST_EACH (struct taste, t, &all->all, node)
        taste_free(all, t);
    table_fini(&all->by_uri);
    free(all);
}

bool taste_is_plain(const struct tastes *all, struct span uri, uint64_t now)
{
    const struct taste *t = table_find(&all->by_uri, uri);

    return t && !t->html && t->until > now;
}

bool taste_is_html(const struct tastes *all, struct span uri, uint64_t now)
{
    const struct taste *t = table_count(&all->by_uri) ? table_find(&all->by_uri, uri) : NULL;

    return t && t->html && t->until > now;
}

static void note(struct tastes *all, struct span uri, bool html, uint64_t until)
{
    struct taste *t = table_find(&all->by_uri, uri);

    if (t)
        taste_free(all, t);
    if (table_count(&all->by_uri) >= TASTES_MAX)
        taste_free(all, LIST_OF(all->all.next, struct taste, node));
    t = calloc(1, sizeof *t + uri.n);
    if (!t)
        return;
    memcpy(t + 1, uri.p, uri.n);
    t->uri = span_of(t + 1, uri.n);
    t->html = html;
    t->until = until;
    if (table_add(&all->by_uri, t->uri, t))
        free(t);
    else
        list_append(&all->all, &t->node);
}

void taste_note_plain(struct tastes *all, struct span uri, uint64_t now)
{
    note(all, uri, false, now + TASTE_MS);
}

void taste_note_html(struct tastes *all, struct span uri, uint64_t now)
{
    note(all, uri, true, now + TASTE_HTML_MS);
}
