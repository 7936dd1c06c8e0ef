#include "gateway/peer/domains.h"

#include <stdlib.h>

struct domain {
    uint32_t number;
    const char *why;
    struct span name; /* behind the struct */
};

void domains_init(struct domains *ds)
{
    *ds = (struct domains){0};
    table_init(&ds->by_name);
}

void domains_fini(struct domains *ds)
{
    table_fini(&ds->by_name);
    for (uint32_t i = 0; i < ds->n; i++)
        free(ds->at[i]);
    free(ds->at);
}

static bool room_for_one(struct domains *ds)
{
    uint32_t cap = ds->cap ? ds->cap * 2 : 16;
    struct domain **more;

    if (ds->n < ds->cap)
        return true;
    more = realloc(ds->at, cap * sizeof(struct domain *));
    if (!more)
        return false;
    ds->at = more;
    ds->cap = cap;
    return true;
}

uint32_t domains_number(struct domains *ds, struct span name)
{
    struct domain *d = table_find(&ds->by_name, name);

    if (d)
        return d->number;
    if (!name.n || ds->n >= DOMAIN_NUMBERS_MAX || !room_for_one(ds))
        return 0;
    d = malloc(sizeof *d + name.n);
    if (!d)
        return 0;
    memcpy(d + 1, name.p, name.n);
    *d = (struct domain){.number = ds->n + 1, .name = span_of(d + 1, name.n)};
    if (table_add(&ds->by_name, d->name, d)) {
        free(d);
        return 0;
    }
    ds->at[ds->n++] = d;
    return d->number;
}

static struct domain *find(const struct domains *ds, uint32_t number)
{
    return number > 0 && number <= ds->n ? ds->at[number - 1] : NULL;
}

struct span domains_name(const struct domains *ds, uint32_t number)
{
    const struct domain *d = find(ds, number);

    return d ? d->name : (struct span){0};
}

void domains_note(struct domains *ds, uint32_t number, const char *why)
{
    struct domain *d = find(ds, number);

    if (d)
        d->why = why;
}

const char *domains_why(const struct domains *ds, uint32_t number)
{
    const struct domain *d = find(ds, number);

    return d ? d->why : NULL;
}
