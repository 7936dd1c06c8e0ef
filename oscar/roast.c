#include "oscar/roast.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/utf8.h"

enum { TABLE = 16, PASSWORD_MAX = 255 };

static const uint8_t tables[][TABLE] = {
    [ROAST_AIM] = {0xF3, 0x26, 0x81, 0xC4, 0x39, 0x86, 0xDB, 0x92, 0x71, 0xA3, 0xB9, 0xE6, 0x53,
                   0x7A, 0x95, 0x7C},
    [ROAST_JAVA] = {0xF3, 0xB3, 0x6C, 0x99, 0x95, 0x3F, 0xAC, 0xB6, 0xC5, 0xFA, 0x6B, 0x63, 0x69,
                    0x6C, 0xC3, 0x9A},
    [ROAST_KERBEROS] = {0x76, 0x91, 0xC5, 0xE7, 0xD0, 0xD9, 0x95, 0xDD, 0x9E, 0x2F, 0xEA, 0xD8,
                        0x6B, 0x21, 0xC2, 0xBC},
};

/* MD5 over three pieces. They are small: put side by side they cost one call of the library. */
static bool md5_of(struct span a, struct span b, struct span c, uint8_t out[ROAST_MD5])
{
    uint8_t all[3 * PASSWORD_MAX];
    size_t n = a.n + b.n + c.n;
    bool done;

    if (n > sizeof all)
        return false;
    if (a.n)
        memcpy(all, a.p, a.n);
    if (b.n)
        memcpy(all + a.n, b.p, b.n);
    if (c.n)
        memcpy(all + a.n + b.n, c.p, c.n);
    done = EVP_Digest(all, n, out, NULL, EVP_md5(), NULL) == 1;
    OPENSSL_cleanse(all, n);
    return done;
}

#define SALT SPAN("AOL Instant Messenger (SM)")

bool roast_md5_old(struct span key, struct span password, uint8_t out[ROAST_MD5])
{
    return md5_of(key, password, SALT, out);
}

bool roast_md5_new(struct span key, struct span password, uint8_t out[ROAST_MD5])
{
    uint8_t inner[ROAST_MD5];
    bool done = md5_of((struct span){0}, password, (struct span){0}, inner) &&
                md5_of(key, span_of(inner, sizeof inner), SALT, out);

    OPENSSL_cleanse(inner, sizeof inner);
    return done;
}

void roast_xor(enum roast_table table, struct span in, uint8_t *to)
{
    for (size_t i = 0; i < in.n; i++)
        to[i] = in.p[i] ^ tables[table][i % TABLE];
}

static bool same(struct span a, struct span b)
{
    return a.n == b.n && (a.n == 0 || CRYPTO_memcmp(a.p, b.p, a.n) == 0);
}

static bool fits_digest(const struct oscar_login *l, struct span password)
{
    uint8_t old_form[ROAST_MD5], new_form[ROAST_MD5];
    bool fits = false;

    if (roast_md5_old(l->key, password, old_form))
        fits |= same(l->proof, span_of(old_form, sizeof old_form));
    if (roast_md5_new(l->key, password, new_form))
        fits |= same(l->proof, span_of(new_form, sizeof new_form));
    return fits;
}

static bool fits_roasted(enum roast_table table, struct span proof, struct span password)
{
    uint8_t clear[PASSWORD_MAX];
    bool fits;

    if (proof.n == 0 || proof.n > sizeof clear)
        return false;
    roast_xor(table, proof, clear);
    fits = same(span_of(clear, proof.n), password);
    OPENSSL_cleanse(clear, sizeof clear);
    return fits;
}

static bool fits(const void *ctx, struct span password)
{
    const struct oscar_login *l = ctx;
    bool yes;

    switch (l->scheme) {
    case LOGIN_MD5: return fits_digest(l, password);
    case LOGIN_ROASTED:
        yes = fits_roasted(ROAST_AIM, l->proof, password);
        yes |= fits_roasted(ROAST_JAVA, l->proof, password);
        return yes;
    case LOGIN_KERBEROS: return fits_roasted(ROAST_KERBEROS, l->proof, password);
    case LOGIN_CLEAR: return same(l->proof, password);
    }
    return false;
}

/* The password in Latin-1, for clients that send their local 8-bit characters. Empty where it is
 * plain ASCII, or has characters that Latin-1 has not. */
static struct span latin1_of(struct span utf8, uint8_t to[PASSWORD_MAX])
{
    size_t n = 0;
    bool ascii = true;

    while (utf8.n && n < PASSWORD_MAX) {
        uint32_t c = utf8_next(&utf8);

        if (c > 0xFF)
            return (struct span){0};
        ascii &= c < 0x80;
        to[n++] = (uint8_t)c;
    }
    return ascii || utf8.n ? (struct span){0} : span_of(to, n);
}

bool roast_any(struct span password, bool (*fits_form)(const void *ctx, struct span form),
               const void *ctx)
{
    uint8_t latin1[PASSWORD_MAX];
    struct span forms[4] = {password, utf8_first(password, ROAST_PASSWORD_CUT)};
    bool yes = false;

    if (password.n == 0)
        return false;
    forms[2] = latin1_of(password, latin1);
    forms[3] = span_first(forms[2], ROAST_PASSWORD_CUT);
    for (size_t i = 0; i < 4; i++)
        if (forms[i].n && (i % 2 == 0 || forms[i].n < forms[i - 1].n))
            yes |= fits_form(ctx, forms[i]);
    OPENSSL_cleanse(latin1, sizeof latin1);
    return yes;
}

bool roast_check(const struct oscar_login *login, struct span password)
{
    return roast_any(password, fits, login);
}
