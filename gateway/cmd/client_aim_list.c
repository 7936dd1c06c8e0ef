#include "gateway/cmd/client_aim_list.h"

#include "gateway/cmd/client_say.h"
#include "oscar/foodgroup/feedbag.h"
#include "oscar/screenname.h"

enum { ITEMS_MAX = 1 << 20 };

static const uint16_t id_max = 0x7FFF; /* what other clients make */

static const struct span group_name = SPAN("Buddies");

/* ---- the items ---- */

static bool find_item(const struct aim *a, uint16_t group, uint16_t item, struct feedbag_item *out)
{
    struct span items = buf_span(&a->items);

    while (feedbag_item_next(&items, out))
        if (out->group == group && out->item == item)
            return true;
    return false;
}

static bool find_buddy(const struct aim *a, struct span name, struct feedbag_item *out)
{
    struct span items = buf_span(&a->items);

    while (feedbag_item_next(&items, out))
        if (out->class_id == FEEDBAG_BUDDY && screenname_eq(out->name, name))
            return true;
    return false;
}

/* All but the one with these ids, into a new buffer. */
static void remove_item(struct aim *a, uint16_t group, uint16_t id)
{
    struct span items = buf_span(&a->items);
    struct buf kept = {.max = ITEMS_MAX};
    struct feedbag_item item;

    while (feedbag_item_next(&items, &item))
        if (item.group != group || item.item != id)
            feedbag_item_write(&kept, &item);
    buf_fini(&a->items);
    a->items = kept;
}

/* Who is offline is never told: they are until they arrive. */
static void know(struct aim *a, struct span name)
{
    struct client_person *p = client_people_get(&a->t->people, name);

    if (p && p->state == CLIENT_UNKNOWN)
        p->state = CLIENT_GONE;
}

static void put_item(struct aim *a, const struct feedbag_item *item)
{
    struct buf copy = {0}; /* the item may stand in the list */

    feedbag_item_write(&copy, item);
    remove_item(a, item->group, item->item);
    buf_add(&a->items, buf_span(&copy));
    buf_fini(&copy);
    if (item->class_id == FEEDBAG_BUDDY)
        know(a, item->name);
}

static void drop_item(struct aim *a, const struct feedbag_item *item)
{
    struct client_person *p = client_people_find(&a->t->people, item->name);
    bool buddy = item->class_id == FEEDBAG_BUDDY;
    struct feedbag_item other;

    remove_item(a, item->group, item->item); /* *item may be gone with it */
    if (buddy && p && !find_buddy(a, span_str(p->name), &other))
        client_people_remove(&a->t->people, p);
}

/* ---- adding ---- */

/* An id that no item of the group has, and for a group: that no group and no root item has. */
static uint16_t free_id(const struct aim *a, uint16_t group, bool for_group)
{
    struct feedbag_item other;

    for (uint16_t id = 1; id < id_max; id++)
        if (!find_item(a, group, id, &other) && !(for_group && find_item(a, id, 0, &other)))
            return id;
    return 0;
}

/* The group of ours, or else the first there is. */
static bool find_group(const struct aim *a, struct feedbag_item *out)
{
    struct span items = buf_span(&a->items);
    struct feedbag_item item;
    bool found = false;

    while (feedbag_item_next(&items, &item)) {
        if (item.class_id != FEEDBAG_GROUP || item.group == 0)
            continue;
        if (!found || span_eq(item.name, group_name))
            *out = item;
        found = true;
        if (span_eq(item.name, group_name))
            break;
    }
    return found;
}

/* The attributes with one more id at the end of the order (0x00C8). */
static void write_order(struct buf *b, struct span attributes, uint16_t id)
{
    struct span order = {0}, rest = attributes;
    struct tlv tlv;
    size_t begun;

    (void)tlv_find(attributes, FEEDBAG_ATTR_ORDER, &order);
    begun = tlv_begin(b, FEEDBAG_ATTR_ORDER);
    buf_add(b, order);
    buf_u16(b, id);
    tlv_end(b, begun);
    while (tlv_next(&rest, &tlv))
        if (tlv.type != FEEDBAG_ATTR_ORDER)
            tlv_write(b, tlv.type, tlv.value);
}

/* Sends one edit, and holds it as done: the gateway tells where it is not. Gives its request id. */
static uint32_t edit(struct aim *a, enum feedbag_op op, const struct feedbag_item *item)
{
    feedbag_item_write(&a->body, item);
    put_item(a, item);
    return aim_send(a, FOODGROUP_FEEDBAG, op);
}

/* The member's id at the end of what holds it: a group, or of groups the root. */
static void edit_order(struct aim *a, const struct feedbag_item *holder, enum feedbag_op op,
                       uint16_t id)
{
    struct feedbag_item changed = *holder;
    struct buf attributes = {0};

    write_order(&attributes, holder->attributes, id);
    changed.attributes = buf_span(&attributes);
    (void)edit(a, op, &changed);
    buf_fini(&attributes);
}

static struct feedbag_item make_group(struct aim *a)
{
    struct feedbag_item root,
        group = {.name = group_name, .group = free_id(a, 0, true), .class_id = FEEDBAG_GROUP};
    bool rooted;

    (void)edit(a, FEEDBAG_INSERT, &group);
    rooted = find_item(a, 0, 0, &root);
    if (!rooted)
        root = (struct feedbag_item){.class_id = FEEDBAG_GROUP};
    edit_order(a, &root, rooted ? FEEDBAG_UPDATE : FEEDBAG_INSERT, group.group);
    return group;
}

void aim_list_add(struct aim *a, struct span name)
{
    struct feedbag_item group, buddy = {.name = name, .class_id = FEEDBAG_BUDDY};

    if (name.n > SCREENNAME_FEEDBAG_MAX) {
        client_say("%.*s is too long for the list; it takes names of up to %d octets",
                   SPAN_ARG(name), SCREENNAME_FEEDBAG_MAX);
        return;
    }
    (void)aim_send(a, FOODGROUP_FEEDBAG, SNAC_FEEDBAG_CLUSTER_START);
    if (!find_group(a, &group))
        group = make_group(a);
    buddy.group = group.group;
    buddy.item = free_id(a, group.group, false);
    client_wait(a->t, edit(a, FEEDBAG_INSERT, &buddy), "the adding of", name);
    if (find_item(a, buddy.group, 0, &group)) /* its octets have moved */
        edit_order(a, &group, FEEDBAG_UPDATE, buddy.item);
    (void)aim_send(a, FOODGROUP_FEEDBAG, SNAC_FEEDBAG_CLUSTER_END);
}

/* SNAC 0x0013/0x000E: what became of an adding. Of other edits nobody waits to hear. */
static void take_status(struct aim *a, const struct snac *s)
{
    struct rd r = rd_over(s->body);
    uint16_t code = rd_u16(&r);
    char name[CLIENT_NAME_MAX + 1];
    struct feedbag_item item;

    if (!client_settled(a->t, s->id, name))
        return;
    if (rd_ok(&r) && code == FEEDBAG_DONE) {
        client_say("%s is on your list", name);
        return;
    }
    client_say("%s was not added: %s", name,
               code == FEEDBAG_CLASS_FULL || code == FEEDBAG_TOO_MANY_BUDDIES
                   ? "the list is full; take somebody off with another client"
                   : "the gateway refuses it; look at the spelling");
    if (find_buddy(a, span_str(name), &item))
        drop_item(a, &item);
}

/* ---- what comes ---- */

static bool take_list(struct aim *a, const struct snac *s)
{
    struct feedbag_item item;
    struct span items;
    uint16_t count;
    uint32_t time;

    if (feedbag_list_read(s->body, &items, &count, &time))
        while (feedbag_item_next(&items, &item))
            put_item(a, &item);
    return !(s->flags & SNAC_FLAG_MORE);
}

bool aim_list_take(struct aim *a, const struct snac *s)
{
    struct span items = s->body;
    struct feedbag_item item;

    switch (s->subtype) {
    case SNAC_FEEDBAG_LIST: return take_list(a, s);
    case SNAC_FEEDBAG_CURRENT: return true;
    case SNAC_FEEDBAG_STATUS: take_status(a, s); break;
    case SNAC_FEEDBAG_INSERT_ITEM: /* edits that were made elsewhere */
    case SNAC_FEEDBAG_UPDATE_ITEM:
        while (feedbag_item_next(&items, &item))
            put_item(a, &item);
        break;
    case SNAC_FEEDBAG_DELETE_ITEM:
        while (feedbag_item_next(&items, &item))
            drop_item(a, &item);
        break;
    default: break;
    }
    return false;
}
