#include "gateway/people/named.h"

#include "db/users.h"
#include "gateway/people/account.h"
#include "gateway/people/book.h"

static bool has_scheme(struct span s)
{
    return span_case_starts(s, SPAN("sip:")) || span_case_starts(s, SPAN("sips:")) ||
           span_case_starts(s, SPAN("im:")) || span_case_starts(s, SPAN("pres:"));
}

static enum err fill_local(struct worker *w, struct span norm, struct named *out)
{
    struct account *a = account_loaded(w, norm);
    struct user_row u;
    enum err e = OK;

    *out =
        (struct named){.address = {norm, w->own_domain}, .local = true, .key = norm, .shown = norm};
    if (book_is_helper(w, norm)) {
        out->shown = span_str(w->conf->helper.name);
    } else if (a && !a->person->deleted) {
        out->shown = arena_copy(&w->arena, a->formatted);
    } else {
        e = users_find(w->store, norm, &w->arena, &u);
        out->shown = e ? norm : u.formatted;
    }
    return e;
}

static enum err fill_foreign(struct worker *w, const struct address *a, struct named *out)
{
    struct shown_name shown;
    struct buf key = {0};
    enum err e = book_show(w, a, false, &shown);

    address_key(&key, &w->rules, a);
    *out = (struct named){.address = *a, .key = arena_copy(&w->arena, buf_span(&key))};
    out->shown = e ? out->key : shown.name;
    e = buf_ok(&key) && arena_ok(&w->arena) ? OK : ERR_NOMEM;
    buf_fini(&key);
    return e;
}

static enum err find_typed(struct worker *w, struct span typed, struct named *out)
{
    struct name_target t;
    enum name_class class;
    enum err e = book_typed(w, typed, &t);

    if (e == ERR_NO_USER) {
        struct span norm = name_norm_in(&w->arena, typed, &class);

        return norm.n ? fill_local(w, norm, out) : ERR_BAD_NAME;
    }
    if (e)
        return e;
    return t.local ? fill_local(w, t.address.user, out) : fill_foreign(w, &t.address, out);
}

enum err named_find(struct worker *w, struct span typed, struct named *out)
{
    struct address a;
    enum err e;

    *out = (struct named){0};
    if (!has_scheme(typed))
        return find_typed(w, typed, out);
    e = uri_to_address(typed, &w->rules, &w->arena, &a);
    if (e)
        return e == ERR_NO_USER ? ERR_BAD_NAME : e;
    return address_is_own(&w->rules, &a) ? fill_local(w, a.user, out) : fill_foreign(w, &a, out);
}
