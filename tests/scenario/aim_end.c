#include <openssl/evp.h>

#include "tests/scenario/world.h"

enum { OSCAR_PORT = 5190, HEADER = 6, SNAC = 10 };

static unsigned be16(const uint8_t *p)
{
    return (unsigned)(p[0] << 8 | p[1]);
}

static void put16(struct buf *b, unsigned v)
{
    buf_u8(b, (uint8_t)(v >> 8));
    buf_u8(b, (uint8_t)v);
}

static void put_tlv(struct buf *b, unsigned type, const void *value, size_t n)
{
    put16(b, type);
    put16(b, (unsigned)n);
    buf_put(b, value, n);
}

static void put_name(struct buf *b, const char *name)
{
    buf_u8(b, (uint8_t)strlen(name));
    buf_str(b, name);
}

/* ---- frames ---- */

static void frame(struct aim *a, uint8_t channel, struct span data)
{
    struct buf out = {0};

    buf_u8(&out, '*');
    buf_u8(&out, channel);
    put16(&out, a->seq++);
    put16(&out, (unsigned)data.n);
    buf_add(&out, data);
    net_double_say(a->line, buf_span(&out));
    buf_fini(&out);
    world_settle(a->w);
}

uint32_t aim_send(struct aim *a, uint16_t family, uint16_t subtype, const void *body, size_t n)
{
    struct buf out = {0};

    put16(&out, family);
    put16(&out, subtype);
    put16(&out, 0);
    put16(&out, 0);
    put16(&out, (unsigned)++a->id);
    buf_put(&out, body, n);
    frame(a, 2, buf_span(&out));
    buf_fini(&out);
    return a->id;
}

static uint32_t send_buf(struct aim *a, uint16_t family, uint16_t subtype, struct buf *body)
{
    uint32_t id = aim_send(a, family, subtype, body->p, body->n);

    buf_fini(body);
    return id;
}

bool aim_next(struct aim *a, struct aim_heard *h)
{
    struct buf *in = net_double_heard(a->line);
    size_t n;

    *h = (struct aim_heard){0};
    if (in->n < HEADER)
        return false;
    n = HEADER + be16(in->p + 4);
    assert_true(in->p[0] == '*' && in->n >= n); /* the gateway writes whole frames */
    buf_reset(&a->taken);
    buf_put(&a->taken, in->p, n);
    buf_drop(in, n);
    h->channel = a->taken.p[1];
    if (h->channel == 2) {
        const uint8_t *s = a->taken.p + HEADER;

        assert_true(n >= HEADER + SNAC);
        h->family = (uint16_t)be16(s);
        h->subtype = (uint16_t)be16(s + 2);
        h->id = be16(s + 6) << 16 | be16(s + 8);
        h->body = span_of(s + SNAC, n - HEADER - SNAC);
    } else {
        h->body = span_of(a->taken.p + HEADER, n - HEADER);
    }
    return true;
}

void aim_forget(struct aim *a)
{
    if (a->line)
        buf_reset(net_double_heard(a->line));
}

static bool find(struct aim *a, uint16_t family, uint16_t subtype, struct aim_heard *h)
{
    while (aim_next(a, h))
        if (h->family == family && h->subtype == subtype)
            return true;
    return false;
}

static struct span tlv_of(struct span list, unsigned type)
{
    while (list.n >= 4) {
        size_t n = be16(list.p + 2);

        if (be16(list.p) == type)
            return span_of(list.p + 4, n);
        list = span_skip(list, 4 + n);
    }
    return (struct span){0};
}

/* ---- signing on ---- */

static void call(struct aim *a)
{
    a->line = net_double_call(a->w->net, OSCAR_PORT);
    assert_non_null(a->line);
}

static bool cookie_of(struct aim *a, uint8_t cookie[256])
{
    static const uint8_t version[] = {0, 0, 0, 1};
    struct buf b = {0}, text = {0};
    uint8_t digest[16];
    struct aim_heard h;
    struct span got;

    call(a);
    frame(a, 1, span_of(version, sizeof version));
    put_tlv(&b, 1, a->name, strlen(a->name));
    (void)send_buf(a, 0x17, 6, &b);
    assert_true(find(a, 0x17, 7, &h));
    buf_put(&text, h.body.p + 2, be16(h.body.p));
    buf_str(&text, "secret");
    buf_str(&text, "AOL Instant Messenger (SM)");
    assert_int_equal(EVP_Digest(text.p, text.n, digest, NULL, EVP_md5(), NULL), 1);
    buf_fini(&text);
    put_tlv(&b, 1, a->name, strlen(a->name));
    put_tlv(&b, 0x25, digest, sizeof digest);
    put_tlv(&b, 0x4A, "\1", 1);
    (void)send_buf(a, 0x17, 2, &b);
    assert_true(find(a, 0x17, 3, &h));
    got = tlv_of(h.body, 6);
    if (got.n == 256)
        memcpy(cookie, got.p, 256);
    net_double_hang_up(&a->line);
    world_settle(a->w);
    return got.n == 256;
}

bool aim_sign_on(struct aim *a, struct world *w, const char *name)
{
    static const uint8_t versions[] = {0, 1, 0, 3, 0, 2, 0, 1,    0, 3,
                                       0, 1, 0, 4, 0, 1, 0, 0x13, 0, 4},
                         params[] = {0, 0, 0, 0, 0, 0xB, 0x1F, 0x40, 3, 0xE7, 3, 0xE7, 0, 0, 0, 0},
                         ready[] = {0, 1, 0, 3, 1, 0x10, 6, 0x29};
    uint8_t cookie[256];
    struct buf b = {0};

    *a = (struct aim){.w = w, .name = name};
    if (!cookie_of(a, cookie))
        return false;
    call(a);
    buf_u32(&b, 1);
    put_tlv(&b, 6, cookie, sizeof cookie);
    frame(a, 1, buf_span(&b));
    buf_fini(&b);
    (void)aim_send(a, 1, 0x17, versions, sizeof versions);
    (void)aim_send(a, 0x13, 4, NULL, 0);
    (void)aim_send(a, 4, 2, params, sizeof params);
    (void)aim_send(a, 0x13, 7, NULL, 0);
    (void)aim_send(a, 1, 2, ready, sizeof ready);
    (void)aim_send(a, 4, 0x10, NULL, 0); /* what was stored meanwhile */
    return true;
}

void aim_sign_off(struct aim *a)
{
    if (!a->line)
        return;
    net_double_hang_up(&a->line);
    buf_fini(&a->taken);
    world_settle(a->w);
}

/* ---- what a person does ---- */

void aim_says(struct aim *a, const char *to, const char *text)
{
    struct buf b = {0};

    buf_u32(&b, 0x636F6F6B);
    buf_u32(&b, ++a->w->serial);
    put16(&b, 1);
    put_name(&b, to);
    put16(&b, 2);
    put16(&b, (unsigned)(8 + 8 + strlen(text)));
    buf_put(&b, "\5\1\0\4\1\1\1\2\1\1", 10);
    put16(&b, (unsigned)(4 + strlen(text)));
    buf_u32(&b, 0);
    buf_str(&b, text);
    put_tlv(&b, 3, NULL, 0);
    put_tlv(&b, 6, NULL, 0);
    (void)send_buf(a, 4, 6, &b);
}

void aim_away(struct aim *a, const char *text)
{
    struct buf b = {0};

    if (*text)
        put_tlv(&b, 3, "text/aolrtf; charset=\"us-ascii\"", 31);
    put_tlv(&b, 4, text, strlen(text));
    (void)send_buf(a, 2, 4, &b);
}

void aim_status(struct aim *a, uint32_t status)
{
    struct buf b = {0};

    put16(&b, 6);
    put16(&b, 4);
    buf_u32(&b, status);
    (void)send_buf(a, 1, 0x1E, &b);
}

void aim_typing(struct aim *a, const char *to, uint16_t event)
{
    struct buf b = {0};

    buf_u32(&b, 0);
    buf_u32(&b, 0);
    put16(&b, 1);
    put_name(&b, to);
    put16(&b, event);
    (void)send_buf(a, 4, 0x14, &b);
}

uint32_t aim_asks(struct aim *a, const char *about)
{
    struct buf b = {0};

    buf_u32(&b, 3);
    put_name(&b, about);
    return send_buf(a, 2, 0x15, &b);
}

static void put_item(struct buf *b, const char *name, uint16_t group, uint16_t item, uint16_t class)
{
    put16(b, (unsigned)strlen(name));
    buf_str(b, name);
    put16(b, group);
    put16(b, item);
    put16(b, class);
}

void aim_lists(struct aim *a, bool add, const char *name, uint16_t group, uint16_t item,
               uint16_t class)
{
    struct buf b = {0};

    put_item(&b, name, group, item, class);
    put16(&b, 0);
    (void)send_buf(a, 0x13, add ? 8 : 0xA, &b);
}

void aim_mode(struct aim *a, uint8_t mode)
{
    struct buf b = {0};

    put_item(&b, "", 0, 1, 4);
    put16(&b, mode ? 5 : 0);
    if (mode)
        put_tlv(&b, 0xCA, &mode, 1);
    (void)send_buf(a, 0x13, mode ? 8 : 0xA, &b);
}

/* ---- what it must hear ---- */

bool aim_block(struct span body, char name[256], bool *away)
{
    size_t n = body.n ? body.p[0] : 0;
    struct span class;

    if (body.n < n + 5)
        return false;
    memcpy(name, body.p + 1, n);
    name[n] = 0;
    class = tlv_of(span_skip(body, n + 5), 1);
    *away = class.n == 2 && class.p[1] & 0x20;
    return true;
}

static void must_find(struct aim *a, uint16_t family, uint16_t subtype, struct aim_heard *h)
{
    if (!find(a, family, subtype, h))
        fail_msg("%s heard no %02X/%02X", a->name, family, subtype);
}

void aim_expect_im_of(struct aim *a, char from[256], const char *text)
{
    struct aim_heard h;
    bool away;

    must_find(a, 4, 7, &h);
    assert_true(aim_block(span_skip(h.body, 10), from, &away));
    if (span_search(h.body, span_str(text)) == h.body.n)
        fail_msg("\"%s\" is not what %s says", text, from);
}

void aim_expect_im(struct aim *a, const char *from, const char *text)
{
    char name[256];

    aim_expect_im_of(a, name, text);
    assert_string_equal(name, from);
}

void aim_expect_arrived(struct aim *a, const char *who, bool wants_away)
{
    struct aim_heard h;
    char name[256];
    bool away;

    must_find(a, 3, 0xB, &h);
    assert_true(aim_block(h.body, name, &away));
    assert_string_equal(name, who);
    assert_int_equal(away, wants_away);
}

void aim_expect_departed(struct aim *a, const char *who)
{
    struct aim_heard h;
    char name[256];
    bool away;

    must_find(a, 3, 0xC, &h);
    assert_true(aim_block(h.body, name, &away));
    assert_string_equal(name, who);
}

void aim_expect_ack(struct aim *a)
{
    struct aim_heard h;

    must_find(a, 4, 0xC, &h);
}

void aim_expect_error(struct aim *a, uint16_t code)
{
    struct aim_heard h;

    while (aim_next(a, &h))
        if (h.subtype == 1) {
            assert_int_equal(be16(h.body.p), code);
            return;
        }
    fail_msg("%s was told of no error", a->name);
}

void aim_expect_nothing_of(struct aim *a, uint16_t family, uint16_t subtype)
{
    struct aim_heard h;

    if (find(a, family, subtype, &h))
        fail_msg("%s heard %02X/%02X", a->name, family, subtype);
}

void aim_expect_missed(struct aim *a, const char *from, uint16_t count, uint16_t reason)
{
    struct aim_heard h;
    char name[256];
    bool away;

    must_find(a, 4, 0xA, &h);
    assert_int_equal(be16(h.body.p), 1); /* the channel */
    assert_true(aim_block(span_skip(h.body, 2), name, &away));
    assert_string_equal(name, from);
    assert_int_equal(be16(h.body.p + h.body.n - 4), count);
    assert_int_equal(be16(h.body.p + h.body.n - 2), reason);
}

void aim_expect(struct aim *a, uint16_t family, uint16_t subtype, const char *body, size_t n,
                const char *more, size_t more_n)
{
    struct aim_heard h;

    must_find(a, family, subtype, &h);
    assert_int_equal(h.body.n, n + more_n);
    assert_memory_equal(h.body.p, body, n);
    assert_memory_equal(h.body.p + n, more, more_n);
}
