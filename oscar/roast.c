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

static bool fits_roasted(const struct oscar_login *l, struct span password)
{
    uint8_t clear[PASSWORD_MAX];
    bool fits = false;

    if (l->proof.n == 0 || l->proof.n > sizeof clear)
        return false;
    roast_xor(ROAST_AIM, l->proof, clear);
    fits |= same(span_of(clear, l->proof.n), password);
    roast_xor(ROAST_JAVA, l->proof, clear);
    fits |= same(span_of(clear, l->proof.n), password);
    OPENSSL_cleanse(clear, sizeof clear);
    return fits;
}

/* Whole, and cut as some clients do. */
static bool fits(const struct oscar_login *l, struct span whole, struct span cut)
{
    bool (*const check)(const struct oscar_login *, struct span) =
        l->scheme == LOGIN_ROASTED ? fits_roasted : fits_digest;
    bool yes = check(l, whole);

    if (cut.n < whole.n)
        yes |= check(l, cut);
    return yes;
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

bool roast_check(const struct oscar_login *login, struct span password)
{
    uint8_t latin1[PASSWORD_MAX];
    struct span other;
    bool yes;

    if (password.n == 0)
        return false;
    yes = fits(login, password, utf8_first(password, ROAST_PASSWORD_CUT));
    other = latin1_of(password, latin1);
    if (other.n)
        yes |= fits(login, other, span_first(other, ROAST_PASSWORD_CUT));
    OPENSSL_cleanse(latin1, sizeof latin1);
    return yes;
}
