#include "simple/doc/passport.h"

#include <stdlib.h>

#include <jansson.h>

#include "base/base64.h"
#include "base/hex.h"

/* ---- reading ---- */

/* NULL: no object, or no memory. RFC 8225 says nothing of a member that is there twice: refused. */
static json_t *read_object(struct span part)
{
    struct buf text = {.max = PASSPORT_PART_MAX};
    json_t *o = NULL;

    if (base64url_read(part, &text) && text.n > 0)
        o = json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
    buf_fini(&text);
    if (json_is_object(o))
        return o;
    json_decref(o);
    return NULL;
}

/* Empty where it is no string. */
static struct span keep_text(struct arena *a, const json_t *v)
{
    return json_is_string(v) ? arena_copy(a, span_of(json_string_value(v), json_string_length(v)))
                             : (struct span){0};
}

static void read_header(const json_t *o, struct arena *a, struct passport *out)
{
    out->alg = keep_text(a, json_object_get(o, "alg"));
    out->typ = keep_text(a, json_object_get(o, "typ"));
    out->x5u = keep_text(a, json_object_get(o, "x5u"));
    out->ppt = keep_text(a, json_object_get(o, "ppt"));
}

/* Of each kind ("uri", "tn") an array. */
static void keep_texts(struct arena *a, const json_t *all, struct span out[PASSPORT_DEST_MAX],
                       size_t *count)
{
    for (size_t i = 0; i < json_array_size(all) && *count < PASSPORT_DEST_MAX; i++)
        out[(*count)++] = keep_text(a, json_array_get(all, i));
}

/* RFC 7519 2, NumericDate: it may have a fraction. */
static bool read_seconds(const json_t *v, int64_t *out)
{
    double seconds = json_number_value(v);

    if (json_is_integer(v))
        *out = json_integer_value(v);
    /* doubles have whole seconds so far */
    else if (json_is_real(v) && seconds >= 0 && seconds < 9e15)
        *out = (int64_t)seconds;
    else
        return false;
    return true;
}

/* RFC 8225 5.2.1: "orig" has one identity, "dest" an array of each kind. */
static bool read_claims(const json_t *o, struct arena *a, struct passport *out)
{
    const json_t *orig = json_object_get(o, "orig"), *dest = json_object_get(o, "dest");

    if (!json_is_object(orig) || !json_is_object(dest) ||
        !read_seconds(json_object_get(o, "iat"), &out->iat))
        return false;
    out->orig = keep_text(a, json_object_get(orig, "uri"));
    keep_texts(a, json_object_get(dest, "uri"), out->dest, &out->dest_count);
    keep_texts(a, json_object_get(dest, "tn"), out->numbers, &out->number_count);
    return true;
}

enum err passport_parse(struct span header, struct span payload, struct arena *a,
                        struct passport *out)
{
    json_t *h = read_object(header), *p = read_object(payload);
    bool good = h && p;

    *out = (struct passport){0};
    if (good) {
        read_header(h, a, out);
        good = read_claims(p, a, out);
    }
    json_decref(h);
    json_decref(p);
    return good ? OK : ERR_SYNTAX;
}

/* ---- writing ---- */

static bool is_unreserved(uint8_t c)
{
    return (c >= '0' && c <= '9') || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

/* RFC 3986 6.2.2.2: an escape of an octet that needs none is undone. 6.2.2.1 has the digits of the
 * others in capitals, and RFC 8224 8.5 the whole user in lower case: the letters are folded, the
 * digits stay. */
static void print_user(struct buf *b, struct span user)
{
    for (size_t i = 0; i < user.n; i++) {
        int high = user.p[i] == '%' && i + 2 < user.n ? hex_value(user.p[i + 1]) : -1;
        int low = high >= 0 ? hex_value(user.p[i + 2]) : -1;

        if (low < 0) {
            buf_u8(b, ascii_lower(user.p[i]));
            continue;
        }
        if (is_unreserved((uint8_t)(high << 4 | low)))
            buf_u8(b, ascii_lower((uint8_t)(high << 4 | low)));
        else
            buf_fmt(b, "%%%02X", (unsigned)(high << 4 | low));
        i += 2;
    }
}

void passport_print_uri(struct buf *b, const struct sip_uri *uri)
{
    bool v6 = uri->ip.family == 6;

    for (size_t i = 0; i < uri->scheme_name.n; i++)
        buf_u8(b, ascii_lower(uri->scheme_name.p[i]));
    buf_u8(b, ':');
    print_user(b, uri->user);
    buf_str(b, uri->has_user ? "@" : "");
    buf_str(b, v6 ? "[" : "");
    for (size_t i = 0; i < uri->host.n; i++)
        buf_u8(b, ascii_lower(uri->host.p[i]));
    buf_str(b, v6 ? "]" : "");
}

/* Takes `o`. RFC 8225 9: members in the order of their names, no white space, numbers and texts as
 * they are. */
static void print_part(struct buf *b, json_t *o)
{
    char *text = o ? json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS) : NULL;

    if (text)
        base64url_write(b, span_str(text));
    else
        b->bad = true;
    free(text);
    json_decref(o);
}

void passport_print(struct buf *b, const struct passport_claims *of)
{
    print_part(b, json_pack("{s:s,s:s,s:s%}", "alg", "ES256", "typ", "passport", "x5u",
                            (const char *)of->x5u.p, of->x5u.n));
    buf_u8(b, '.');
    print_part(b, json_pack("{s:{s:[s%]},s:I,s:{s:s%}}", "dest", "uri", (const char *)of->dest.p,
                            of->dest.n, "iat", (json_int_t)of->iat, "orig", "uri",
                            (const char *)of->orig.p, of->orig.n));
}
