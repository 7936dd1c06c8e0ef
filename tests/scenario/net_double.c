#include "tests/scenario/net_double.h"

#include <errno.h>
#include <netinet/in.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/list.h"
#include "gateway/net/addr.h"
#include "gateway/net/dns.h"
#include "gateway/net/http.h"
#include "gateway/net/listener.h"
#include "gateway/net/udp.h"
#include "gateway/storer.h"
#include "gateway/worker.h"

uint64_t net_double_now = 1000;

struct net {
    struct net_handler on;
    uint64_t when;
    sem_t woken;
    struct list listeners, datagrams;
    struct udp *udp;
    bool stopped, cut;
};

struct stream {
    struct stream_handler on;
    struct buf heard, unread; /* by the client; by the gateway */
    struct sip_addr peer, local;
    bool ours, theirs; /* the gateway / the client still holds it */
    bool paused, stalled, ended; /* the gateway / the client does not read; the client is done */
    bool deaf;                   /* nothing is acknowledged ... */
    size_t unacked;              /* ... of so much */
};

struct listener {
    struct list node;
    struct sip_addr at;
    listener_accepted on;
    void *ctx;
};

struct udp {
    struct net *n;
    struct udp_handler on;
    struct sip_addr at;
};

struct datagram {
    struct list node;
    uint16_t to;
    struct buf octets;
};

static struct sip_addr loopback(uint16_t port)
{
    return (struct sip_addr){.family = 4, .ip = {127, 0, 0, 1}, .port = port};
}

/* ---- the loop ---- */

enum err net_new(const struct net_handler *on, struct net **out)
{
    struct net *n = calloc(1, sizeof *n);

    *out = n;
    if (!n)
        return ERR_NOMEM;
    n->on = *on;
    n->when = UINT64_MAX;
    list_init(&n->listeners);
    list_init(&n->datagrams);
    (void)sem_init(&n->woken, 0, 0);
    return OK;
}

void net_free(struct net *n)
{
    struct buf octets = {0};
    uint16_t to;

    if (!n)
        return;
    while (net_double_next(n, &to, &octets))
        buf_fini(&octets);
    (void)sem_destroy(&n->woken);
    free(n);
}

void net_run(struct net *n)
{
    (void)n;
}

void net_stop(struct net *n)
{
    n->stopped = true;
}

uint64_t net_now(const struct net *n)
{
    (void)n;
    return net_double_now;
}

void net_timer(struct net *n, uint64_t when)
{
    n->when = when;
}

void net_wake(struct net *n)
{
    (void)sem_post(&n->woken);
}

/* The storer's thread answers within a moment; only for it the world waits in real time. */
static void wait_for_answer(struct net *n)
{
    struct timespec until;

    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 10;
    while (sem_timedwait(&n->woken, &until) != 0)
        if (errno != EINTR)
            abort(); /* it never came: a promise of the storer's is broken */
}

static bool wait_for_disk(struct net *n)
{
    struct worker *w = n->on.ctx;

    if (storer_health(w->storer).queued == 0)
        return false;
    wait_for_answer(n);
    n->on.wake(n->on.ctx);
    return true;
}

void net_double_commit(struct net *n)
{
    wait_for_answer(n);
    net_wake(n);
}

void net_double_settle(struct net *n)
{
    do {
        n->on.turn(n->on.ctx);
    } while (n->when <= net_double_now || wait_for_disk(n));
}

bool net_double_pass(struct net *n, uint64_t end)
{
    bool more;

    net_double_settle(n);
    more = n->when < end;
    if (n->when > net_double_now || !more)
        net_double_now = more ? n->when : end;
    net_double_settle(n);
    return more;
}

/* ---- addresses ---- */

void net_from_sockaddr(const struct sockaddr *in, struct sip_addr *out)
{
    const struct sockaddr_in *v4 = (const void *)in;

    *out = (struct sip_addr){0};
    if (in->sa_family != AF_INET)
        return;
    out->family = 4;
    memcpy(out->ip, &v4->sin_addr, 4);
    out->port = ntohs(v4->sin_port);
}

socklen_t net_to_sockaddr(const struct sip_addr *a, struct sockaddr_storage *out)
{
    struct sockaddr_in *v4 = (void *)out;

    *out = (struct sockaddr_storage){.ss_family = AF_INET};
    memcpy(&v4->sin_addr, a->ip, 4);
    v4->sin_port = htons(a->port);
    return sizeof *v4;
}

bool net_own_address(uint8_t family, struct sip_addr *out)
{
    *out = loopback(0);
    return family == 4;
}

bool net_is_own(const struct sip_addr *a)
{
    return a->family == 4 && a->ip[0] == 127;
}

bool net_has_route(const struct sip_addr *a)
{
    return a->family == 4;
}

/* ---- streams ---- */

enum err listener_open(struct net *n, const struct sip_addr *at, listener_accepted on, void *ctx,
                       struct listener **out, const char **why)
{
    struct listener *l = calloc(1, sizeof *l);

    *out = l;
    *why = "";
    if (!l)
        return ERR_NOMEM;
    *l = (struct listener){.at = *at, .on = on, .ctx = ctx};
    list_append(&n->listeners, &l->node);
    return OK;
}

enum err listener_open_local(struct net *n, const char *path, listener_accepted on, void *ctx,
                             struct listener **out)
{
    const char *why;

    (void)path;
    return listener_open(n, &(struct sip_addr){0}, on, ctx, out, &why);
}

void listener_close(struct listener **lp)
{
    if (*lp)
        list_remove(&(*lp)->node);
    free(*lp);
    *lp = NULL;
}

struct stream *net_double_call(struct net *n, uint16_t port, uint8_t from)
{
    LIST_EACH (struct listener, l, &n->listeners, node) {
        struct stream *s = l->at.port == port ? calloc(1, sizeof *s) : NULL;

        if (!s)
            continue;
        s->peer = loopback(40000);
        s->peer.ip[3] = from;
        s->local = l->at;
        s->ours = s->theirs = true;
        l->on(l->ctx, s);
        return s;
    }
    return NULL;
}

static void let_go(struct stream *s)
{
    if (s->ours || s->theirs)
        return;
    buf_fini(&s->heard);
    buf_fini(&s->unread);
    free(s);
}

void net_double_say(struct stream *s, struct span octets)
{
    struct buf in = s->unread;

    s->unread = (struct buf){0};
    if (!s->ended)
        buf_add(&in, octets);
    if (s->ours && s->paused) {
        s->unread = in;
        return;
    }
    if (in.n > 0 && s->ours && s->on.data)
        s->on.data(s->on.ctx, buf_span(&in));
    buf_fini(&in);
}

void net_double_half_close(struct stream *s)
{
    s->ended = true;
    if (s->ours && s->on.closed)
        s->on.closed(s->on.ctx, "closed by the other side");
}

void net_double_stall(struct stream *s, bool stalled)
{
    s->stalled = stalled;
    if (!stalled && s->ours && s->on.room)
        s->on.room(s->on.ctx);
    net_double_say(s, (struct span){0});
}

void net_double_deafen(struct stream *s)
{
    s->deaf = true;
}

struct buf *net_double_heard(struct stream *s)
{
    return &s->heard;
}

bool net_double_is_closed(const struct stream *s)
{
    return !s->ours;
}

void net_double_hang_up(struct stream **sp)
{
    struct stream *s = *sp;

    *sp = NULL;
    if (!s)
        return;
    s->theirs = false;
    if (s->ours && s->on.closed)
        s->on.closed(s->on.ctx, "closed by the other side"); /* which lets go of it */
    else
        let_go(s);
}

enum err stream_connect(struct net *n, const struct sip_addr *to, const struct stream_handler *on,
                        struct stream **out)
{
    (void)n, (void)to, (void)on;
    *out = NULL;
    return ERR_IO; /* the others here are reached by datagrams */
}

void stream_start(struct stream *s, const struct stream_handler *on)
{
    s->on = *on;
}

enum err stream_secure(struct stream *s, struct tls *t, enum tls_side side, struct span domain)
{
    (void)s, (void)t, (void)side, (void)domain;
    return ERR_NOMEM;
}

bool stream_proves(const struct stream *s, struct span domain)
{
    (void)s, (void)domain;
    return false;
}

struct span stream_names(const struct stream *s)
{
    (void)s;
    return (struct span){0};
}

bool stream_is_mistrusted(const struct stream *s)
{
    (void)s;
    return false;
}

size_t stream_send(struct stream *s, struct span out)
{
    if (s->stalled)
        return 0;
    buf_add(&s->heard, out);
    s->unacked += s->deaf ? out.n : 0;
    return out.n;
}

void stream_send_each(struct net *n, struct stream_out *out, size_t count)
{
    (void)n;
    for (size_t i = 0; i < count; i++)
        out[i].taken = stream_send(out[i].stream, out[i].bytes);
}

size_t stream_unacked(const struct stream *s)
{
    return s->unacked;
}

void stream_pause(struct stream *s)
{
    s->paused = true;
}

void stream_resume(struct stream *s)
{
    s->paused = false;
}

const struct sip_addr *stream_peer(const struct stream *s)
{
    return &s->peer;
}

const struct sip_addr *stream_local(const struct stream *s)
{
    return &s->local;
}

void stream_close(struct stream **sp)
{
    struct stream *s = *sp;

    *sp = NULL;
    if (!s)
        return;
    s->ours = false;
    let_go(s);
}

void stream_abort(struct stream **sp)
{
    stream_close(sp);
}

/* ---- datagrams ---- */

enum err udp_open(struct net *n, const struct sip_addr *at, const struct udp_handler *on,
                  struct udp **out, const char **why)
{
    struct udp *u = calloc(1, sizeof *u);

    *out = u;
    *why = "";
    if (!u)
        return ERR_NOMEM;
    *u = (struct udp){n, *on, *at};
    n->udp = u;
    return OK;
}

bool udp_send(struct udp *u, const struct sip_addr *to, struct span out)
{
    struct datagram *d;

    if (u->n->cut)
        return true;
    d = calloc(1, sizeof *d);
    if (!d)
        return false;
    d->to = to->port;
    buf_add(&d->octets, out);
    list_append(&u->n->datagrams, &d->node);
    return true;
}

void udp_flush(struct udp *u)
{
    (void)u;
}

const struct sip_addr *udp_local(const struct udp *u)
{
    return &u->at;
}

void udp_close(struct udp **up)
{
    if (*up)
        (*up)->n->udp = NULL;
    free(*up);
    *up = NULL;
}

void net_double_datagram(struct net *n, uint16_t port, struct span octets)
{
    struct sip_addr from = loopback(port);

    if (n->udp)
        n->udp->on.data(n->udp->on.ctx, &from, octets);
}

bool net_double_next(struct net *n, uint16_t *to, struct buf *octets)
{
    struct datagram *d;

    if (list_empty(&n->datagrams))
        return false;
    d = LIST_OF(n->datagrams.next, struct datagram, node);
    list_remove(&d->node);
    *to = d->to;
    *octets = d->octets;
    free(d);
    return true;
}

void net_double_cut(struct net *n, bool cut)
{
    n->cut = cut;
}

size_t net_double_waiting(const struct net *n)
{
    size_t count = 0;

    LIST_EACH (struct datagram, d, &n->datagrams, node)
        count += d->octets.n > 0;
    return count;
}

void net_double_put_back(struct net *n, uint16_t to, struct buf *octets)
{
    struct datagram *d = calloc(1, sizeof *d);

    if (!d)
        abort();
    d->to = to;
    d->octets = *octets;
    d->octets.n--;
    *octets = (struct buf){0};
    list_append(&n->datagrams, &d->node);
}

/* ---- what no scenario needs ---- */

struct dns {
    char nobody;
};

enum err dns_new(struct net *n, const struct sip_addr *servers, size_t count, struct dns **out)
{
    (void)n, (void)servers, (void)count;
    *out = calloc(1, sizeof **out);
    return *out ? OK : ERR_NOMEM;
}

enum err dns_ask(struct dns *d, const struct rr_question *q, dns_answered on, void *ctx)
{
    (void)d, (void)q, (void)on, (void)ctx;
    return ERR_FULL;
}

enum err dns_set_servers(struct dns *d, const struct sip_addr *servers, size_t count)
{
    (void)d, (void)servers, (void)count;
    return OK;
}

void dns_close(struct dns **dp)
{
    free(*dp);
    *dp = NULL;
}

struct http {
    char nobody;
};

enum err http_new(struct net *n, const struct log *log, http_handler on, void *ctx,
                  struct http **out)
{
    (void)n, (void)log, (void)on, (void)ctx;
    *out = calloc(1, sizeof **out);
    return *out ? OK : ERR_NOMEM;
}

enum err http_listen(struct http *h, const struct sip_addr *at, const char **why)
{
    (void)h, (void)at;
    *why = "";
    return OK;
}

void http_close(struct http **hp)
{
    free(*hp);
    *hp = NULL;
}
