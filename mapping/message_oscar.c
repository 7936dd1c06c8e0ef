/* The neutral message from and to the fragments of an ICBM. */
#include "mapping/message_oscar.h"

#define OPENSSL_SUPPRESS_DEPRECATED /* finding the digest by name costs five times the digest */
#include <openssl/sha.h>

#include "base/rd.h"
#include "mapping/fit.h"
#include "mapping/html.h"

enum {
    FRAGMENT_TEXT = 0x0101, /* id 1, version 1 */
    FRAGMENT_HEAD = 4,      /* charset, subset */
};

/* ---- reading ---- */

/* Octets over an arena: it never grows, so it never frees. */
static struct buf arena_buf(struct arena *a, size_t cap)
{
    uint8_t *p = arena_alloc(a, cap);

    return (struct buf){.p = p, .cap = cap, .max = cap, .bad = !p};
}

static bool next_text(struct rd *r, uint16_t *charset, struct span *octets)
{
    while (rd_ok(r) && rd_left(r) > 0) {
        uint16_t kind = rd_u16(r);
        struct span data = rd_str16(r);

        /* required capabilities (id 5) and what nobody knows are skipped */
        if (kind != FRAGMENT_TEXT || data.n < FRAGMENT_HEAD)
            continue;
        *charset = (uint16_t)(data.p[0] << 8 | data.p[1]); /* the subset says nothing reliable */
        *octets = span_skip(data, FRAGMENT_HEAD);
        return true;
    }
    return false;
}

/* All fragments as one UTF-8 text; it stays where it is when it is one of plain ASCII. */
static enum err read_fragments(struct span fragments, struct arena *a, struct span *out)
{
    struct rd r = rd_over(fragments);
    struct span octets, only = {0};
    uint16_t charset;
    size_t total = 0, count = 0;
    struct buf text;

    for (; next_text(&r, &charset, &octets); count++) {
        total += octets.n;
        only = octets;
    }
    if (count == 0)
        return ERR_SYNTAX;
    if (total > FIT_AIM_IN)
        return ERR_FULL;
    *out = only;
    r = rd_over(fragments);
    if (count == 1 && next_text(&r, &charset, &octets) && charset != OSCAR_UNICODE &&
        oscar_charset_for(only, TEXT_AIM) == OSCAR_ASCII)
        return OK;
    text = arena_buf(a, 3 * total + 1);
    r = rd_over(fragments);
    while (next_text(&r, &charset, &octets))
        oscar_text_read(&text, charset, octets);
    *out = buf_span(&text);
    return buf_ok(&text) ? OK : ERR_NOMEM;
}

enum err message_oscar_read(struct span fragments, bool icq_sender, struct arena *a,
                            struct message *out)
{
    struct span raw;
    struct buf text;
    enum err e = read_fragments(fragments, a, &raw);

    out->text = out->html = (struct span){0};
    if (e)
        return e;
    text = arena_buf(a, 2 * raw.n + HTML_TEXT_MORE);
    if (html_is(raw, icq_sender))
        html_to_text(&text, raw);
    else
        text_trim(&text, raw);
    if (!buf_ok(&text))
        return ERR_NOMEM;
    out->text = buf_span(&text);
    return text.n > 0 ? OK : ERR_NOT_FOUND;
}

enum err message_oscar_read_html(struct span fragments, bool icq_sender, struct arena *a,
                                 struct message *out)
{
    struct span raw;
    struct buf html = {0};
    enum err e = read_fragments(fragments, a, &raw);

    out->html = (struct span){0};
    if (e || !html_is(raw, icq_sender))
        return e;
    html_filter(&html, raw);
    if (html_is_rich(buf_span(&html)))
        out->html = arena_copy(a, buf_span(&html));
    e = buf_ok(&html) && arena_ok(a) ? OK : ERR_NOMEM;
    buf_fini(&html);
    return e;
}

static uint16_t rd_u16le(struct rd *r)
{
    uint16_t v = rd_u16(r);

    return (uint16_t)(v >> 8 | v << 8);
}

enum err message_oscar_read_icq(struct span block, struct arena *a, uint8_t *type,
                                struct message *out)
{
    struct rd r = rd_over(block);
    struct span raw, url = {0};
    struct buf utf8 = {0}, text = {0};
    enum err e;

    rd_u32(&r); /* the sender's number: the connection's word counts */
    *type = rd_u8(&r);
    rd_u8(&r); /* flags */
    raw = rd_span(&r, rd_u16le(&r));
    out->text = out->html = (struct span){0};
    if (!rd_ok(&r))
        return ERR_SYNTAX;
    if (raw.n > FIT_AIM_IN)
        return ERR_FULL;
    if (*type != ICQ_TALK_PLAIN && *type != ICQ_TALK_URL)
        return ERR_NOT_FOUND;
    raw = span_first(raw, span_find(raw, 0));
    if (*type == ICQ_TALK_URL) { /* text 0xFE url */
        url = span_skip(raw, span_find(raw, 0xFE) + 1);
        url = span_first(url, span_find(url, 0xFE));
        raw = span_first(raw, span_find(raw, 0xFE));
    }
    oscar_text_read(&utf8, OSCAR_ASCII, raw);
    if (url.n > 0) {
        buf_str(&utf8, utf8.n ? " <" : "<");
        oscar_text_read(&utf8, OSCAR_ASCII, url);
        buf_u8(&utf8, '>');
    }
    text_trim(&text, buf_span(&utf8));
    e = text.n > 0 ? OK : ERR_NOT_FOUND;
    out->text = arena_copy(a, buf_span(&text));
    if (!buf_ok(&utf8) || !buf_ok(&text) || !arena_ok(a))
        e = ERR_NOMEM;
    buf_fini(&utf8);
    buf_fini(&text);
    return e;
}

/* ---- writing ---- */

/* Prefix and text as the client reads them: markup, or lines with its line ends. */
static void compose(struct buf *out, struct span prefix, struct span text, struct span html,
                    enum text_client client)
{
    if (text_client_takes_html(client)) {
        BUF_LIT(out, HTML_OPEN);
        html_escape(out, prefix);
        if (html.n > 0)
            buf_add(out, html);
        else
            html_escape(out, text);
        BUF_LIT(out, HTML_CLOSE);
        return;
    }
    buf_add(out, prefix);
    while (client == TEXT_ICQ && span_find(text, '\n') < text.n) {
        size_t n = span_find(text, '\n');

        buf_add(out, span_first(text, n));
        BUF_LIT(out, "\r\n");
        text = span_skip(text, n + 1);
    }
    buf_add(out, text);
}

static enum oscar_charset widest(enum oscar_charset a, enum oscar_charset b)
{
    if (a == OSCAR_UNICODE || b == OSCAR_UNICODE)
        return OSCAR_UNICODE;
    return a == OSCAR_LATIN1 ? a : b;
}

/* One TLV 0x0002 value, appended; the octets of text in it. `work` is for texts that are not
 * written as they are. */
static size_t write_value(struct buf *out, struct span prefix, struct span text, struct span html,
                          enum text_client client, struct buf *work)
{
    enum oscar_charset charset = widest(oscar_charset_for(html.n > 0 ? html : text, client),
                                        oscar_charset_for(prefix, client));
    size_t at;

    /* required capabilities, one octet each: AIM's, or ICQ's two */
    if (client == TEXT_ICQ)
        BUF_LIT(out, "\x05\x01\x00\x02\x01\x06");
    else
        BUF_LIT(out, "\x05\x01\x00\x04\x01\x01\x01\x02");
    buf_u16(out, FRAGMENT_TEXT);
    at = out->n;
    buf_u16(out, 0);
    buf_u16(out, (uint16_t)charset);
    buf_u16(out, 0);
    if (charset == OSCAR_ASCII) {
        compose(out, prefix, text, html, client);
    } else {
        buf_reset(work);
        compose(work, prefix, text, html, client);
        oscar_text_write(out, charset, buf_span(work), client);
        out->bad = out->bad || work->bad;
    }
    if (out->n < at + 6 || out->n - at - 2 > UINT16_MAX) {
        out->bad = true;
        return 0;
    }
    buf_set_u16(out, at, (uint16_t)(out->n - at - 2));
    return out->n - at - 6;
}

static bool write_one(struct buf *out, const struct message *m, const struct oscar_reader *reader,
                      struct buf *work)
{
    size_t start = out->n, size;

    if (m->text.n / 3 * 2 > reader->limit)
        return false; /* no encoding is shorter than two octets for three of UTF-8 */
    size = write_value(out, reader->prefix, m->text, m->html, reader->client, work);
    if (buf_ok(out) && size > reader->limit)
        out->n = start;
    return buf_ok(out) && size <= reader->limit;
}

bool message_oscar_write_one(struct buf *out, const struct message *m,
                             const struct oscar_reader *reader)
{
    struct buf work = {0};
    bool whole = write_one(out, m, reader, &work);

    buf_fini(&work);
    return whole;
}

bool message_oscar_next(struct oscar_parts *p)
{
    const struct oscar_reader *reader = p->reader;
    struct span left = span_skip(p->message->text, p->at);

    buf_reset(p->out);
    if (p->i == 0 && write_one(p->out, p->message, reader, &p->text)) {
        p->at = p->message->text.n;
        p->i = 1;
        return true;
    }
    while (left.n > 0 && buf_ok(p->out)) {
        struct span prefix = p->i == 0 ? reader->prefix : (struct span){0};
        size_t room = reader->limit > 2 * prefix.n ? reader->limit - 2 * prefix.n : 1;
        size_t n = fit_aim(left, reader->client, room);
        struct span part = span_first(left, n);

        /* the message's own end stands for the line end it was cut at */
        while (part.n > 0 && n < left.n && part.p[part.n - 1] == '\n')
            part.n--;
        p->at += n;
        left = span_skip(left, n);
        if (part.n == 0)
            continue;
        p->i++;
        write_value(p->out, prefix, part, (struct span){0}, reader->client, &p->text);
        return buf_ok(p->out);
    }
    return false;
}

void message_oscar_done(struct oscar_parts *p)
{
    buf_fini(&p->text);
}

/* ---- cookies ---- */

/* The first eight octets, "#i" in front of the end for all parts but the first. */
static void end_cookie(SHA256_CTX *sha, unsigned part, uint8_t out[8])
{
    uint8_t digest[SHA256_DIGEST_LENGTH];
    uint8_t suffix[] = {'#', (uint8_t)(part >> 8), (uint8_t)part};

    if (part > 1)
        SHA256_Update(sha, suffix, sizeof suffix);
    SHA256_Final(digest, sha);
    memcpy(out, digest, 8);
}

void message_cookie(struct span call_id, uint32_t cseq, struct span from_tag, unsigned part,
                    uint8_t cookie[8])
{
    SHA256_CTX sha;
    uint8_t number[] = {'\n', (uint8_t)(cseq >> 24), (uint8_t)(cseq >> 16), (uint8_t)(cseq >> 8),
                        (uint8_t)cseq};

    SHA256_Init(&sha);
    SHA256_Update(&sha, call_id.p, call_id.n); /* no line end in it: nothing can be shifted */
    SHA256_Update(&sha, number, sizeof number);
    SHA256_Update(&sha, from_tag.p, from_tag.n);
    end_cookie(&sha, part, cookie);
}

void message_part_cookie(const uint8_t cookie[8], unsigned part, uint8_t out[8])
{
    SHA256_CTX sha;

    if (part <= 1) {
        memcpy(out, cookie, 8);
        return;
    }
    SHA256_Init(&sha);
    SHA256_Update(&sha, cookie, 8);
    end_cookie(&sha, part, out);
}
