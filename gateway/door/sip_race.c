/* A host with addresses of both families: the first is connected, and if it does not stand after
 * 250 ms, the second beside it; whichever stands first is the connection (S-200: A and AAAA, after
 * RFC 8305 5). To those above it is one connection that takes a moment. */
#include <stdlib.h>

#include "gateway/door/sip_priv.h"

enum { SECOND_AFTER_MS = 250 };

struct sip_race {
    struct sip_conn *c; /* its own stream is the first */
    struct stream *second;
    struct sip_addr addr;
    struct timer start;
    bool begun;
};

void sip_race_end(struct sip_conn *c)
{
    struct sip_race *r = c->race;

    c->race = NULL;
    if (!r)
        return;
    timer_clear(c->door->w, &r->start);
    stream_close(&r->second);
    free(r);
}

static void on_no_data(void *ctx, struct span in)
{
    (void)ctx; /* it is taken over before anything is read */
    (void)in;
}

static void on_won(void *ctx)
{
    struct sip_race *r = ctx;
    struct sip_conn *c = r->c;
    struct stream *won = r->second;

    worker_begin(c->door->w);
    r->second = NULL;
    sip_conn_moved(c, won, &r->addr);
}

static void on_lost(void *ctx, const char *why)
{
    struct sip_race *r = ctx;
    struct sip_conn *c = r->c;
    struct sip_door *d = c->door;

    worker_begin(d->w);
    stream_close(&r->second);
    if (!c->stream) {
        sip_conn_close(c, why, true);
        sip_door_pump(d);
    }
}

/* False: it cannot even be begun. */
static bool begin_second(struct sip_race *r)
{
    struct sip_door *d = r->c->door;

    timer_clear(d->w, &r->start);
    if (!r->begun)
        (void)stream_connect(d->w->net, &r->addr,
                             &(struct stream_handler){r, on_no_data, on_won, on_lost}, &r->second);
    r->begun = true;
    return r->second != NULL;
}

static void on_start(struct timer *t, struct worker *w)
{
    (void)w;
    (void)begin_second(LIST_OF(t, struct sip_race, start));
}

bool sip_race_goes_on(struct sip_conn *c)
{
    if (!c->race || !begin_second(c->race))
        return false;
    stream_close(&c->stream);
    return true;
}

struct sip_hop sip_door_race(struct sip_door *d, const struct sip_hop *first,
                             const struct sip_addr *second)
{
    struct sip_hop other = {.transport = first->transport, .addr = *second};
    struct sip_conn *c;
    struct sip_race *r;

    if (first->transport != SIP_TRANSPORT_TCP || second->family == 0 ||
        sip_ends_find(&d->ends, first->transport, &first->addr))
        return *first;
    if (sip_ends_find(&d->ends, other.transport, second))
        return other;
    c = sip_conn_for(d, first);
    if (!c)
        return other;
    r = calloc(1, sizeof *r);
    if (r) { /* without memory there is one address */
        *r = (struct sip_race){.c = c, .addr = *second, .start = {.due = on_start}};
        c->race = r;
        timer_set(d->w, &r->start, d->w->now + SECOND_AFTER_MS);
    }
    return c->hop;
}
