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
