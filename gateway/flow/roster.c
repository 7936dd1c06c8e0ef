#include "gateway/flow/roster.h"

#include "db/rosters.h"
#include "gateway/flow/buddy.h"
#include "gateway/flow/icon.h"
#include "gateway/flow/knock.h"
#include "gateway/flow/lists.h"
#include "gateway/flow/presence.h"
#include "gateway/people/book.h"
#include "mapping/roster.h"
#include "oscar/foodgroup/buddy.h"
#include "oscar/screenname.h"

#include <stdlib.h>

/* ---- names to people ---- */

/* Who is meant; NULL: nobody can have that name (*why says so), or there is no memory. A local name that nobody has yet is
 * watched all the same: it may come to be. */
static struct person *who_is(struct aim_session *s, struct span typed, bool *by_alias, enum err *why)
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

enum how_listed { BY_FEEDBAG, BY_CLIENT, BY_WINDOW };

static struct edge *watch(struct aim_session *s, struct span name, enum how_listed how, enum err *why)
{
    bool by_alias;
    struct person *p;
    struct edge *e;

    *why = OK;
    if (s->buddy_count >= BUDDY_MAX) {
        *why = ERR_FULL;
        return NULL;
    }
    p = who_is(s, name, &by_alias, why);
    e = p ? edge_add(s, p) : NULL;
    if (!e) {
        if (p)
            person_release(s->w, p);
        return NULL;
    }
    e->by_alias |= by_alias;
    e->listed = (uint16_t)(e->listed + (how == BY_FEEDBAG));
    e->kept |= how == BY_CLIENT;
    e->temporary |= how == BY_WINDOW;
    return e;
}

static void unwatch(struct aim_session *s, struct span name, enum how_listed how)
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
    if (!e->listed && !e->kept && !e->temporary)
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
            unwatch(s, name, how);
            continue;
        }
        e = watch(s, name, how, &why);
        if (why)
            oscar_conn_reject_buddy(s->conn, name); /* M-481 */
        if (e && s->online)
            presence_show_edge(s->w, e, true);
    }
    if (s->account->asks_strangers && !names->remove)
        knock_review(s->w, s->account);
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

static void load_edges(struct aim_session *s)
{
    struct cursor c = {0};
    struct roster_row row;
    struct arena names = {0};
    struct span found[BUDDY_MAX];
    size_t n = 0;

    /* The names first: looking one up asks the database, and its cursors are not for two at once. */
    if (rosters_list(s->w->store, s->account->id, &c) == OK)
        while (rosters_next(&c, &row))
            if (row.class == FEEDBAG_BUDDY && n < BUDDY_MAX)
                found[n++] = arena_copy(&names, row.name);
    (void)cursor_close(&c);
    for (size_t i = 0; i < n; i++) {
        enum err why;

        (void)watch(s, found[i], BY_FEEDBAG, &why);
    }
    arena_fini(&names);
}

void roster_begin(struct aim_session *s)
{
    if (s->list_loaded || !oscar_conn_uses_feedbag(s->conn))
        return;
    s->list_loaded = true;
    load_edges(s);
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
    seed->op = (struct storer_op){.run = run_seed, .done = done_seed, .several = true, .bytes = 256};
    worker_write(s->w, &seed->op);
}

/* The list as it is kept, and whole where a client left it in pieces: node-oscar crashes on an id without an item. */
static enum err write_list(struct aim_session *s, struct buf *out)
{
    struct arena *a = &s->w->arena;
    struct feedbag_item *items = arena_alloc(a, ROSTER_ITEMS_MAX * sizeof *items);
    struct cursor c = {0};
    struct roster_row row;
    size_t n = 0;
    enum err e = items ? rosters_list(s->w->store, s->account->id, &c) : ERR_NOMEM, closed;

    while (!e && n < ROSTER_ITEMS_MAX && rosters_next(&c, &row))
        items[n++] = (struct feedbag_item){.name = arena_copy(a, row.name),
                                           .group = row.group,
                                           .item = row.item,
                                           .class_id = row.class,
                                           .attributes = arena_copy(a, row.attributes)};
    closed = cursor_close(&c);
    e = e ? e : a->bad ? ERR_NOMEM : closed;
    return e ? e : roster_write_whole(out, items, n);
}

void roster_get(struct aim_session *s, uint32_t id, const struct feedbag_copy *copy)
{
    struct roster_state state = {0};
    struct buf items = {0};

    if (rosters_state(s->w->store, s->account->id, &state) == OK && state.count > 0 &&
        copy->has_time && copy->time == (uint32_t)state.changed &&
        (!copy->has_count || copy->count == state.count)) {
        oscar_conn_feedbag_current(s->conn, id, copy->time, (uint16_t)state.count);
        return;
    }
    if (state.count == 0) {
        plant(s, &items);
        state.changed = s->w->unix_now;
    } else if (write_list(s, &items)) {
        oscar_conn_error(s->conn, FOODGROUP_FEEDBAG, id,
                         &(struct snac_failure){.code = SNAC_ERR_SERVICE_UNAVAILABLE});
        buf_fini(&items);
        return;
    }
    oscar_conn_feedbag_list(s->conn, id, buf_span(&items), (uint32_t)state.changed);
    buf_fini(&items);
}

/* ---- edits ---- */

struct edit {
    struct storer_op op;
    struct worker *w;
    int64_t user, now;
    uint32_t session, id; /* who asked; the request */
    enum feedbag_op what;
    struct span items;    /* behind the struct */
    size_t n;
    struct span account;  /* whose; behind the struct, too */
    bool buddies, rules, icon; /* what it touched */
    uint16_t codes[ROSTER_EDIT_MAX];
    struct span was[ROSTER_EDIT_MAX]; /* who stood in that place before, if it was a buddy; in the arena */
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

static uint16_t put(struct edit *e, struct store *s, struct room *r, const struct feedbag_item *item,
                    const struct roster_row *old)
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
        code = rosters_delete(s, e->user, item->group, item->item) ? FEEDBAG_DATABASE : FEEDBAG_DONE;
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
        unwatch(s, was, BY_FEEDBAG);
    edge = is.n ? watch(s, is, BY_FEEDBAG, &why) : NULL;
    if (edge && s->online)
        presence_show_edge(s->w, edge, true);
}

/* The session's edges follow its list. */
static void follow(struct aim_session *s, struct edit *e)
{
    struct span items = e->items;
    struct feedbag_item item;

    for (size_t i = 0; i < e->n && feedbag_item_next(&items, &item); i++) {
        bool stands = e->what != FEEDBAG_DELETE && item.class_id == FEEDBAG_BUDDY;

        if (e->codes[i] == FEEDBAG_DONE && s->list_loaded)
            follow_item(s, e->was[i], stands ? item.name : (struct span){0});
    }
    aim_session_dirty(s);
}

/* What the edit means to the account and to everybody who watches. */
static void take_effect(struct worker *w, struct account *a, struct edit *e)
{
    LIST_EACH (struct aim_session, s, &a->sessions, of_account) {
        if (s->id != e->session)
            oscar_conn_feedbag_push(s->conn, e->what, e->items);
        follow(s, e);
    }
    if ((e->rules || (e->buddies && account_asks_who_is_buddy(a))) &&
        account_load_rules(w, a) == OK)
        presence_rules_changed(w, a);
    if (a->asks_strangers && (e->buddies || e->rules))
        knock_review(w, a);
    if (e->buddies)
        lists_roster_changed(w, a);
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
    e->session = s->id;
    e->id = id;
    e->what = op;
    e->op = (struct storer_op){
        .run = run_edit, .done = done_edit, .several = true, .bytes = sizeof *e + items.n};
    worker_write(s->w, &e->op);
}

/* ---- permit and deny of clients without a list here (SNAC foodgroup 0x0009) ---- */

struct permit_edit {
    struct storer_op op;
    int64_t user, now;
    struct span account; /* both behind the struct */
    struct span names;
    bool permit, remove, temporary;
    unsigned mode; /* 0: stays */
};

enum { TEMPORARY_SECONDS = 86400 };

static enum err run_permit(struct storer_op *op, struct store *s)
{
    struct permit_edit *p = LIST_OF(op, struct permit_edit, op);
    enum privacy_kind list = p->permit ? KEPT_PERMIT : KEPT_DENY;
    struct span names = p->names, name;
    enum err e = p->mode ? privacy_set_mode(s, p->user, p->mode) : OK;

    while (!e && screenname_next(&names, &name)) {
        char norm[SCREEN_NAME_MAX + 1];
        size_t n;

        if (name_norm(name, norm, &n) == NAME_BAD)
            continue;
        if (p->remove) {
            e = privacy_delete(s, p->user, list, span_of(norm, n));
            e = e == ERR_NOT_FOUND ? OK : e;
        } else {
            e = privacy_put(s, p->user,
                            &(struct privacy_entry){.list = list,
                                                    .name = span_of(norm, n),
                                                    .until = p->temporary ? p->now + TEMPORARY_SECONDS : 0,
                                                    .created = p->now});
        }
    }
    return e;
}

static void done_permit(struct storer_op *op, enum err err, void *ctx)
{
    struct permit_edit *p = LIST_OF(op, struct permit_edit, op);
    struct worker *w = ctx;
    struct account *a;

    worker_begin(w);
    a = account_loaded(w, p->account);
    if (err)
        LOG_ERROR(&w->log, "store", "a permit or deny list was not kept", "why", err_text(err));
    else if (a && account_load_rules(w, a) == OK)
        presence_rules_changed(w, a);
    if (a && a->asks_strangers)
        knock_review(w, a);
    free(p);
}

void roster_permit(struct aim_session *s, const struct oscar_names *names, bool permit)
{
    struct span key = s->account->person->key, list = names->list, first = {0}, name;
    struct permit_edit *p = calloc(1, sizeof *p + names->list.n + key.n);
    uint8_t *bytes;
    size_t n = 0;

    if (!p)
        return;
    while (screenname_next(&list, &name))
        if (n++ == 0)
            first = name_norm_in(&s->w->arena, name, &(enum name_class){0});
    bytes = (uint8_t *)(p + 1);
    p->account = span_place(&bytes, key);
    p->names = span_place(&bytes, names->list);
    p->user = s->account->id;
    p->now = s->w->unix_now;
    p->permit = permit;
    p->remove = names->remove;
    p->temporary = names->temporary;
    if (!names->remove && !names->temporary && n > 0)
        p->mode = (unsigned)privacy_mode_after_add(permit, key, first, n);
    p->op = (struct storer_op){
        .run = run_permit, .done = done_permit, .several = true, .bytes = 256 + names->list.n};
    worker_write(s->w, &p->op);
}
