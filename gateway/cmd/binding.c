/* aimgate binding add|del|list: the operator's word on which address a screen name stands for. */

#include <jansson.h>
#include <time.h>

#include "db/bindings.h"
#include "db/store_open.h"
#include "db/store_transaction.h"
#include "db/users.h"
#include "gateway/cmd/cmd.h"
#include "gateway/cmd/data.h"
#include "mapping/name.h"

static const char *uri_fault(enum err e)
{
    switch (e) {
    case ERR_BAD_SCHEME: return "is no im: URI; write im:user@domain";
    case ERR_NO_USER: return "names no user; write im:user@domain";
    case ERR_BAD_HOST: return "has no host name behind the @; write im:user@domain";
    default: return "is no address; write im:user@domain";
    }
}

static int refuse_add(const struct cmd_context *c, struct store *s, const struct binding_row *row,
                      enum err e)
{
    const char *name = c->argv[1], *uri = c->argv[2];
    struct binding_row other;

    if (e == ERR_RESERVED)
        return user_name_is_reserved(row->name)
                   ? cmd_refuse("%s is the service's own buddy; choose another name", name)
                   : cmd_refuse("%s is a local user; choose another name", name);
    if (e != ERR_EXISTS)
        return data_refuse(c, s, e);
    if (bindings_find(s, row->name, c->arena, &other) == OK && other.kind != BINDING_CASE)
        return cmd_refuse("%s is bound to %.*s (%s); first: binding del %s", name,
                          SPAN_ARG(other.key), binding_kind_name(other.kind), name);
    if (bindings_find_address(s, BINDING_OPERATOR, row->key, c->arena, &other) == OK)
        return cmd_refuse("%s is bound to the name %.*s; first: binding del %.*s", uri,
                          SPAN_ARG(other.name), SPAN_ARG(other.name));
    return cmd_refuse("%s or %s is bound already; binding list shows to what", name, uri);
}

static int add(const struct cmd_context *c, const struct binding_row *row)
{
    struct store *s = NULL;
    int status = data_open(c, STORE_UPDATE, &s);
    enum err e;

    if (status != CMD_DONE)
        return status;
    /* what it checks and what it writes are one */
    e = store_begin(s);
    if (e == OK)
        e = bindings_add(s, row);
    if (e == OK)
        e = store_commit(s);
    if (e == OK)
        data_tell(c, "binding changed", row->name);
    else
        status = refuse_add(c, s, row, e);
    store_rollback(s);
    store_close(s);
    return status;
}

int cmd_binding_add(const struct cmd_context *c)
{
    struct span own = span_str(c->conf->domain);
    struct name_rules rules = {.own = &own, .own_count = 1};
    enum name_class class;
    struct buf key = {0};
    struct binding_row row = {.kind = BINDING_OPERATOR, .created = (int64_t)time(NULL)};
    enum err e;
    int status;

    row.name = name_norm_in(c->arena, span_str(c->argv[1]), &class);
    if (class == NAME_BAD)
        return cmd_refuse("%s is no screen name; take 3 to 16 letters and digits, a letter first",
                          c->argv[1]);
    e = uri_to_address(span_str(c->argv[2]), &rules, c->arena, &row.address);
    if (e != OK && address_is_own(&rules, &row.address))
        e = OK; /* our own domain is refused below, whatever is before the @ */
    if (e != OK)
        return cmd_refuse("%s %s", c->argv[2], uri_fault(e));
    if (name_same(row.name, span_str(c->conf->helper.name)))
        return cmd_refuse("%s is the service's own buddy; choose another name", c->argv[1]);
    if (address_is_own(&rules, &row.address))
        return cmd_refuse(
            "%s is in this gateway's own domain, whose users have their screen names; "
            "bind addresses of other domains",
            c->argv[2]);
    address_key(&key, &rules, &row.address);
    row.key = buf_span(&key);
    status = buf_ok(&key) ? add(c, &row) : cmd_refuse("out of memory");
    buf_fini(&key);
    return status;
}

/* The operator's own, else what the gateway made (an alias, a spelling). */
int cmd_binding_del(const struct cmd_context *c)
{
    enum name_class class;
    struct span name = name_norm_in(c->arena, span_str(c->argv[1]), &class);
    struct store *s = NULL;
    struct binding_row row;
    int status = data_open(c, STORE_UPDATE, &s);
    enum err e;

    if (status != CMD_DONE)
        return status;
    e = bindings_find(s, name, c->arena, &row);
    if (e == OK)
        e = bindings_delete(s, row.kind, row.name);
    if (e == OK)
        data_tell(c, "binding changed", row.name);
    else if (e == ERR_NOT_FOUND)
        status =
            cmd_refuse("%s is not bound to any address; binding list shows what is", c->argv[1]);
    else
        status = data_refuse(c, s, e);
    store_close(s);
    return status;
}

static void print_json_row(const struct binding_row *row, const char *address, bool first)
{
    json_t *o = json_pack("{s:s%,s:s,s:s,s:I}", "name", row->name.p, row->name.n, "kind",
                          binding_kind_name(row->kind), "address", address, "created",
                          (json_int_t)row->created);

    data_row(o, first);
}

static enum err print_all(const struct cmd_context *c, struct store *s, size_t *n)
{
    struct buf address = {0};
    struct cursor list;
    struct binding_row row;
    enum err e = bindings_list(s, &list);

    for (; e == OK && bindings_next(&list, &row); ++*n) {
        buf_reset(&address);
        address_to_im_uri(&address, &row.address);
        if (c->json)
            print_json_row(&row, buf_cstr(&address), *n == 0);
        else
            printf("%-20.*s  %-8s  %s\n", SPAN_ARG(row.name), binding_kind_name(row.kind),
                   buf_cstr(&address));
    }
    buf_fini(&address);
    return cursor_close(&list);
}

int cmd_binding_list(const struct cmd_context *c)
{
    return data_list(c, print_all, "no bindings; `binding add SCREENNAME IM-URI` adds one");
}
