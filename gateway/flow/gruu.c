#include "gateway/flow/gruu.h"

#include "base/hex.h"
#include "base/siphash.h"

#define TEMP_HEAD "tgruu."
#define TEMP_SEAL " tgruu" /* no account has such a name */

enum { MARK_OCTETS = 8 };

/* The instance as it stands in a `gr`: without its <>. */
static struct span bare(struct span instance)
{
    if (instance.n >= 2 && instance.p[0] == '<' && instance.p[instance.n - 1] == '>')
        return span_of(instance.p + 1, instance.n - 2);
    return instance;
}

/* A temporary one is good until its phone registers anew with another Call-ID, or not at all (RFC
 * 5627 5.4). */
static uint64_t mark_of(const struct sip_contact *c)
{
    static const uint64_t plain[2] = {0}; /* it travels sealed */

    return siphash(plain, c->instance) * 31 + siphash(plain, c->call_id);
}

/* "tgruu." and, sealed, the user and the mark: another one each time, which nobody can tell from
 * another's. */
static struct span temporary(struct worker *w, const struct account *a, const struct sip_contact *c)
{
    uint64_t mark = mark_of(c);
    struct buf plain = {0}, sealed = {0}, text = {0};
    struct span out = {0};

    buf_put(&plain, &mark, MARK_OCTETS);
    buf_add(&plain, a->person->key);
    if (buf_ok(&plain) && seal(&w->key, buf_span(&plain), SPAN(TEMP_SEAL), &sealed) == OK) {
        BUF_LIT(&text, TEMP_HEAD);
        hex_write(&text, buf_span(&sealed));
        if (buf_ok(&text))
            out = arena_copy(&w->arena, buf_span(&text));
    }
    buf_fini(&plain);
    buf_fini(&sealed);
    buf_fini(&text);
    return out;
}

void gruu_give(struct worker *w, const struct account *a, const struct registrar_result *r,
               struct registrar_gruus *out)
{
    *out = (struct registrar_gruus){.user = a->person->key, .domain = w->own_domain};
    for (size_t i = 0; i < r->n; i++)
        if (r->contacts[i].instance.n)
            out->temporary[i] = temporary(w, a, &r->contacts[i]);
}

static bool read_public(struct worker *w, struct span value, struct gruu *out)
{
    struct buf b = {0};
    bool ok = sip_unescape(&b, value) && buf_ok(&b);

    out->instance = arena_copy(&w->arena, bare(buf_span(&b)));
    buf_fini(&b);
    return ok && out->instance.n > 0;
}

static bool read_temporary(struct worker *w, struct span *user, struct gruu *out)
{
    struct span hex = span_skip(*user, sizeof TEMP_HEAD - 1);
    uint8_t *sealed = arena_alloc(&w->arena, hex.n / 2 + 1);
    struct buf plain = {0};
    bool ok = span_case_starts(*user, SPAN(TEMP_HEAD)) && hex.n % 2 == 0 && sealed &&
              hex_read(hex, sealed, hex.n / 2) &&
              unseal(&w->key, span_of(sealed, hex.n / 2), SPAN(TEMP_SEAL), &plain) == OK &&
              plain.n > MARK_OCTETS;

    if (ok) {
        memcpy(&out->mark, plain.p, MARK_OCTETS);
        *user = arena_copy(&w->arena, span_skip(buf_span(&plain), MARK_OCTETS));
    }
    buf_fini(&plain);
    return ok;
}

bool gruu_read(struct worker *w, const struct sip_uri *uri, struct span *user, struct gruu *out)
{
    struct sip_param gr;

    *out = (struct gruu){0};
    if (!uri->params.n || !span_case_eq(uri->host, w->own_domain) ||
        !sip_uri_param(uri, "gr", &gr))
        return true;
    out->is = true;
    return gr.has_value ? read_public(w, gr.value, out) : read_temporary(w, user, out);
}

const struct contact *gruu_contact(const struct account *a, const struct gruu *g)
{
    const struct contact *best = NULL;

    LIST_EACH (struct contact, c, &a->contacts, node) {
        bool meant = g->instance.n
                         ? c->c.instance.n && span_case_eq(bare(c->c.instance), g->instance)
                         : c->c.instance.n && mark_of(&c->c) == g->mark;

        /* RFC 5627 5.1: of several flows the newest */
        if (meant && (!best || c->refreshed > best->refreshed))
            best = c;
    }
    return best;
}
