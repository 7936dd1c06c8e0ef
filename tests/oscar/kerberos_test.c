/* The sign-on of AIM 6.2 and later: what a request says, wherever it is cut; both replies, octet by
 * octet. */
#include "oscar/foodgroup/kerberos.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "oscar/roast.h"
#include "oscar/tlv.h"

/* A request: what the rows change of a good one. */
struct shape {
    const char *what;
    uint16_t foodgroup, subtype, version;
    const char *name, *service, *app, *password; /* NULL: no TLV 0x0002 or 0x0005 */
    bool good, roasted;
};

#define GOOD .foodgroup = 0x050C, .subtype = 2, .name = "Alice Smith", .service = "im/boss"

static const struct shape shapes[] = {
    {"AIM 6", GOOD, .version = 4, .password = "x", .good = true, .roasted = true},
    {"a later version", GOOD, .version = 5, .password = "x", .good = true, .roasted = true},
    {"an earlier version", GOOD, .version = 3, .password = "x", .good = true},
    {"an application", GOOD, .version = 4, .app = "imApp key=abc", .password = "x", .good = true,
     .roasted = true},
    {"something else about it", GOOD, .version = 4, .app = "COOL", .password = "x", .good = true,
     .roasted = true},
    {"an empty password", GOOD, .version = 4, .password = "", .good = true, .roasted = true},
    {"no ticket request", GOOD, .version = 4},
    {"another foodgroup", .foodgroup = 0x0017, .subtype = 2, .name = "a", .service = "im/boss",
     .password = "x"},
    {"another subtype", .foodgroup = 0x050C, .subtype = 3, .name = "a", .service = "im/boss",
     .password = "x"},
    {"no name", .foodgroup = 0x050C, .subtype = 2, .name = "", .service = "im/boss",
     .password = "x"},
    {"another service", .foodgroup = 0x050C, .subtype = 2, .name = "a", .service = "im/bos",
     .password = "x"},
};

static void put_str16(struct buf *b, const char *s)
{
    buf_str16(b, span_str(s));
}

static void put_password(struct buf *b, const struct shape *s)
{
    size_t begun = tlv_begin(b, 0x0002);

    buf_u32(b, 0x40000000);
    buf_u16(b, s->version);
    buf_u32(b, 0x00010000);
    buf_u16(b, 0);
    put_str16(b, s->password);
    buf_u16(b, 0);
    tlv_end(b, begun);
}

static void put_request(struct buf *b, const struct shape *s)
{
    buf_u16(b, s->foodgroup);
    buf_u16(b, s->subtype);
    buf_u16(b, 0);
    buf_u32(b, 7);          /* of the SNAC */
    buf_u32(b, 0x01020304); /* id */
    buf_u32(b, 0);          /* address */
    buf_u32(b, 5);
    buf_u32(b, 8);
    buf_u32(b, 0);
    buf_u16(b, 2);
    tlv_write_u32(b, 0x0001, 5);
    tlv_write(b, 0x0005, SPAN("COOL"));
    buf_u32(b, 7);
    buf_u32(b, 0);
    put_str16(b, "US");
    put_str16(b, "en");
    buf_u16(b, s->app ? 1 : 0);
    if (s->app)
        tlv_write(b, 0x0005, span_str(s->app));
    buf_u32(b, 0x01000000);
    buf_u8(b, 0);
    put_str16(b, s->name);
    put_str16(b, s->service);
    buf_u32(b, 0);
    buf_u16(b, 2);
    buf_u16(b, s->password ? 2 : 1);
    tlv_write(b, 0x001D, SPAN("key"));
    if (s->password)
        put_password(b, s);
}

static void requests_say_who_and_how(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        const struct shape *s = &shapes[i];
        struct kerberos_request q;
        struct buf b = {0};

        put_request(&b, s);
        if (kerberos_request_read(buf_span(&b), &q) != s->good)
            fail_msg("%s: expected %d", s->what, s->good);
        if (s->good &&
            (q.snac_id != 7 || q.id != 0x01020304 || !span_is(q.name, "Alice Smith") ||
             !span_is(q.password, s->password) || q.roasted != s->roasted ||
             q.app != (s->app && strncmp(s->app, "imApp key=", 10) == 0)))
            fail_msg("%s: read as something else", s->what);
        buf_fini(&b);
    }
}

/* Each prefix in memory of its own, so that a read beyond it is seen. What ends within the last TLV
 * counts: TLVs that are cut are the last. */
static void a_request_that_is_cut_is_none(void **state)
{
    struct kerberos_request q;
    struct buf b = {0};

    (void)state;
    put_request(&b, &shapes[0]);
    for (size_t n = 0; n < b.n; n++) {
        struct buf part = {0};

        buf_put(&part, b.p, n);
        assert_int_equal(kerberos_request_read(buf_span(&part), &q), n >= b.n - 2);
        buf_fini(&part);
    }
    buf_fini(&b);
}

static void the_password_comes_out(void **state)
{
    static const uint8_t roasted[] = {0x19, 0xE1, 0xA0, 0x89, 0xA3, 0xBC, 0xE6, 0xBC, 0xF3, 0x4A};
    const struct oscar_login l = {.scheme = LOGIN_KERBEROS,
                                  .proof = span_of(roasted, sizeof roasted)};

    (void)state;
    assert_true(roast_check(&l, SPAN("opensesame")));
    assert_false(roast_check(&l, SPAN("opensesamf")));
}

/* The octets of a reply without its header, from offset `at` on. */
static void expect(struct span reply, size_t *at, const char *octets, size_t n)
{
    struct span got = span_first(span_skip(reply, *at), n);

    if (!span_eq(got, span_of(octets, n)))
        fail_msg("other octets at %zu", *at);
    *at += n;
}

#define EXPECT(literal) expect(buf_span(&b), &at, literal, sizeof(literal) - 1)

static void the_reply_holds_a_ticket(void **state)
{
    const struct kerberos_request q = {.snac_id = 7, .id = 9, .name = SPAN("Al")};
    struct kerberos_ticket t = {SPAN("h:1"), SPAN("cook"), SPAN("aim.test"), 0x10000000};
    struct buf b = {0};
    size_t at = 0;

    (void)state;
    kerberos_reply_write(&b, &q, &t);
    EXPECT("\x05\x0C\0\x03\0\0\0\0\0\x07" "\0\0\0\x09" "\x10\0\0\0" "\0\0\0\0" "\0\2Al" "\0\3AOL");
    EXPECT("\0\1"                                           /* a ticket */
           "\0\5\0\0" "\0\3AOL" "\0\7im/boss" "\0\3AOL" "\0\2Al" "\0" "\0\0"
           "\0\0\0\0\0\0\0\0" "\x10\0\0\0" "\x10\0\0\0" "\x10\1\x51\x80" "\0\0\0\0"
           "\x60\0\0\0" "\x40\0\0\0" "\0\0\0\0");
    EXPECT("\0\1" "\0\3\0\x25" "\0\1\0\4" "\0\5\0\3h:1" "\0\6\0\4cook" "\0\x8D\0\x08" "aim.test"
           "\0\x8E\0\2\0\2");
    EXPECT("\0\0");
    assert_int_equal(at, b.n);
    buf_reset(&b);
    t.certificate = (struct span){0};
    kerberos_reply_write(&b, &q, &t);
    at = b.n - 25;
    EXPECT("\0\3\0\x13" "\0\1\0\2" "\0\5\0\3h:1" "\0\6\0\4cook" "\0\0");
    buf_fini(&b);
}

static void a_refusal_has_words(void **state)
{
    struct kerberos_request q = {.snac_id = 7, .id = 9, .name = SPAN("Al")};
    struct buf b = {0};
    size_t at = 0;

    (void)state;
    kerberos_refusal_write(&b, &q, SPAN("no"));
    EXPECT("\x05\x0C\0\x04\0\0\0\0\0\x07" "\0\0\0\x09" "\0\2Al" "\4\1" "\0\2no" "\0\0\0\0" "\0\0");
    assert_int_equal(at, b.n);
    buf_reset(&b);
    q.app = true;
    kerberos_refusal_write(&b, &q, SPAN("no"));
    at = 0;
    EXPECT("\x05\x0C\0\x05");
    buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_say_who_and_how),
        cmocka_unit_test(a_request_that_is_cut_is_none),
        cmocka_unit_test(the_password_comes_out),
        cmocka_unit_test(the_reply_holds_a_ticket),
        cmocka_unit_test(a_refusal_has_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
