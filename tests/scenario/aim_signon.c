#include <openssl/evp.h>

#include "tests/scenario/world.h"

static const char *password_of(const struct aim_login *l)
{
    return l->password ? l->password : "secret";
}

static void digest(struct span key, const struct aim_login *l, uint8_t out[16])
{
    const char *password = password_of(l);
    struct buf text = {0};
    uint8_t inner[16];

    buf_add(&text, key);
    if (l->way == AIM_MD5_TWICE) {
        assert_int_equal(EVP_Digest(password, strlen(password), inner, NULL, EVP_md5(), NULL), 1);
        buf_put(&text, inner, sizeof inner);
    } else {
        buf_str(&text, password);
    }
    buf_str(&text, "AOL Instant Messenger (SM)");
    assert_int_equal(EVP_Digest(text.p, text.n, out, NULL, EVP_md5(), NULL), 1);
    buf_fini(&text);
}

static void put_more(struct buf *b, const struct aim_login *l)
{
    if (l->client)
        aim_put_tlv(b, 3, l->client, strlen(l->client));
    if (l->many)
        aim_put_tlv(b, 0x4A, &l->many, 1);
}

/* 5.1 of oscar.md. Gives the TLVs of the answer. */
static struct span by_key(struct aim *a, const struct aim_login *l)
{
    struct buf b = {0};
    uint8_t hash[16];
    struct aim_heard h;
    struct span key;

    aim_frame(a, 1, SPAN("\0\0\0\1"));
    aim_put_tlv(&b, 1, l->name, strlen(l->name));
    (void)aim_send_buf(a, 0x17, 6, &b);
    while (aim_next(a, &h) && h.family != 0x17)
        ;
    if (h.family != 0x17 || h.subtype == 3)
        return h.body;
    assert_int_equal(h.subtype, 7);
    key = aim_take(&h.body, aim_u16(&h.body));
    digest(key, l, hash);
    aim_put_tlv(&b, 1, l->name, strlen(l->name));
    aim_put_tlv(&b, 0x25, hash, sizeof hash);
    if (l->way == AIM_MD5_TWICE)
        aim_put_tlv(&b, 0x4C, NULL, 0);
    put_more(&b, l);
    (void)aim_send_buf(a, 0x17, 2, &b);
    return aim_find(a, 0x17, 3, &h) ? h.body : (struct span){0};
}

/* 5.4: the answer comes in a frame of channel 4. */
static struct span by_roast(struct aim *a, const struct aim_login *l)
{
    static const uint8_t tables[][16] = {{0xF3, 0x26, 0x81, 0xC4, 0x39, 0x86, 0xDB, 0x92, 0x71,
                                          0xA3, 0xB9, 0xE6, 0x53, 0x7A, 0x95, 0x7C},
                                         {0xF3, 0xB3, 0x6C, 0x99, 0x95, 0x3F, 0xAC, 0xB6, 0xC5,
                                          0xFA, 0x6B, 0x63, 0x69, 0x6C, 0xC3, 0x9A}};
    const uint8_t *table = tables[l->way == AIM_ROASTED_JAVA];
    const char *password = password_of(l);
    struct buf b = {0}, roasted = {0};
    struct aim_heard h;

    for (size_t i = 0; password[i]; i++)
        buf_u8(&roasted, (uint8_t)(password[i] ^ table[i % 16]));
    buf_u32(&b, 1);
    aim_put_tlv(&b, 1, l->name, strlen(l->name));
    aim_put_tlv(&b, 2, roasted.p, roasted.n);
    put_more(&b, l);
    aim_frame(a, 1, buf_span(&b));
    buf_fini(&b);
    buf_fini(&roasted);
    while (aim_next(a, &h))
        if (h.channel == 4)
            return h.body;
    return (struct span){0};
}

static void copy(char *to, size_t size, struct span from)
{
    (void)snprintf(to, size, "%.*s", (int)from.n, (const char *)from.p);
}

void aim_asks_in(struct aim *a, struct world *w, const struct aim_login *l, struct aim_answer *out)
{
    struct span said, error, cookie;

    *a = (struct aim){.w = w, .name = l->name, .from = l->from};
    *out = (struct aim_answer){0};
    aim_calls(a);
    said = l->way >= AIM_ROASTED ? by_roast(a, l) : by_key(a, l);
    assert_non_null(said.p);
    copy(out->name, sizeof out->name, aim_tlv(said, 1));
    copy(out->at, sizeof out->at, aim_tlv(said, 5));
    error = aim_tlv(said, 8);
    cookie = aim_tlv(said, 6);
    if (error.p)
        out->error = aim_u16(&error);
    else
        assert_int_equal(cookie.n, sizeof out->cookie);
    if (cookie.p)
        memcpy(out->cookie, cookie.p, sizeof out->cookie);
    aim_hangs_up(a);
    buf_fini(&a->taken);
}

void aim_ready(struct aim *a)
{
    (void)aim_send(a, 1, 2, "\0\1\0\3\1\x10\6\x29", 8);
}

static void begin(struct aim *a)
{
    (void)aim_send(a, 0x13, 4, NULL, 0);
    (void)aim_send(a, 4, 2, "\0\0\0\0\0\xB\x1F\x40\3\xE7\3\xE7\0\0\0\0", 16);
    (void)aim_send(a, 0x13, 7, NULL, 0);
    aim_ready(a);
    (void)aim_send(a, 4, 0x10, NULL, 0); /* what was stored meanwhile */
}

unsigned aim_logs_in(struct aim *a, struct world *w, const struct aim_login *l)
{
    static const uint8_t versions[] = {0, 1, 0, 3, 0, 2, 0, 1,    0, 3,
                                       0, 1, 0, 4, 0, 1, 0, 0x13, 0, 4};
    struct aim_answer answer;
    struct buf b = {0};

    aim_asks_in(a, w, l, &answer);
    if (answer.error)
        return answer.error;
    aim_calls(a);
    buf_u32(&b, 1);
    aim_put_tlv(&b, 6, answer.cookie, sizeof answer.cookie);
    aim_frame(a, 1, buf_span(&b));
    buf_fini(&b);
    (void)aim_send(a, 1, 0x17, versions, l->old ? 16 : sizeof versions);
    if (!l->old)
        begin(a);
    return 0;
}

bool aim_sign_on(struct aim *a, struct world *w, const char *name)
{
    return aim_logs_in(a, w, &(struct aim_login){.name = name, .many = 1}) == 0;
}

struct aim *aim_arrives_so(struct world *w, const struct aim_login *l)
{
    struct aim *a = &w->cast[w->cast_n++];

    assert_true(w->cast_n <= sizeof w->cast / sizeof *w->cast);
    assert_int_equal(aim_logs_in(a, w, l), 0);
    return a;
}

struct aim *aim_arrives(struct world *w, const char *name)
{
    return aim_arrives_so(w, &(struct aim_login){.name = name, .many = 1});
}

void aim_sign_off(struct aim *a)
{
    if (!a->line)
        return;
    aim_hangs_up(a);
    buf_fini(&a->taken);
}

void aim_opens(struct aim *a, uint16_t family, struct aim *service)
{
    const uint8_t wish[] = {0, (uint8_t)family};
    const uint8_t versions[] = {0, 1, 0, 3, 0, (uint8_t)family, 0, 1};
    struct span cookie;
    struct buf b = {0};

    (void)aim_send(a, 1, 4, wish, sizeof wish);
    cookie = aim_tlv(aim_expect_body(a, 1, 5), 6);
    buf_u32(&b, 1);
    aim_put_tlv(&b, 6, cookie.p, cookie.n);
    *service = (struct aim){.w = a->w, .name = a->name};
    aim_calls(service);
    aim_frame(service, 1, buf_span(&b));
    buf_fini(&b);
    (void)aim_send(service, 1, 0x17, versions, sizeof versions);
    aim_ready(service);
}

void aim_expect_end(struct aim *a, int reason)
{
    struct aim_heard h;
    int given = -1;

    while (aim_next(a, &h))
        if (h.channel == 4) {
            struct span value = aim_tlv(h.body, 9);

            given = value.n == 2 ? aim_u16(&value) : 0;
        }
    if (!net_double_is_closed(a->line))
        fail_msg("%s is still there", a->name);
    assert_int_equal(given, reason);
}

void aim_expect_on(struct aim *a)
{
    if (net_double_is_closed(a->line))
        fail_msg("%s was hung up on", a->name);
}
