#include "gateway/people/person.h"

#include "gateway/people/session.h"

#include <stdlib.h>

enum err people_new(struct people **out)
{
    *out = calloc(1, sizeof **out);
    if (!*out)
        return ERR_NOMEM;
    table_init(&(*out)->by_key);
    return OK;
}

void people_free(struct people *p)
{
    if (!p)
        return;
    table_fini(&p->by_key);
    free(p);
}

struct person *person_find(const struct people *p, struct span key)
{
    return table_find(&p->by_key, key);
}

struct person *person_get(struct worker *w, struct span key, struct span name)
{
    struct person *p = person_find(w->people, key);
    uint8_t *bytes;

    if (p)
        return p;
    p = calloc(1, sizeof *p + key.n + name.n);
    if (!p)
        return NULL;
    bytes = (uint8_t *)(p + 1);
    memcpy(bytes, key.p, key.n);
    memcpy(bytes + key.n, name.p, name.n);
    p->key = span_of(bytes, key.n);
    p->name = span_of(bytes + key.n, name.n);
    list_init(&p->edges);
    list_init(&p->watchers);
    if (table_add(&w->people->by_key, p->key, p)) {
        free(p);
        return NULL;
    }
    return p;
}

void person_release(struct worker *w, struct person *p)
{
    if (p->kept || p->holds || p->account || !list_empty(&p->edges) || !list_empty(&p->watchers))
        return;
    if (p->let_go)
        p->let_go(w, p);
    table_remove(&w->people->by_key, p->key);
    timer_clear(w, &p->pace);
    sip_doc_unref(&p->doc);
    free(p->seen);
    free(p);
}

/* Along both lists at once, until the shorter one ends: who has a thousand buddies mostly is on few
 * lists, and who is on a thousand lists has few buddies. */
struct edge *edge_find(const struct aim_session *s, const struct person *target)
{
    struct list *b = s->buddies.next, *t = target->edges.next;

    for (; b != &s->buddies && t != &target->edges; b = b->next, t = t->next) {
        struct edge *buddy = LIST_OF(b, struct edge, of_session);
        struct edge *watched = LIST_OF(t, struct edge, of_target);

        if (buddy->target == target)
            return buddy;
        if (watched->session == s)
            return watched;
    }
    return NULL;
}

struct edge *edge_add(struct aim_session *s, struct person *target)
{
    struct edge *e = edge_find(s, target);

    if (e)
        return e;
    e = calloc(1, sizeof *e);
    if (!e)
        return NULL;
    e->session = s;
    e->target = target;
    list_append(&s->buddies, &e->of_session);
    list_append(&target->edges, &e->of_target);
    s->buddy_count++;
    return e;
}

void edge_remove(struct worker *w, struct edge *e)
{
    struct person *target = e->target;

    e->session->buddy_count--;
    list_remove(&e->of_session);
    list_remove(&e->of_target);
    free(e);
    person_release(w, target);
}
