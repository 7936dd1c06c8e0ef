/* A stream under TLS: what comes and goes passes through its layer. */
#include "gateway/net/stream_priv.h"
#include "gateway/net/tls_priv.h"

enum err stream_secure(struct stream *s, struct tls *t, enum tls_side side, struct span domain)
{
    s->tls = tls_layer_new(t, side, domain);
    if (!s->tls)
        return ERR_NOMEM;
    s->shaken_by = uv_now(&s->net->loop) + TLS_HANDSHAKE_MS;
    list_append(&s->net->shaking, &s->shaking);
    stream_reap_later(s->net);
    return OK;
}

bool stream_proves(const struct stream *s, struct span domain)
{
    return s->tls && s->tls->up && cert_names_have(&s->tls->names, domain);
}

struct span stream_names(const struct stream *s)
{
    return s->tls && s->tls->up ? span_trim(buf_span(&s->tls->names.text)) : (struct span){0};
}

bool stream_is_mistrusted(const struct stream *s)
{
    return s->tls && s->tls->fault != TLS_FINE && s->tls->fault != TLS_LATE &&
           s->tls->fault != TLS_HUNG_UP;
}

/* ---- out ---- */

/* False: some of it waits for room. Whose plain octets went with it learns that when it offers the
 * rest. */
static bool flush(struct stream *s)
{
    struct buf *out = &s->tls->out;

    buf_drop(out, out->n ? stream_send_raw(s, buf_span(out)) : 0);
    if (out->n == 0)
        buf_fini(out);
    return out->n == 0;
}

struct span stream_tls_wrap(struct stream *s, struct span plain)
{
    if (s->tls->out.n == 0 && s->tls->owed == 0)
        tls_layer_write(s->tls, plain);
    return buf_span(&s->tls->out);
}

size_t stream_tls_took(struct stream *s, size_t n)
{
    return tls_layer_sent(s->tls, n);
}

size_t stream_tls_send(struct stream *s, struct span plain)
{
    struct tls_layer *l = s->tls;
    size_t taken = 0;

    while (l->up && !l->over && !s->connecting) {
        struct span out = stream_tls_wrap(s, span_skip(plain, taken));
        size_t sent = out.n ? stream_send_raw(s, out) : 0;
        bool all = sent == out.n;

        taken += stream_tls_took(s, sent);
        if (!all || taken >= plain.n)
            break;
    }
    return taken;
}

size_t stream_tls_unacked(const struct stream *s, size_t octets)
{
    struct tls_layer *l = s->tls;

    if (octets == 0 && l->out.n == 0 && l->owed == 0)
        l->largest = 0;
    return octets ? octets + l->largest : 0;
}

/* ---- how it ends ---- */

/* TLS failed: the other side is told by an alert, the operator by a line, the owner in a few words.
 */
static void fail(struct stream *s)
{
    (void)flush(s);
    list_remove(&s->shaking);
    if (!s->lingering)
        tls_log_fault(s->tls, &s->peer, uv_now(&s->net->loop));
    stream_tell_closed(s, tls_why(s->tls));
}

static void fail_with(struct stream *s, enum tls_fault fault)
{
    s->tls->over = true;
    if (s->tls->fault == TLS_FINE)
        s->tls->fault = fault;
    fail(s);
}

void stream_tls_ended(struct stream *s, const char *why)
{
    if (s->tls->up || s->lingering || s->connecting)
        stream_tell_closed(s, why);
    else
        fail_with(s, TLS_HUNG_UP);
}

void stream_reap_shaking(struct net *n)
{
    while (!list_empty(&n->shaking)) {
        struct stream *s = LIST_OF(n->shaking.next, struct stream, shaking);

        if (s->shaken_by > uv_now(&n->loop))
            return;
        list_remove(&s->shaking);
        fail_with(s, TLS_LATE);
    }
}

void stream_tls_close(struct stream *s)
{
    tls_layer_bye(s->tls);
    (void)flush(s); /* what the kernel does not take now is lost */
}

void stream_tls_drop(struct stream *s)
{
    tls_layer_free(s->tls);
    s->tls = NULL;
}

/* ---- in ---- */

/* Hands on what came, until there is no more or the owner has closed it. */
static enum tls_got hand_on(struct stream *s)
{
    struct net *n = s->net;
    enum tls_got got;

    do {
        size_t plain = 0;

        got = tls_layer_read(s->tls, n->plain_buf, sizeof n->plain_buf, &plain);
        if (got == TLS_UP) {
            list_remove(&s->shaking);
            (void)flush(s);
            if (s->on.room)
                s->on.room(s->on.ctx);
        } else if (got == TLS_DATA && s->on.data) {
            s->on.data(s->on.ctx, span_of(n->plain_buf, plain));
        }
    } while ((got == TLS_DATA || got == TLS_UP) && !stream_is_closing(s) && !s->lingering);
    return got;
}

void stream_tls_data(struct stream *s, struct span in)
{
    enum tls_got got;

    if (s->lingering)
        return;
    if (!s->tls->up)
        turns_took(&s->net->turns, TURN_HANDSHAKE);
    tls_layer_feed(s->tls, in);
    got = hand_on(s);
    s->tls->in = (struct span){0};
    if (stream_is_closing(s) || s->lingering)
        return;
    if (got == TLS_BROKEN) {
        fail(s);
        return;
    }
    (void)flush(s);
    if (got == TLS_END)
        stream_tell_closed(s, "closed by the other side");
}

void stream_tls_begin(struct stream *s)
{
    (void)hand_on(s); /* our first words */
    if (s->tls->over)
        fail(s);
    else
        (void)flush(s);
}

void stream_tls_room(struct stream *s)
{
    if (flush(s) && s->tls->up && s->on.room)
        s->on.room(s->on.ctx);
}
