/* The server's half of digest: challenges and their checking. A nonce is the time, a number and a
 * keyed hash of both, so none is kept until somebody answers with the right password; then its
 * count is. */
#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/hex.h"
#include "base/rng.h"
#include "simple/txn/digest_priv.h"
#include "simple/wire/print.h"

enum {
    NONCE_HEAD = 16, /* octets of time and number */
    NONCE_MAC = 16,  /* octets of the hash that are sent */
    NONCE_RAW = NONCE_HEAD + NONCE_MAC,
    NONCE_SIZE = 2 * NONCE_RAW, /* in digits */
    COUNT_WINDOW = 64, /* counts this far behind the highest may still come, each once (UDP) */
};

/* The counts used with one nonce. Bit i of seen: highest - i was there. */
struct nonce_use {
    uint64_t serial;
    uint32_t highest;
    uint64_t seen;
};

struct digest_server {
    struct digest_conf conf;
    uint8_t key[DIGEST_KEY_SIZE];
    uint64_t first, next; /* numbers of nonces: the first given out, the next to be */
    /* A nonce has the slot of its number modulo conf.nonces. A younger nonce takes the slot from an
     * older one, which is stale from then on. */
    struct nonce_use uses[];
};

struct digest_server *digest_server_new(const struct digest_conf *conf,
                                        const uint8_t key[DIGEST_KEY_SIZE])
{
    size_t nonces = conf->nonces ? conf->nonces : DIGEST_NONCES;
    struct digest_server *s = calloc(1, sizeof *s + nonces * sizeof *s->uses);

    if (!s)
        return NULL;
    s->conf = *conf;
    s->conf.nonces = nonces;
    if (s->conf.nonce_life == 0)
        s->conf.nonce_life = DIGEST_NONCE_LIFE;
    memcpy(s->key, key, sizeof s->key);
    rng_seed(&s->next, sizeof s->next);
    s->next = (s->next >> 1) + 1; /* room to count up, and never 0 */
    s->first = s->next;
    return s;
}

void digest_server_free(struct digest_server *s)
{
    if (s)
        OPENSSL_cleanse(s->key, sizeof s->key);
    free(s);
}

static void put_u64(uint8_t *to, uint64_t v)
{
    for (int i = 0; i < 8; i++)
        to[i] = (uint8_t)(v >> (56 - 8 * i));
}

static uint64_t get_u64(const uint8_t *from)
{
    uint64_t v = 0;

    for (int i = 0; i < 8; i++)
        v = v << 8 | from[i];
    return v;
}

static bool nonce_mac(const struct digest_server *s, const uint8_t head[NONCE_HEAD],
                      struct span realm, uint8_t mac[NONCE_MAC])
{
    uint8_t in[NONCE_HEAD + DIGEST_FIELD_MAX], out[EVP_MAX_MD_SIZE];
    size_t n = realm.n < DIGEST_FIELD_MAX ? realm.n : DIGEST_FIELD_MAX;
    unsigned size = 0;

    memcpy(in, head, NONCE_HEAD);
    if (n > 0)
        memcpy(in + NONCE_HEAD, realm.p, n);
    if (!HMAC(EVP_sha256(), s->key, sizeof s->key, in, NONCE_HEAD + n, out, &size))
        return false;
    memcpy(mac, out, NONCE_MAC);
    return true;
}

static void put_challenge(struct buf *b, enum digest_algorithm a, const struct digest_challenge *c,
                          const char *nonce)
{
    size_t at = sip_hdr_begin(b, c->field);

    BUF_LIT(b, "Digest realm=");
    sip_put_quoted(b, c->realm);
    BUF_LIT(b, ", nonce=\"");
    buf_str(b, nonce);
    BUF_LIT(b, "\", algorithm=");
    buf_str(b, digest_algorithm_name(a));
    BUF_LIT(b, ", qop=\"auth\"");
    if (c->stale)
        BUF_LIT(b, ", stale=true");
    sip_hdr_end(b, at);
}

/* RFC 8760 2.4 has a client pass over what it does not know. These give up instead; what they call
 * themselves begins so. MD5 is offered to everybody, so nothing is given away. */
static bool knows_md5_only(struct span user_agent)
{
    static const char *const names[] = {"baresip v0.", "baresip v1."};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (span_case_starts(user_agent, span_str(names[i])))
            return true;
    return false;
}

void digest_challenge(struct digest_server *s, struct buf *b, const struct digest_challenge *c,
                      uint64_t now)
{
    uint8_t raw[NONCE_RAW];
    char nonce[NONCE_SIZE + 1];

    put_u64(raw, now);
    put_u64(raw + 8, s->next++);
    if (!nonce_mac(s, raw, c->realm, raw + NONCE_HEAD)) {
        b->bad = true;
        return;
    }
    hex_print(span_of(raw, sizeof raw), nonce);
    if (!knows_md5_only(c->user_agent))
        put_challenge(b, DIGEST_SHA256, c, nonce);
    put_challenge(b, DIGEST_MD5, c, nonce);
}

/* One of ours, and young enough. Gives its number. */
static bool check_nonce(const struct digest_server *s, const struct digest_credentials *c,
                        uint64_t now, uint64_t *serial)
{
    uint8_t raw[NONCE_RAW], mac[NONCE_MAC];
    uint64_t issued;

    if (c->nonce.n != NONCE_SIZE || !hex_read(c->nonce, raw, sizeof raw) ||
        !nonce_mac(s, raw, c->realm, mac) || CRYPTO_memcmp(mac, raw + NONCE_HEAD, NONCE_MAC) != 0)
        return false;
    issued = get_u64(raw);
    *serial = get_u64(raw + 8);
    return issued <= now && now - issued <= s->conf.nonce_life && *serial >= s->first &&
           *serial < s->next;
}

/* Every count once; those a little behind the highest may come late. */
static bool use_count(struct nonce_use *u, uint32_t nc)
{
    if (nc > u->highest) {
        uint32_t step = nc - u->highest;

        u->seen = step < COUNT_WINDOW ? u->seen << step | 1 : 1;
        u->highest = nc;
        return true;
    }
    if (u->highest - nc >= COUNT_WINDOW || (u->seen >> (u->highest - nc) & 1))
        return false;
    u->seen |= 1ULL << (u->highest - nc);
    return true;
}

static enum digest_result check_count(struct digest_server *s, uint64_t serial, uint32_t nc)
{
    struct nonce_use *u = &s->uses[serial % s->conf.nonces];

    if (u->serial > serial)
        return DIGEST_STALE;
    if (u->serial < serial)
        *u = (struct nonce_use){.serial = serial};
    return use_count(u, nc) ? DIGEST_OK : DIGEST_REPLAY;
}

/* The place that was signed for: the Request-URI, or another one at the same host or at the realm
 * (RFC 3261 22.4: the two may differ, proxies change the Request-URI). */
static bool check_uri(const struct digest_credentials *c, const struct sip_msg *request)
{
    struct sip_uri u;

    if (span_eq(c->uri, request->uri))
        return true;
    if (!sip_uri_parse(c->uri, &u) || u.host.n == 0)
        return false;
    return span_case_eq(u.host, request->target.host) || span_case_eq(u.host, c->realm);
}

static bool check_response(const struct digest_credentials *c, const struct sip_msg *request,
                           const char *ha1)
{
    char right[DIGEST_HEX_SIZE], theirs[DIGEST_HEX_SIZE];
    const struct digest_input in = {
        .algorithm = c->algorithm,
        .qop = c->qop,
        .ha1 = span_str(ha1),
        .method = request->method_name,
        .uri = c->uri,
        .body = request->body,
        .nonce = c->nonce,
        .nc = c->nc_text,
        .cnonce = c->cnonce,
    };

    if (!digest_response(&in, right) || c->response.n != strlen(right))
        return false;
    for (size_t i = 0; i < c->response.n; i++)
        theirs[i] = (char)ascii_lower(c->response.p[i]);
    return CRYPTO_memcmp(right, theirs, c->response.n) == 0;
}

enum digest_result digest_check(struct digest_server *s, const struct digest_credentials *c,
                                const struct sip_msg *request, const char *ha1, uint64_t now)
{
    uint64_t serial;

    if (!check_uri(c, request))
        return DIGEST_BAD_URI;
    if (c->qop == DIGEST_QOP_NONE && !s->conf.legacy)
        return DIGEST_WRONG;
    if (!check_response(c, request, ha1))
        return DIGEST_WRONG;
    if (!check_nonce(s, c, now, &serial))
        return DIGEST_STALE;
    return c->qop == DIGEST_QOP_NONE ? DIGEST_OK : check_count(s, serial, c->nc);
}
