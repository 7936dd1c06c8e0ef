#include "gateway/peer/locator.h"

#include <stdlib.h>

#include "gateway/net/addr.h"
#include "gateway/net/dns.h"
#include "gateway/peer/peers.h"
#include "gateway/peer/reach.h"

/* The answer to one question, or those who wait for it. */
struct entry {
    struct list used; /* in locator.used: the longest ago first; only what is answered */
    struct locator *locator;
    struct list waiting; /* struct wait */
    bool asking;
    uint64_t expires;
    void *room; /* what the answer's records lie in */
    struct rr_answer a;
    struct rr_question q;
    size_t key_n;
    uint8_t key[]; /* type and name */
};

struct wait {
    struct list of_entry, of_location;
    struct location *location;
    struct rr_question q;
};

struct locator {
    struct worker *w;
    struct dns *dns;
    struct table entries;
    struct list used;
    size_t locations; /* that wait */
    uint64_t slot, warned;
};

struct location {
    struct locator *locator;
    struct locate *walk; /* NULL: it ended */
    struct list waits;
    void (*on)(void *ctx);
    void *ctx;
    enum locate_state state;
    uint32_t ttl;
    struct way_place *places;
    size_t n_places;
    bool begun; /* from here on `on` is called */
    char host[RR_NAME_MAX + 2];
};

/* ---- what is known ---- */

static struct span key_of(const struct rr_question *q, uint8_t to[RR_NAME_MAX + 1])
{
    size_t n = q->name.n < RR_NAME_MAX ? q->name.n : RR_NAME_MAX;

    to[0] = (uint8_t)q->type; /* all of ours are below 256 */
    memcpy(to + 1, q->name.p, n);
    return span_of(to, 1 + n);
}

static void entry_free(struct locator *l, struct entry *e)
{
    table_remove(&l->entries, span_of(e->key, e->key_n));
    list_remove(&e->used);
    l->w->metrics.dns_answers--;
    free(e->room);
    free(e);
}

static void forget_answer(struct entry *e)
{
    list_remove(&e->used);
    free(e->room);
    e->room = NULL;
}

static struct entry *entry_new(struct locator *l, struct span key)
{
    struct entry *e;

    if (table_count(&l->entries) >= LOCATOR_ANSWERS_MAX) {
        if (list_empty(&l->used))
            return NULL;
        entry_free(l, LIST_OF(l->used.next, struct entry, used));
    }
    e = calloc(1, sizeof *e + key.n);
    if (!e)
        return NULL;
    memcpy(e->key, key.p, key.n);
    e->key_n = key.n;
    e->q = (struct rr_question){(enum rr_type)key.p[0], span_of(e->key + 1, key.n - 1)};
    e->locator = l;
    list_init(&e->waiting);
    if (table_add(&l->entries, span_of(e->key, key.n), e)) {
        free(e);
        return NULL;
    }
    l->w->metrics.dns_answers++;
    return e;
}

static uint64_t life_of(const struct rr_answer *a)
{
    uint32_t most = a->verdict == RR_ANSWERED && a->n ? LOCATOR_TTL_MAX : LOCATOR_NO_MAX;
    uint32_t ttl = a->ttl < most ? a->ttl : most;

    return (ttl > LOCATOR_TTL_MIN ? ttl : LOCATOR_TTL_MIN) * 1000ULL;
}

static void remember(struct locator *l, struct entry *e, const struct rr_answer *a)
{
    e->room = malloc(rr_answer_size(a) + 1);
    if (!e->room) {
        entry_free(l, e);
        return;
    }
    rr_answer_copy(e->room, a, &e->a);
    e->expires = l->w->now + life_of(a);
    list_append(&l->used, &e->used);
}

/* ---- asking ---- */

static void advance(struct location *x);

static void wait_free(struct wait *v)
{
    list_remove(&v->of_entry);
    list_remove(&v->of_location);
    free(v);
}

static void warn(struct locator *l, const struct rr_question *q, const struct rr_answer *a)
{
    struct buf name = {0};

    l->w->metrics.dns_failures++;
    if (l->warned && l->w->now - l->warned < 60000)
        return;
    l->warned = l->w->now;
    buf_add(&name, q->name);
    LOG_WARNING(&l->w->log, "dns", "a question has no answer (told once a minute)", "type",
                rr_type_name(q->type), "name", buf_cstr(&name), "why",
                a->why ? a->why : "no answer", "do", "look at dns.servers, and at that domain");
    buf_fini(&name);
}

static void on_answer(void *ctx, const struct rr_answer *a)
{
    struct entry *e = ctx;
    struct locator *l = e->locator;
    struct list waiting;

    worker_begin(l->w);
    if (a->verdict == RR_FAILED || a->verdict == RR_SILENT)
        warn(l, &e->q, a);
    e->asking = false;
    list_init(&waiting);
    while (!list_empty(&e->waiting)) {
        struct list *node = e->waiting.next;

        list_remove(node);
        list_append(&waiting, node);
    }
    remember(l, e, a);
    while (!list_empty(&waiting)) { /* each may end others */
        struct wait *v = LIST_OF(waiting.next, struct wait, of_entry);
        struct location *x = v->location;

        locate_answer(x->walk, &v->q, a);
        wait_free(v);
        advance(x);
    }
}

/* The entry for a question: with a good answer, or asked for. NULL: that cannot be. */
static struct entry *entry_for(struct locator *l, const struct rr_question *q)
{
    uint8_t key[RR_NAME_MAX + 1];
    struct span k = key_of(q, key);
    struct entry *e = table_find(&l->entries, k);

    if (e && (e->asking || e->expires > l->w->now))
        return e;
    if (e)
        forget_answer(e);
    else
        e = entry_new(l, k);
    if (!e)
        return NULL;
    l->w->metrics.dns_queries++;
    if (dns_ask(l->dns, &e->q, on_answer, e)) {
        entry_free(l, e);
        return NULL;
    }
    e->asking = true;
    return e;
}

static bool wait_for(struct location *x, struct entry *e, const struct rr_question *q)
{
    struct wait *v = calloc(1, sizeof *v);

    if (!v)
        return false;
    v->location = x;
    v->q = *q;
    list_append(&e->waiting, &v->of_entry);
    list_append(&x->waits, &v->of_location);
    return true;
}

static void put(struct location *x, const struct rr_question *q)
{
    static const struct rr_answer busy = {.verdict = RR_FAILED, .why = "too many questions"};
    struct locator *l = x->locator;
    struct entry *e = entry_for(l, q);

    if (e && !e->asking) {
        l->w->metrics.dns_cached++;
        list_remove(&e->used);
        list_append(&l->used, &e->used);
        locate_answer(x->walk, q, &e->a);
    } else if (!e || !wait_for(x, e, q)) {
        locate_answer(x->walk, q, &busy);
    }
}

/* ---- the end ---- */

/* RFC 5922 7.2: the certificate must name the domain that was looked for, not what DNS made of it.
 */
static bool take_place(struct location *x, const struct locate_place *p)
{
    struct worker *w = x->locator->w;
    struct sip_hop hop = {.transport = p->transport, .addr = p->addr};

    if (p->transport == SIP_TRANSPORT_TLS)
        hop.domain = domains_number(peers_domains(w->peers), span_str(x->host));
    if (!reach_can(w->conf, &hop) || (p->transport == SIP_TRANSPORT_TLS && !hop.domain))
        return false;
    x->places[x->n_places++] = (struct way_place){hop, p->group};
    return true;
}

static void take_places(struct location *x)
{
    size_t n, own = 0;
    const struct locate_place *p = locate_places(x->walk, &n);

    x->places = n ? calloc(n, sizeof *x->places) : NULL;
    for (size_t i = 0; i < n && x->places; i++) {
        struct sip_hop hop = {.transport = p[i].transport, .addr = p[i].addr};

        if (reach_is_self(x->locator->w->conf, &hop))
            own++;
        else
            (void)take_place(x, &p[i]);
    }
    if (x->n_places == 0)
        x->state = own ? LOCATE_LOOP : LOCATE_NO_WAY;
}

static void log_end(const struct location *x)
{
    const struct log *log = &x->locator->w->log;
    struct rr_question q;
    const struct rr_answer *a = locate_failure(x->walk, &q);
    struct buf asked = {0};

    if (a)
        buf_fmt(&asked, "%s %.*s", rr_type_name(q.type), SPAN_ARG(q.name));
    if (x->state != LOCATE_FOUND)
        LOG_INFO(log, "dns", "a host was not found", "host", x->host, "why", locate_text(x->state),
                 a ? "question" : NULL, a ? buf_cstr(&asked) : NULL);
    buf_fini(&asked);
}

/* Some of what was asked may not matter any more. */
static void stop(struct location *x)
{
    LIST_EACH (struct wait, v, &x->waits, of_location)
        wait_free(v);
    locate_free(x->walk);
    x->walk = NULL;
}

static void finish(struct location *x)
{
    uint32_t ttl = locate_ttl(x->walk);

    x->state = locate_state(x->walk);
    x->ttl = ttl < LOCATOR_TTL_MIN   ? LOCATOR_TTL_MIN
             : ttl < LOCATOR_TTL_MAX ? ttl
                                     : LOCATOR_TTL_MAX;
    if (x->state == LOCATE_FOUND)
        take_places(x);
    log_end(x);
    stop(x);
    if (x->begun) {
        x->locator->locations--;
        x->on(x->ctx); /* may free it */
    }
}

static void advance(struct location *x)
{
    struct rr_question q;

    while (locate_ask(x->walk, &q))
        put(x, &q);
    if (locate_state(x->walk) != LOCATE_ASKING)
        finish(x);
}

/* ---- locations ---- */

static struct span fold(char to[RR_NAME_MAX + 2], struct span host)
{
    size_t n = host.n < RR_NAME_MAX + 1 ? host.n : RR_NAME_MAX + 1;

    for (size_t i = 0; i < n; i++)
        to[i] = (char)ascii_lower(host.p[i]);
    if (n && to[n - 1] == '.')
        n--;
    to[n] = 0;
    return span_of(to, n);
}

struct location *location_new(struct worker *w, const struct locate_want *want,
                              void (*on)(void *ctx), void *ctx)
{
    struct location *x = calloc(1, sizeof *x);
    struct locate_want folded = *want;

    if (!x)
        return NULL;
    x->locator = w->locator;
    x->on = on;
    x->ctx = ctx;
    list_init(&x->waits);
    folded.host = fold(x->host, want->host);
    folded.offers = reach_offers(w->conf);
    if (span_eq(folded.host, w->own_domain)) {
        x->state = LOCATE_OWN;
        return x;
    }
    x->state = LOCATE_BUSY;
    if (w->locator->locations >= LOCATIONS_MAX)
        return x;
    x->walk = locate_new(&folded, &w->rng);
    if (!x->walk) {
        free(x);
        return NULL;
    }
    x->state = LOCATE_ASKING;
    advance(x);
    if (x->state == LOCATE_ASKING) {
        x->begun = true;
        w->locator->locations++;
    }
    return x;
}

enum locate_state location_state(const struct location *x)
{
    return x->state;
}

const struct way_place *location_places(const struct location *x, size_t *n)
{
    *n = x->n_places;
    return x->places;
}

uint32_t location_ttl(const struct location *x)
{
    return x->ttl;
}

void location_free(struct location **xp)
{
    struct location *x = *xp;

    *xp = NULL;
    if (!x)
        return;
    if (x->walk && x->begun)
        x->locator->locations--;
    stop(x);
    free(x->places);
    free(x);
}

uint64_t locator_slot(struct locator *l, uint64_t now, uint64_t step)
{
    l->slot = l->slot + step > now ? l->slot + step : now;
    return l->slot;
}

int64_t locator_left(const struct locator *l, const struct rr_question *q)
{
    uint8_t key[RR_NAME_MAX + 1];
    const struct entry *e = table_find(&l->entries, key_of(q, key));

    return e && !e->asking && e->expires > l->w->now
               ? (int64_t)(e->expires - l->w->now + 999) / 1000
               : -1;
}

/* ---- life ---- */

enum err locator_new(struct worker *w, struct locator **out)
{
    struct locator *l = calloc(1, sizeof *l);
    struct sip_addr servers[CONF_LIST_MAX];
    enum err e;

    *out = l;
    if (!l)
        return ERR_NOMEM;
    l->w = w;
    table_init(&l->entries);
    list_init(&l->used);
    e = dns_new(w->net, servers, reach_dns_servers(w->conf, servers), &l->dns);
    if (e) {
        free(l);
        *out = NULL;
    }
    return e;
}

enum err locator_reload(struct locator *l, const struct conf *fresh)
{
    struct sip_addr servers[CONF_LIST_MAX];
    enum err e = dns_set_servers(l->dns, servers, reach_dns_servers(fresh, servers));

    while (!e && !list_empty(&l->used))
        entry_free(l, LIST_OF(l->used.next, struct entry, used));
    return e;
}

void locator_free(struct locator *l)
{
    size_t at = 0;

    if (!l)
        return;
    dns_close(&l->dns);
    for (struct entry *e = NULL; (e = table_next(&l->entries, &at));) {
        free(e->room);
        free(e);
    }
    table_fini(&l->entries);
    free(l);
}
