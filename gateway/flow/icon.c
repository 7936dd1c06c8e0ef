#include "gateway/flow/icon.h"

#include <stdlib.h>

#include "db/icons.h"
#include "gateway/flow/presence.h"
#include "gateway/people/book.h"

static struct bart_item item_of(uint16_t type, struct span hash)
{
    return (struct bart_item){.type = type, .flags = BART_FLAG_CUSTOM, .data = hash};
}

static void tell_state(struct aim_session *s, const struct account *a)
{
    struct bart_item item = item_of(BART_ICON, span_of(a->icon_wish, a->icon_wish_n));

    if (!a->icon_n)
        item.flags |= BART_FLAG_UNKNOWN;
    oscar_conn_icon_state(s->conn, &item);
    aim_session_dirty(s);
}

void icon_ask(struct aim_session *s)
{
    if (s->account->icon_wish_n && !s->account->icon_n)
        tell_state(s, s->account);
}

void icon_chosen(struct aim_session *s, struct account *a)
{
    if (account_find_icon(s->w, a))
        presence_icon_changed(s->w, a);
    if (a->icon_wish_n)
        tell_state(s, a);
}

/* ---- upload ---- */

struct upload {
    struct storer_op op;
    int64_t user;
    uint32_t session, id; /* who sent it; the request */
    uint16_t type;
    uint8_t hash[BART_HASH];
    struct span account, image; /* behind the struct */
};

static enum err run_upload(struct storer_op *op, struct store *s)
{
    struct upload *u = LIST_OF(op, struct upload, op);

    return icons_put(s, u->user, u->type, span_of(u->hash, sizeof u->hash), u->image);
}

static void answer_upload(struct aim_session *s, const struct upload *u)
{
    struct bart_item item = item_of(u->type, span_of(u->hash, sizeof u->hash));

    oscar_conn_icon_kept(s->conn, u->id, BART_OK, &item);
    aim_session_dirty(s);
}

static void done_upload(struct storer_op *op, enum err e, void *ctx)
{
    struct upload *u = LIST_OF(op, struct upload, op);
    struct worker *w = ctx;
    struct aim_session *s;
    struct account *a;

    worker_begin(w);
    s = aim_session_by_id(w->aim_door, u->session);
    a = account_loaded(w, u->account);
    if (e)
        LOG_ERROR(&w->log, "store", "a buddy icon was not kept", "why", err_text(e), "do",
                  "look at the disk of the data folder");
    if (s && e)
        oscar_conn_error(s->conn, FOODGROUP_BART, u->id,
                         &(struct snac_failure){.code = SNAC_ERR_SERVICE_UNAVAILABLE});
    else if (s)
        answer_upload(s, u);
    if (!e && a && account_find_icon(w, a))
        presence_icon_changed(w, a);
    free(u);
}

void icon_set(struct aim_session *s, struct account *a, uint32_t id, const struct bart_upload *in)
{
    struct bart_item nothing = {.type = in->type};
    enum bart_code code = bart_image_check(in->image);
    struct upload *u;
    uint8_t *bytes;

    if (in->type != BART_ICON && in->type != BART_SMALL_ICON)
        code = BART_INVALID; /* sounds, wallpapers: nobody here shows them */
    if (code != BART_OK) {
        oscar_conn_icon_kept(s->conn, id, code, &nothing);
        return;
    }
    u = calloc(1, sizeof *u + a->person->key.n + in->image.n);
    if (!u || !bart_image_hash(in->image, u->hash)) {
        free(u);
        oscar_conn_error(s->conn, FOODGROUP_BART, id,
                         &(struct snac_failure){.code = SNAC_ERR_SERVICE_UNAVAILABLE});
        return;
    }
    bytes = (uint8_t *)(u + 1);
    u->account = span_place(&bytes, a->person->key);
    u->image = span_place(&bytes, in->image);
    u->user = a->id;
    u->session = s->id;
    u->id = id;
    u->type = in->type;
    u->op = (struct storer_op){
        .run = run_upload, .done = done_upload, .bytes = sizeof *u + in->image.n};
    worker_write(s->w, &u->op);
}

/* ---- download ---- */

/* Whoever may not see a user gets no image of his, whatever its name; an invisible one is not
 * there. */
static bool may_have(struct account *viewer, const struct person *p)
{
    return viewer->person == p || presence_is_shown(viewer, p);
}

void icon_wanted(struct aim_session *s, struct account *a, uint32_t id, const struct bart_query *q)
{
    struct worker *w = s->w;
    struct name_target t;
    struct person *p = NULL;
    struct span image = {0};

    if (book_typed(w, q->name, &t) == OK && t.local)
        p = person_find(w->people, t.address.user);
    if (p && p->account && may_have(a, p))
        (void)icons_find(w->store, p->account->id, q->item.data, &w->arena, &image);
    oscar_conn_icon(s->conn, id, q, image);
    aim_session_dirty(s);
}
