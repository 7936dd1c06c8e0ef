/* The walk is made anew after each answer: from the start, over all that is known by then, until it
 * ends in places or needs what nobody has told yet. So it reads as the RFCs do, and there is no
 * state but the answers. */
#include <stdlib.h>

#include "simple/txn/locate_priv.h"

const char *locate_text(enum locate_state s)
{
    static const char *const texts[] = {
#define END(name, temporary, text) [LOCATE_##name] = (text),
#include "simple/txn/locate.def"
    };

    return texts[s];
}

bool locate_is_temporary(enum locate_state s)
{
    static const bool are[] = {
#define END(name, temporary, text) [LOCATE_##name] = (temporary),
#include "simple/txn/locate.def"
    };

    return are[s];
}

const char *locate_why_text(enum locate_why w)
{
    static const char *const texts[] = {
#define WHY(name, text) [LOCATE_BY_##name] = (text),
#include "simple/txn/locate.def"
    };

    return texts[w];
}

struct locate_want locate_want_of(const struct sip_uri *u)
{
    struct locate_want w = {.scheme = u->scheme, .host = u->host, .port = u->port};
    struct sip_param p;

    if (u->scheme != SIP_SCHEME_SIP && u->scheme != SIP_SCHEME_SIPS)
        return w;
    if (sip_uri_param(u, "maddr", &p) && p.value.n > 0)
        w.host = p.value; /* RFC 3263 4: TARGET is maddr where there is one */
    if (sip_uri_param(u, "transport", &p)) {
        w.transport = sip_transport_find(p.value);
        if (w.transport == SIP_TRANSPORT_OTHER)
            w.transport = SIP_TRANSPORT_SCTP; /* named, and not ours */
    }
    return w;
}

/* ---- the order of records ---- */

static void swap(struct rr *a, struct rr *b)
{
    struct rr t = *a;

    *a = *b;
    *b = t;
}

/* Stable; there are few. */
static void sort(struct rr *r, size_t n, uint64_t (*rank)(const struct rr *))
{
    for (size_t i = 1; i < n; i++)
        for (size_t k = i; k > 0 && rank(&r[k]) < rank(&r[k - 1]); k--)
            swap(&r[k], &r[k - 1]);
}

static uint64_t rank_srv(const struct rr *r)
{
    return (uint64_t)r->srv.priority << 1 | (r->srv.weight > 0);
}

static uint64_t rank_naptr(const struct rr *r)
{
    return (uint64_t)r->naptr.order << 16 | r->naptr.preference;
}

/* RFC 2782, "Weight": of what is left of one priority, those of weight 0 in front, the first whose
 * running sum reaches a number between 0 and the whole sum. */
static size_t draw(const struct rr *r, size_t n, struct rng *rng)
{
    uint32_t sum = 0, at, reached = 0;

    for (size_t i = 0; i < n; i++)
        sum += r[i].srv.weight;
    at = rng_u32(rng) % (sum + 1);
    for (size_t i = 0; i < n; i++) {
        reached += r[i].srv.weight;
        if (reached >= at)
            return i;
    }
    return 0;
}

static void order_srv(struct rr *r, size_t n, struct rng *rng)
{
    sort(r, n, rank_srv);
    for (size_t i = 0; i < n; i++) {
        size_t end = i;

        while (end < n && r[end].srv.priority == r[i].srv.priority)
            end++;
        for (size_t k = i + draw(&r[i], end - i, rng); k > i; k--)
            swap(&r[k], &r[k - 1]);
    }
}

/* ---- life ---- */

/* RFC 3861 3: domains are fully qualified. What is local to a machine, or to nobody (RFC 6761), is
 * none. */
bool locate_is_domain(struct span host)
{
    static const char *const local[] = {".localhost", ".invalid"};
    size_t dot = host.n;

    for (size_t i = 0; i < sizeof local / sizeof local[0]; i++) {
        struct span end = span_str(local[i]);

        if (host.n >= end.n && span_eq(span_skip(host, host.n - end.n), end))
            return false;
    }
    while (dot > 0 && host.p[dot - 1] != '.')
        dot--;
    return dot > 1 && dot < host.n && host.p[0] != '.' &&
           !(host.p[dot] >= '0' && host.p[dot] <= '9');
}

static void begin(struct locate *l)
{
    struct sip_addr ip;

    l->state = LOCATE_ASKING;
    if (l->want.domain_only ? !locate_is_domain(l->want.host)
                            : l->want.host.n == 0 || l->want.host.n > RR_NAME_MAX)
        l->state = LOCATE_BAD_NAME;
    else if (!l->want.domain_only && sip_addr_parse(l->want.host, &ip))
        l->ip = ip;
    if (l->state == LOCATE_ASKING)
        locate_walk(l);
}

struct locate *locate_new(const struct locate_want *want, struct rng *rng)
{
    struct locate *l = calloc(1, sizeof *l);

    if (!l)
        return NULL;
    l->want = *want;
    if (want->host.n > 1 && want->host.p[want->host.n - 1] == '.')
        l->want.host.n--;
    l->want.host = arena_copy(&l->arena, l->want.host);
    l->rng = rng;
    if (!arena_ok(&l->arena)) {
        locate_free(l);
        return NULL;
    }
    begin(l);
    return l;
}

void locate_free(struct locate *l)
{
    if (!l)
        return;
    arena_fini(&l->arena);
    free(l);
}

bool locate_ask(struct locate *l, struct rr_question *out)
{
    for (size_t i = 0; i < l->n_known && l->state == LOCATE_ASKING; i++)
        if (!l->known[i].given) {
            l->known[i].given = true;
            *out = l->known[i].q;
            return true;
        }
    return false;
}

void locate_answer(struct locate *l, const struct rr_question *q, const struct rr_answer *a)
{
    struct known *k = locate_find(l, q->type, q->name);
    struct rr *rrs;

    if (!k || k->answered || l->state != LOCATE_ASKING)
        return;
    rrs = arena_alloc(&l->arena, rr_answer_size(a));
    if (rrs)
        rr_answer_copy(rrs, a, &k->a);
    else
        k->a = (struct rr_answer){.verdict = RR_FAILED, .why = "out of memory", .name = k->q.name};
    if (q->type == RR_SRV)
        order_srv(rrs, k->a.n, l->rng);
    else if (q->type == RR_NAPTR)
        sort(rrs, k->a.n, rank_naptr);
    k->answered = true;
    locate_walk(l);
}

enum locate_state locate_state(const struct locate *l)
{
    return l->state;
}

const struct locate_place *locate_places(const struct locate *l, size_t *n)
{
    *n = l->state == LOCATE_FOUND ? l->n_places : 0;
    return l->places;
}

uint32_t locate_ttl(const struct locate *l)
{
    uint32_t ttl = UINT32_MAX;

    for (size_t i = 0; i < l->n_known; i++)
        if (l->known[i].answered && l->known[i].a.ttl < ttl)
            ttl = l->known[i].a.ttl;
    return ttl;
}

const struct rr_answer *locate_failure(const struct locate *l, struct rr_question *q)
{
    if (l->state != LOCATE_FAILED || !l->failed)
        return NULL;
    *q = l->failed->q;
    return &l->failed->a;
}

bool locate_asked(const struct locate *l, size_t i, struct rr_question *q,
                  const struct rr_answer **a)
{
    if (i >= l->n_known)
        return false;
    *q = l->known[i].q;
    *a = l->known[i].answered ? &l->known[i].a : NULL;
    return true;
}
