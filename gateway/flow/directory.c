#include "gateway/flow/directory.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "db/directory.h"
#include "gateway/peer/peers.h"
#include "gateway/people/book.h"
#include "mapping/charset.h"

/* ---- entries ---- */

struct span entry_get(const struct entry *e, uint16_t field)
{
    for (size_t i = 0; i < e->n; i++)
        if (e->fields[i].field == field)
            return e->fields[i].value;
    return (struct span){0};
}

static size_t longest(uint16_t field)
{
    return field == DIRECTORY_ABOUT ? DIRECTORY_ABOUT_MAX : DIRECTORY_VALUE_MAX;
}

static void add_field(struct entry *e, uint16_t field, struct span value)
{
    if (e->n < sizeof e->fields / sizeof *e->fields)
        e->fields[e->n++] = (struct entry_field){field, value};
}

void entry_put(struct worker *w, struct entry *e, uint16_t field, struct span raw)
{
    struct buf utf8 = {0}, tidy = {0};

    oscar_text_read(&utf8, OSCAR_ASCII, span_first(raw, (size_t)4 * DIRECTORY_ABOUT_MAX));
    text_tidy(&tidy, buf_span(&utf8));
    if (buf_ok(&utf8) && buf_ok(&tidy))
        add_field(e, field,
                  arena_copy(&w->arena, utf8_cut(span_trim(buf_span(&tidy)), longest(field))));
    buf_fini(&utf8);
    buf_fini(&tidy);
}

/* The TLVs that are fields of a directory. */
static void read_tlvs(struct worker *w, struct span tlvs, struct entry *out)
{
    struct tlv t;

    *out = (struct entry){0};
    while (tlv_next(&tlvs, &t))
        if (directory_field_is_public(t.type))
            entry_put(w, out, t.type, t.value);
}

static void load(struct worker *w, int64_t user, struct entry *out)
{
    struct cursor c = {0};
    uint16_t field;
    struct span value;

    if (directory_list(w->store, user, &c) == OK)
        while (directory_next(&c, &field, &value))
            add_field(out, field, arena_copy(&w->arena, value));
    (void)cursor_close(&c);
}

bool directory_of(struct worker *w, struct account *viewer, struct span name, struct entry *out)
{
    struct account *a;

    *out = (struct entry){0};
    if (account_get(w, name, &a) || (a != viewer && account_blocks(a, viewer->person->key)))
        return false;
    out->name = a->person->key;
    out->formatted = a->formatted;
    out->authorises = a->authorises;
    load(w, a->id, out);
    return true;
}

static bool has_all(const struct entry *e, const struct entry *like)
{
    for (size_t i = 0; i < like->n; i++)
        if (!span_case_eq(entry_get(e, like->fields[i].field), like->fields[i].value))
            return false;
    return true;
}

/* The names first: looking one up asks the database, and its cursors are not for two at once. */
static size_t find_names(struct worker *w, const struct entry_field *by, struct span *names,
                         size_t most)
{
    struct cursor c = {0};
    struct span name;
    size_t n = 0;

    if (directory_find(w->store, by->field, by->value, most, &c) == OK)
        while (n < most && directory_next_name(&c, &name))
            names[n++] = arena_copy(&w->arena, name);
    (void)cursor_close(&c);
    return n;
}

size_t directory_search(struct worker *w, struct account *viewer, const struct entry *like,
                        struct entry **out)
{
    enum { LOOKED_AT = 5 * DIRECTORY_FOUND_MAX };
    struct span names[LOOKED_AT];
    size_t n, found = 0;

    *out = arena_alloc(&w->arena, DIRECTORY_FOUND_MAX * sizeof **out);
    if (!*out || like->n == 0)
        return 0;
    n = find_names(w, &like->fields[0], names, LOOKED_AT);
    for (size_t i = 0; i < n && found < DIRECTORY_FOUND_MAX; i++)
        if (directory_of(w, viewer, names[i], &(*out)[found]) && has_all(&(*out)[found], like))
            found++;
    return found;
}

/* ---- writing ---- */

struct keeping {
    struct storer_op op;
    int64_t user;
    uint32_t session, id;
    directory_kept done;
    size_t n;
    struct entry_field fields[16];
};

static enum err run_keep(struct storer_op *op, struct store *s)
{
    struct keeping *k = LIST_OF(op, struct keeping, op);
    enum err e = OK;

    for (size_t i = 0; i < k->n && !e; i++)
        e = directory_put(s, k->user, k->fields[i].field, k->fields[i].value);
    return e;
}

static void done_keep(struct storer_op *op, enum err e, void *ctx)
{
    struct keeping *k = LIST_OF(op, struct keeping, op);
    struct worker *w = ctx;

    worker_begin(w);
    if (e)
        LOG_ERROR(&w->log, "store", "a directory entry was not kept", "why", err_text(e), "do",
                  "look at the disk of the data folder");
    k->done(w, k->session, k->id, e);
    free(k);
}

void directory_keep(struct aim_session *s, struct account *a, const struct entry *e, uint32_t id,
                    directory_kept done)
{
    size_t size = 0;
    struct keeping *k;
    uint8_t *bytes;

    for (size_t i = 0; i < e->n; i++)
        size += e->fields[i].value.n;
    k = calloc(1, sizeof *k + size);
    if (!k) {
        done(s->w, s->id, id, ERR_NOMEM);
        return;
    }
    bytes = (uint8_t *)(k + 1);
    for (; k->n < e->n; k->n++)
        k->fields[k->n] =
            (struct entry_field){e->fields[k->n].field, span_place(&bytes, e->fields[k->n].value)};
    k->user = a->id;
    k->session = s->id;
    k->id = id;
    k->done = done;
    k->op = (struct storer_op){
        .run = run_keep, .done = done_keep, .several = true, .bytes = sizeof *k + size};
    worker_write(s->w, &k->op);
}

/* ---- what AIM clients ask ---- */

static void told_kept(struct worker *w, uint32_t session, uint32_t id, enum err e)
{
    struct aim_session *s = aim_session_by_id(w->aim_door, session);

    if (!s)
        return;
    if (e)
        oscar_conn_error(s->conn, FOODGROUP_LOCATE, id,
                         &(struct snac_failure){.code = SNAC_ERR_SERVICE_UNAVAILABLE});
    else
        oscar_conn_entry_set(s->conn, id);
    aim_session_dirty(s);
}

void directory_set(struct aim_session *s, uint32_t id, struct span tlvs)
{
    struct entry e;

    read_tlvs(s->w, tlvs, &e);
    directory_keep(s, s->account, &e, id, told_kept);
}

static void write_fields(struct buf *b, const struct entry *e, uint16_t *n)
{
    for (size_t i = 0; i < e->n; i++)
        if (directory_field_is_public(e->fields[i].field)) {
            tlv_write(b, e->fields[i].field, e->fields[i].value);
            ++*n;
        }
}

/* Nobody, and somebody who told nothing, are answered alike. */
void directory_wanted(struct aim_session *s, uint32_t id, struct span name)
{
    struct buf tlvs = {0};
    struct name_target t;
    struct entry e;
    uint16_t n = 0;

    if (book_typed(s->w, name, &t) == OK && t.local &&
        directory_of(s->w, s->account, t.address.user, &e))
        write_fields(&tlvs, &e, &n);
    oscar_conn_entry(s->conn, id, buf_span(&tlvs));
    buf_fini(&tlvs);
}

void directory_asked(struct aim_session *s, struct account *a, uint32_t id, struct span tlvs)
{
    enum { ROOM = 8000 /* of a frame that every client takes */ };
    struct entry like, *found;
    struct buf all = {0}, one = {0};
    size_t n, told = 0;

    read_tlvs(s->w, tlvs, &like);
    n = directory_search(s->w, a, &like, &found);
    for (; told < n; told++) {
        uint16_t fields = 1;

        buf_reset(&one);
        tlv_write(&one, DIRECTORY_NAME, found[told].formatted);
        write_fields(&one, &found[told], &fields);
        if (all.n + one.n > ROOM)
            break;
        buf_u16(&all, fields);
        buf_add(&all, buf_span(&one));
    }
    oscar_conn_directory_found(s->conn, id, buf_span(&all), buf_ok(&all) ? (uint16_t)told : 0);
    aim_session_dirty(s);
    buf_fini(&all);
    buf_fini(&one);
}

/* A user of a peer has no other name than his address: it finds itself. */
void directory_find_email(struct aim_session *s, uint32_t id, struct span address)
{
    struct worker *w = s->w;
    struct span names[USERLOOKUP_FOUND_MAX];
    struct name_target t;
    struct shown_name shown;
    struct entry like = {0}, *found;
    size_t n = 0;

    if (book_typed(w, address, &t) == OK && !t.local && peer_find(w->peers, t.address.host) &&
        book_show(w, &t.address, false, &shown) == OK)
        names[n++] = shown.name;
    entry_put(w, &like, DIRECTORY_EMAIL, address);
    for (size_t i = 0, all = directory_search(w, s->account, &like, &found);
         i < all && n < USERLOOKUP_FOUND_MAX; i++)
        names[n++] = found[i].formatted;
    oscar_conn_found(s->conn, id, names, n);
}
