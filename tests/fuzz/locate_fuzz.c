/* A hostile DNS: every question of the locator is answered with a message whose records are any
 * octets. It must come to an end, within its bounds, and never lead where nothing is sent. */
#include <stdlib.h>

#include "base/rd.h"
#include "gateway/net/dns_answer.h"
#include "simple/txn/locate.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

enum { OFFERS = LOCATE_OFFER(SIP_TRANSPORT_UDP) | LOCATE_OFFER(SIP_TRANSPORT_TCP) };

static void put_name(struct buf *b, struct span name)
{
    while (name.n > 0) {
        size_t dot = span_find(name, '.');

        buf_str8(b, span_first(name, dot < 63 ? dot : 63));
        name = span_skip(name, dot + 1);
    }
    buf_u8(b, 0);
}

/* Header and question are good, so that the rest is read; what follows comes from the fuzzer. */
static void put_message(struct buf *b, const struct rr_question *q, struct rd *in)
{
    struct span rest;

    buf_u16(b, 1);
    buf_u16(b, (uint16_t)(0x8180 | (rd_u8(in) & 15)));
    buf_u16(b, 1);
    for (int i = 0; i < 3; i++)
        buf_u16(b, rd_u8(in));
    put_name(b, q->name);
    buf_u16(b, (uint16_t)q->type);
    buf_u16(b, 1);
    rest = rd_span(in, rd_u16(in));
    buf_add(b, rest.n ? rest : rd_rest(in));
}

static void check(const struct locate *l, unsigned asked)
{
    size_t n;
    const struct locate_place *places = locate_places(l, &n);
    struct buf b = {0};

    if (locate_state(l) == LOCATE_ASKING || asked > LOCATE_QUESTIONS_MAX || n > LOCATE_PLACES_MAX ||
        (n > 0) != (locate_state(l) == LOCATE_FOUND))
        abort();
    for (size_t i = 0; i < n; i++) {
        if (!sip_addr_is_unicast(&places[i].addr) || !(OFFERS & LOCATE_OFFER(places[i].transport)))
            abort();
        if (places[i].naptr)
            rr_print(&b, places[i].naptr);
        if (places[i].srv)
            rr_print(&b, places[i].srv);
    }
    buf_fini(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static const enum sip_scheme schemes[] = {SIP_SCHEME_IM, SIP_SCHEME_PRES, SIP_SCHEME_SIP,
                                              SIP_SCHEME_SIPS};
    struct rd in = rd_over(span_of(p, n));
    uint8_t how = rd_u8(&in);
    struct locate_want want = {.scheme = schemes[how & 3],
                               .host = SPAN("a.test"),
                               .transport = how & 4 ? SIP_TRANSPORT_TCP : SIP_TRANSPORT_OTHER,
                               .port = how & 8 ? 5070 : 0,
                               .offers = OFFERS};
    struct rng rng;
    struct locate *l;
    struct rr_question q;
    unsigned asked = 0;

    rng_init_fixed(&rng, how);
    l = locate_new(&want, &rng);
    while (l && locate_ask(l, &q)) {
        struct arena arena = {0};
        struct buf message = {0};
        struct rr_answer a;

        asked++;
        put_message(&message, &q, &in);
        dns_answer_read(buf_span(&message), &q, &arena, &a);
        if (a.n > RR_ANSWER_MAX || a.more > RR_ANSWER_MAX)
            abort();
        locate_answer(l, &q, &a);
        arena_fini(&arena);
        buf_fini(&message);
    }
    if (l)
        check(l, asked);
    locate_free(l);
    { /* and as it is, whatever it answers */
        struct arena arena = {0};
        struct rr_answer a;

        dns_answer_read(span_of(p, n), &(struct rr_question){RR_SRV, SPAN("a.test")}, &arena, &a);
        arena_fini(&arena);
    }
    return 0;
}
