/* Answers about names, kept for a while: the same few thousand people write to each other, and each
 * answer costs the database three or four questions. Comes in: a question as octets and what was
 * answered. What may change an answer (a user or a binding made, changed or deleted) makes all of
 * them be forgotten. */
#ifndef GATEWAY_PEOPLE_RECALL_H
#define GATEWAY_PEOPLE_RECALL_H

#include "base/arena.h"
#include "base/list.h"
#include "base/table.h"
#include "mapping/name.h"

enum {
    RECALL_MAX = 8192, /* answers; the oldest goes first */
    RECALL_QUESTION_MAX = 512,
    RECALL_MS = 60000, /* what was changed behind our back is noticed by then */
};

struct recall {
    struct table by_question;
    struct list oldest_first;
};

void recall_init(struct recall *r);
void recall_fini(struct recall *r);
/* Forgets everything. */
void recall_clear(struct recall *r);

/* An answer; its spans are copied into the arena. False: not known (any more). */
struct recalled {
    enum name_class class;
    enum binding_kind by;
    bool local;
    struct span first, second; /* a name; or user and host */
};
bool recall_find(struct recall *r, struct span question, uint64_t now, struct arena *a,
                 struct recalled *out);
/* Without memory, or when the question is empty, it is just not kept. */
void recall_add(struct recall *r, struct span question, uint64_t now,
                const struct recalled *answer);

#endif
