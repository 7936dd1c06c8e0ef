#include "tests/scenario/world.h"

/* ---- reading ---- */

static void copy(char *to, size_t size, struct span from)
{
    (void)snprintf(to, size, "%.*s", (int)from.n, (const char *)from.p);
}

static uint32_t number(struct span list, unsigned type)
{
    struct span value = aim_tlv(list, type);

    return value.n == 4 ? aim_u32(&value) : 0;
}

/* 9.1 of oscar.md. */
static void read_bart(struct span items, struct aim_person *p)
{
    while (items.n > 0) {
        unsigned type = aim_u16(&items);
        struct span data;

        (void)aim_u8(&items);
        data = aim_take(&items, aim_u8(&items));
        if (type == 2 && data.n > 2)
            copy(p->available, sizeof p->available, aim_take(&data, aim_u16(&data)));
        else if (type == 1 && data.n <= sizeof p->icon) {
            memcpy(p->icon, data.p, data.n);
            p->icon_n = data.n;
        }
    }
}

/* The TLVs of a block: u16 count, then so many. */
static struct span take_counted(struct span *in)
{
    unsigned count = aim_u16(in);
    struct span from = *in;

    while (count-- > 0) {
        (void)aim_u16(in);
        (void)aim_take(in, aim_u16(in));
    }
    return span_first(from, from.n - in->n);
}

void aim_person(struct span *in, struct aim_person *p)
{
    struct span list, value;

    *p = (struct aim_person){.idle = -1};
    copy(p->name, sizeof p->name, aim_take(in, aim_u8(in)));
    p->warning = aim_u16(in);
    list = take_counted(in);
    value = aim_tlv(list, 1);
    if (value.n >= 2)
        p->class = aim_u16(&value);
    value = aim_tlv(list, 4);
    if (value.n == 2)
        p->idle = aim_u16(&value);
    p->status = number(list, 6);
    p->signon = number(list, 3);
    p->member = number(list, 5);
    p->online = number(list, 0xF);
    p->caps = aim_tlv(list, 0xD);
    read_bart(aim_tlv(list, 0x1D), p);
}

bool aim_block(struct span body, char name[256], bool *away)
{
    struct aim_person p;

    aim_person(&body, &p);
    memcpy(name, p.name, sizeof p.name);
    *away = p.class & 0x20;
    return true;
}

static void must_find(struct aim *a, uint16_t family, uint16_t subtype, struct aim_heard *h)
{
    if (!aim_find(a, family, subtype, h))
        fail_msg("%s heard no %02X/%02X", a->name, family, subtype);
}

/* ---- messages ---- */

static void read_im(struct span body, struct aim_im *im)
{
    struct span text, value;

    *im = (struct aim_im){0};
    memcpy(im->cookie, aim_take(&body, 8).p, 8);
    im->channel = aim_u16(&body);
    aim_person(&body, &im->from);
    im->automatic = aim_tlv(body, 4).p != NULL;
    im->stored = aim_tlv(body, 6).p != NULL;
    im->sent = number(body, 0x16);
    for (text = aim_tlv(body, 2); im->channel == 1 && text.n > 0;) {
        unsigned id = aim_u16(&text);

        value = aim_take(&text, aim_u16(&text));
        if (id != 0x101)
            continue;
        im->charset = aim_u16(&value);
        (void)aim_u16(&value);
        im->text = value;
    }
}

void aim_expect_an_im(struct aim *a, struct aim_im *im)
{
    struct aim_heard h;

    must_find(a, 4, 7, &h);
    read_im(h.body, im);
}

void aim_expect_im_of(struct aim *a, char from[256], const char *text)
{
    struct aim_im im;

    aim_expect_an_im(a, &im);
    memcpy(from, im.from.name, sizeof im.from.name);
    if (span_search(im.text, span_str(text)) == im.text.n)
        fail_msg("\"%s\" is not what %s says, but \"%.*s\"", text, from, (int)im.text.n,
                 (const char *)im.text.p);
}

void aim_expect_im(struct aim *a, const char *from, const char *text)
{
    char name[256];

    aim_expect_im_of(a, name, text);
    assert_string_equal(name, from);
}

void aim_expect_ack(struct aim *a)
{
    struct aim_heard h;

    must_find(a, 4, 0xC, &h);
}

void aim_expect_missed(struct aim *a, const char *from, uint16_t count, uint16_t reason)
{
    struct aim_person p;
    struct aim_heard h;

    must_find(a, 4, 0xA, &h);
    assert_int_equal(aim_u16(&h.body), 1); /* the channel */
    aim_person(&h.body, &p);
    assert_string_equal(p.name, from);
    assert_int_equal(aim_u16(&h.body), count);
    assert_int_equal(aim_u16(&h.body), reason);
}

/* ---- presence ---- */

void aim_expect_seen(struct aim *a, const char *who, struct aim_person *p)
{
    struct aim_heard h;

    must_find(a, 3, 0xB, &h);
    aim_person(&h.body, p);
    assert_string_equal(p->name, who);
    assert_int_equal(h.body.n, 0); /* one user in each */
}

void aim_expect_arrived(struct aim *a, const char *who, bool away)
{
    struct aim_person p;

    aim_expect_seen(a, who, &p);
    assert_int_equal((p.class & 0x20) != 0, away);
}

void aim_expect_departed(struct aim *a, const char *who)
{
    struct aim_person p;
    struct aim_heard h;

    must_find(a, 3, 0xC, &h);
    aim_person(&h.body, &p);
    assert_string_equal(p.name, who);
    assert_true(p.warning == 0 && p.class == 0);
}

/* ---- answers ---- */

void aim_expect_error(struct aim *a, uint16_t code)
{
    struct aim_heard h;

    while (aim_next(a, &h))
        if (h.channel == 2 && h.subtype == 1) {
            assert_int_equal(aim_u16(&h.body), code);
            return;
        }
    fail_msg("%s was told of no error", a->name);
}

unsigned aim_expect_error_of(struct aim *a, uint32_t id, uint16_t code)
{
    struct aim_heard h;
    struct span sub;

    while (aim_next(a, &h))
        if (h.channel == 2 && h.subtype == 1 && h.id == id) {
            assert_int_equal(aim_u16(&h.body), code);
            sub = aim_tlv(h.body, 8);
            return sub.n == 2 ? aim_u16(&sub) : 0;
        }
    fail_msg("%s was told of no error of request %u", a->name, id);
    return 0;
}

void aim_expect_edited(struct aim *a, uint16_t status)
{
    struct aim_heard h;

    must_find(a, 0x13, 0xE, &h);
    assert_int_equal(h.id, a->id);
    assert_int_equal(aim_u16(&h.body), status);
    assert_int_equal(h.body.n, 0);
}

struct span aim_expect_body(struct aim *a, uint16_t family, uint16_t subtype)
{
    struct aim_heard h;

    must_find(a, family, subtype, &h);
    return h.body;
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

void aim_expect_nothing_of(struct aim *a, uint16_t family, uint16_t subtype)
{
    struct aim_heard h;

    if (aim_find(a, family, subtype, &h))
        fail_msg("%s heard %02X/%02X", a->name, family, subtype);
}

void aim_expect_quiet(struct aim *a)
{
    struct aim_heard h;

    while (aim_next(a, &h))
        if ((h.family == 3 && h.subtype >= 0xA) ||
            (h.family == 4 && (h.subtype == 7 || h.subtype == 0xA || h.subtype == 0x14)))
            fail_msg("%s heard %02X/%02X", a->name, h.family, h.subtype);
}
