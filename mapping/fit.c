/* Where to cut a text that is too long for whoever gets it. */
#include "mapping/fit.h"

#include "base/utf8.h"
#include "mapping/html.h"

enum { BACK_MAX = 32, NUMBER_MAX = 8 /* "(20/20) " */, NUMBER_SHORT = 6 /* "(1/9) " */ };

size_t fit_aim_limit(unsigned asked)
{
    if (asked < FIT_AIM_MIN)
        return FIT_AIM_DEFAULT;
    return asked < FIT_AIM_MAX ? asked : FIT_AIM_MAX;
}

/* Marks and joiners that belong to the character before them. */
static bool is_mark(uint32_t c)
{
    static const struct {
        uint32_t from, to;
    } marks[] = {
        {0x0300, 0x036F},   {0x0483, 0x0489},   {0x0591, 0x05C7}, {0x0610, 0x061A},
        {0x064B, 0x065F},   {0x0E31, 0x0E31},   {0x0E34, 0x0E3A}, {0x0E47, 0x0E4E},
        {0x1AB0, 0x1AFF},   {0x1DC0, 0x1DFF},   {0x200D, 0x200D}, {0x20D0, 0x20FF},
        {0x302A, 0x302F},   {0x3099, 0x309A},   {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F},
        {0x1F3FB, 0x1F3FF}, {0xE0100, 0xE01EF},
    };

    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (c >= marks[i].from && c <= marks[i].to)
            return true;
    return false;
}

/* A character boundary at or before max, in front of which no mark is torn off. */
static size_t cut_character(struct span text, size_t max)
{
    size_t at = utf8_cut(text, max).n, back = at;

    while (back > 0 && at - back < BACK_MAX) {
        struct span rest = span_skip(text, back);

        if (!is_mark(utf8_next(&rest)))
            return back;
        back = utf8_cut(text, back - 1).n;
    }
    return at;
}

size_t fit_cut(struct span text, size_t max)
{
    size_t low = max - max / 4, at;
    struct span rest = text;

    for (at = max; at > low; at--)
        if (text.p[at - 1] == '\n')
            return at;
    for (at = max; at > low; at--)
        if (text.p[at - 1] == ' ')
            return at;
    at = cut_character(text, max);
    if (at > 0)
        return at;
    utf8_next(&rest);
    return text.n - rest.n;
}

/* ---- SIP ---- */

size_t fit_sip_budget(size_t request_octets, bool congestion_controlled)
{
    size_t max = congestion_controlled ? FIT_SIP_STREAM_MAX : FIT_SIP_MAX;

    return request_octets + FIT_SIP_SLACK < max ? max - request_octets - FIT_SIP_SLACK : 0;
}

/* How much of the front is at most `budget` octets with LF as CR LF. */
static size_t sip_front(struct span text, size_t budget)
{
    size_t n = 0, size = 0;

    while (n < text.n) {
        size += text.p[n] == '\n' ? 2 : 1;
        if (size > budget)
            break;
        n++;
    }
    return n;
}

static enum err cut_sip(struct span text, size_t budget, struct fit_part parts[FIT_PARTS_MAX],
                        unsigned max, unsigned *count)
{
    *count = 0;
    while (text.n > 0) {
        size_t n = sip_front(text, budget);

        if (*count == max || n == 0)
            return ERR_FULL;
        if (n < text.n)
            n = fit_cut(text, n);
        if (sip_front(span_first(text, n), budget) < n)
            return ERR_FULL; /* a budget smaller than one character */
        parts[(*count)++].text = span_first(text, n);
        text = span_skip(text, n);
    }
    for (unsigned i = 0; i < *count; i++) {
        parts[i].i = i + 1;
        parts[i].n = *count;
    }
    return OK;
}

enum err fit_sip(struct span text, size_t budget, struct fit_part parts[FIT_PARTS_MAX],
                 unsigned *count)
{
    if (sip_front(text, budget) == text.n)
        return cut_sip(text, budget, parts, 1, count);
    if (budget > NUMBER_SHORT && cut_sip(text, budget - NUMBER_SHORT, parts, 9, count) == OK)
        return OK;
    return budget > NUMBER_MAX ? cut_sip(text, budget - NUMBER_MAX, parts, FIT_PARTS_MAX, count)
                               : ERR_FULL;
}

void fit_sip_body(struct buf *out, const struct fit_part *part)
{
    struct span text = part->text;

    if (part->n > 1)
        buf_fmt(out, "(%u/%u) ", part->i, part->n);
    while (text.n > 0 && text.p[text.n - 1] == '\n')
        text.n--;
    while (text.n > 0) {
        size_t n = span_find(text, '\n');

        buf_add(out, span_first(text, n));
        if (n < text.n)
            BUF_LIT(out, "\r\n");
        text = span_skip(text, n + 1);
    }
}

/* ---- AIM ---- */

/* UTF-16 units that a character is once it is written for that client. `space`: one that would be
 * lost in markup. */
static size_t units_of(uint32_t c, bool space, enum text_client client)
{
    size_t wide = c > 0xFFFF && client != TEXT_LIBFAIM ? 2 : 1;

    if (client == TEXT_ICQ && c == '\n')
        return 2;
    if (!text_client_takes_html(client))
        return wide;
    switch (c) {
    case '&': return 5;
    case '<':
    case '>':
    case '\n': return 4;
    case '"': return 6;
    case '\t': return 24;
    case ' ': return space ? 6 : 1;
    default: return wide;
    }
}

size_t fit_aim(struct span text, enum text_client client, size_t limit)
{
    size_t units = text_client_takes_html(client) ? sizeof HTML_OPEN HTML_CLOSE - 1 : 0;
    size_t octets = 0, done = 0; /* octets: UTF-8, for the client that reads only that */
    bool wide = false, space = true;
    struct span left = text;

    while (left.n > 0) {
        uint32_t c = utf8_next(&left);
        size_t n = text.n - left.n;

        octets += n - done;
        units += units_of(c, space, client);
        space = c == ' ' || c == '\n' || c == '\t';
        /* libfaim reads Latin-1; only what is beyond makes all of it wide */
        wide = wide || (client == TEXT_LIBFAIM ? c > 0xFF || (c >= 0x80 && c < 0xA0) : c > 0x7F);
        if ((client == TEXT_NODE_OSCAR ? octets : units * (wide ? 2 : 1)) > limit)
            return done > 0 ? fit_cut(text, done) : n;
        done = n;
    }
    return text.n;
}
