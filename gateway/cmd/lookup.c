#include "gateway/cmd/lookup.h"

#include <stdlib.h>

#include "base/list.h"
#include "gateway/net/dns.h"
#include "gateway/peer/reach.h"

struct lookup {
    struct net *net;
    struct dns *dns;
    struct locate *walk;
    struct list asking;
};

struct question {
    struct list node;
    struct lookup *lookup;
    struct rr_question q;
};

static void ask_all(struct lookup *l);

static void on_answer(void *ctx, const struct rr_answer *a)
{
    struct question *q = ctx;
    struct lookup *l = q->lookup;

    locate_answer(l->walk, &q->q, a);
    list_remove(&q->node);
    free(q);
    ask_all(l);
    if (locate_state(l->walk) != LOCATE_ASKING)
        net_stop(l->net);
}

static void ask(struct lookup *l, const struct rr_question *asked)
{
    static const struct rr_answer failed = {.verdict = RR_FAILED, .why = "it could not be asked"};
    struct question *q = calloc(1, sizeof *q);

    if (!q || dns_ask(l->dns, asked, on_answer, q)) {
        free(q);
        locate_answer(l->walk, asked, &failed);
        return;
    }
    q->lookup = l;
    q->q = *asked;
    list_append(&l->asking, &q->node);
}

static void ask_all(struct lookup *l)
{
    struct rr_question q;

    while (locate_ask(l->walk, &q))
        ask(l, &q);
}

static void on_nothing(void *ctx)
{
    (void)ctx;
}

/* Ctrl-C ends it where it is. */
static void on_signal(void *ctx, int signo)
{
    struct lookup *l = ctx;

    (void)signo;
    net_stop(l->net);
}

enum err lookup_run(const struct conf *c, const struct locate_want *want, struct locate **out)
{
    struct lookup l = {0};
    struct rng rng = {0};
    struct sip_addr servers[CONF_LIST_MAX];
    enum err e = net_new(
        &(struct net_handler){&l, on_nothing, on_nothing, on_nothing, on_signal, on_nothing},
        &l.net);

    *out = NULL;
    list_init(&l.asking);
    if (!e)
        e = dns_new(l.net, servers, reach_dns_servers(c, servers), &l.dns);
    if (!e && !(l.walk = locate_new(want, &rng)))
        e = ERR_NOMEM;
    if (!e) {
        ask_all(&l);
        if (locate_state(l.walk) == LOCATE_ASKING)
            net_run(l.net);
    }
    dns_close(&l.dns);
    LIST_EACH (struct question, q, &l.asking, node)
        free(q);
    if (l.net)
        net_free(l.net);
    *out = l.walk;
    return e;
}
