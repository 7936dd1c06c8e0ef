#include "gateway/net/turns.h"

void turns_init(struct turns *t)
{
    *t = (struct turns){0};
    list_init(&t->line);
}

void turns_begin(struct turns *t)
{
    t->left = TURN_OCTETS;
    t->asked = t->waiting;
}

size_t turns_share(const struct turns *t)
{
    size_t share = TURN_OCTETS / (t->waiting + 1);

    if (t->left == 0)
        return 0;
    if (share < TURN_SHARE_MIN)
        return TURN_SHARE_MIN;
    return share < TURN_SHARE_MAX ? share : TURN_SHARE_MAX;
}

void turns_took(struct turns *t, size_t octets)
{
    t->left -= octets < t->left ? octets : t->left;
}

void turns_wait(struct turns *t, struct list *node)
{
    if (list_linked(node))
        return;
    list_append(&t->line, node);
    t->waiting++;
}

void turns_leave(struct turns *t, struct list *node)
{
    if (!list_linked(node))
        return;
    list_remove(node);
    t->waiting--;
}

void turns_call(struct turns *t)
{
    if (t->left < TURN_LINE)
        t->left = TURN_LINE;
}

struct list *turns_next(struct turns *t)
{
    if (t->asked == 0 || t->left == 0 || list_empty(&t->line))
        return NULL;
    t->asked--;
    t->waiting--;
    return list_pop(&t->line);
}
