#include "mapping/roster.h"

#include <stdlib.h>

enum { ROOT = 0, BUDDIES_GROUP = 1, IDS = 65536 };

/* A set of 16-bit ids. */
struct ids {
    uint8_t bits[IDS / 8];
};

static bool ids_has(const struct ids *s, uint16_t id)
{
    return s->bits[id / 8] >> id % 8 & 1;
}

static void ids_add(struct ids *s, uint16_t id)
{
    s->bits[id / 8] |= (uint8_t)(1 << id % 8);
}

static void ids_remove(struct ids *s, uint16_t id)
{
    s->bits[id / 8] &= (uint8_t) ~(1 << id % 8);
}

enum privacy_mode roster_mode(struct span attributes)
{
    uint8_t mode = tlv_get_u8(attributes, FEEDBAG_ATTR_PD_MODE, PRIVACY_UNSET);

    return mode <= PRIVACY_PERMIT_BUDDIES ? (enum privacy_mode)mode : PRIVACY_UNSET;
}

bool roster_list_of(uint16_t class_id, enum privacy_list *out)
{
    switch (class_id) {
    case FEEDBAG_BUDDY: *out = PRIVACY_BUDDIES; return true;
    case FEEDBAG_PERMIT: *out = PRIVACY_PERMITTED; return true;
    case FEEDBAG_DENY: *out = PRIVACY_DENIED; return true;
    case FEEDBAG_IGNORE: *out = PRIVACY_IGNORED; return true;
    default: return false;
    }
}

void roster_seed(struct feedbag_item items[ROSTER_SEED])
{
    static const uint8_t root[] = {0x00, 0xC8, 0x00, 0x02, 0x00, BUDDIES_GROUP};
    static const uint8_t buddies[] = {0x00, 0xC8, 0x00, 0x00};

    items[0] = (struct feedbag_item){
        .class_id = FEEDBAG_GROUP, .group = ROOT, .attributes = {root, sizeof root}};
    items[1] = (struct feedbag_item){.name = SPAN("Buddies"),
                                     .class_id = FEEDBAG_GROUP,
                                     .group = BUDDIES_GROUP,
                                     .attributes = {buddies, sizeof buddies}};
}

static bool is_root(const struct feedbag_item *i)
{
    return i->class_id == FEEDBAG_GROUP && i->group == ROOT;
}

int roster_item_cmp(const struct feedbag_item *a, const struct feedbag_item *b)
{
    if (is_root(a) != is_root(b))
        return is_root(a) ? -1 : 1;
    if (a->group != b->group)
        return a->group < b->group ? -1 : 1;
    return a->item == b->item ? 0 : a->item < b->item ? -1 : 1;
}

/* Is i a member of this group, and under which id? The root's members are the groups. */
static bool member_id(const struct feedbag_item *group, const struct feedbag_item *i, uint16_t *id)
{
    if (is_root(group)) {
        *id = i->group;
        return i->class_id == FEEDBAG_GROUP && i->group != ROOT;
    }
    *id = i->item;
    return i->class_id == FEEDBAG_BUDDY && i->group == group->group;
}

/* The order as it should be: what the old one names and exists, then what it forgot. */
static void put_order(struct buf *b, const struct feedbag_item *items, size_t n,
                      const struct feedbag_item *group, struct span old)
{
    struct ids left = {0};
    uint16_t id;

    for (size_t i = 0; i < n; i++) {
        if (member_id(group, &items[i], &id))
            ids_add(&left, id);
    }
    for (struct rd r = rd_over(old); rd_left(&r) >= 2;) {
        id = rd_u16(&r);
        if (ids_has(&left, id))
            buf_u16(b, id);
        ids_remove(&left, id);
    }
    for (size_t i = 0; i < n; i++) {
        if (!member_id(group, &items[i], &id) || !ids_has(&left, id))
            continue;
        buf_u16(b, id);
        ids_remove(&left, id);
    }
}

bool roster_repair_order(const struct feedbag_item *items, size_t n, size_t at,
                         struct buf *attributes)
{
    const struct feedbag_item *group = &items[at];
    struct span rest = group->attributes, old;
    struct buf order = {0};
    struct tlv t;
    bool there, wrong;

    if (group->class_id != FEEDBAG_GROUP)
        return false;
    there = tlv_find(rest, FEEDBAG_ATTR_ORDER, &old);
    put_order(&order, items, n, group, old);
    wrong = !there || !span_eq(old, buf_span(&order));
    if (wrong && buf_ok(&order)) {
        tlv_write(attributes, FEEDBAG_ATTR_ORDER, buf_span(&order));
        while (tlv_next(&rest, &t)) {
            if (t.type != FEEDBAG_ATTR_ORDER)
                tlv_write(attributes, t.type, t.value);
        }
    }
    wrong = wrong && buf_ok(&order);
    buf_fini(&order);
    return wrong;
}

/* ---- a whole list ---- */

static int by_place(const void *a, const void *b)
{
    return roster_item_cmp(a, b);
}

static bool is_sorted(const struct feedbag_item *items, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (roster_item_cmp(&items[i - 1], &items[i]) > 0)
            return false;
    return true;
}

static bool is_group(const struct feedbag_item *i)
{
    return i->class_id == FEEDBAG_GROUP && i->group != ROOT;
}

static struct feedbag_item group_of(uint16_t id)
{
    return (struct feedbag_item){.name = id == ROOT ? (struct span){0} : SPAN("Buddies"),
                                 .class_id = FEEDBAG_GROUP,
                                 .group = id};
}

/* Adds the groups that are missing behind the n items; gives how many there are then. */
static size_t add_groups(struct feedbag_item *items, size_t n)
{
    struct ids there = {0};
    bool root = false, any = false;
    size_t all = n;

    for (size_t i = 0; i < n; i++) {
        root |= is_root(&items[i]);
        if (is_group(&items[i]))
            ids_add(&there, items[i].group);
    }
    for (size_t i = 0; i < n; i++) {
        uint16_t id = items[i].group;

        if (items[i].class_id == FEEDBAG_BUDDY && id != ROOT && !ids_has(&there, id)) {
            items[all++] = group_of(id);
            ids_add(&there, id);
        }
        any |= id != ROOT && ids_has(&there, id);
    }
    if (!any)
        items[all++] = group_of(BUDDIES_GROUP);
    if (!root)
        items[all++] = group_of(ROOT);
    return all;
}

/* The items of one group lie together: its order needs no others. The root's needs all. */
static void write_item(struct buf *out, const struct feedbag_item *items, size_t n, size_t at)
{
    struct feedbag_item item = items[at];
    struct buf attributes = {0};
    size_t from = is_root(&item) ? 0 : at, to = from;

    while (to < n && (is_root(&item) || items[to].group == item.group))
        to++;
    if (item.class_id == FEEDBAG_GROUP &&
        roster_repair_order(items + from, to - from, at - from, &attributes))
        item.attributes = buf_span(&attributes);
    feedbag_item_write(out, &item);
    out->bad |= attributes.bad;
    buf_fini(&attributes);
}

enum err roster_write_whole(struct buf *out, const struct feedbag_item *items, size_t n)
{
    struct feedbag_item *all = calloc(2 * n + 2, sizeof *all);
    size_t count;

    if (!all)
        return ERR_NOMEM;
    if (n)
        memcpy(all, items, n * sizeof *all);
    count = add_groups(all, n);
    if (!is_sorted(all, count)) /* as it comes from the store, it mostly is */
        qsort(all, count, sizeof *all, by_place);
    for (size_t i = 0; i < count; i++)
        write_item(out, all, count, i);
    free(all);
    return buf_ok(out) ? OK : ERR_NOMEM;
}
