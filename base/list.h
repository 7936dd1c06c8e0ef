/* Intrusive doubly linked lists. A zeroed node is in no list; a head must be list_init'ed. Removing
 * a node that is in no list does nothing, so an owner may always remove before it frees. */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *next, *prev;
};

static inline void list_init(struct list *head)
{
    head->next = head->prev = head;
}

static inline bool list_empty(const struct list *head)
{
    return head->next == head || !head->next;
}

static inline bool list_linked(const struct list *node)
{
    return node->next != NULL;
}

static inline void list_append(struct list *head, struct list *node)
{
    node->prev = head->prev;
    node->next = head;
    head->prev->next = node;
    head->prev = node;
}

static inline void list_prepend(struct list *head, struct list *node)
{
    list_append(head->next, node);
}

static inline void list_remove(struct list *node)
{
    if (!node->next)
        return;
    node->prev->next = node->next;
    node->next->prev = node->prev;
    node->next = node->prev = NULL;
}

/* Takes the first one out; the list is not empty. */
static inline struct list *list_pop(struct list *head)
{
    struct list *first = head->next;

    head->next = first->next;
    first->next->prev = head;
    first->next = first->prev = NULL;
    return first;
}

#define LIST_OF(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))
/* The same of a node that is only looked at. */
#define LIST_OF_CONST(node, type, member)                                                          \
    ((const type *)(const void *)((const char *)(node)-offsetof(type, member)))

/* for (struct x *e in list): the current element may be removed and freed in the body, others not.
 * NOLINTBEGIN(bugprone-macro-parentheses): a type, a name to declare and a member stand as they are. */
#define LIST_EACH(type, var, head, member)                                                         \
    for (type *var = LIST_OF((head)->next, type, member),                                          \
              *var##_next = LIST_OF(var->member.next, type, member);                               \
         &var->member != (head);                                                                   \
         var = var##_next, var##_next = LIST_OF(var->member.next, type, member))
/* NOLINTEND(bugprone-macro-parentheses) */

#endif
