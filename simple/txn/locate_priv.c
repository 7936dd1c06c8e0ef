#include "simple/txn/locate_priv.h"

struct known *locate_find(struct locate *l, enum rr_type type, struct span name)
{
    for (size_t i = 0; i < l->n_known; i++)
        if (l->known[i].q.type == type && span_eq(l->known[i].q.name, name))
            return &l->known[i];
    return NULL;
}

static struct known *add(struct locate *l, enum rr_type type, struct span name)
{
    struct known *k;

    if (l->n_known == LOCATE_QUESTIONS_MAX || name.n == 0 || name.n > RR_NAME_MAX)
        return NULL;
    k = &l->known[l->n_known];
    *k = (struct known){.q = {type, arena_copy(&l->arena, name)}};
    if (!arena_ok(&l->arena))
        return NULL;
    l->n_known++;
    return k;
}

const struct rr_answer *locate_need(struct locate *l, enum rr_type type, struct span name)
{
    static const struct rr_answer nothing = {.verdict = RR_ANSWERED};

    for (int hop = 0; hop <= RR_ALIASES_MAX; hop++) {
        struct known *k = locate_find(l, type, name);

        if (!k)
            k = add(l, type, name);
        if (!k)
            return &nothing;
        if (!k->answered) {
            l->waits = true;
            return NULL;
        }
        if (k->a.verdict == RR_FAILED || k->a.verdict == RR_SILENT)
            l->failed = k;
        if (k->a.verdict != RR_ANSWERED || k->a.n > 0 || span_eq(k->a.name, name))
            return &k->a;
        name = k->a.name; /* the answer ended with a CNAME */
    }
    return &nothing;
}

struct span locate_alias(struct locate *l, enum rr_type type, struct span name)
{
    const struct known *k = locate_find(l, type, name);

    return k && k->answered && !span_eq(k->a.name, name) ? k->a.name : (struct span){0};
}
