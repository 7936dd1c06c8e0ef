#include "gateway/flow/blocks.h"

#include <stdlib.h>

#include "db/rosters.h"
#include "gateway/door/aim.h"
#include "gateway/flow/helper.h"
#include "gateway/flow/presence.h"
#include "gateway/flow/strangers.h"
#include "oscar/foodgroup/feedbag.h"

enum { BLOCK_ITEM_LAST = 0x7FFF };

struct block {
    struct storer_op op;
    int64_t user, now;
    struct span account, name; /* behind the struct */
    bool blocked;
    bool on_list;     /* the account's own list denies, too */
    bool missing;     /* it was not blocked */
    struct buf items; /* what changed of that list */
};

/* ---- on the storer's thread ---- */

static bool is_of(const struct roster_row *row, struct span name)
{
    return row->class == FEEDBAG_DENY && name_same(row->name, name);
}

static void note(struct block *b, const struct roster_row *row)
{
    feedbag_item_write(&b->items, &(struct feedbag_item){.name = row->name,
                                                         .group = row->group,
                                                         .item = row->item,
                                                         .class_id = row->class,
                                                         .attributes = row->attributes});
}

/* A new item for the name; its id is one that neither an item of the root group nor a group has. 0:
 * it is denied already, or there is no list. */
static enum err find_place(struct block *b, struct store *s, uint16_t *item)
{
    uint8_t used[BLOCK_ITEM_LAST / 8 + 1] = {0};
    struct cursor c = {0};
    struct roster_row row;
    bool any = false, there = false;
    enum err e = rosters_list(s, b->user, &c), closed;

    while (!e && rosters_next(&c, &row)) {
        uint16_t id = row.group ? row.group : row.item;

        any = true;
        there |= is_of(&row, b->name);
        if (id <= BLOCK_ITEM_LAST)
            used[id / 8] = (uint8_t)(used[id / 8] | 1U << id % 8);
    }
    closed = cursor_close(&c);
    *item = 1;
    while (*item < BLOCK_ITEM_LAST && used[*item / 8] >> *item % 8 & 1)
        (*item)++;
    if (!any || there)
        *item = 0;
    return e ? e : closed;
}

static enum err deny(struct block *b, struct store *s)
{
    struct roster_row row = {.class = FEEDBAG_DENY, .name = b->name};
    enum err e = find_place(b, s, &row.item);

    if (e || !row.item)
        return e;
    note(b, &row);
    e = rosters_put(s, b->user, &row);
    return e ? e : rosters_touch(s, b->user, b->now);
}

static enum err undeny(struct block *b, struct store *s)
{
    struct cursor c = {0};
    struct roster_row row;
    struct feedbag_item item;
    struct span left;
    enum err e = rosters_list(s, b->user, &c), closed;

    while (!e && rosters_next(&c, &row))
        if (is_of(&row, b->name))
            note(b, &row);
    closed = cursor_close(&c);
    e = e ? e : closed;
    left = buf_span(&b->items);
    while (!e && feedbag_item_next(&left, &item))
        e = rosters_delete(s, b->user, item.group, item.item);
    return e || !b->items.n ? e : rosters_touch(s, b->user, b->now);
}

static enum err run_block(struct storer_op *op, struct store *s)
{
    struct block *b = LIST_OF(op, struct block, op);
    enum err e;

    buf_reset(&b->items); /* it may be tried again */
    if (b->blocked) {
        e = privacy_put(
            s, b->user,
            &(struct privacy_entry){.list = KEPT_BLOCK, .name = b->name, .created = b->now});
        return e || !b->on_list ? e : deny(b, s);
    }
    e = privacy_delete(s, b->user, KEPT_BLOCK, b->name);
    b->missing = e == ERR_NOT_FOUND;
    return e && !b->missing ? e : undeny(b, s);
}

/* ---- and back ---- */

static void tell(struct worker *w, const struct block *b, enum err e)
{
    struct address to = {.user = b->account, .host = w->own_domain};
    struct buf text = {0};

    buf_add(&text, b->name);
    if (e)
        BUF_LIT(&text, ": that could not be stored. Try again later.");
    else if (b->blocked)
        BUF_LIT(
            &text,
            " is blocked: neither messages nor your presence pass between you. UNBLOCK ends it.");
    else if (b->missing && !b->items.n)
        BUF_LIT(&text, " was not blocked.");
    else
        BUF_LIT(&text, " is not blocked any more.");
    if (buf_ok(&text))
        helper_answer(w, &to, buf_span(&text));
    buf_fini(&text);
}

static void push(struct account *a, const struct block *b)
{
    LIST_EACH (struct aim_session, s, &a->sessions, of_account) {
        oscar_conn_feedbag_push(s->conn, b->blocked ? FEEDBAG_INSERT : FEEDBAG_DELETE,
                                buf_span(&b->items));
        aim_session_dirty(s);
    }
}

static void done_block(struct storer_op *op, enum err e, void *ctx)
{
    struct block *b = LIST_OF(op, struct block, op);
    struct worker *w = ctx;
    struct account *a;

    worker_begin(w);
    a = account_loaded(w, b->account);
    if (e)
        LOG_ERROR(&w->log, "store", "a block list was not kept", "why", err_text(e), "do",
                  "look at the disk of the data folder");
    if (a && !e && b->items.n && buf_ok(&b->items))
        push(a, b);
    if (a && !e && account_load_rules(w, a) == OK)
        presence_rules_changed(w, a);
    if (a && !e && b->blocked)
        strangers_drop(w, a, b->name, "could not be delivered"); /* M-703 */
    tell(w, b, e);
    buf_fini(&b->items);
    free(b);
}

void blocks_set(struct worker *w, struct account *a, struct span name, bool blocked)
{
    struct privacy rules = account_privacy(a);
    struct block *b = calloc(1, sizeof *b + a->person->key.n + name.n);
    uint8_t *bytes = (uint8_t *)(b + 1);

    if (!b)
        return;
    b->account = span_place(&bytes, a->person->key);
    b->name = span_place(&bytes, name);
    b->user = a->id;
    b->now = w->unix_now;
    b->blocked = blocked;
    b->on_list = privacy_mode_of(&rules) == PRIVACY_DENY_LISTED;
    b->op = (struct storer_op){.run = run_block, .done = done_block, .several = true, .bytes = 512};
    worker_write(w, &b->op);
}
