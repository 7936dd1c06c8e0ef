#include "oscar/clientlogin.h"

#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/base64.h"
#include "oscar/form.h"
#include "oscar/roast.h"

/* ---- requests ---- */

/* XML where nothing is said; false: a form that we do not write. */
static bool read_form(struct span fields, enum clientlogin_form *out)
{
    struct span f;

    *out = CLIENTLOGIN_XML;
    if (!form_find(fields, "f", &f) || span_is(f, "xml"))
        return true;
    *out = CLIENTLOGIN_JSON;
    if (span_is(f, "json"))
        return true;
    *out = CLIENTLOGIN_XML;
    return false;
}

enum clientlogin_status clientlogin_login_read(struct span fields, struct buf *texts,
                                               struct clientlogin_login *out)
{
    struct span name, password;
    size_t at = texts->n, middle;

    *out = (struct clientlogin_login){0};
    if (!read_form(fields, &out->form))
        return CLIENTLOGIN_BAD_FIELD;
    if (!form_find(fields, "s", &name) || !form_find(fields, "pwd", &password) || !name.n ||
        !password.n)
        return CLIENTLOGIN_MISSING;
    (void)buf_room(texts, name.n + password.n); /* at once: no copy of it stays behind */
    texts->n = at;
    if (!form_decode(name, ' ', texts))
        return CLIENTLOGIN_BAD_FIELD;
    middle = texts->n;
    if (!form_decode(password, ' ', texts))
        return CLIENTLOGIN_BAD_FIELD;
    if (!buf_ok(texts))
        return CLIENTLOGIN_UNAVAILABLE;
    out->name = span_of(texts->p + at, middle - at);
    out->password = span_of(texts->p + middle, texts->n - middle);
    return CLIENTLOGIN_OK;
}

/* In base 64, as it is or with %XX: a + in it is no space. */
static bool read_signature(struct span raw, uint8_t out[CLIENTLOGIN_SIGNATURE])
{
    struct buf text = {.max = 128}, octets = {.max = 64};
    bool good = form_decode(raw, '+', &text) && base64_read(buf_span(&text), &octets) &&
                buf_ok(&text) && buf_ok(&octets) && octets.n == CLIENTLOGIN_SIGNATURE;

    if (good)
        memcpy(out, octets.p, CLIENTLOGIN_SIGNATURE);
    buf_fini(&text);
    buf_fini(&octets);
    return good;
}

enum clientlogin_status clientlogin_session_read(struct span query, struct clientlogin_session *out)
{
    struct span at, tls, signature;

    *out = (struct clientlogin_session){0};
    if (!read_form(query, &out->form))
        return CLIENTLOGIN_BAD_FIELD;
    if (!form_find(query, "a", &out->token) || !form_find(query, "ts", &at) ||
        !form_find(query, "sig_sha256", &signature))
        return CLIENTLOGIN_MISSING;
    if (!span_number(at, INT64_MAX, &out->at) || !read_signature(signature, out->signature))
        return CLIENTLOGIN_BAD_FIELD;
    out->tls = form_find(query, "useTLS", &tls) && (span_is(tls, "1") || span_is(tls, "true"));
    return CLIENTLOGIN_OK;
}

/* ---- signatures ---- */

static int by_name(const void *a, const void *b)
{
    const struct form_field *x = a, *y = b;
    int order = span_cmp(x->name, y->name);

    return order ? order : span_cmp(x->value, y->value);
}

/* The query as it is signed: in order, and without the signature. False: too many fields. */
static bool put_sorted(struct buf *b, struct span query)
{
    struct form_field fields[FORM_FIELDS_MAX], f;
    size_t n = 0;

    while (form_next(&query, &f)) {
        if (n == FORM_FIELDS_MAX)
            return false;
        if (!span_is(f.name, "sig_sha256"))
            fields[n++] = f;
    }
    qsort(fields, n, sizeof fields[0], by_name);
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_u8(b, '&');
        buf_add(b, fields[i].whole);
    }
    return true;
}

/* "GET&URL&QUERY", both encoded. */
static bool put_signed(struct buf *b, struct span url, struct span query)
{
    struct buf sorted = {0};
    bool good = put_sorted(&sorted, query);

    BUF_LIT(b, "GET&");
    form_encode(b, url);
    BUF_LIT(b, "&");
    form_encode(b, buf_span(&sorted));
    good = good && buf_ok(&sorted) && buf_ok(b);
    buf_fini(&sorted);
    return good;
}

struct proof {
    struct span text, secret;
    const uint8_t *signature;
};

static bool hmac(struct span key, struct span data, uint8_t out[CLIENTLOGIN_SIGNATURE])
{
    unsigned n = 0;

    return HMAC(EVP_sha256(), key.p, (int)key.n, data.p, data.n, out, &n) &&
           n == CLIENTLOGIN_SIGNATURE;
}

/* The session key is the HMAC of the secret by the password, and used as the text of its base 64.
 */
static bool fits(const void *ctx, struct span password)
{
    const struct proof *p = ctx;
    uint8_t digest[CLIENTLOGIN_SIGNATURE];
    struct buf key = {0};
    bool good = hmac(password, p->secret, digest);

    base64_write(&key, span_of(digest, sizeof digest));
    good = good && buf_ok(&key) && hmac(buf_span(&key), p->text, digest) &&
           CRYPTO_memcmp(digest, p->signature, sizeof digest) == 0;
    if (key.p)
        OPENSSL_cleanse(key.p, key.n);
    buf_fini(&key);
    return good;
}

bool clientlogin_is_signed(struct span url, struct span query, struct span secret,
                           struct span password, const uint8_t signature[CLIENTLOGIN_SIGNATURE])
{
    struct buf text = {0};
    bool good = put_signed(&text, url, query);
    struct proof p = {buf_span(&text), secret, signature};

    good = good && roast_any(password, fits, &p);
    buf_fini(&text);
    return good;
}

/* ---- answers ---- */

static const struct {
    unsigned code, detail; /* 0: none */
    const char *words;
} rows[] = {
    [CLIENTLOGIN_OK] = {200, 0, "OK"},
    [CLIENTLOGIN_BAD_PASSWORD] = {330, 3011, "The screen name or the password is wrong"},
    [CLIENTLOGIN_NOT_SIGNED] = {401, 1014, "The token is not known, or the signature is not good"},
    [CLIENTLOGIN_MISSING] = {460, 0, "A field is missing"},
    [CLIENTLOGIN_BAD_FIELD] = {462, 0, "A field cannot be read"},
    [CLIENTLOGIN_NEEDS_TLS] = {462, 0, "Only encrypted sessions are served: useTLS=1 is needed"},
    [CLIENTLOGIN_UNAVAILABLE] = {500, 0, "The service is not available; try again later"},
    [CLIENTLOGIN_TOO_OFTEN] = {607, 0, "Too many sign-ons or wrong passwords; wait a minute"},
};

const char *clientlogin_type(enum clientlogin_form form)
{
    return form == CLIENTLOGIN_JSON ? "application/json; charset=utf-8" : "text/xml; charset=utf-8";
}

/* An answer while it is written: elements, or members of objects. */
struct tree {
    struct buf *b;
    bool json;
    bool first; /* nothing stands in this object yet */
};

static void put_name(struct tree *t, const char *name)
{
    if (!t->json)
        buf_fmt(t->b, "<%s>", name);
    else
        buf_fmt(t->b, "%s\"%s\":", t->first ? "" : ",", name);
    t->first = false;
}

static void put_end(struct tree *t, const char *name)
{
    if (!t->json)
        buf_fmt(t->b, "</%s>", name);
}

static void open_node(struct tree *t, const char *name)
{
    put_name(t, name);
    if (t->json)
        BUF_LIT(t->b, "{");
    t->first = true;
}

static void close_node(struct tree *t, const char *name)
{
    put_end(t, name);
    if (t->json)
        BUF_LIT(t->b, "}");
    t->first = false;
}

static void put_text(struct tree *t, const char *name, struct span text)
{
    put_name(t, name);
    if (t->json)
        BUF_LIT(t->b, "\"");
    buf_add(t->b, text);
    if (t->json)
        BUF_LIT(t->b, "\"");
    put_end(t, name);
}

static void put_number(struct tree *t, const char *name, uint64_t n)
{
    put_name(t, name);
    buf_number(t->b, n);
    put_end(t, name);
}

static struct tree begin(struct buf *b, enum clientlogin_form form, enum clientlogin_status status)
{
    struct tree t = {b, form == CLIENTLOGIN_JSON, true};

    if (t.json)
        BUF_LIT(b, "{");
    else
        BUF_LIT(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    open_node(&t, "response");
    put_number(&t, "statusCode", rows[status].code);
    put_text(&t, "statusText", span_str(rows[status].words));
    if (rows[status].detail)
        put_number(&t, "statusDetailCode", rows[status].detail);
    open_node(&t, "data");
    return t;
}

static void end(struct tree *t)
{
    close_node(t, "data");
    close_node(t, "response");
    if (t->json)
        BUF_LIT(t->b, "}");
}

void clientlogin_write_refusal(struct buf *b, enum clientlogin_form form,
                               enum clientlogin_status status)
{
    struct tree t = begin(b, form, status);

    end(&t);
}

void clientlogin_write_token(struct buf *b, enum clientlogin_form form,
                             const struct clientlogin_token *token)
{
    struct tree t = begin(b, form, CLIENTLOGIN_OK);

    open_node(&t, "token");
    put_number(&t, "expiresIn", token->lives);
    put_text(&t, "a", token->token);
    close_node(&t, "token");
    put_text(&t, "sessionSecret", token->secret);
    put_number(&t, "hostTime", token->now);
    end(&t);
}

void clientlogin_write_bos(struct buf *b, enum clientlogin_form form,
                           const struct clientlogin_bos *bos)
{
    struct tree t = begin(b, form, CLIENTLOGIN_OK);

    put_text(&t, "host", bos->host);
    put_number(&t, "port", bos->port);
    put_name(&t, "cookie");
    if (t.json)
        BUF_LIT(b, "\"");
    base64_write(b, bos->cookie);
    if (t.json)
        BUF_LIT(b, "\"");
    put_end(&t, "cookie");
    if (bos->certificate.n)
        put_text(&t, "tlsCertName", bos->certificate);
    end(&t);
}
