#include "oscar/foodgroup/icbm.h"

#include "oscar/tlv.h"

enum { FRAGMENT_TEXT = 1, FRAGMENT_CAPS = 5, FRAGMENT_VERSION = 1, ICBM_SLOTS = 2 };

static void cookie_read(struct rd *r, uint8_t to[ICBM_COOKIE])
{
    struct span s = rd_span(r, ICBM_COOKIE);

    if (s.n)
        memcpy(to, s.p, ICBM_COOKIE);
    else
        memset(to, 0, ICBM_COOKIE);
}

/* What opens every ICBM SNAC about a message: cookie, channel. */
static void head_write(struct buf *b, const uint8_t cookie[ICBM_COOKIE], uint16_t channel)
{
    buf_put(b, cookie, ICBM_COOKIE);
    buf_u16(b, channel);
}

/* Where a TLV repeats, the first one counts. */
static void keep_first(struct span *to, struct span value)
{
    if (!to->p)
        *to = value;
}

bool icbm_message_read(struct span body, struct icbm_message *out)
{
    struct rd r = rd_over(body);
    struct tlv t;
    struct span tlvs;

    *out = (struct icbm_message){0};
    cookie_read(&r, out->cookie);
    out->channel = rd_u16(&r);
    out->to = rd_str8(&r);
    tlvs = out->tlvs = rd_rest(&r);
    while (tlv_next(&tlvs, &t)) {
        switch (t.type) {
        case ICBM_TLV_FRAGMENTS: keep_first(&out->fragments, t.value); break;
        case ICBM_TLV_DATA: keep_first(&out->data, t.value); break;
        case ICBM_TLV_FRIENDLY: keep_first(&out->friendly, t.value); break;
        case ICBM_TLV_WANTS_ACK: out->wants_ack = true; break;
        case ICBM_TLV_AUTO_REPLY: out->auto_reply = true; break;
        case ICBM_TLV_STORE: out->store = true; break;
        case ICBM_TLV_TYPING: out->typing = true; break;
        default: break;
        }
    }
    return rd_ok(&r) && out->to.n > 0;
}

void icbm_message_write(struct buf *b, const struct icbm_message *m)
{
    head_write(b, m->cookie, m->channel);
    buf_str8(b, m->to);
    if (m->fragments.n)
        tlv_write(b, ICBM_TLV_FRAGMENTS, m->fragments);
    if (m->wants_ack)
        tlv_write_empty(b, ICBM_TLV_WANTS_ACK);
    if (m->auto_reply)
        tlv_write_empty(b, ICBM_TLV_AUTO_REPLY);
    if (m->data.n)
        tlv_write(b, ICBM_TLV_DATA, m->data);
    if (m->store)
        tlv_write_empty(b, ICBM_TLV_STORE);
    if (m->typing)
        tlv_write_empty(b, ICBM_TLV_TYPING);
}

/* Of the sender's TLVs, what peers see and is not written from the delivery itself. */
static void relay_write(struct buf *b, const struct icbm_delivery *d)
{
    struct span tlvs = d->relay;
    struct tlv t;

    while (tlv_next(&tlvs, &t)) {
        bool ours = t.type == ICBM_TLV_TYPING || (t.type == ICBM_TLV_DATA && d->data.n);

        if (!ours && (t.type == ICBM_TLV_DATA || (t.type >= 0x0007 && t.type <= 0x000D) ||
                      (t.type == ICBM_TLV_FRIENDLY && !d->friendly.n)))
            tlv_write(b, t.type, t.value);
    }
}

void icbm_delivery_write(struct buf *b, const struct icbm_delivery *d)
{
    head_write(b, d->cookie, d->channel);
    userinfo_write(b, d->from);
    if (d->fragments.n)
        tlv_write(b, ICBM_TLV_FRAGMENTS, d->fragments);
    if (d->auto_reply)
        tlv_write_empty(b, ICBM_TLV_AUTO_REPLY);
    if (d->data.n)
        tlv_write(b, ICBM_TLV_DATA, d->data);
    relay_write(b, d);
    if (d->friendly.n)
        tlv_write(b, ICBM_TLV_FRIENDLY, d->friendly);
    if (d->stored) {
        tlv_write_empty(b, ICBM_TLV_STORE);
        tlv_write_u32(b, ICBM_TLV_SENT, d->stored);
    }
    if (d->typing && (d->channel == ICBM_PLAIN || d->channel == ICBM_MIME))
        tlv_write_empty(b, ICBM_TLV_TYPING);
}

bool icbm_delivery_read(struct span body, struct oscar_userinfo *user, struct icbm_delivery *out)
{
    struct rd r = rd_over(body);

    *out = (struct icbm_delivery){0};
    cookie_read(&r, out->cookie);
    out->channel = rd_u16(&r);
    if (!userinfo_read(&r, user))
        return false;
    out->from = user;
    out->relay = r.in;
    (void)tlv_find(r.in, ICBM_TLV_FRAGMENTS, &out->fragments);
    (void)tlv_find(r.in, ICBM_TLV_DATA, &out->data);
    (void)tlv_find(r.in, ICBM_TLV_FRIENDLY, &out->friendly);
    out->auto_reply = tlv_has(r.in, ICBM_TLV_AUTO_REPLY);
    out->typing = tlv_has(r.in, ICBM_TLV_TYPING);
    out->stored = tlv_has(r.in, ICBM_TLV_STORE) ? tlv_get_u32(r.in, ICBM_TLV_SENT, 0) : 0;
    return true;
}

bool icbm_fragment_next(struct span *fragments, struct icbm_fragment *out)
{
    struct rd r = rd_over(*fragments);

    out->id = rd_u8(&r);
    out->version = rd_u8(&r);
    out->data = rd_str16(&r);
    if (!rd_ok(&r))
        return false;
    *fragments = r.in;
    return true;
}

bool icbm_text_next(struct span *fragments, uint16_t *charset, struct span *text)
{
    struct icbm_fragment f;

    while (icbm_fragment_next(fragments, &f)) {
        struct rd r = rd_over(f.data);

        if (f.id != FRAGMENT_TEXT)
            continue;
        *charset = rd_u16(&r);
        (void)rd_u16(&r); /* subset */
        *text = rd_rest(&r);
        if (rd_ok(&r))
            return true;
    }
    return false;
}

void icbm_text_write(struct buf *b, uint16_t charset, struct span text)
{
    static const uint8_t caps[] = {FRAGMENT_CAPS, FRAGMENT_VERSION, 0, 4, 1, 1, 1, 2};
    size_t n = 4 + text.n;

    if (n > UINT16_MAX) {
        b->bad = true;
        return;
    }
    buf_put(b, caps, sizeof caps);
    buf_u8(b, FRAGMENT_TEXT);
    buf_u8(b, FRAGMENT_VERSION);
    buf_u16(b, (uint16_t)n);
    buf_u16(b, charset);
    buf_u16(b, 0);
    buf_add(b, text);
}

struct icbm_params icbm_params_default(void)
{
    return (struct icbm_params){
        .channel = ICBM_SLOTS,
        .flags = ICBM_ALLOWED | ICBM_MISSED_CALLS,
        .max_length = ICBM_LENGTH_DEFAULT,
        .max_sender_warning = ICBM_WARNING_MAX,
        .max_receiver_warning = ICBM_WARNING_MAX,
    };
}

static uint16_t warning_read(struct rd *r)
{
    uint16_t v = rd_u16(r);

    return v < ICBM_WARNING_MAX ? v : ICBM_WARNING_MAX;
}

bool icbm_params_read(struct span body, struct icbm_params *out)
{
    struct rd r = rd_over(body);

    out->channel = rd_u16(&r);
    out->flags = rd_u32(&r);
    out->max_length = rd_u16(&r);
    out->max_sender_warning = warning_read(&r);
    out->max_receiver_warning = warning_read(&r);
    out->min_interval = rd_u32(&r);
    return rd_ok(&r);
}

void icbm_params_write(struct buf *b, const struct icbm_params *p)
{
    buf_u16(b, p->channel);
    buf_u32(b, p->flags);
    buf_u16(b, p->max_length);
    buf_u16(b, p->max_sender_warning);
    buf_u16(b, p->max_receiver_warning);
    buf_u32(b, p->min_interval);
}

bool icbm_typing_read(struct span body, struct icbm_typing *out)
{
    struct rd r = rd_over(body);

    (void)rd_u64(&r);
    out->channel = rd_u16(&r);
    out->name = rd_str8(&r);
    out->event = rd_u16(&r);
    return rd_ok(&r) && out->name.n > 0;
}

void icbm_typing_write(struct buf *b, const struct icbm_typing *t)
{
    buf_u64(b, 0);
    buf_u16(b, t->channel);
    buf_str8(b, t->name);
    buf_u16(b, t->event);
}

bool icbm_client_event_read(struct span body, struct icbm_client_event *out)
{
    struct rd r = rd_over(body);

    cookie_read(&r, out->cookie);
    out->channel = rd_u16(&r);
    out->name = rd_str8(&r);
    out->rest = rd_rest(&r);
    return rd_ok(&r) && out->name.n > 0;
}

void icbm_client_event_write(struct buf *b, const struct icbm_client_event *e)
{
    head_write(b, e->cookie, e->channel);
    buf_str8(b, e->name);
    buf_add(b, e->rest);
}

void icbm_ack_write(struct buf *b, const struct icbm_ack *a)
{
    head_write(b, a->cookie, a->channel);
    buf_str8(b, a->to);
}

bool icbm_ack_read(struct span body, struct icbm_ack *out)
{
    struct rd r = rd_over(body);

    cookie_read(&r, out->cookie);
    out->channel = rd_u16(&r);
    out->to = rd_str8(&r);
    return rd_ok(&r);
}

void icbm_missed_write(struct buf *b, const struct icbm_missed *m)
{
    buf_u16(b, m->channel);
    userinfo_write(b, m->from);
    buf_u16(b, m->count);
    buf_u16(b, m->reason);
}

bool icbm_warning_read(struct span body, struct icbm_warning *out)
{
    struct rd r = rd_over(body);

    out->anonymous = rd_u16(&r) == 1; /* all else is named, whatever its number */
    out->name = rd_str8(&r);
    return rd_ok(&r) && out->name.n > 0;
}
