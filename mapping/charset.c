/* Character sets at both doors: ICBM fragments, MIME types of away texts, SIP bodies. Everything in
 * between is UTF-8. */
#include "mapping/charset.h"

#include "base/run.h"
#include "base/utf8.h"

/* windows-1252 from 0x80 to 0x9F; what it leaves undefined is U+FFFD. */
static const uint16_t windows_1252[32] = {
    0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0xFFFD, 0x017D, 0xFFFD, 0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0xFFFD, 0x017E, 0x0178,
};

static bool is_ascii(struct span s)
{
    return run_ascii(s) == s.n;
}

/* ---- who reads ---- */

enum text_client text_client_of(const struct client_hints *h)
{
    /* node-oscar signs on with the words of ICQ 2003a and the version numbers of a later one, or
     * with those of AIM 5.9 and the old digest, which AIM 5.9 does not use. */
    if (h->id == 0x010A && h->major == 20 && span_starts(h->id_text, SPAN("ICQ Inc. - Product")))
        return TEXT_NODE_OSCAR;
    if (h->old_digest && h->major == 5 && h->minor == 9)
        return TEXT_NODE_OSCAR;
    /* libfaim as BarnOwl has it says it is AIM 5.1; a real one tells its capabilities, BarnOwl none
     */
    if (!h->sent_caps && span_is(h->id_text, "AOL Instant Messenger, version 5.1.3036/WIN32"))
        return TEXT_LIBFAIM;
    return h->icq_name ? TEXT_ICQ : TEXT_AIM;
}

bool text_client_takes_html(enum text_client client)
{
    return client == TEXT_AIM;
}

/* ---- to UTF-8 ---- */

static void read_1252(struct buf *out, struct span s)
{
    if (is_ascii(s)) {
        buf_add(out, s);
        return;
    }
    for (size_t i = 0; i < s.n; i++)
        utf8_put(out, s.p[i] >= 0x80 && s.p[i] < 0xA0 ? windows_1252[s.p[i] - 0x80] : s.p[i]);
}

static void read_utf16(struct buf *out, struct span s, bool little)
{
    for (size_t i = 0; i + 1 < s.n; i += 2) {
        uint32_t c =
            little ? (uint32_t)(s.p[i] | s.p[i + 1] << 8) : (uint32_t)(s.p[i] << 8 | s.p[i + 1]);

        if (c >= 0xD800 && c < 0xDC00 && i + 3 < s.n) {
            uint32_t low = little ? (uint32_t)(s.p[i + 2] | s.p[i + 3] << 8)
                                  : (uint32_t)(s.p[i + 2] << 8 | s.p[i + 3]);

            if (low >= 0xDC00 && low < 0xE000) {
                c = 0x10000 + ((c & 0x3FF) << 10 | (low & 0x3FF));
                i += 2;
            }
        }
        if (i > 0 || c != 0xFEFF)
            utf8_put(out, c); /* a lone surrogate is written as U+FFFD */
    }
}

static void read_utf8(struct buf *out, struct span s)
{
    if (utf8_valid(s)) {
        buf_add(out, s);
        return;
    }
    while (s.n > 0)
        utf8_put(out, utf8_next(&s));
}

/* What says it is ASCII, or nothing: in practice UTF-8 (node-oscar reads only that) or the client's
 * own octets. */
static void read_ascii(struct buf *out, struct span s)
{
    if (utf8_valid(s))
        buf_add(out, s);
    else
        read_1252(out, s);
}

void oscar_text_read(struct buf *out, uint16_t charset, struct span octets)
{
    switch (charset) {
    case OSCAR_UNICODE: read_utf16(out, octets, false); break;
    case OSCAR_LATIN1: read_1252(out, octets); break;
    default: read_ascii(out, octets); break;
    }
}

/* The value of charset=, quotes off; empty where there is none. */
static struct span mime_charset(struct span type)
{
    struct span key = SPAN("charset=");

    for (; type.n > 0; type = span_skip(type, 1)) {
        struct span value;

        if (!span_case_starts(type, key))
            continue;
        value = span_skip(type, key.n);
        if (value.n > 0 && value.p[0] == '"')
            return span_first(span_skip(value, 1), span_find(span_skip(value, 1), '"'));
        return span_trim(span_first(value, span_find(value, ';')));
    }
    return (struct span){0};
}

void oscar_mime_text_read(struct buf *out, struct span mime_type, struct span octets)
{
    struct span charset = mime_charset(mime_type);

    if (span_case_is(charset, "unicode-2-0"))
        read_utf16(out, octets, false);
    else if (span_case_is(charset, "iso-8859-1"))
        read_1252(out, octets);
    else if (span_case_is(charset, "utf-8"))
        read_utf8(out, octets);
    else
        read_ascii(out, octets);
}

/* ---- from UTF-8 ---- */

enum oscar_charset oscar_charset_for(struct span utf8, enum text_client client)
{
    if (client == TEXT_NODE_OSCAR || is_ascii(utf8))
        return OSCAR_ASCII;
    if (client != TEXT_LIBFAIM)
        return OSCAR_UNICODE;
    while (utf8.n > 0) {
        uint32_t c = utf8_next(&utf8);

        if (c > 0xFF || (c >= 0x80 && c <= 0x9F))
            return OSCAR_UNICODE;
    }
    return OSCAR_LATIN1;
}

static void write_utf16(struct buf *out, struct span utf8, bool surrogates)
{
    while (utf8.n > 0) {
        uint32_t c = utf8_next(&utf8);

        if (c < 0x10000) {
            buf_u16(out, (uint16_t)c);
        } else if (surrogates) {
            buf_u16(out, (uint16_t)(0xD800 + ((c - 0x10000) >> 10)));
            buf_u16(out, (uint16_t)(0xDC00 + ((c - 0x10000) & 0x3FF)));
        } else {
            buf_u16(out, UTF8_REPLACEMENT);
        }
    }
}

void oscar_text_write(struct buf *out, enum oscar_charset charset, struct span utf8,
                      enum text_client client)
{
    switch (charset) {
    case OSCAR_UNICODE: write_utf16(out, utf8, client != TEXT_LIBFAIM); break;
    case OSCAR_LATIN1:
        while (utf8.n > 0) {
            uint32_t c = utf8_next(&utf8);

            buf_u8(out, c <= 0xFF ? (uint8_t)c : '?');
        }
        break;
    case OSCAR_ASCII: buf_add(out, utf8); break;
    }
}

size_t oscar_text_size(enum oscar_charset charset, struct span utf8, enum text_client client)
{
    size_t n = 0;

    if (charset == OSCAR_ASCII)
        return utf8.n;
    while (utf8.n > 0) {
        uint32_t c = utf8_next(&utf8);
        bool pair = c >= 0x10000 && client != TEXT_LIBFAIM;

        n += charset == OSCAR_LATIN1 ? 1 : pair ? 4 : 2;
    }
    return n;
}

/* ---- SIP bodies ---- */

enum sip_charset { CS_NONE, CS_UTF8, CS_1252, CS_UTF16, CS_UTF16BE, CS_UTF16LE };

static enum sip_charset sip_charset_of(struct span name)
{
    static const struct {
        const char *name;
        enum sip_charset charset;
    } known[] = {
        {"utf-8", CS_UTF8},        {"utf8", CS_UTF8},       {"us-ascii", CS_UTF8},
        {"ascii", CS_UTF8},        {"iso-8859-1", CS_1252}, {"latin1", CS_1252},
        {"windows-1252", CS_1252}, {"utf-16", CS_UTF16},    {"utf-16be", CS_UTF16BE},
        {"utf-16le", CS_UTF16LE},
    };

    name = span_trim(name);
    if (name.n == 0)
        return CS_UTF8; /* D-09: SIP's default, RFC 3261 7.4.1, not MIME's */
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (span_case_is(name, known[i].name))
            return known[i].charset;
    return CS_NONE;
}

bool sip_charset_known(struct span charset)
{
    return sip_charset_of(charset) != CS_NONE;
}

enum err sip_text_read(struct buf *out, struct span charset, struct span octets)
{
    bool little;

    switch (sip_charset_of(charset)) {
    case CS_UTF8:
        if (span_starts(octets, SPAN("\xEF\xBB\xBF")))
            octets = span_skip(octets, 3);
        read_utf8(out, octets);
        break;
    case CS_1252: read_1252(out, octets); break;
    case CS_UTF16: /* RFC 2781 4.3: big-endian where no mark says otherwise */
        little = span_starts(octets, SPAN("\xFF\xFE"));
        read_utf16(out, octets, little);
        break;
    case CS_UTF16BE: read_utf16(out, octets, false); break;
    case CS_UTF16LE: read_utf16(out, octets, true); break;
    default: return ERR_CHARSET;
    }
    return buf_ok(out) ? OK : ERR_NOMEM;
}

void text_tidy(struct buf *out, struct span utf8)
{
    while (utf8.n > 0) {
        size_t run = run_printable(utf8);

        buf_put(out, utf8.p, run);
        utf8 = span_skip(utf8, run);
        if (utf8.n == 0)
            break;
        if (utf8.p[0] == '\t')
            buf_u8(out, '\t');
        else if (utf8.p[0] == '\n' || (utf8.p[0] == '\r' && (utf8.n < 2 || utf8.p[1] != '\n')))
            buf_u8(out, '\n');
        utf8 = span_skip(utf8, 1);
    }
}
