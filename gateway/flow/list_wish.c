#include "gateway/flow/list_wish.h"

#include "db/rosters.h"
#include "gateway/people/book.h"
#include "oscar/foodgroup/feedbag.h"

static struct list_wish wish_of(struct worker *w, size_t n)
{
    struct sip_list_item *items = arena_alloc(&w->arena, n * sizeof *items + 1);
    struct address *to = arena_alloc(&w->arena, n * sizeof *to + 1);

    return (struct list_wish){.conf = {.items = items, .n = items && to ? n : 0}, .to = to};
}

static struct span one_line(struct worker *w, struct span text)
{
    struct span copy = arena_copy(&w->arena, text);

    for (size_t i = 0; i < copy.n; i++)
        if (copy.p[i] < ' ')
            ((uint8_t *)(uintptr_t)copy.p)[i] = ' ';
    return copy;
}

static void put_item(struct worker *w, struct list_wish *wish, size_t i, struct span uri,
                     struct span name)
{
    ((struct sip_list_item *)(uintptr_t)wish->conf.items)[i] =
        (struct sip_list_item){.uri = uri, .name = name};
    if (uri_to_address(uri, &w->rules, &w->arena, &wish->to[i]))
        wish->to[i] = (struct address){0};
}

/* The account's buddies, each once. The names first: looking one up asks the database, too. */
struct list_wish list_wish_buddies(struct worker *w, const struct account *a)
{
    struct cursor c = {0};
    struct roster_row row;
    struct span names[RESOURCE_LISTS_MAX], shown[RESOURCE_LISTS_MAX];
    struct list_wish wish;
    size_t n = 0, kept = 0;

    if (rosters_list(w->store, a->id, &c) == OK)
        while (rosters_next(&c, &row))
            if (row.class == FEEDBAG_BUDDY && n < RESOURCE_LISTS_MAX) {
                struct span alias = {0};

                (void)tlv_find(row.attributes, FEEDBAG_ATTR_ALIAS, &alias);
                names[n] = arena_copy(&w->arena, row.name);
                shown[n++] = one_line(w, alias);
            }
    (void)cursor_close(&c);
    wish = wish_of(w, n);
    for (size_t i = 0; i < wish.conf.n; i++) {
        struct name_target t;
        struct buf uri = {0};

        if (book_typed(w, names[i], &t))
            continue;
        address_to_sip_uri(&uri, &t.address);
        put_item(w, &wish, kept++, arena_copy(&w->arena, buf_span(&uri)), shown[i]);
        buf_fini(&uri);
    }
    wish.conf.n = kept;
    return wish;
}

struct list_wish list_wish_given(struct worker *w, const struct resource_list *list)
{
    struct list_wish wish = wish_of(w, list->n);

    for (size_t i = 0; i < wish.conf.n; i++)
        put_item(w, &wish, i, list->v[i].uri, one_line(w, list->v[i].name));
    wish.conf.name = one_line(w, list->name);
    return wish;
}

struct span list_wish_cut(struct span *rest, uint8_t end)
{
    size_t at = span_find(*rest, end);
    struct span head = span_first(*rest, at);

    *rest = span_skip(*rest, at + 1);
    return head;
}

struct list_wish list_wish_kept(struct worker *w, struct span lines)
{
    struct list_wish wish;
    size_t n = 0;

    for (size_t i = 0; i < lines.n; i++)
        n += lines.p[i] == '\n';
    wish = wish_of(w, n < RESOURCE_LISTS_MAX ? n : RESOURCE_LISTS_MAX);
    for (size_t i = 0; i < wish.conf.n; i++) {
        struct span line = list_wish_cut(&lines, '\n'), name = line,
                    uri = list_wish_cut(&name, '\t');

        put_item(w, &wish, i, arena_copy(&w->arena, uri), arena_copy(&w->arena, name));
    }
    return wish;
}
