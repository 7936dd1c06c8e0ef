/* Screen names as octets: the normal form, the classes, the escape form of foreign user parts,
 * short names and friendly names. Nothing here knows a URI or a table. */
#include "mapping/name.h"

#include <stdio.h>

#include <openssl/sha.h>

#include "base/base64.h"
#include "base/hex.h"
#include "base/utf8.h"

enum {
    AIM_MIN = 3, /* characters of a normalised AIM name */
    AIM_MAX = 16,
    ICQ_MIN = 5, /* digits */
    ICQ_MAX = 10,
    ICQ_LAST = 2147483646,
    LABEL_MAX = 63,
    ALIAS_BASE = 8, /* characters of a short name that are the user's own */
    ALIAS_HASH = 7,
};

static bool is_lower(uint8_t c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* Octets that stay as they are in the escape form. */
static bool is_plain(uint8_t c)
{
    static const bool plain[256] = {['a' ... 'z'] = true, ['0' ... '9'] = true, ['.'] = true,
                                    ['_'] = true,         ['-'] = true,         ['+'] = true};

    return plain[c];
}

static size_t put_escape(char *to, uint8_t c)
{
    to[0] = '=';
    hex_print(span_of(&c, 1), to + 1);
    return 3;
}

/* Labels of letters, digits and hyphens; how many there are and whether rules allow so few is for
 * host_norm. */
static bool is_host_like(struct span s)
{
    size_t label = 0;

    if (s.n == 0 || s.n > ADDRESS_HOST_MAX)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        bool edge = label == 0 || i + 1 == s.n || s.p[i + 1] == '.';

        if (s.p[i] == '.') {
            if (label == 0)
                return false;
            label = 0;
        } else if (is_lower(s.p[i]) || is_digit(s.p[i]) || (s.p[i] == '-' && !edge)) {
            if (++label > LABEL_MAX)
                return false;
        } else {
            return false;
        }
    }
    return label > 0;
}

static bool is_mail(struct span s)
{
    size_t at = span_find(s, '@');

    if (at == 0 || at > ADDRESS_USER_MAX || s.n > SCREEN_NAME_MAX)
        return false;
    for (size_t i = 0; i < at; i++)
        if (!is_plain(s.p[i]) && s.p[i] != '=')
            return false;
    return is_host_like(span_skip(s, at + 1));
}

static enum name_class classify(struct span s)
{
    uint64_t uin;

    if (s.n == 0)
        return NAME_BAD;
    if (span_find(s, '@') < s.n)
        return is_mail(s) ? NAME_MAIL : NAME_BAD;
    if (is_digit(s.p[0]))
        return s.p[0] != '0' && s.n >= ICQ_MIN && s.n <= ICQ_MAX && span_number(s, ICQ_LAST, &uin)
                   ? NAME_ICQ
                   : NAME_BAD;
    if (!is_lower(s.p[0]) || s.n < AIM_MIN || s.n > AIM_MAX)
        return NAME_BAD;
    for (size_t i = 1; i < s.n; i++)
        if (!is_lower(s.p[i]) && !is_digit(s.p[i]))
            return NAME_BAD;
    return NAME_AIM;
}

enum name_class name_norm(struct span raw, char to[SCREEN_NAME_MAX + 1], size_t *len)
{
    char out[3 * SCREEN_NAME_MAX];
    size_t n = 0, first = span_find(raw, '@');
    bool mail = first < raw.n && span_find(span_skip(raw, first + 1), '@') + first + 1 == raw.n;
    enum name_class class = NAME_BAD;

    *len = 0;
    to[0] = 0;
    if (raw.n > SCREEN_NAME_MAX)
        return NAME_BAD;
    for (size_t i = 0; i < raw.n; i++) {
        uint8_t c = ascii_lower(raw.p[i]);

        if (c < 0x20 || c > 0x7E)
            return NAME_BAD;
        if (c == ' ')
            continue;
        if (mail && i < first && !is_plain(c) && c != '=')
            n += put_escape(out + n, c);
        else
            out[n++] = (char)c;
    }
    if (mail && n > 0 && out[n - 1] == '.')
        n--;
    class = classify(span_of(out, n));
    if (class == NAME_BAD)
        return NAME_BAD;
    memcpy(to, out, n);
    to[n] = 0;
    *len = n;
    return class;
}

struct span name_norm_in(struct arena *a, struct span raw, enum name_class *class)
{
    char norm[SCREEN_NAME_MAX + 1];
    size_t n;
    struct span out = {0};

    *class = name_norm(raw, norm, &n);
    if (*class != NAME_BAD)
        out = arena_copy(a, span_of(norm, n));
    if (out.n == 0)
        *class = NAME_BAD;
    return out;
}

bool name_same(struct span a, struct span b)
{
    char na[SCREEN_NAME_MAX + 1], nb[SCREEN_NAME_MAX + 1];
    size_t la, lb;

    return name_norm(a, na, &la) != NAME_BAD && name_norm(b, nb, &lb) != NAME_BAD &&
           span_eq(span_of(na, la), span_of(nb, lb));
}

enum name_class name_registrable(struct span typed)
{
    char norm[SCREEN_NAME_MAX + 1];
    size_t n;
    enum name_class class = name_norm(typed, norm, &n);
    struct span s = span_of(norm, n);

    switch (class) {
    case NAME_AIM:
        return typed.n <= AIM_MAX && typed.p[0] != ' ' && typed.p[typed.n - 1] != ' ' ? NAME_AIM
                                                                                      : NAME_BAD;
    case NAME_ICQ: return typed.n == n ? NAME_ICQ : NAME_BAD;
    case NAME_MAIL: /* an own name never needs an escape, and its host has a dot */
        return span_find(s, '=') == n &&
                       span_find(span_skip(s, span_find(s, '@')), '.') < n - span_find(s, '@')
                   ? NAME_MAIL
                   : NAME_BAD;
    default: return NAME_BAD;
    }
}

void name_esc(struct buf *out, struct span user, bool fold)
{
    uint8_t *to = buf_room(out, 3 * user.n);
    size_t n = 0;

    for (size_t i = 0; to && i < user.n; i++) {
        uint8_t c = fold ? ascii_lower(user.p[i]) : user.p[i];

        if (is_plain(c))
            to[n++] = c;
        else
            n += put_escape((char *)to + n, c);
    }
    if (to)
        out->n -= 3 * user.n - n;
}

enum err name_unesc(struct buf *out, struct span escaped)
{
    size_t start = out->n;

    for (size_t i = 0; i < escaped.n; i++) {
        uint8_t c = escaped.p[i];

        if (c == '=') {
            if (!hex_read(span_of(escaped.p + i + 1, escaped.n - i < 3 ? 0 : 2), &c, 1) ||
                is_plain(c))
                return ERR_BAD_NAME;
            i += 2;
        } else if (!is_plain(c)) {
            return ERR_BAD_NAME;
        }
        buf_u8(out, c);
    }
    if (!buf_ok(out))
        return ERR_NOMEM;
    return utf8_valid(span_skip(buf_span(out), start)) ? OK : ERR_BAD_NAME;
}

/* SHA-256 of the key, with "#n" behind it for all but the first. Long keys exist (an escaped user
 * of 64 octets and a host of 253 have up to 446). */
static void digest_of(struct span key, unsigned n, uint8_t out[SHA256_DIGEST_LENGTH])
{
    uint8_t input[3 * ADDRESS_USER_MAX + 1 + ADDRESS_HOST_MAX + 16];
    size_t len = key.n < sizeof input - 16 ? key.n : sizeof input - 16;

    memcpy(input, key.p, len);
    if (n > 0)
        len += (size_t)snprintf((char *)input + len, 16, "#%u", n);
    SHA256(input, len, out);
}

void name_alias(struct span key, unsigned n, char to[NAME_ALIAS_MAX + 1])
{
    uint8_t digest[SHA256_DIGEST_LENGTH];
    struct span left = span_first(key, span_find(key, '@'));
    char base[ALIAS_BASE];
    size_t len = 0;

    for (size_t i = 0; i < left.n && len < ALIAS_BASE; i++) {
        if (left.p[i] == '=') {
            i += 2;
        } else if (is_lower(left.p[i]) || is_digit(left.p[i])) {
            if (len == 0 && is_digit(left.p[i]))
                base[len++] = 'x';
            base[len++] = (char)left.p[i];
        }
    }
    if (len == 0)
        base[len++] = 'x';
    memcpy(to, base, len);
    to[len++] = 'x';
    digest_of(key, n, digest);
    base32_print(span_of(digest, sizeof digest), to + len, ALIAS_HASH);
    to[len + ALIAS_HASH] = 0;
}

/* M-115: what may not be in a display name: controls, and U+202A to U+202E, U+2066 to U+2069, which
 * turn the direction of all that follows. */
static bool is_unshowable(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c <= 0x9F) || (c >= 0x202A && c <= 0x202E) ||
           (c >= 0x2066 && c <= 0x2069);
}

struct span friendly_clean(struct arena *a, struct span display)
{
    struct span out = arena_copy(a, span_first(display, (size_t)4 * NAME_FRIENDLY_MAX)), in = out;
    struct buf clean = {0};

    if (out.n == 0)
        return (struct span){0};
    clean.max = NAME_FRIENDLY_MAX;
    while (in.n > 0 && buf_ok(&clean)) {
        uint32_t c = utf8_next(&in);
        size_t n = clean.n;

        if (is_unshowable(c))
            continue;
        if (c == '@' || c == 0xFE6B ||
            c == 0xFF20) { /* M-116: nothing that reads like an address */
            buf_fini(&clean);
            return (struct span){0};
        }
        utf8_put(&clean, c);
        if (!buf_ok(&clean))
            clean.n = n; /* the last one does not fit whole */
    }
    out = arena_copy(a, span_trim(buf_span(&clean)));
    buf_fini(&clean);
    return out;
}

bool friendly_is_spoof(struct span clean, const struct name_book *book)
{
    char norm[SCREEN_NAME_MAX + 1];
    size_t n;

    return name_norm(clean, norm, &n) != NAME_BAD && book->is_local &&
           book->is_local(book->ctx, span_of(norm, n));
}
