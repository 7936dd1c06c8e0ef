#include "gateway/flow/icq_auth.h"

#include "db/rosters.h"
#include "gateway/door/aim.h"
#include "gateway/people/account.h"
#include "oscar/foodgroup/feedbag.h"

static void write_marked(struct buf *out, const struct roster_row *row, bool pending)
{
    struct span rest = row->attributes;
    struct buf attributes = {0};
    struct tlv t;

    if (pending)
        tlv_write_empty(&attributes, FEEDBAG_ATTR_PENDING);
    while (tlv_next(&rest, &t))
        if (t.type != FEEDBAG_ATTR_PENDING)
            tlv_write(&attributes, t.type, t.value);
    feedbag_item_write(out, &(struct feedbag_item){.name = row->name,
                                                   .group = row->group,
                                                   .item = row->item,
                                                   .class_id = row->class,
                                                   .attributes = buf_span(&attributes)});
    out->bad |= attributes.bad;
    buf_fini(&attributes);
}

/* The items that name them, with the mark or without. What is kept of the list stays as it is: the
 * mark holds as long as the wait. */
static void write_items(struct worker *w, const struct account *a, const struct foreign *f,
                        bool pending, struct buf *out)
{
    struct cursor c = {0};
    struct roster_row row;

    if (rosters_list(w->store, a->id, &c) == OK)
        while (rosters_next(&c, &row))
            if (row.class == FEEDBAG_BUDDY && name_same(row.name, f->name))
                write_marked(out, &row, pending);
    (void)cursor_close(&c);
}

static enum err unmark(struct store *s, int64_t user, const struct roster_row *row,
                       struct buf *items)
{
    struct roster_row plain = *row;
    struct feedbag_item item;
    struct span written;
    size_t before = items->n;

    write_marked(items, row, false);
    written = span_skip(buf_span(items), before);
    if (!buf_ok(items) || !feedbag_item_next(&written, &item))
        return ERR_NOMEM;
    plain.attributes = item.attributes;
    return rosters_put(s, user, &plain);
}

enum err icq_auth_unmark(struct store *s, int64_t user, struct span name, int64_t now,
                         struct buf *items)
{
    struct cursor c = {0};
    struct roster_row row, *rows;
    struct arena arena = {0};
    struct buf found = {0};
    enum err e = rosters_list(s, user, &c), closed;

    while (!e && rosters_next(&c, &row)) {
        if (row.class != FEEDBAG_BUDDY || !name_same(row.name, name) ||
            !tlv_has(row.attributes, FEEDBAG_ATTR_PENDING))
            continue;
        row.name = arena_copy(&arena, row.name);
        row.attributes = arena_copy(&arena, row.attributes);
        buf_put(&found, &row, sizeof row);
    }
    closed = cursor_close(&c);
    e = e ? e : !arena_ok(&arena) || !buf_ok(&found) ? ERR_NOMEM : closed;
    rows = (void *)found.p;
    for (size_t i = 0; !e && i < found.n / sizeof row; i++)
        e = unmark(s, user, &rows[i], items);
    if (!e && found.n)
        e = rosters_touch(s, user, now);
    buf_fini(&found);
    arena_fini(&arena);
    return e;
}

static void tell(struct account *a, const struct foreign *f, struct span items, enum icq_auth what)
{
    struct feedbag_auth answer = {.subtype = SNAC_FEEDBAG_AUTH_ANSWERED,
                                  .name = f->person->name,
                                  .granted = what == ICQ_AUTH_GRANTED};

    LIST_EACH (struct aim_session, s, &a->sessions, of_account) {
        if (!s->online)
            continue;
        if (items.n)
            oscar_conn_feedbag_push(s->conn, FEEDBAG_UPDATE, items);
        if (what != ICQ_AUTH_PENDING)
            oscar_conn_auth(s->conn, &answer);
        aim_session_dirty(s);
    }
}

static bool is_news(const struct foreign *f, enum icq_auth what)
{
    return what == ICQ_AUTH_REFUSED ? !f->told_refused : f->pending != (what == ICQ_AUTH_PENDING);
}

void icq_auth_heard(struct worker *w, struct foreign *f, enum icq_auth what)
{
    struct account *a = f->owner->account;
    bool pending = what == ICQ_AUTH_PENDING;
    struct buf items = {0};

    if (!a || !a->icq || !is_news(f, what))
        return;
    f->pending = pending;
    f->told_refused = what == ICQ_AUTH_REFUSED;
    write_items(w, a, f, pending, &items);
    if (buf_ok(&items))
        tell(a, f, buf_span(&items), what);
    buf_fini(&items);
}
