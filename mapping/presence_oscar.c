#include "mapping/presence_oscar.h"

#include "base/utf8.h"
#include "mapping/html.h"
#include "oscar/caps.h"
#include "oscar/foodgroup/bart.h"

enum { MINUTE = 60, TEXT_OCTETS_MAX = 8192, ICON_SHORT = 5 };

/* ---- the status word ---- */

/* TLV 0x0006 and the shade it means. ICQ clients set AWAY beside the finer bits. The first row
 * whose bit is set wins. */
static const struct {
    enum presence_shade shade;
    uint32_t bit, sent;
} shades[] = {
    {SHADE_DO_NOT_DISTURB, STATUS_DND, STATUS_DND | STATUS_OCCUPIED | STATUS_AWAY},
    {SHADE_OCCUPIED, STATUS_OCCUPIED, STATUS_OCCUPIED | STATUS_AWAY},
    {SHADE_NOT_AVAILABLE, STATUS_NOT_AVAILABLE, STATUS_NOT_AVAILABLE | STATUS_AWAY},
    {SHADE_AWAY, STATUS_AWAY, STATUS_AWAY},
};

void presence_set_status(struct presence *p, uint32_t status)
{
    p->shade = SHADE_NONE;
    for (size_t i = 0; i < sizeof shades / sizeof *shades && p->shade == SHADE_NONE; i++) {
        if (status & shades[i].bit)
            p->shade = shades[i].shade;
    }
    p->invisible = (status & STATUS_INVISIBLE) != 0;
    p->away = p->shade != SHADE_NONE || p->away_text.n > 0;
}

/* AIM viewers look at the class bit; only ICQ's read the word. */
static uint32_t status_of(const struct presence *p)
{
    if (!p->icq || !p->away)
        return 0;
    for (size_t i = 0; i < sizeof shades / sizeof *shades; i++) {
        if (shades[i].shade == p->shade)
            return shades[i].sent;
    }
    return STATUS_AWAY;
}

/* ---- BART items ---- */

/* A status text in whichever charset it names; one that we cannot read is taken for UTF-8. */
static struct span bart_text(const struct bart_item *item, struct arena *a)
{
    struct span text, charset, out;
    struct buf utf8 = {.max = TEXT_OCTETS_MAX}, clean = {.max = TEXT_OCTETS_MAX};

    if (!bart_text_read(item, &text, &charset))
        return (struct span){0};
    if (!sip_charset_known(charset))
        charset = (struct span){0};
    (void)sip_text_read(&utf8, charset, text);
    text_tidy(&clean, buf_span(&utf8));
    out = arena_copy(a, buf_span(&clean));
    buf_fini(&utf8);
    buf_fini(&clean);
    return out;
}

void presence_set_bart(struct presence *p, struct span items, struct arena *a)
{
    struct bart_item item;

    while (bart_next(&items, &item)) {
        if (item.type == BART_STATUS_TEXT)
            p->avail_text = bart_text(&item, a);
        else if (item.type != BART_ICON && item.type != BART_SMALL_ICON)
            continue;
        else if (item.data.n == 0 || bart_is_no_icon(item.data))
            p->icon = (struct span){0};
        else if (item.data.n == ICON_SHORT || item.data.n == PRESENCE_ICON_MAX)
            p->icon = arena_copy(a, item.data);
    }
}

static struct span bart_of(const struct presence *p, struct arena *a)
{
    struct buf b = {0};
    struct span out;

    if (p->icon.n == ICON_SHORT || p->icon.n == PRESENCE_ICON_MAX) {
        struct bart_item icon = {.type = BART_ICON,
                                 .flags = p->icon.n == ICON_SHORT ? 0 : BART_FLAG_CUSTOM,
                                 .data = p->icon};

        bart_write(&b, &icon);
    }
    if (!p->away && p->avail_text.n > 0)
        bart_text_write(&b, utf8_cut(p->avail_text, BART_TEXT_MAX));
    out = b.n > 0 && buf_ok(&b) ? arena_copy(a, buf_span(&b)) : (struct span){0};
    buf_fini(&b);
    return out;
}

/* ---- blocks ---- */

static uint16_t class_of(const struct presence *p)
{
    unsigned c = CLASS_FREE;

    if (p->icq)
        c |= CLASS_ICQ;
    if (p->helper)
        c |= CLASS_BOT;
    if (p->away)
        c |= CLASS_AWAY;
    if (p->mobile)
        c |= CLASS_WIRELESS;
    return (uint16_t)c;
}

/* Whole minutes, at least one: the TLV being there is what says idle. */
static uint16_t idle_minutes(const struct presence *p, int64_t now)
{
    int64_t minutes = (now - p->idle_since) / MINUTE;

    return (uint16_t)(minutes < 1 ? 1 : minutes > UINT16_MAX ? UINT16_MAX : minutes);
}

void presence_to_userinfo(const struct presence *p, struct span name, int64_t now,
                          struct oscar_userinfo *out, struct arena *a)
{
    *out = (struct oscar_userinfo){.name = name};
    if (!p->online)
        return;
    out->warning = p->warning;
    out->class_flags = class_of(p);
    out->status = status_of(p);
    if (p->signon > 0 && p->signon <= UINT32_MAX) {
        out->signon = (uint32_t)p->signon;
        out->session = now > p->signon ? (uint32_t)(now - p->signon) : 0;
    }
    out->idle = p->idle_since > 0 && !p->hide_idle;
    out->idle_minutes = out->idle ? idle_minutes(p, now) : 0;
    out->icq_record = p->icq;
    out->caps = p->caps;
    out->bart = bart_of(p, a);
}

void presence_from_userinfo(const struct oscar_userinfo *in, int64_t now, struct presence *out,
                            struct arena *a)
{
    *out = (struct presence){.online = true, .warning = in->warning, .signon = in->signon};
    presence_set_status(out, in->status);
    out->away = out->away || (in->class_flags & CLASS_AWAY);
    out->mobile = (in->class_flags & CLASS_WIRELESS) != 0;
    out->icq = (in->class_flags & CLASS_ICQ) != 0;
    out->helper = (in->class_flags & CLASS_BOT) != 0;
    if (in->idle)
        out->idle_since = now - (int64_t)in->idle_minutes * MINUTE;
    out->caps = arena_copy(a, span_first(in->caps, (size_t)PRESENCE_CAPS_MAX * CAPS_UUID));
    presence_set_bart(out, in->bart, a);
}

/* ---- what a session says ---- */

void presence_set_idle(struct presence *p, uint32_t seconds, int64_t now)
{
    p->idle_since = seconds == 0 ? 0 : now > seconds ? now - seconds : 1;
}

void presence_set_away(struct presence *p, struct span mime, struct span text, bool icq,
                       struct arena *a)
{
    struct buf utf8 = {0}, plain = {0};

    p->away_text = (struct span){0};
    p->tokens = text.n > 0;
    p->away = text.n > 0 || p->shade != SHADE_NONE;
    if (text.n == 0)
        return;
    oscar_mime_text_read(&utf8, mime, span_first(text, TEXT_OCTETS_MAX));
    if (html_is(buf_span(&utf8), icq))
        html_to_text(&plain, buf_span(&utf8));
    else
        text_tidy(&plain, buf_span(&utf8));
    /* Markup without words is away all the same: the text is what says so. */
    p->away_text =
        plain.n > 0 ? arena_copy(a, utf8_cut(buf_span(&plain), TEXT_OCTETS_MAX)) : SPAN("Away");
    buf_fini(&utf8);
    buf_fini(&plain);
}

/* ---- the away text for viewers ---- */

/* Viewers replace %n, %d and %t: where the text is not AIM's, the percent sign is written so that
 * they do not see it. In what html_from_text writes, '%' stands only where the text had it. */
static void put_literal(struct buf *out, struct span html)
{
    while (html.n > 0) {
        size_t at = span_find(html, '%');

        buf_add(out, span_first(html, at));
        html = span_skip(html, at);
        if (html.n == 0)
            break;
        if (html.n > 1 && (html.p[1] == 'n' || html.p[1] == 'd' || html.p[1] == 't'))
            BUF_LIT(out, "&#37;");
        else
            BUF_LIT(out, "%");
        html = span_skip(html, 1);
    }
}

static enum oscar_charset away_charset(struct span utf8, enum text_client viewer)
{
    enum oscar_charset c = oscar_charset_for(utf8, viewer);

    /* Away texts for BarnOwl are Latin-1 or nothing: it looks for these two words in the type. */
    return c != OSCAR_ASCII && viewer == TEXT_LIBFAIM ? OSCAR_LATIN1 : c;
}

static struct span away_mime(struct span utf8, enum oscar_charset charset, enum text_client viewer)
{
    if (charset == OSCAR_UNICODE)
        return SPAN("text/aolrtf; charset=\"unicode-2-0\"");
    if (charset == OSCAR_LATIN1)
        return SPAN("text/aolrtf; charset=\"iso-8859-1\"");
    if (viewer == TEXT_NODE_OSCAR && utf8_count(utf8) != utf8.n)
        return SPAN("text/aolrtf; charset=\"utf-8\"");
    return SPAN("text/aolrtf; charset=\"us-ascii\"");
}

/* The first `chars` characters as this viewer is shown them: markup or plain, still UTF-8. */
static void away_body(const struct presence *p, size_t chars, enum text_client viewer,
                      struct buf *out)
{
    struct span text = utf8_first(presence_text(p), chars);
    struct buf html = {0};

    if (!text_client_takes_html(viewer)) {
        buf_add(out, text);
        return;
    }
    html_from_text(&html, text);
    if (p->tokens)
        buf_add(out, buf_span(&html));
    else
        put_literal(out, buf_span(&html));
    out->bad |= html.bad;
    buf_fini(&html);
}

static bool away_fits(const struct presence *p, size_t chars, enum text_client viewer)
{
    struct buf b = {0};
    bool fits;

    away_body(p, chars, viewer, &b);
    fits = buf_ok(&b) &&
           oscar_text_size(away_charset(buf_span(&b), viewer), buf_span(&b), viewer) <= AWAY_MAX;
    buf_fini(&b);
    return fits;
}

void presence_away_html(const struct presence *p, enum text_client viewer, struct buf *text,
                        struct span *mime)
{
    size_t fits = 0, over = utf8_count(utf8_first(presence_text(p), AWAY_MAX)) + 1;
    enum oscar_charset charset;
    struct buf b = {0};

    if (away_fits(p, over - 1, viewer))
        fits = over - 1;
    while (fits + 1 < over) { /* fits characters do, `over` are too many */
        size_t middle = fits + (over - fits) / 2;

        if (away_fits(p, middle, viewer))
            fits = middle;
        else
            over = middle;
    }
    away_body(p, fits, viewer, &b);
    charset = away_charset(buf_span(&b), viewer);
    *mime = away_mime(buf_span(&b), charset, viewer);
    oscar_text_write(text, charset, buf_span(&b), viewer);
    text->bad |= b.bad;
    buf_fini(&b);
}
