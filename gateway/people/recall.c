#include "gateway/people/recall.h"

#include <stdlib.h>

struct entry {
    struct list node;
    struct span question; /* behind the struct, and so are the answer's spans */
    struct recalled answer;
    uint64_t until;
};

void recall_init(struct recall *r)
{
    table_init(&r->by_question);
    list_init(&r->oldest_first);
}

static void forget(struct recall *r, struct entry *e)
{
    table_remove(&r->by_question, e->question);
    list_remove(&e->node);
    free(e);
}

void recall_clear(struct recall *r)
{
    LIST_EACH (struct entry, e, &r->oldest_first, node)
        forget(r, e);
}

void recall_fini(struct recall *r)
{
    recall_clear(r);
    table_fini(&r->by_question);
}

bool recall_find(struct recall *r, struct span question, uint64_t now, struct arena *a,
                 struct recalled *out)
{
    struct entry *e = question.n ? table_find(&r->by_question, question) : NULL;

    if (!e)
        return false;
    if (e->until <= now) {
        forget(r, e);
        return false;
    }
    *out = e->answer;
    out->first = arena_copy(a, e->answer.first);
    out->second = arena_copy(a, e->answer.second);
    return arena_ok(a);
}

static struct span put(uint8_t **at, struct span s)
{
    struct span copy = span_of(*at, s.n);

    if (s.n)
        memcpy(*at, s.p, s.n);
    *at += s.n;
    return copy;
}

void recall_add(struct recall *r, struct span question, uint64_t now, const struct recalled *answer)
{
    struct entry *e;
    uint8_t *at;

    if (question.n == 0)
        return;
    if (table_count(&r->by_question) >= RECALL_MAX)
        forget(r, LIST_OF(r->oldest_first.next, struct entry, node));
    e = malloc(sizeof *e + question.n + answer->first.n + answer->second.n);
    if (!e)
        return;
    at = (uint8_t *)(e + 1);
    *e = (struct entry){.answer = *answer, .until = now + RECALL_MS};
    e->question = put(&at, question);
    e->answer.first = put(&at, answer->first);
    e->answer.second = put(&at, answer->second);
    if (table_add(&r->by_question, e->question, e))
        free(e);
    else
        list_append(&r->oldest_first, &e->node);
}
