#include "tests/scenario/world.h"

uint32_t aim_says_so(struct aim *a, const char *to, unsigned charset, struct span text,
                     unsigned flags)
{
    struct buf b = {0};

    buf_u32(&b, 0x636F6F6B);
    buf_u32(&b, ++a->w->serial);
    aim_put16(&b, 1);
    aim_put_name(&b, to);
    aim_put16(&b, 2);
    aim_put16(&b, (unsigned)(8 + 8 + text.n));
    buf_put(&b, "\5\1\0\4\1\1\1\2\1\1", 10);
    aim_put16(&b, (unsigned)(4 + text.n));
    aim_put16(&b, charset);
    aim_put16(&b, 0);
    buf_add(&b, text);
    if (flags & AIM_ACK)
        aim_put_tlv(&b, 3, NULL, 0);
    if (flags & AIM_AUTO)
        aim_put_tlv(&b, 4, NULL, 0);
    if (flags & AIM_STORE)
        aim_put_tlv(&b, 6, NULL, 0);
    return aim_send_buf(a, 4, 6, &b);
}

void aim_says(struct aim *a, const char *to, const char *text)
{
    (void)aim_says_so(a, to, 0, span_str(text), AIM_ACK | AIM_STORE);
}

static void set_text(struct aim *a, unsigned type, const char *text)
{
    struct buf b = {0};

    if (*text)
        aim_put_tlv(&b, type, "text/aolrtf; charset=\"us-ascii\"", 31);
    aim_put_tlv(&b, type + 1, text, strlen(text));
    (void)aim_send_buf(a, 2, 4, &b);
}

void aim_away(struct aim *a, const char *text)
{
    set_text(a, 3, text);
}

void aim_profile(struct aim *a, const char *text)
{
    set_text(a, 1, text);
}

void aim_status(struct aim *a, uint32_t status)
{
    struct buf b = {0};

    aim_put16(&b, 6);
    aim_put16(&b, 4);
    buf_u32(&b, status);
    (void)aim_send_buf(a, 1, 0x1E, &b);
}

void aim_available(struct aim *a, const char *text)
{
    struct buf b = {0}, item = {0};
    size_t n = strlen(text);

    aim_put16(&item, 2);
    buf_u8(&item, 4);
    buf_u8(&item, (uint8_t)(n ? n + 4 : 0));
    if (n) {
        aim_put16(&item, (unsigned)n);
        buf_str(&item, text);
        aim_put16(&item, 0);
    }
    aim_put_tlv(&b, 0x1D, item.p, item.n);
    buf_fini(&item);
    (void)aim_send_buf(a, 1, 0x1E, &b);
}

void aim_idle(struct aim *a, uint32_t seconds)
{
    struct buf b = {0};

    buf_u32(&b, seconds);
    (void)aim_send_buf(a, 1, 0x11, &b);
}

void aim_typing(struct aim *a, const char *to, uint16_t event)
{
    struct buf b = {0};

    buf_u32(&b, 0);
    buf_u32(&b, 0);
    aim_put16(&b, 1);
    aim_put_name(&b, to);
    aim_put16(&b, event);
    (void)aim_send_buf(a, 4, 0x14, &b);
}

uint32_t aim_asks(struct aim *a, const char *about)
{
    struct buf b = {0};

    buf_u32(&b, 3);
    aim_put_name(&b, about);
    return aim_send_buf(a, 2, 0x15, &b);
}

void aim_warns(struct aim *a, const char *whom, bool anonymous)
{
    struct buf b = {0};

    aim_put16(&b, anonymous);
    aim_put_name(&b, whom);
    (void)aim_send_buf(a, 4, 8, &b);
}

void aim_names(struct aim *a, uint16_t family, uint16_t subtype, const char *name)
{
    struct buf b = {0};

    aim_put_name(&b, name);
    (void)aim_send_buf(a, family, subtype, &b);
}

void aim_put_item(struct buf *b, const char *name, uint16_t group, uint16_t item, uint16_t class,
                  struct span attributes)
{
    aim_put16(b, (unsigned)strlen(name));
    buf_str(b, name);
    aim_put16(b, group);
    aim_put16(b, item);
    aim_put16(b, class);
    aim_put16(b, (unsigned)attributes.n);
    buf_add(b, attributes);
}

void aim_lists(struct aim *a, bool add, const char *name, uint16_t group, uint16_t item,
               uint16_t class)
{
    struct buf b = {0};

    aim_put_item(&b, name, group, item, class, (struct span){0});
    (void)aim_send_buf(a, 0x13, add ? 8 : 0xA, &b);
}

void aim_mode(struct aim *a, uint8_t mode)
{
    struct buf b = {0};
    uint8_t attribute[] = {0, 0xCA, 0, 1, mode};

    aim_put_item(&b, "", 0, 1, 4, span_of(attribute, mode ? sizeof attribute : 0));
    (void)aim_send_buf(a, 0x13, mode ? 8 : 0xA, &b);
}
