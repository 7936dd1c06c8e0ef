#include "simple/txn/digest.h"

#include <openssl/evp.h>

#include "base/hex.h"
#include "simple/txn/digest_priv.h"
#include "simple/wire/scan.h"

static const char *const algorithm_names[] = {"", "MD5", "SHA-256"};

enum digest_algorithm digest_algorithm_find(struct span name)
{
    if (name.n == 0 || span_case_is(name, "MD5"))
        return DIGEST_MD5;
    return span_case_is(name, "SHA-256") ? DIGEST_SHA256 : DIGEST_ALGORITHM_OTHER;
}

const char *digest_algorithm_name(enum digest_algorithm a)
{
    return algorithm_names[a];
}

bool digest_hash(enum digest_algorithm a, const struct span *parts, size_t n,
                 char out[DIGEST_HEX_SIZE])
{
    const EVP_MD *md = a == DIGEST_SHA256 ? EVP_sha256() : EVP_md5();
    EVP_MD_CTX *ctx = a == DIGEST_ALGORITHM_OTHER ? NULL : EVP_MD_CTX_new();
    uint8_t hash[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    bool ok = ctx && EVP_DigestInit_ex(ctx, md, NULL) == 1;

    for (size_t i = 0; ok && i < n; i++) {
        if (i > 0)
            ok = EVP_DigestUpdate(ctx, ":", 1) == 1;
        if (ok && parts[i].n > 0)
            ok = EVP_DigestUpdate(ctx, parts[i].p, parts[i].n) == 1;
    }
    ok = ok && EVP_DigestFinal_ex(ctx, hash, &size) == 1 && 2 * (size_t)size < DIGEST_HEX_SIZE;
    out[0] = 0;
    if (ok)
        hex_print(span_of(hash, size), out);
    EVP_MD_CTX_free(ctx);
    return ok;
}

bool digest_ha1(enum digest_algorithm a, struct span user, struct span realm, struct span password,
                char out[DIGEST_HEX_SIZE])
{
    const struct span parts[] = {user, realm, password};

    return digest_hash(a, parts, 3, out);
}

/* A2 = Method ":" digest-uri, and ":" H(body) with auth-int (RFC 7616 3.4.3). */
static bool hash_a2(const struct digest_input *in, char out[DIGEST_HEX_SIZE])
{
    char body[DIGEST_HEX_SIZE];
    struct span parts[3] = {in->method, in->uri};

    if (in->qop != DIGEST_QOP_AUTH_INT)
        return digest_hash(in->algorithm, parts, 2, out);
    if (!digest_hash(in->algorithm, &in->body, 1, body))
        return false;
    parts[2] = span_str(body);
    return digest_hash(in->algorithm, parts, 3, out);
}

bool digest_response(const struct digest_input *in, char out[DIGEST_HEX_SIZE])
{
    char ha2[DIGEST_HEX_SIZE];

    if (!hash_a2(in, ha2))
        return false;
    if (in->qop == DIGEST_QOP_NONE) {
        const struct span parts[] = {in->ha1, in->nonce, span_str(ha2)};

        return digest_hash(in->algorithm, parts, 3, out);
    }
    const struct span parts[] = {
        in->ha1,
        in->nonce,
        in->nc,
        in->cnonce,
        in->qop == DIGEST_QOP_AUTH_INT ? SPAN("auth-int") : SPAN("auth"),
        span_str(ha2),
    };
    return digest_hash(in->algorithm, parts, 6, out);
}

const char *digest_result_text(enum digest_result r)
{
    static const char *const texts[] = {
        [DIGEST_OK] = "accepted",
        [DIGEST_NONE] = "no credentials",
        [DIGEST_STALE] = "the nonce is too old",
        [DIGEST_WRONG] = "wrong password or no qop",
        [DIGEST_REPLAY] = "the nonce count was seen before",
        [DIGEST_BAD_URI] = "signed for another place",
        [DIGEST_UNKNOWN_ALGORITHM] = "an algorithm that is not known",
        [DIGEST_MALFORMED] = "malformed credentials",
    };

    return texts[r];
}

/* ---- what a client sent ---- */

static enum digest_qop find_qop(struct span name)
{
    if (name.n == 0)
        return DIGEST_QOP_NONE;
    if (span_case_is(name, "auth"))
        return DIGEST_QOP_AUTH;
    return span_case_is(name, "auth-int") ? DIGEST_QOP_AUTH_INT : DIGEST_QOP_OTHER;
}

/* Undoes the backslashes of a quoted value into text. */
static bool unquote(struct span s, char text[DIGEST_FIELD_MAX], struct span *out)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\\' && i + 1 < s.n)
            i++;
        if (n == DIGEST_FIELD_MAX)
            return false;
        text[n++] = (char)s.p[i];
    }
    *out = span_of(text, n);
    return true;
}

/* nc = 8LHEX; shorter ones are taken. */
static bool read_nc(struct span s, uint32_t *out)
{
    *out = 0;
    if (s.n == 0 || s.n > 8)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        int digit = hex_value(s.p[i]);

        if (digit < 0)
            return false;
        *out = *out << 4 | (uint32_t)digit;
    }
    return *out > 0;
}

static bool read_params(struct span params, struct digest_credentials *out, struct span *username,
                        struct span *realm)
{
    const struct {
        struct span name;
        struct span *to;
    } fields[] = {
        {SPAN("username"), username},       {SPAN("realm"), realm},
        {SPAN("nonce"), &out->nonce},       {SPAN("uri"), &out->uri},
        {SPAN("response"), &out->response}, {SPAN("cnonce"), &out->cnonce},
        {SPAN("nc"), &out->nc_text},        {SPAN("opaque"), &out->opaque},
        {SPAN("qop"), &out->qop_text},      {SPAN("algorithm"), &out->algorithm_text},
    };
    struct sip_param param;
    bool bad = false;

    while (sip_auth_param_next(&params, &param, &bad))
        for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
            if (span_case_eq(param.name, fields[i].name))
                *fields[i].to = param.value;
    return !bad;
}

/* One line of credentials. NONE: another scheme or realm. */
static enum digest_result read_credentials(struct span value, struct span realm,
                                           struct digest_credentials *out)
{
    struct sip_auth auth;
    struct span username = {0}, their_realm = {0};
    bool ok;

    *out = (struct digest_credentials){0};
    if (!sip_auth_parse(value, &auth) || !span_case_is(auth.scheme, "Digest"))
        return DIGEST_NONE;
    ok = read_params(auth.params, out, &username, &their_realm);
    if (!unquote(username, out->text[0], &out->username) ||
        !unquote(their_realm, out->text[1], &out->realm))
        return DIGEST_MALFORMED;
    if (!span_eq(out->realm, realm))
        return ok ? DIGEST_NONE : DIGEST_MALFORMED;
    out->qop = find_qop(out->qop_text);
    out->algorithm = digest_algorithm_find(out->algorithm_text);
    if (!ok || username.n == 0 || out->nonce.n == 0 || out->uri.n == 0 || out->response.n == 0 ||
        out->qop == DIGEST_QOP_OTHER)
        return DIGEST_MALFORMED;
    if (out->qop != DIGEST_QOP_NONE && (!read_nc(out->nc_text, &out->nc) || out->cnonce.n == 0))
        return DIGEST_MALFORMED;
    return out->algorithm == DIGEST_ALGORITHM_OTHER ? DIGEST_UNKNOWN_ALGORITHM : DIGEST_OK;
}

enum digest_result digest_find(const struct sip_msg *m, enum sip_hdr_id field, struct span realm,
                               struct digest_credentials *out)
{
    enum digest_result worst = DIGEST_NONE;

    for (const struct sip_hdr *h = sip_msg_hdr(m, field); h; h = sip_msg_hdr_next(m, h)) {
        enum digest_result r = read_credentials(h->value, realm, out);

        if (r == DIGEST_OK)
            return r;
        if (r != DIGEST_NONE)
            worst = r;
    }
    return worst;
}
