#include "mapping/order.h"

enum needs { NOTHING, NAME, NAME_OR_ONE, NAME_TEXT };

static const struct {
    const char *word;
    enum needs needs;
    const char *follows, *does;
} orders[] = {
#define ORDER(id, word, needs, follows, does) [ORDER_##id] = {word, needs, follows, does},
#include "mapping/order.def"
#undef ORDER
};

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The next word; *left starts behind it. */
static struct span take_word(struct span *left)
{
    struct span word;
    size_t n = 0;

    *left = span_trim(*left);
    while (n < left->n && !is_space(left->p[n]))
        n++;
    word = span_first(*left, n);
    *left = span_trim(span_skip(*left, n));
    return word;
}

/* A name that ends with its quote, or with the word. */
static struct span take_name(struct span *left)
{
    struct span rest = span_skip(*left, 1), name;
    size_t end = span_find(rest, '"');

    if (left->n == 0 || left->p[0] != '"' || end == rest.n)
        return take_word(left);
    name = span_trim(span_first(rest, end));
    *left = span_trim(span_skip(rest, end + 1));
    return name;
}

static struct span without_stop(struct span s)
{
    return s.n && (s.p[s.n - 1] == '.' || s.p[s.n - 1] == '!') ? span_first(s, s.n - 1) : s;
}

/* A whole rest may be in quotes, too. */
static struct span unquoted(struct span s)
{
    if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"')
        return span_trim(span_first(span_skip(s, 1), s.n - 2));
    return s;
}

static enum order_verb find(struct span word)
{
    for (int v = 0; v < ORDER_UNKNOWN; v++)
        if (span_case_is(word, orders[v].word))
            return (enum order_verb)v;
    return ORDER_UNKNOWN;
}

void order_parse(struct span text, struct order *out)
{
    struct span left = text, word = take_word(&left);
    enum needs needs;

    *out = (struct order){.verb = find(left.n ? word : without_stop(word))};
    if (out->verb == ORDER_UNKNOWN)
        return;
    needs = orders[out->verb].needs;
    if (needs == NAME_TEXT) {
        out->name = take_name(&left);
        out->text = left;
    } else if (needs != NOTHING) {
        out->name = unquoted(without_stop(left));
    }
    out->incomplete = needs != NOTHING && needs != NAME_OR_ONE && out->name.n == 0;
}

void order_usage(struct buf *out, enum order_verb verb)
{
    for (const char *c = orders[verb].word; *c; c++)
        buf_u8(out, (uint8_t)(*c - ('a' - 'A')));
    if (orders[verb].follows[0])
        buf_fmt(out, " %s", orders[verb].follows);
}

void order_help(struct buf *out)
{
    for (int v = 0; v < ORDER_UNKNOWN; v++) {
        if (v > 0)
            buf_u8(out, '\n');
        order_usage(out, (enum order_verb)v);
        buf_fmt(out, ": %s", orders[v].does);
    }
}
