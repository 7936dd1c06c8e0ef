/* From the name typed at an AIM client to an address, and back to the name an AIM user is shown:
 * operator's bindings first, then what the gateway kept, then the algorithm. */
#include "mapping/name.h"

enum { ALIAS_TRIES = 64, KEY_MAX = 3 * ADDRESS_USER_MAX + 1 + ADDRESS_HOST_MAX };

static bool is_local(const struct name_book *book, struct span norm)
{
    return book->is_local && book->is_local(book->ctx, norm);
}

static bool folds(const struct name_rules *rules, struct span host)
{
    return !rules->case_sensitive || !rules->case_sensitive(rules->ctx, host);
}

static enum err to_local(const struct name_rules *rules, struct span norm, struct arena *a,
                         struct name_target *out)
{
    out->local = true;
    out->by = BINDING_NONE;
    out->address.user = arena_copy(a, norm);
    out->address.host = rules->own_count ? rules->own[0] : (struct span){0};
    return arena_ok(a) ? OK : ERR_NOMEM;
}

static struct address address_copy(struct arena *a, const struct address *from)
{
    return (struct address){arena_copy(a, from->user), arena_copy(a, from->host), from->secure};
}

/* user@host by the algorithm: the first exact spelling, else what the name spells. */
static enum err by_spelling(struct span norm, const struct name_rules *rules,
                            const struct name_book *book, struct arena *a, struct name_target *out)
{
    size_t at = span_find(norm, '@');
    struct binding known;
    struct buf user = {.max = ADDRESS_USER_MAX};
    enum err e = host_norm(a, span_skip(norm, at + 1), rules, &out->address.host);

    if (e)
        return e;
    e = name_unesc(&user, span_first(norm, at));
    if (e == OK && book->find_case && book->find_case(book->ctx, norm, &known)) {
        out->by = BINDING_CASE;
        out->address = address_copy(a, &known.address);
    } else if (e == OK) {
        out->address.user = arena_copy(a, buf_span(&user));
    }
    buf_fini(&user);
    if (e == OK && !arena_ok(a))
        e = ERR_NOMEM;
    return e;
}

/* Whoever typed one of our names with "@own.domain" meant the name: its left part, normalised.
 * NAME_BAD: it is none. */
static enum name_class strip_own(struct span *norm, char to[SCREEN_NAME_MAX + 1])
{
    size_t at = span_find(*norm, '@'), n = 0;
    struct buf left = {.max = SCREEN_NAME_MAX};
    enum name_class class = NAME_BAD;

    if (name_unesc(&left, span_first(*norm, at)) == OK)
        class = name_norm(buf_span(&left), to, &n);
    buf_fini(&left);
    *norm = span_of(to, n);
    return class;
}

/* A local account or a binding of exactly that name; ERR_NOT_FOUND. */
static enum err look_up(struct span norm, const struct name_rules *rules,
                        const struct name_book *book, struct arena *a, struct name_target *out)
{
    struct binding bound;

    if (is_local(book, norm))
        return to_local(rules, norm, a, out);
    if (!book->find_by_name || !book->find_by_name(book->ctx, norm, &bound))
        return ERR_NOT_FOUND;
    out->by = bound.kind;
    out->address = address_copy(a, &bound.address);
    return arena_ok(a) ? OK : ERR_NOMEM;
}

enum err name_typed_to_target(struct span typed, const struct name_rules *rules,
                              const struct name_book *book, struct arena *a,
                              struct name_target *out)
{
    char norm[SCREEN_NAME_MAX + 1], left[SCREEN_NAME_MAX + 1];
    size_t n;
    struct span s, trimmed = span_trim(typed);
    enum err e;

    *out = (struct name_target){0};
    if (trimmed.n > 0 && trimmed.p[0] == '+' && span_find(trimmed, '@') == trimmed.n)
        return ERR_NO_USER; /* M-117: AIM's mobile numbers */
    out->class = name_norm(typed, norm, &n);
    if (out->class == NAME_BAD)
        return ERR_BAD_NAME;
    s = span_of(norm, n);
    e = look_up(s, rules, book, a, out);
    if (e != ERR_NOT_FOUND)
        return e;
    if (out->class != NAME_MAIL)
        return ERR_NO_USER;
    if (!host_is_own(rules, span_skip(s, span_find(s, '@') + 1)))
        return by_spelling(s, rules, book, a, out);
    out->class = strip_own(&s, left);
    e = out->class == NAME_BAD ? ERR_NOT_FOUND : look_up(s, rules, book, a, out);
    return e == ERR_NOT_FOUND ? ERR_NO_USER : e;
}

enum err address_to_target(const struct address *address, const struct name_rules *rules,
                           const struct name_book *book, struct name_target *out)
{
    *out = (struct name_target){.address = *address};
    if (!host_is_own(rules, address->host)) {
        out->class = NAME_MAIL;
        return OK;
    }
    if (!is_local(book, address->user))
        return ERR_NO_USER;
    out->local = true;
    return OK;
}

/* An alias nobody else has: neither a local account, nor reserved, nor another binding. */
static enum err make_alias(struct span key, const struct address *address,
                           const struct name_book *book, struct arena *a, struct shown_name *out)
{
    char alias[NAME_ALIAS_MAX + 1];
    struct binding other;

    if (book->find_by_address && book->find_by_address(book->ctx, BINDING_ALIAS, address, &other)) {
        out->name = arena_copy(a, other.name);
        return OK;
    }
    for (unsigned n = 0; n < ALIAS_TRIES; n++) {
        struct span s;

        name_alias(key, n, alias);
        s = span_str(alias);
        if (is_local(book, s) || (book->is_reserved && book->is_reserved(book->ctx, s)) ||
            (book->find_by_name && book->find_by_name(book->ctx, s, &other)))
            continue;
        out->name = arena_copy(a, s);
        out->made[out->made_count++] =
            (struct binding){BINDING_ALIAS, out->name, address_copy(a, address)};
        return OK;
    }
    return ERR_FULL;
}

/* A number nobody has; where there are none (left), the short name has to do. */
static enum err make_number(struct span key, const struct address *address,
                            const struct name_book *book, struct arena *a, struct shown_name *out)
{
    struct binding other;
    struct buf digits = {0};
    uint32_t number;

    if (book->find_by_address &&
        book->find_by_address(book->ctx, BINDING_NUMBER, address, &other)) {
        out->name = arena_copy(a, other.name);
        return OK;
    }
    if (!book->free_number || !book->free_number(book->ctx, &number))
        return make_alias(key, address, book, a, out);
    buf_number(&digits, number);
    out->name = arena_copy(a, buf_span(&digits));
    buf_fini(&digits);
    out->made[out->made_count++] =
        (struct binding){BINDING_NUMBER, out->name, address_copy(a, address)};
    return OK;
}

/* Can the key be typed back? name_norm takes 64 octets before the `@` and 97 in all. */
static bool is_typeable(struct span key)
{
    return key.n <= SCREEN_NAME_MAX && span_find(key, '@') <= ADDRESS_USER_MAX;
}

/* The first exact spelling of a folded key is kept, so that the URI can be written as it came. */
static void keep_case(struct span key, const struct address *address, const struct name_book *book,
                      struct arena *a, struct shown_name *out)
{
    bool capital = false;
    struct binding known;

    for (size_t i = 0; i < address->user.n; i++)
        capital = capital || ascii_lower(address->user.p[i]) != address->user.p[i];
    if (capital && !(book->find_case && book->find_case(book->ctx, key, &known)))
        out->made[out->made_count++] =
            (struct binding){BINDING_CASE, key, address_copy(a, address)};
}

/* The name of a foreign address. */
static enum err foreign_name(const struct address *address, enum name_form form,
                             const struct name_rules *rules, const struct name_book *book,
                             struct arena *a, struct shown_name *out)
{
    struct buf b = {.max = KEY_MAX};
    struct binding other;
    struct span key;
    bool taken;

    address_key(&b, rules, address);
    key = arena_copy(a, buf_span(&b));
    buf_fini(&b);
    if (key.n == 0)
        return arena_ok(a) ? ERR_BAD_NAME : ERR_NOMEM;
    taken = book->find_by_name && book->find_by_name(book->ctx, key, &other) &&
            !address_equal(rules, &other.address, address);
    if (form != NAME_NUMBER && (!is_typeable(key) || taken))
        return make_alias(key, address, book, a, out);
    if (folds(rules, address->host))
        keep_case(key, address, book, a, out);
    out->name = key;
    if (form == NAME_NUMBER)
        return make_number(key, address, book, a, out);
    return form == NAME_SHORT ? make_alias(key, address, book, a, out) : OK;
}

enum err address_to_name(const struct address *address, enum name_form form,
                         const struct name_rules *rules, const struct name_book *book,
                         struct arena *a, struct shown_name *out)
{
    struct binding bound;
    enum err e;

    *out = (struct shown_name){0};
    if (host_is_own(rules, address->host)) {
        out->name = arena_copy(a, address->user);
        e = is_local(book, address->user) ? OK : ERR_NO_USER;
    } else if (book->find_by_address &&
               book->find_by_address(book->ctx, BINDING_OPERATOR, address, &bound)) {
        out->name = arena_copy(a, bound.name);
        e = OK;
    } else {
        e = foreign_name(address, form, rules, book, a, out);
    }
    return arena_ok(a) ? e : ERR_NOMEM;
}
