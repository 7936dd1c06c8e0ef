#include "gateway/flow/cookie.h"

#include <stdlib.h>

#include "base/table.h"

struct cookies {
    struct table by_octets;
    struct list list;
};

struct cookies *cookies_new(void)
{
    struct cookies *all = calloc(1, sizeof *all);

    if (!all)
        return NULL;
    table_init(&all->by_octets);
    list_init(&all->list);
    return all;
}

static void forget(struct cookies *all, struct cookie *c)
{
    table_remove(&all->by_octets, span_of(c->octets, sizeof c->octets));
    list_remove(&c->node);
    free(c);
}

void cookies_free(struct cookies *all)
{
    if (!all)
        return;
    LIST_EACH (struct cookie, c, &all->list, node)
        forget(all, c);
    table_fini(&all->by_octets);
    free(all);
}

void cookie_free(struct worker *w, struct cookie *c)
{
    forget(w->cookies, c);
}

struct cookie *cookie_new(struct worker *w, struct span name, struct span software)
{
    struct cookies *all = w->cookies;
    struct cookie *c;
    uint8_t *bytes;

    LIST_EACH (struct cookie, old, &all->list, node) {
        if (old->until > w->now && table_count(&all->by_octets) < COOKIES_MAX)
            break;
        forget(all, old);
    }
    c = calloc(1, sizeof *c + name.n + software.n);
    if (!c)
        return NULL;
    rng_bytes(&w->rng, c->octets, sizeof c->octets);
    bytes = (uint8_t *)(c + 1);
    c->name = span_place(&bytes, name);
    c->software = span_place(&bytes, software);
    c->until = w->now + COOKIE_MS;
    if (table_add(&all->by_octets, span_of(c->octets, sizeof c->octets), c)) {
        free(c);
        return NULL;
    }
    list_append(&all->list, &c->node);
    return c;
}

struct cookie *cookie_find(struct worker *w, struct span octets)
{
    struct cookie *c = octets.n == BUCP_COOKIE ? table_find(&w->cookies->by_octets, octets) : NULL;

    return c && c->until > w->now ? c : NULL;
}

/* ---- what the client is ---- */

static struct client_hints hints_of(const struct oscar_login *l, bool icq)
{
    return (struct client_hints){.id_text = l->client,
                                 .id = l->client_id,
                                 .major = l->major,
                                 .minor = l->minor,
                                 .point = l->point,
                                 .build = l->build,
                                 .distribution = l->distribution,
                                 .icq_name = icq,
                                 .old_digest = l->scheme == LOGIN_MD5 && !l->new_digest};
}

/* AIM up to 4.2 keeps its list itself, with names of at most 16 characters (D-21). */
static bool is_old(const struct oscar_login *l)
{
    return l->major > 0 && (l->major < 4 || (l->major == 4 && l->minor < 3)) &&
           span_search(l->client, SPAN("Instant Messenger")) < l->client.n;
}

void cookie_describe(struct cookie *c, const struct oscar_login *said, bool icq)
{
    struct client_hints hints = hints_of(said, icq);

    c->client = text_client_of(&hints);
    hints.sent_caps = true;
    c->client_with_caps = text_client_of(&hints);
    c->multi = said->has_multi && said->multi == MULTI_WELCOME;
    c->modern = said->has_multi;
    c->old = is_old(said);
    c->ancient = said->scheme == LOGIN_ROASTED && !icq;
}
