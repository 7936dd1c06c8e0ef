#include "gateway/flow/list_wish.h"

#include "db/rosters.h"
#include "gateway/people/book.h"
#include "oscar/foodgroup/feedbag.h"

/* Room for n, which `items` gets: they are const in the wish. */
static struct list_wish wish_of(struct worker *w, size_t n, struct sip_list_item **items)
{
    struct address *to = arena_alloc(&w->arena, n * sizeof *to + 1);

    *items = arena_alloc(&w->arena, n * sizeof **items + 1);
    return (struct list_wish){.conf = {.items = *items, .n = *items && to ? n : 0}, .to = to};
}

static struct span one_line(struct worker *w, struct span text)
{
    uint8_t *copy = arena_alloc(&w->arena, text.n + 1);

    if (!copy)
        return (struct span){0};
    for (size_t i = 0; i < text.n; i++)
        copy[i] = text.p[i] < ' ' ? ' ' : text.p[i];
    return span_of(copy, text.n);
}

static void find_address(struct worker *w, struct span uri, struct address *out)
{
    if (uri_to_address(uri, &w->rules, &w->arena, out))
        *out = (struct address){0};
}

/* The account's buddies, each once. The names first: looking one up asks the database, too. */
struct list_wish list_wish_buddies(struct worker *w, const struct account *a)
{
    struct cursor c = {0};
    struct roster_row row;
    struct span names[RESOURCE_LISTS_MAX], shown[RESOURCE_LISTS_MAX];
    struct sip_list_item *items;
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
    wish = wish_of(w, n, &items);
    for (size_t i = 0; i < wish.conf.n; i++) {
        struct name_target t;
        struct buf uri = {0};

        if (book_typed(w, names[i], &t))
            continue;
        address_to_sip_uri(&uri, &t.address);
        items[kept] = (struct sip_list_item){arena_copy(&w->arena, buf_span(&uri)), shown[i]};
        find_address(w, items[kept].uri, &wish.to[kept]);
        kept++;
        buf_fini(&uri);
    }
    wish.conf.n = kept;
    return wish;
}

struct list_wish list_wish_given(struct worker *w, const struct resource_list *list)
{
    struct sip_list_item *items;
    struct list_wish wish = wish_of(w, list->n, &items);

    for (size_t i = 0; i < wish.conf.n; i++) {
        items[i] = (struct sip_list_item){list->v[i].uri, one_line(w, list->v[i].name)};
        find_address(w, items[i].uri, &wish.to[i]);
    }
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
    struct sip_list_item *items;
    struct list_wish wish;
    size_t n = 0;

    for (size_t i = 0; i < lines.n; i++)
        n += lines.p[i] == '\n';
    wish = wish_of(w, n < RESOURCE_LISTS_MAX ? n : RESOURCE_LISTS_MAX, &items);
    for (size_t i = 0; i < wish.conf.n; i++) {
        struct span line = list_wish_cut(&lines, '\n'), name = line,
                    uri = list_wish_cut(&name, '\t');

        items[i] = (struct sip_list_item){arena_copy(&w->arena, uri), arena_copy(&w->arena, name)};
        find_address(w, items[i].uri, &wish.to[i]);
    }
    return wish;
}
