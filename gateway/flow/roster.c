#include "gateway/flow/roster_priv.h"

#include "db/rosters.h"
#include "gateway/flow/buddy.h"
#include "gateway/flow/leave.h"
#include "gateway/flow/strangers.h"
#include "gateway/flow/presence.h"
#include "gateway/people/book.h"
#include "mapping/roster.h"
#include "oscar/foodgroup/buddy.h"
#include "oscar/screenname.h"

#include <stdlib.h>

/* ---- names to people ---- */

/* Who is meant; NULL: nobody can have that name (*why says so), or there is no memory. A local name
 * that nobody has yet is watched all the same: it may come to be. */
static struct person *who_is(struct aim_session *s, struct span typed, bool *by_alias,
                             enum err *why)
{
    struct worker *w = s->w;
    struct name_target t;
    struct person *p;

    *by_alias = false;
    *why = book_typed(w, typed, &t);
    if (*why == ERR_NO_USER) {
        struct span norm = name_norm_in(&w->arena, typed, &(enum name_class){0});

        return norm.n ? person_get(w, norm, norm) : NULL;
    }
    if (*why)
        return NULL;
    if (t.local)
        return person_get(w, t.address.user, t.address.user);
    *by_alias = t.by == BINDING_ALIAS;
    p = buddy_get(w, s->account, &t.address);
    if (p && s->online)
        buddy_want(w, p);
    return p;
}

struct edge *roster_watch(struct aim_session *s, struct span name, enum how_listed how,
                          enum err *why)
{
    bool by_alias;
    struct person *p;
    struct edge *e;

    p = who_is(s, name, &by_alias, why);
    e = p ? edge_find(s, p) : NULL;
    if (p && !e && s->buddy_count >= BUDDY_MAX)
        *why = ERR_FULL;
    else if (p && !e)
        e = edge_add(s, p);
    if (!e) {
        if (p)
            person_release(s->w, p);
        return NULL;
    }
    e->by_alias |= by_alias;
    s->lists_short |= by_alias;
    e->listed = (uint16_t)(e->listed + (how == BY_FEEDBAG));
    e->kept |= how == BY_CLIENT;
    e->temporary |= how == BY_WINDOW;
    return e;
}

static bool has_reason(const struct edge *e)
{
    return e->listed || e->kept || e->temporary;
}

void roster_unwatch(struct aim_session *s, struct span name, enum how_listed how)
{
    bool by_alias;
    enum err why;
    struct person *p = who_is(s, name, &by_alias, &why);
    struct edge *e = p ? edge_find(s, p) : NULL;

    if (!e) {
        if (p)
            person_release(s->w, p);
        return;
    }
    if (how == BY_FEEDBAG && e->listed > 0)
        e->listed--;
    e->kept &= how != BY_CLIENT;
    e->temporary &= how != BY_WINDOW;
    if (!has_reason(e))
        edge_remove(s->w, e);
}

void roster_names(struct aim_session *s, const struct oscar_names *names)
{
    enum how_listed how = names->temporary ? BY_WINDOW : BY_CLIENT;
    struct span list = names->list, name;

    while (screenname_next(&list, &name)) {
        enum err why;
        struct edge *e;

        if (names->remove) {
            roster_unwatch(s, name, how);
            continue;
        }
        e = roster_watch(s, name, how, &why);
        if (why)
            oscar_conn_reject_buddy(s->conn, name); /* M-481 */
        if (e && s->online)
            presence_show_edge(s->w, e, true);
        leave_added(s, name);
    }
    if (s->account->asks_strangers && !names->remove)
        strangers_review(s->w, s->account);
    aim_session_dirty(s);
}

void roster_show_all(struct aim_session *s, bool again)
{
    LIST_EACH (struct edge, e, &s->buddies, of_session) {
        if (e->target->foreign)
            buddy_want(s->w, e->target);
        presence_show_edge(s->w, e, again);
    }
}

/* ---- the feedbag ---- */

/* The list as it is kept. */
struct kept {
    struct buf bytes; /* of the items; their texts are in the worker's arena */
    const struct feedbag_item *items;
    size_t n;
};

/* All of it before anything is done with it: looking up a name asks the database, too, and its
 * cursors are not for two at once. */
static enum err read_list(struct aim_session *s, struct kept *out)
{
    struct arena *a = &s->w->arena;
    struct cursor c = {0};
    struct roster_row row;
    enum err e = rosters_list(s->w->store, s->account->id, &c), closed;

    *out = (struct kept){0};
    for (; !e && out->n < ROSTER_ITEMS_MAX && rosters_next(&c, &row); out->n++) {
        struct feedbag_item item = {.name = arena_copy(a, row.name),
                                    .group = row.group,
                                    .item = row.item,
                                    .class_id = row.class,
                                    .attributes = arena_copy(a, row.attributes)};

        buf_put(&out->bytes, &item, sizeof item);
    }
    out->items = (const void *)out->bytes.p;
    closed = cursor_close(&c);
    return e ? e : !arena_ok(a) || !buf_ok(&out->bytes) ? ERR_NOMEM : closed;
}

static void watch_list(struct aim_session *s, const struct kept *list)
{
    s->list_loaded = true;
    s->list_edits = s->w->list_edits;
    for (size_t i = 0; i < list->n; i++) {
        enum err why;

        if (list->items[i].class_id == FEEDBAG_BUDDY)
            (void)roster_watch(s, list->items[i].name, BY_FEEDBAG, &why);
    }
}

void roster_read_again(struct aim_session *s)
{
    struct kept list;

    if (read_list(s, &list) == OK) {
        LIST_EACH (struct edge, e, &s->buddies, of_session)
            e->listed = 0;
        watch_list(s, &list);
        LIST_EACH (struct edge, e, &s->buddies, of_session)
            if (!has_reason(e))
                edge_remove(s->w, e);
            else if (s->online)
                presence_show_edge(s->w, e, false);
    }
    buf_fini(&list.bytes);
}

void roster_begin(struct aim_session *s)
{
    struct kept list;

    if (s->list_loaded || !oscar_conn_uses_feedbag(s->conn))
        return;
    if (read_list(s, &list))
        list.n = 0;
    watch_list(s, &list);
    buf_fini(&list.bytes);
}

void roster_used(struct aim_session *s, bool again)
{
    if (!s->online)
        return; /* being announced comes next, and shows all */
    roster_begin(s);
    roster_show_all(s, again);
}

/* An account without a list starts with a root group and "Buddies": clients crash on nothing. */
struct seed {
    struct storer_op op;
    int64_t user, now;
};

static enum err run_seed(struct storer_op *op, struct store *s)
{
    struct seed *seed = LIST_OF(op, struct seed, op);
    enum err e = rosters_touch(s, seed->user, seed->now);

    struct feedbag_item items[ROSTER_SEED];

    roster_seed(items);
    for (size_t i = 0; !e && i < ROSTER_SEED; i++)
        e = rosters_put(s, seed->user, &(struct roster_row){.group = items[i].group,
                                                            .item = items[i].item,
                                                            .class = items[i].class_id,
                                                            .name = items[i].name,
                                                            .attributes = items[i].attributes});
    return e;
}

static void done_seed(struct storer_op *op, enum err e, void *ctx)
{
    (void)e; /* the client was told the seed: it is made again at the next sign-on */
    (void)ctx;
    free(LIST_OF(op, struct seed, op));
}

static void plant(struct aim_session *s, struct buf *items)
{
    struct seed *seed = calloc(1, sizeof *seed);
    struct feedbag_item first[ROSTER_SEED];

    roster_seed(first);
    for (size_t i = 0; i < ROSTER_SEED; i++)
        feedbag_item_write(items, &first[i]);
    if (!seed)
        return;
    seed->user = s->account->id;
    seed->now = s->w->unix_now;
    seed->op =
        (struct storer_op){.run = run_seed, .done = done_seed, .several = true, .bytes = 256};
    worker_write(s->w, &seed->op);
}

static bool is_current(const struct feedbag_copy *copy, const struct kept *list, int64_t changed)
{
    return list->n > 0 && copy->has_time && copy->time == (uint32_t)changed &&
           (!copy->has_count || copy->count == list->n);
}

/* Whole where a client left it in pieces: node-oscar crashes on an id without an item. */
static enum err say_list(struct aim_session *s, uint32_t id, const struct kept *list,
                         int64_t changed)
{
    struct buf items = {0};
    enum err e = OK;

    if (list->n == 0) {
        plant(s, &items);
        changed = s->w->unix_now;
    } else {
        e = roster_write_whole(&items, list->items, list->n);
    }
    if (!e)
        oscar_conn_feedbag_list(s->conn, id, buf_span(&items), (uint32_t)changed);
    buf_fini(&items);
    return e;
}

void roster_get(struct aim_session *s, uint32_t id, const struct feedbag_copy *copy)
{
    struct kept list = {0};
    int64_t changed;
    /* the time first: with an older one than the list's the client asks again, with a newer one it
     * would not */
    enum err e = rosters_changed(s->w->store, s->account->id, &changed);

    if (!e)
        e = read_list(s, &list);
    if (!e && is_current(copy, &list, changed))
        oscar_conn_feedbag_current(s->conn, id, copy->time, (uint16_t)list.n);
    else if (!e)
        e = say_list(s, id, &list, changed);
    if (e)
        oscar_conn_error(s->conn, FOODGROUP_FEEDBAG, id,
                         &(struct snac_failure){.code = SNAC_ERR_SERVICE_UNAVAILABLE});
    else if (!s->online && !s->list_loaded)
        /* when it is announced, in a moment, the list need not be read again */
        watch_list(s, &list);
    buf_fini(&list.bytes);
}
