#include "gateway/people/book.h"

#include "db/bindings.h"
#include "db/users.h"
#include "gateway/peer/peers.h"
#include "gateway/people/person.h"

#include <stdlib.h>

static bool is_local(void *ctx, struct span norm)
{
    struct worker *w = ctx;
    const struct person *p = person_find(w->people, norm);
    struct user_row u;

    if (book_is_helper(w, norm))
        return true;
    return p && p->account ? !p->deleted : users_find(w->store, norm, &w->arena, &u) == OK;
}

static bool is_reserved(void *ctx, struct span norm)
{
    struct worker *w = ctx;
    struct binding_row row;

    return user_name_is_reserved(norm) ||
           bindings_find_kind(w->store, BINDING_OPERATOR, norm, &w->arena, &row) == OK;
}

static bool give(enum err e, const struct binding_row *row, struct binding *out)
{
    if (e)
        return false;
    *out = (struct binding){.kind = row->kind, .name = row->name, .address = row->address};
    return true;
}

static bool find_by_name(void *ctx, struct span norm, struct binding *out)
{
    struct worker *w = ctx;
    struct binding_row row;
    enum err e = bindings_find_kind(w->store, BINDING_OPERATOR, norm, &w->arena, &row);

    if (e)
        e = bindings_find_kind(w->store, BINDING_ALIAS, norm, &w->arena, &row);
    return give(e, &row, out);
}

static bool find_by_address(void *ctx, enum binding_kind kind, const struct address *a,
                            struct binding *out)
{
    struct worker *w = ctx;
    struct binding_row row;
    struct buf key = {0};
    enum err e;

    address_key(&key, &w->rules, a);
    e = bindings_find_address(w->store, kind, buf_span(&key), &w->arena, &row);
    buf_fini(&key);
    return give(e, &row, out);
}

static bool find_case(void *ctx, struct span key, struct binding *out)
{
    struct worker *w = ctx;
    struct binding_row row;

    return give(bindings_find_kind(w->store, BINDING_CASE, key, &w->arena, &row), &row, out);
}

bool book_is_helper(const struct worker *w, struct span norm)
{
    return span_eq(norm, w->helper_name);
}

/* D-18. */
static bool is_case_sensitive(void *ctx, struct span host)
{
    const struct worker *w = ctx;

    return w->peers && peer_switches(peer_find(w->peers, host))->case_sensitive;
}

enum err book_init(struct worker *w)
{
    char norm[SCREEN_NAME_MAX + 1];
    size_t n;

    (void)name_norm(span_str(w->conf->helper.name), norm, &n);
    w->own_domain = span_str(w->conf->domain);
    /* The configuration vouches for its own domain and its peers': a host of one label is a name
     * like any. */
    w->rules = (struct name_rules){
        .own = &w->own_domain, .own_count = 1, .allow_short_hosts = true, .allow_ip = true,
        .case_sensitive = is_case_sensitive, .ctx = w};
    w->book = (struct name_book){.ctx = w,
                                 .is_local = is_local,
                                 .is_reserved = is_reserved,
                                 .find_by_name = find_by_name,
                                 .find_by_address = find_by_address,
                                 .find_case = find_case};
    recall_init(&w->recall);
    return span_keep(&w->helper_name, span_of(norm, n)) ? OK : ERR_NOMEM;
}

void book_fini(struct worker *w)
{
    span_free(&w->helper_name);
    recall_fini(&w->recall);
}

void book_changed(struct worker *w)
{
    recall_clear(&w->recall);
}

/* ---- questions ---- */

enum question { QUESTION_TYPED, QUESTION_SHOWN_LONG, QUESTION_SHOWN_SHORT };

/* The length of the first part keeps two questions from being written alike. Empty: too long to be
 * kept. */
static struct span question(uint8_t to[RECALL_QUESTION_MAX], enum question kind, struct span a,
                            struct span b)
{
    if (a.n > UINT8_MAX || a.n + b.n + 2 > RECALL_QUESTION_MAX)
        return (struct span){0};
    to[0] = (uint8_t)kind;
    to[1] = (uint8_t)a.n;
    if (a.n)
        memcpy(to + 2, a.p, a.n);
    if (b.n)
        memcpy(to + 2 + a.n, b.p, b.n);
    return span_of(to, a.n + b.n + 2);
}

enum err book_typed(struct worker *w, struct span typed, struct name_target *out)
{
    uint8_t octets[RECALL_QUESTION_MAX];
    struct span asked = question(octets, QUESTION_TYPED, typed, (struct span){0});
    struct recalled known;
    enum err e;

    if (recall_find(&w->recall, asked, w->now, &w->arena, &known)) {
        *out = (struct name_target){.local = known.local,
                                    .class = known.class,
                                    .address = {known.first, known.second},
                                    .by = known.by};
        return OK;
    }
    e = name_typed_to_target(typed, &w->rules, &w->book, &w->arena, out);
    if (!e)
        recall_add(&w->recall, asked, w->now,
                   &(struct recalled){.local = out->local,
                                      .class = out->class,
                                      .by = out->by,
                                      .first = out->address.user,
                                      .second = out->address.host});
    return e;
}

/* A binding on its way into the database; its spans stand behind the struct. */
struct binding_write {
    struct storer_op op;
    struct binding_row row;
};

static enum err run_binding(struct storer_op *op, struct store *s)
{
    enum err e = bindings_add(s, &LIST_OF(op, struct binding_write, op)->row);

    return e == ERR_EXISTS ? OK : e; /* the first spelling seen stays */
}

static void done_binding(struct storer_op *op, enum err e, void *ctx)
{
    struct worker *w = ctx;

    if (e)
        LOG_WARNING(&w->log, "store", "a binding was not kept", "why", err_text(e));
    book_changed(w);
    free(LIST_OF(op, struct binding_write, op));
}

static struct span put(uint8_t **at, struct span s)
{
    struct span copy = span_of(*at, s.n);

    if (s.n)
        memcpy(*at, s.p, s.n);
    *at += s.n;
    return copy;
}

static void keep(struct worker *w, const struct binding *b)
{
    struct buf key = {0};
    struct binding_write *write;
    uint8_t *at;

    address_key(&key, &w->rules, &b->address);
    write = calloc(1, sizeof *write + b->name.n + b->address.user.n + b->address.host.n + key.n);
    if (write && buf_ok(&key)) {
        at = (uint8_t *)(write + 1);
        write->row.kind = b->kind;
        write->row.name = put(&at, b->name);
        write->row.address.user = put(&at, b->address.user);
        write->row.address.host = put(&at, b->address.host);
        write->row.key = put(&at, buf_span(&key));
        write->row.created = w->unix_now;
        write->op = (struct storer_op){.run = run_binding, .done = done_binding, .bytes = 512};
        worker_write(w, &write->op);
    } else {
        free(write);
    }
    buf_fini(&key);
}

enum err book_show(struct worker *w, const struct address *address, bool short_names,
                   struct shown_name *out)
{
    enum question kind = short_names ? QUESTION_SHOWN_SHORT : QUESTION_SHOWN_LONG;
    uint8_t octets[RECALL_QUESTION_MAX];
    struct span asked = question(octets, kind, address->user, address->host);
    struct recalled known;
    enum err e;

    if (recall_find(&w->recall, asked, w->now, &w->arena, &known)) {
        *out = (struct shown_name){.name = known.first};
        return OK;
    }
    e = address_to_name(address, short_names, &w->rules, &w->book, &w->arena, out);
    for (size_t i = 0; !e && i < out->made_count; i++)
        keep(w, &out->made[i]);
    if (!e && out->made_count == 0)
        recall_add(&w->recall, asked, w->now, &(struct recalled){.first = out->name});
    return e;
}
