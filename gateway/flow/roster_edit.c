/* Edits of a feedbag: written in one transaction, answered item by item, then followed by every
 * session of the account. */
#include "gateway/flow/roster_priv.h"

#include <stdlib.h>

#include "db/rosters.h"
#include "gateway/flow/icon.h"
#include "gateway/flow/leave.h"
#include "gateway/flow/strangers.h"
#include "gateway/flow/lists.h"
#include "gateway/flow/presence.h"
#include "mapping/roster.h"
#include "oscar/screenname.h"

struct edit {
    struct storer_op op;
    struct worker *w;
    int64_t user, now;
    uint64_t number;      /* worker.list_edits when it began */
    uint32_t session, id; /* who asked; the request */
    enum feedbag_op what;
    struct span items;    /* behind the struct */
    size_t n;
    struct span account;  /* whose; behind the struct, too */
    bool buddies, rules, icon; /* what it touched */
    uint16_t codes[ROSTER_EDIT_MAX];
    /* who stood in that place before, if it was a buddy; in the arena */
    struct span was[ROSTER_EDIT_MAX];
    struct arena arena;
};

static uint16_t check(const struct feedbag_item *item)
{
    if (item->name.n > SCREENNAME_FEEDBAG_MAX || item->attributes.n > ROSTER_ATTRIBUTES_MAX)
        return FEEDBAG_BAD_REQUEST;
    if (item->class_id == FEEDBAG_BUDDY) {
        char norm[SCREEN_NAME_MAX + 1];
        size_t n;

        if (name_norm(item->name, norm, &n) == NAME_BAD)
            return FEEDBAG_BAD_REQUEST; /* M-481 */
    }
    return FEEDBAG_DONE;
}

/* What the list holds, while an edit runs over it. */
struct room {
    size_t all;
    size_t of_class[FEEDBAG_CLASSES];
};

static enum err count_list(struct store *s, int64_t user, struct room *out)
{
    struct cursor c = {0};
    uint16_t class;
    int64_t n;
    enum err e = rosters_list_counts(s, user, &c), closed;

    *out = (struct room){0};
    while (!e && rosters_next_count(&c, &class, &n)) {
        out->all += (size_t)n;
        if (class < FEEDBAG_CLASSES)
            out->of_class[class] = (size_t)n;
    }
    closed = cursor_close(&c);
    return e ? e : closed;
}

static void count_in(struct room *r, uint16_t class, int by)
{
    r->all = (size_t)((int64_t)r->all + by);
    if (class < FEEDBAG_CLASSES)
        r->of_class[class] = (size_t)((int64_t)r->of_class[class] + by);
}

static bool has_room(const struct room *r, uint16_t class)
{
    uint16_t most = feedbag_class_max(class);

    return r->all < ROSTER_ITEMS_MAX && (!most || r->of_class[class] < most);
}

static void note_class(struct edit *e, uint16_t class)
{
    e->buddies |= class == FEEDBAG_BUDDY;
    e->icon |= class == FEEDBAG_BART;
    e->rules |= class != FEEDBAG_BUDDY && class != FEEDBAG_GROUP;
}

static uint16_t put(struct edit *e, struct store *s, struct room *r,
                    const struct feedbag_item *item, const struct roster_row *old)
{
    uint16_t code = check(item);
    bool same_class = old && old->class == item->class_id;

    if (code != FEEDBAG_DONE)
        return code;
    if (!same_class && !has_room(r, item->class_id))
        return FEEDBAG_CLASS_FULL;
    if (rosters_put(s, e->user,
                    &(struct roster_row){.group = item->group,
                                         .item = item->item,
                                         .class = item->class_id,
                                         .name = item->name,
                                         .attributes = item->attributes}))
        return FEEDBAG_DATABASE;
    if (old)
        count_in(r, old->class, -1);
    count_in(r, item->class_id, 1);
    return FEEDBAG_DONE;
}

static uint16_t apply(struct edit *e, struct store *s, struct room *r,
                      const struct feedbag_item *item, size_t i)
{
    struct roster_row row, *old = &row;
    enum err err = rosters_find(s, e->user, item->group, item->item, &e->arena, &row);
    uint16_t code;

    if (err == ERR_NOT_FOUND)
        old = NULL;
    else if (err)
        return FEEDBAG_DATABASE;
    if (e->what != FEEDBAG_DELETE) {
        code = put(e, s, r, item, old);
    } else if (!old) {
        code = FEEDBAG_NOT_FOUND;
    } else {
        code =
            rosters_delete(s, e->user, item->group, item->item) ? FEEDBAG_DATABASE : FEEDBAG_DONE;
        if (code == FEEDBAG_DONE)
            count_in(r, old->class, -1);
    }
    if (old && old->class == FEEDBAG_BUDDY)
        e->was[i] = old->name;
    if (old && code == FEEDBAG_DONE)
        note_class(e, old->class);
    if (e->what != FEEDBAG_DELETE && code == FEEDBAG_DONE)
        note_class(e, item->class_id);
    return code;
}

static enum err run_edit(struct storer_op *op, struct store *s)
{
    struct edit *e = LIST_OF(op, struct edit, op);
    struct span items = e->items;
    struct feedbag_item item;
    struct room room;
    enum err err = count_list(s, e->user, &room);

    for (size_t i = 0; !err && i < e->n && feedbag_item_next(&items, &item); i++)
        if (e->codes[i] == FEEDBAG_DONE)
            e->codes[i] = apply(e, s, &room, &item, i);
    return err ? err : rosters_touch(s, e->user, e->now);
}

/* Who stood there goes, and who stands there now comes; nothing, where it is the same one. */
static void follow_item(struct aim_session *s, struct span was, struct span is)
{
    enum err why;
    struct edge *edge;

    if (was.n && is.n && name_same(was, is))
        return;
    if (was.n)
        roster_unwatch(s, was, BY_FEEDBAG);
    edge = is.n ? roster_watch(s, is, BY_FEEDBAG, &why) : NULL;
    if (edge && s->online)
        presence_show_edge(s->w, edge, true);
}

/* The session's edges follow its list. */
static void follow(struct aim_session *s, struct edit *e)
{
    struct span items = e->items;
    struct feedbag_item item;

    aim_session_dirty(s);
    if (s->list_loaded && s->list_edits >= e->number) {
        roster_read_again(s); /* the list may have been read with this edit in it */
        return;
    }
    for (size_t i = 0; i < e->n && feedbag_item_next(&items, &item); i++) {
        bool stands = e->what != FEEDBAG_DELETE && item.class_id == FEEDBAG_BUDDY;

        if (e->codes[i] == FEEDBAG_DONE && s->list_loaded)
            follow_item(s, e->was[i], stands ? item.name : (struct span){0});
    }
}

/* What was refused is on nobody's list. */
static void write_done(const struct edit *e, struct buf *out)
{
    struct span items = e->items;
    struct feedbag_item item;

    for (size_t i = 0; i < e->n && feedbag_item_next(&items, &item); i++)
        if (e->codes[i] == FEEDBAG_DONE)
            feedbag_item_write(out, &item);
}

/* What the edit means to the account and to everybody who watches. */
static void take_effect(struct worker *w, struct account *a, struct edit *e)
{
    struct buf items = {0};

    write_done(e, &items);
    LIST_EACH (struct aim_session, s, &a->sessions, of_account) {
        if (s->id != e->session && buf_ok(&items))
            oscar_conn_feedbag_push(s->conn, e->what, buf_span(&items));
        follow(s, e);
    }
    buf_fini(&items);
    if ((e->rules || (e->buddies && account_asks_who_is_buddy(a))) &&
        account_load_rules(w, a) == OK)
        presence_rules_changed(w, a);
    if (a->asks_strangers && (e->buddies || e->rules))
        strangers_review(w, a);
    if (e->buddies)
        lists_roster_changed(w, a);
}

static void ask_for_leave(struct aim_session *s, const struct edit *e)
{
    struct span items = e->items;
    struct feedbag_item item;

    for (size_t i = 0; i < e->n && feedbag_item_next(&items, &item); i++)
        if (e->codes[i] == FEEDBAG_DONE && item.class_id == FEEDBAG_BUDDY)
            leave_added(s, item.name);
}

static void done_edit(struct storer_op *op, enum err err, void *ctx)
{
    struct edit *e = LIST_OF(op, struct edit, op);
    struct worker *w = ctx;
    struct aim_session *s;
    struct account *a;

    worker_begin(w);
    s = aim_session_by_id(w->aim_door, e->session);
    a = account_loaded(w, e->account);
    if (err)
        for (size_t i = 0; i < e->n; i++)
            e->codes[i] = FEEDBAG_DATABASE;
    if (s) { /* before any arrival it causes: ICQ Lite crashes else */
        oscar_conn_feedbag_status(s->conn, e->id, e->codes, e->n);
        aim_session_dirty(s);
    }
    if (!err && a)
        take_effect(w, a, e);
    if (!err && s && e->buddies && e->what == FEEDBAG_INSERT)
        ask_for_leave(s, e);
    if (!err && a && s && e->icon)
        icon_chosen(s, a);
    arena_fini(&e->arena);
    free(e);
}

static size_t count_items(struct span items)
{
    struct feedbag_item item;
    size_t n = 0;

    while (n < ROSTER_EDIT_MAX && feedbag_item_next(&items, &item))
        n++;
    return n;
}

/* Before anything is written: who is to be asked first (M-507). */
static void look_for_leave(struct aim_session *s, struct edit *e)
{
    struct span items = e->items;
    struct feedbag_item item;

    for (size_t i = 0; i < e->n && feedbag_item_next(&items, &item); i++)
        if (e->what == FEEDBAG_INSERT && leave_is_missing(s, &item))
            e->codes[i] = FEEDBAG_AUTH_REQUIRED;
}

void roster_edit(struct aim_session *s, uint32_t id, enum feedbag_op op, struct span items)
{
    struct span key = s->account->person->key;
    struct edit *e = calloc(1, sizeof *e + items.n + key.n);
    uint8_t *bytes = (uint8_t *)(e + 1);

    if (!e) {
        oscar_conn_error(s->conn, FOODGROUP_FEEDBAG, id,
                         &(struct snac_failure){.code = SNAC_ERR_SERVICE_UNAVAILABLE});
        return;
    }
    e->items = span_place(&bytes, items);
    e->account = span_place(&bytes, key);
    e->n = count_items(items);
    e->user = s->account->id;
    e->now = s->w->unix_now;
    e->number = ++s->w->list_edits;
    e->session = s->id;
    e->id = id;
    e->what = op;
    look_for_leave(s, e);
    e->op = (struct storer_op){
        .run = run_edit, .done = done_edit, .several = true, .bytes = sizeof *e + items.n};
    worker_write(s->w, &e->op);
}
