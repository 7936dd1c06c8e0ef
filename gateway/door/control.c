#include "gateway/door/control.h"

#include "gateway/datadir.h"
#include "gateway/net/listener.h"

#include <stdlib.h>

struct client {
    struct list node;
    struct control_door *door;
    struct stream *stream;
    struct timer timer; /* who says nothing for long is let go */
    struct buf in, out;
    size_t sent;
    bool answered;
};

struct control_door {
    struct worker *w;
    control_handler command;
    struct listener *listener;
    struct list clients;
    size_t count;
};

static void client_free(struct client *c)
{
    list_remove(&c->node);
    c->door->count--;
    timer_clear(c->door->w, &c->timer);
    stream_close(&c->stream);
    buf_fini(&c->in);
    buf_fini(&c->out);
    free(c);
}

static void offer(struct client *c)
{
    c->sent += stream_send(c->stream, span_skip(buf_span(&c->out), c->sent));
    if (c->answered && c->sent == c->out.n)
        client_free(c);
}

static void on_data(void *ctx, struct span in)
{
    struct client *c = ctx;
    size_t end;

    worker_begin(c->door->w);
    if (c->answered)
        return;
    buf_add(&c->in, in);
    end = span_find(buf_span(&c->in), '\n');
    if (end == c->in.n && buf_ok(&c->in))
        return;
    if (buf_ok(&c->in))
        c->door->command(c->door->w, span_trim(span_first(buf_span(&c->in), end)), &c->out);
    c->answered = true;
    offer(c);
}

static void on_room(void *ctx)
{
    offer(ctx);
}

static void on_closed(void *ctx, const char *why)
{
    (void)why;
    client_free(ctx);
}

static void on_timer(struct timer *t, struct worker *w)
{
    (void)w;
    client_free(LIST_OF(t, struct client, timer));
}

static void on_accepted(void *ctx, struct stream *s)
{
    struct control_door *d = ctx;
    struct client *c = d->count < CONTROL_CLIENTS_MAX ? calloc(1, sizeof *c) : NULL;

    if (!c) {
        stream_abort(&s);
        return;
    }
    c->door = d;
    c->stream = s;
    c->in.max = CONTROL_LINE_MAX;
    c->timer.due = on_timer;
    list_append(&d->clients, &c->node);
    d->count++;
    timer_set(d->w, &c->timer, net_now(d->w->net) + CONTROL_MS);
    stream_start(s, &(struct stream_handler){c, on_data, on_room, on_closed});
}

enum err control_door_new(struct worker *w, control_handler command, struct control_door **out)
{
    struct control_door *d = calloc(1, sizeof *d);

    *out = d;
    if (!d)
        return ERR_NOMEM;
    d->w = w;
    d->command = command;
    list_init(&d->clients);
    return OK;
}

enum err control_door_open(struct control_door *d, struct buf *why)
{
    struct buf path = {0};
    enum err e;

    datadir_path(d->w->conf->data, DATADIR_CONTROL, &path);
    e = listener_open_local(d->w->net, buf_cstr(&path), on_accepted, d, &d->listener);
    if (e == ERR_BUSY)
        buf_fmt(why, "data: another gateway runs on %s; stop it, or use another folder",
                d->w->conf->data);
    else if (e)
        buf_fmt(why, "data: cannot listen on %s; use a folder with a shorter path that you own",
                buf_cstr(&path));
    buf_fini(&path);
    return e;
}

void control_door_free(struct control_door *d)
{
    if (!d)
        return;
    listener_close(&d->listener);
    LIST_EACH (struct client, c, &d->clients, node)
        client_free(c);
    free(d);
}
