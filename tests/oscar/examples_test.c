/* Every example of the wire: read for what it says, written to the octet. Blocks that our writer
 * orders or fills differently (user information is always full here) are written TLV by TLV. */
#include "examples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hex.h"
#include "oscar/flap.h"
#include "oscar/foodgroup/bart.h"
#include "oscar/foodgroup/bucp.h"
#include "oscar/foodgroup/buddy.h"
#include "oscar/foodgroup/feedbag.h"
#include "oscar/foodgroup/icbm.h"
#include "oscar/foodgroup/icq.h"
#include "oscar/foodgroup/locate.h"
#include "oscar/foodgroup/oservice.h"
#include "oscar/foodgroup/permit.h"
#include "oscar/rate.h"
#include "oscar/roast.h"
#include "oscar/screenname.h"
#include "oscar/snac.h"
#include "oscar/tlv.h"

#define THEN     0x4190AB00u
#define IS(s, t) assert_true(span_is((s), (t)))

static const uint8_t cookie[ICBM_COOKIE] = {0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88};
static const uint8_t cookie_back[ICBM_COOKIE] = {0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11};
static const struct oscar_userinfo alice_60 = {.name = {(const uint8_t *)"Alice Smith", 11},
                                               .class_flags = 0x10,
                                               .session = 60,
                                               .signon = THEN};

static struct span octets(void)
{
    static uint8_t all[256];

    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (uint8_t)i;
    return span_of(all, sizeof all);
}

/* A partial block: name, warning, number of TLVs. */
static void ui(struct buf *b, const char *name, uint16_t warning, uint16_t tlvs)
{
    buf_str8(b, span_str(name));
    buf_u16(b, warning);
    buf_u16(b, tlvs);
}

static void write_version(struct buf *b)
{
    buf_u32(b, FLAP_VERSION);
}

static void read_key_request(struct span in)
{
    struct span name;

    assert_true(bucp_key_request_read(in, &name));
    IS(name, "Alice Smith");
}

static void write_key_request(struct buf *b)
{
    bucp_key_request_write(b, SPAN("Alice Smith"));
}

static void read_key(struct span in)
{
    struct span key;

    assert_true(bucp_key_read(in, &key));
    IS(key, "7413982650");
}

static void write_key(struct buf *b)
{
    bucp_key_write(b, SPAN("7413982650"));
}

static void read_login(struct span in)
{
    struct oscar_login l;

    assert_true(bucp_login_read(in, LOGIN_MD5, &l));
    IS(l.name, "Alice Smith");
    IS(l.client, "AOL Instant Messenger, version 5.1.3036/WIN32");
    assert_int_equal(l.client_id, 0x0109);
    assert_int_equal(l.major * 1000000 + l.minor * 100000 + l.build, 5103036);
    assert_int_equal(l.distribution, 0xD2);
    assert_true(l.has_multi);
    assert_int_equal(l.multi, MULTI_WELCOME);
    l.key = SPAN("7413982650");
    assert_true(roast_check(&l, SPAN("opensesame")));
    assert_false(roast_check(&l, SPAN("opensesamE")));
}

static void write_login(struct buf *b)
{
    uint8_t digest[ROAST_MD5];

    assert_true(roast_md5_new(SPAN("7413982650"), SPAN("opensesame"), digest));
    bucp_login_write(
        b, &(struct oscar_login){.name = SPAN("Alice Smith"),
                                 .proof = span_of(digest, sizeof digest),
                                 .client = SPAN("AOL Instant Messenger, version 5.1.3036/WIN32"),
                                 .client_id = 0x0109,
                                 .major = 5,
                                 .minor = 1,
                                 .build = 3036,
                                 .distribution = 0xD2,
                                 .language = SPAN("en"),
                                 .country = SPAN("us"),
                                 .has_multi = true,
                                 .multi = MULTI_WELCOME});
}

static void read_accepted(struct span in)
{
    struct bucp_reply r;

    assert_true(bucp_reply_read(in, &r));
    assert_int_equal(r.error, 0);
    IS(r.name, "Alice Smith");
    IS(r.address, "192.0.2.10:5190");
    IS(r.email, "alice@example.org");
    assert_true(span_eq(r.cookie, octets()));
}

static void write_accepted(struct buf *b)
{
    bucp_reply_write(b, &(struct bucp_reply){.name = SPAN("Alice Smith"),
                                             .address = SPAN("192.0.2.10:5190"),
                                             .cookie = octets(),
                                             .email = SPAN("alice@example.org")});
}

static void read_refused(struct span in)
{
    struct bucp_reply r;

    assert_true(bucp_reply_read(in, &r));
    assert_int_equal(r.error, LOGIN_ERR_WRONG_PASSWORD);
    IS(r.url, "http://aim.example/err");
}

static void write_refused(struct buf *b)
{
    bucp_reply_write(b, &(struct bucp_reply){.name = SPAN("Alice Smith"),
                                             .error = LOGIN_ERR_WRONG_PASSWORD,
                                             .url = SPAN("http://aim.example/err")});
}

static void read_roasted(struct span in)
{
    struct oscar_login l;

    assert_true(bucp_login_read(span_skip(in, 4), LOGIN_ROASTED, &l));
    IS(l.name, "Alice Smith");
    IS(l.client, "AOL Instant Messenger (SM), version 3.0.1470/WIN32");
    assert_int_equal(l.client_id, 4);
    assert_int_equal(l.build, 1470);
    assert_false(l.has_multi);
    assert_true(roast_check(&l, SPAN("opensesame")));
    assert_false(roast_check(&l, SPAN("opensesam")));
}

static void write_roasted(struct buf *b)
{
    uint8_t roasted[10];

    roast_xor(ROAST_AIM, SPAN("opensesame"), roasted);
    buf_u32(b, FLAP_VERSION);
    tlv_write(b, 0x0001, SPAN("Alice Smith"));
    tlv_write(b, 0x0002, span_of(roasted, sizeof roasted));
    tlv_write(b, 0x0003, SPAN("AOL Instant Messenger (SM), version 3.0.1470/WIN32"));
    tlv_write_u16(b, 0x0016, 4);
    tlv_write_u16(b, 0x0017, 3);
    tlv_write_u16(b, 0x0018, 0);
    tlv_write_u16(b, 0x0019, 0);
    tlv_write_u16(b, 0x001A, 1470);
    tlv_write(b, 0x000E, SPAN("us"));
    tlv_write(b, 0x000F, SPAN("en"));
}

static void read_roasted_reply(struct span in)
{
    struct bucp_reply r;

    assert_true(bucp_reply_read(in, &r));
    IS(r.cookie, "0123456789ABCDEF");
}

static void write_roasted_reply(struct buf *b)
{
    bucp_reply_write(b, &(struct bucp_reply){.name = SPAN("Alice Smith"),
                                             .address = SPAN("192.0.2.10:5190"),
                                             .cookie = SPAN("0123456789ABCDEF"),
                                                           {0}});
}

static void read_cookie(struct span in)
{
    struct span got;

    assert_true(tlv_find(span_skip(in, 4), 0x0006, &got));
    assert_true(span_eq(got, octets()));
}

static void write_cookie(struct buf *b)
{
    buf_u32(b, FLAP_VERSION);
    tlv_write(b, 0x0006, octets());
}

static void write_families(struct buf *b)
{
    oservice_families_write(b, (const uint16_t[]){1, 2, 3, 4, 6, 8, 9, 10, 11, 16, 19, 21, 24}, 13);
}

static void read_versions(struct span in)
{
    uint16_t foodgroup, version, n = 0;

    while (oservice_version_next(&in, &foodgroup, &version)) {
        assert_int_equal(version, foodgroup == 1 ? 3 : foodgroup == 0x13 ? 4 : 1);
        n++;
    }
    assert_int_equal(n, 8);
}

static void write_versions(struct buf *b)
{
    static const uint16_t pairs[][2] = {{1, 3}, {0x13, 4}, {2, 1},   {3, 1},
                                        {4, 1}, {9, 1},    {0xA, 1}, {0xB, 1}};

    for (size_t i = 0; i < 8; i++)
        oservice_version_write(b, pairs[i][0], pairs[i][1]);
}

/* AOL's five classes; our own third one is wider. */
static const struct rate_params aol[] = {
    {1, 80, 2500, 2000, 1500, 800, 6000},  {2, 80, 3000, 2000, 1500, 1000, 6000},
    {3, 20, 5100, 5000, 4000, 3000, 6000}, {4, 20, 5500, 5300, 4200, 3000, 8000},
    {5, 10, 5500, 5300, 4200, 3000, 8000},
};

static void write_rates(struct buf *b)
{
    /* class, count, pairs */
    static const uint16_t groups[] = {1, 2, 1, 6, 4, 0x14, 2, 2, 3, 4, 3, 5,    3,
                                      2, 2, 5, 4, 6, 4,    1, 2, 9, 5, 1, 0x0E, 5};

    buf_u16(b, 5);
    for (size_t i = 0; i < 5; i++)
        rate_write_record(b, &aol[i], &(struct rate_level){.level = aol[i].max}, 3, 0);
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
        buf_u16(b, groups[i]);
}

static void write_rate_ack(struct buf *b)
{
    for (uint16_t id = 1; id <= 5; id++)
        buf_u16(b, id);
}

static void read_self(struct span in)
{
    struct rd r = rd_over(in);
    struct oscar_userinfo u;

    assert_true(userinfo_read(&r, &u));
    IS(u.name, "Alice Smith");
    assert_int_equal(u.class_flags, CLASS_FREE);
    assert_int_equal(u.session, 2);
    assert_int_equal(u.signon, THEN);
    assert_int_equal(u.member_since, 1000000000);
    assert_false(u.idle);
}

static void write_self(struct buf *b)
{
    userinfo_write(b, &(struct oscar_userinfo){.name = SPAN("Alice Smith"),
                                               .class_flags = CLASS_FREE,
                                               .session = 2,
                                               .signon = THEN,
                                               .member_since = 1000000000});
}

static void write_icbm_params(struct buf *b)
{
    struct icbm_params p = icbm_params_default();

    icbm_params_write(b, &p);
}

static void read_icbm_params(struct span in)
{
    struct icbm_params p;

    assert_true(icbm_params_read(in, &p));
    assert_int_equal(p.flags, 3);
    assert_int_equal(p.max_length, 512);
    assert_int_equal(p.max_sender_warning, 999);
}

static const struct feedbag_item list[] = {
    {{0}, 0, 0, FEEDBAG_GROUP, {(const uint8_t *)"\x00\xC8\x00\x02\x00\x01", 6}},
    {{0},
     0,
     1,
     FEEDBAG_PD_INFO,
     {(const uint8_t *)"\x00\xCA\x00\x01\x04\x00\xCB\x00\x04\xFF\xFF\xFF\xFF", 13}},
    {{(const uint8_t *)"Spammer", 7}, 0, 2, FEEDBAG_DENY, {0}},
    {{(const uint8_t *)"Buddies", 7},
     1,
     0,
     FEEDBAG_GROUP,
     {(const uint8_t *)"\x00\xC8\x00\x02\x00\x01", 6}},
    {{(const uint8_t *)"bob@example.net", 15},
     1,
     1,
     FEEDBAG_BUDDY,
     {(const uint8_t *)"\x01\x31\x00\x03"
                       "Bob",
      7}},
};

static void read_feedbag(struct span in)
{
    struct span items;
    struct feedbag_item item;
    uint16_t count;
    uint32_t time;

    assert_true(feedbag_list_read(in, &items, &count, &time));
    assert_int_equal(count, 5);
    assert_int_equal(time, THEN);
    for (size_t i = 0; i < 5; i++) {
        assert_true(feedbag_item_next(&items, &item));
        assert_true(span_eq(item.name, list[i].name));
        assert_true(span_eq(item.attributes, list[i].attributes));
        assert_int_equal(item.group << 16 | item.item, list[i].group << 16 | list[i].item);
        assert_int_equal(item.class_id, list[i].class_id);
    }
    assert_false(feedbag_item_next(&items, &item));
}

static void write_feedbag(struct buf *b)
{
    struct buf items = {0};

    for (size_t i = 0; i < 5; i++)
        feedbag_item_write(&items, &list[i]);
    feedbag_list_write(b, buf_span(&items), 5, &(uint32_t){THEN});
    buf_fini(&items);
}

static void write_online(struct buf *b)
{
    for (uint16_t i = 0; i < 5; i++)
        oservice_online_write(b, (const uint16_t[]){1, 0x13, 2, 3, 4}[i],
                              (const uint16_t[]){3, 4, 1, 1, 1}[i]);
}

static void read_arrived(struct span in)
{
    struct rd r = rd_over(in);
    struct oscar_userinfo u;

    assert_true(userinfo_read(&r, &u));
    IS(u.name, "Bob Jones");
    assert_int_equal(u.warning, 30);
    assert_int_equal(u.class_flags, CLASS_FREE | CLASS_AWAY);
    assert_true(u.idle);
    assert_int_equal(u.idle_minutes, 7);
    assert_int_equal(u.caps.n, 16);
    assert_int_equal(u.session, 600);
}

static void write_arrived(struct buf *b)
{
    ui(b, "Bob Jones", 30, 6);
    tlv_write_u16(b, 0x0001, 0x30);
    tlv_write_u32(b, 0x0006, 0);
    tlv_write_u16(b, 0x0004, 7);
    tlv_write(b, 0x000D,
              SPAN("\x09\x46\x13\x4E\x4C\x7F\x11\xD1\x82\x22"
                   "DEST\0\0"));
    tlv_write_u32(b, 0x000F, 600);
    tlv_write_u32(b, 0x0003, THEN);
}

static void read_available(struct span in)
{
    struct rd r = rd_over(in);
    struct oscar_userinfo u;
    struct bart_item item;
    struct span text, charset;

    assert_true(userinfo_read(&r, &u));
    assert_true(bart_find(u.bart, BART_STATUS_TEXT, &item));
    assert_true(bart_text_read(&item, &text, &charset));
    IS(text, "In a meeting");
    assert_int_equal(charset.n, 0);
}

static void write_available(struct buf *b)
{
    size_t begun;

    ui(b, "Bob Jones", 0, 4);
    tlv_write_u16(b, 0x0001, 0x10);
    tlv_write_u32(b, 0x000F, 601);
    tlv_write_u32(b, 0x0003, THEN);
    begun = tlv_begin(b, 0x001D);
    bart_text_write(b, SPAN("In a meeting"));
    tlv_end(b, begun);
}

static void write_departed(struct buf *b)
{
    userinfo_write_gone(b, SPAN("Bob Jones"));
}

#define HI SPAN("<HTML><BODY>Hi Bob &amp; co</BODY></HTML>")

static void read_im(struct span in)
{
    struct icbm_message m;
    struct span text;
    uint16_t charset;

    assert_true(icbm_message_read(in, &m));
    assert_memory_equal(m.cookie, cookie, sizeof cookie);
    assert_int_equal(m.channel, ICBM_PLAIN);
    IS(m.to, "bobjones");
    assert_true(m.wants_ack);
    assert_false(m.store || m.auto_reply || m.typing);
    assert_true(icbm_text_next(&m.fragments, &charset, &text));
    assert_int_equal(charset, ICBM_ASCII);
    assert_true(span_eq(text, HI));
    assert_false(icbm_text_next(&m.fragments, &charset, &text));
}

static void write_im(struct buf *b)
{
    struct icbm_message m = {.channel = ICBM_PLAIN, .to = SPAN("bobjones"), .wants_ack = true};
    struct buf text = {0};

    memcpy(m.cookie, cookie, sizeof cookie);
    icbm_text_write(&text, ICBM_ASCII, HI);
    m.fragments = buf_span(&text);
    icbm_message_write(b, &m);
    buf_fini(&text);
}

static struct span hi_utf16(void)
{
    static uint8_t wide[68];
    static const uint16_t text[] = {'<',   'H', 'T', 'M', 'L', '>', '<', 'B',    'O', 'D', 'Y', '>',
                                    0x17D, 'e', 'l', 'j', 'k', 'o', ' ', 0x2603, '<', '/', 'B', 'O',
                                    'D',   'Y', '>', '<', '/', 'H', 'T', 'M',    'L', '>'};

    for (size_t i = 0; i < sizeof text / sizeof text[0]; i++) {
        wide[2 * i] = (uint8_t)(text[i] >> 8);
        wide[2 * i + 1] = (uint8_t)text[i];
    }
    return span_of(wide, sizeof wide);
}

static void read_im_utf16(struct span in)
{
    struct icbm_message m;
    struct span text;
    uint16_t charset;

    assert_true(icbm_message_read(in, &m));
    assert_true(m.wants_ack && m.store);
    assert_true(icbm_text_next(&m.fragments, &charset, &text));
    assert_int_equal(charset, ICBM_UTF16);
    assert_true(span_eq(text, hi_utf16()));
}

static void write_im_utf16(struct buf *b)
{
    struct icbm_message m = {
        .channel = ICBM_PLAIN, .to = SPAN("bobjones"), .wants_ack = true, .store = true};
    struct buf text = {0};

    memcpy(m.cookie, cookie_back, sizeof cookie_back);
    icbm_text_write(&text, ICBM_UTF16, hi_utf16());
    m.fragments = buf_span(&text);
    icbm_message_write(b, &m);
    buf_fini(&text);
}

static void read_delivered(struct span in)
{
    struct oscar_userinfo u;
    struct icbm_delivery d;
    struct span text;
    uint16_t charset;

    assert_true(icbm_delivery_read(in, &u, &d));
    assert_memory_equal(d.cookie, cookie, sizeof cookie);
    IS(u.name, "Alice Smith");
    assert_int_equal(u.session, alice_60.session);
    assert_true(d.typing);
    assert_true(icbm_text_next(&d.fragments, &charset, &text));
    assert_true(span_eq(text, HI));
}

static void write_delivered(struct buf *b)
{
    size_t begun;

    buf_put(b, cookie, sizeof cookie);
    buf_u16(b, ICBM_PLAIN);
    ui(b, "Alice Smith", 0, 3);
    tlv_write_u16(b, 0x0001, 0x10);
    tlv_write_u32(b, 0x000F, 60);
    tlv_write_u32(b, 0x0003, THEN);
    begun = tlv_begin(b, ICBM_TLV_FRAGMENTS);
    icbm_text_write(b, ICBM_ASCII, HI);
    tlv_end(b, begun);
    tlv_write_empty(b, ICBM_TLV_TYPING);
}

static void read_ack(struct span in)
{
    struct icbm_ack a;

    assert_true(icbm_ack_read(in, &a));
    assert_memory_equal(a.cookie, cookie, sizeof cookie);
    IS(a.to, "bobjones");
}

static void write_ack(struct buf *b)
{
    struct icbm_ack a = {.channel = ICBM_PLAIN, .to = SPAN("bobjones")};

    memcpy(a.cookie, cookie, sizeof cookie);
    icbm_ack_write(b, &a);
}

static void read_error(struct span in)
{
    struct snac_failure f;

    assert_true(snac_failure_read(in, &f));
    assert_int_equal(f.code, SNAC_ERR_NOT_LOGGED_ON);
    assert_int_equal(f.subcode, ICBM_SUB_NO_OFFLINE);
}

static void write_error(struct buf *b)
{
    snac_failure_write(
        b, &(struct snac_failure){.code = SNAC_ERR_NOT_LOGGED_ON, .subcode = ICBM_SUB_NO_OFFLINE});
}

static void read_typing(struct span in)
{
    struct icbm_typing t;

    assert_true(icbm_typing_read(in, &t));
    IS(t.name, "Bob Jones");
    assert_int_equal(t.event, TYPING_BEGUN);
}

static void write_typing(struct buf *b)
{
    icbm_typing_write(b, &(struct icbm_typing){.channel = ICBM_PLAIN,
                                               .name = SPAN("Bob Jones"),
                                               .event = TYPING_BEGUN});
}

static void read_stored(struct span in)
{
    struct oscar_userinfo u;
    struct icbm_delivery d;

    assert_true(icbm_delivery_read(in, &u, &d));
    IS(u.name, "Carol");
    assert_int_equal(d.stored, THEN);
}

static void write_stored(struct buf *b)
{
    size_t begun;

    buf_put(b, cookie, sizeof cookie);
    buf_u16(b, ICBM_PLAIN);
    ui(b, "Carol", 0, 1);
    tlv_write_u16(b, 0x0001, 0x10);
    begun = tlv_begin(b, ICBM_TLV_FRAGMENTS);
    icbm_text_write(b, ICBM_ASCII, SPAN("call me"));
    tlv_end(b, begun);
    tlv_write_empty(b, ICBM_TLV_STORE);
    tlv_write_u32(b, ICBM_TLV_SENT, THEN);
}

#define AWAY_MIME SPAN("text/aolrtf; charset=\"us-ascii\"")

static void read_away(struct span in)
{
    struct locate_set s;

    locate_set_read(in, &s);
    assert_true(s.has_away);
    assert_false(s.has_profile || s.has_caps);
    assert_true(span_eq(s.away_mime, AWAY_MIME));
    IS(s.away, "<HTML>Back at 5, %n</HTML>");
}

static void write_away(struct buf *b)
{
    locate_set_write(b, &(struct locate_set){.has_away = true,
                                             .away_mime = AWAY_MIME,
                                             .away = SPAN("<HTML>Back at 5, %n</HTML>")});
}

static void read_query(struct span in)
{
    struct locate_query q;

    assert_true(locate_query_read(in, true, &q));
    assert_int_equal(q.what, LOCATE_AWAY);
    IS(q.name, "bobjones");
}

static void write_query(struct buf *b)
{
    locate_query_write(b, &(struct locate_query){LOCATE_AWAY, SPAN("bobjones")});
}

static void read_info(struct span in)
{
    struct oscar_userinfo u;
    struct locate_set s;

    assert_true(locate_info_read(in, &u, &s));
    IS(u.name, "Bob Jones");
    assert_int_equal(u.idle_minutes, 7);
    IS(s.away, "<HTML>In a meeting</HTML>");
}

static void write_info(struct buf *b)
{
    ui(b, "Bob Jones", 30, 4);
    tlv_write_u16(b, 0x0001, 0x30);
    tlv_write_u16(b, 0x0004, 7);
    tlv_write_u32(b, 0x000F, 600);
    tlv_write_u32(b, 0x0003, THEN);
    tlv_write(b, 0x0003, AWAY_MIME);
    tlv_write(b, 0x0004, SPAN("<HTML>In a meeting</HTML>"));
}

static void write_status(struct buf *b)
{
    buf_u16(b, FEEDBAG_DONE);
}

static void write_rate_change(struct buf *b)
{
    buf_u16(b, RATE_CODE_LIMIT);
    rate_write_record(b, &aol[2], &(struct rate_level){.level = 3990, .state = RATE_LIMITED}, 3, 0);
}

static void read_warning(struct span in)
{
    struct icbm_warning w;

    assert_true(icbm_warning_read(in, &w));
    assert_false(w.anonymous);
    IS(w.name, "bobjones");
}

static void write_warning(struct buf *b)
{
    buf_u16(b, 0);
    buf_str8(b, SPAN("bobjones"));
}

static void write_warned(struct buf *b)
{
    buf_u16(b, 100);
    buf_u16(b, 130);
}

static void write_evil(struct buf *b)
{
    buf_u16(b, 130);
    ui(b, "Alice Smith", 0, 1);
    tlv_write_u16(b, 0x0001, 0x10);
}

static void write_missed(struct buf *b)
{
    buf_u16(b, ICBM_PLAIN);
    ui(b, "Bob Jones", 0, 1);
    tlv_write_u16(b, 0x0001, 0x10);
    buf_u16(b, 2);
    buf_u16(b, MISSED_TOO_LARGE);
}

static void write_service(struct buf *b)
{
    buf_u16(b, FOODGROUP_BART);
}

static void write_redirect(struct buf *b)
{
    oservice_redirect_write(b, &(struct oservice_redirect){FOODGROUP_BART, SPAN("192.0.2.10:5190"),
                                                           SPAN("0123456789ABCDEF"),
                                                           {0}});
}

static void write_elsewhere(struct buf *b)
{
    tlv_write_u16(b, 0x0009, 1);
    tlv_write(b, 0x000B, SPAN("http://aim.example/multi"));
}

static void read_icq(struct span in)
{
    struct icq_request r;

    assert_true(icq_request_read(in, &r));
    assert_int_equal(r.who.uin, 100001);
    assert_int_equal(r.type, ICQ_OFFLINE_WANTED);
    assert_int_equal(r.who.seq, 2);
}

static void write_icq(struct buf *b)
{
    buf_add(b, SPAN("\0\1\0\x0A\x08\0\xA1\x86\1\0\x3C\0\2\0"));
}

static void write_nothing(struct buf *b)
{
    (void)b;
}

/* What each example is, and what must come of it. E38 holds three frames and has a test of its own.
 */
static const struct row {
    uint8_t channel;
    uint16_t seq, foodgroup, subtype;
    uint32_t id;
    void (*reads)(struct span body); /* NULL: the header says it all */
    void (*writes)(struct buf *b);
} rows[EXAMPLES] = {
    [0] = {1, 1, 0, 0, 0, NULL, write_version},
    [1] = {2, 2, 0x17, 0x06, 1, read_key_request, write_key_request},
    [2] = {2, 2, 0x17, 0x07, 1, read_key, write_key},
    [3] = {2, 3, 0x17, 0x02, 2, read_login, write_login},
    [4] = {2, 3, 0x17, 0x03, 2, read_accepted, write_accepted},
    [5] = {2, 3, 0x17, 0x03, 2, read_refused, write_refused},
    [6] = {4, 4, 0, 0, 0, NULL, write_nothing},
    [7] = {1, 1, 0, 0, 0, read_roasted, write_roasted},
    [8] = {4, 2, 0, 0, 0, read_roasted_reply, write_roasted_reply},
    [9] = {1, 1, 0, 0, 0, read_cookie, write_cookie},
    [10] = {2, 2, 0x01, 0x03, 0x80000000, NULL, write_families},
    [11] = {2, 2, 0x01, 0x17, 3, read_versions, write_versions},
    [12] = {2, 3, 0x01, 0x18, 3, read_versions, write_versions},
    [13] = {2, 4, 0x01, 0x07, 4, NULL, write_rates},
    [14] = {2, 3, 0x01, 0x08, 5, NULL, write_rate_ack},
    [15] = {2, 5, 0x01, 0x0F, 6, read_self, write_self},
    [16] = {2, 6, 0x02, 0x03, 7, NULL, locate_rights_write},
    [17] = {2, 7, 0x03, 0x03, 8, NULL, buddy_rights_write},
    [18] = {2, 8, 0x04, 0x05, 9, read_icbm_params, write_icbm_params},
    [19] = {2, 9, 0x09, 0x03, 10, NULL, permit_rights_write},
    [20] = {2, 10, 0x13, 0x03, 11, NULL, feedbag_rights_write},
    [21] = {2, 11, 0x13, 0x06, 12, read_feedbag, write_feedbag},
    [22] = {2, 4, 0x13, 0x07, 0, NULL, write_nothing},
    [23] = {2, 5, 0x01, 0x02, 13, NULL, write_online},
    [24] = {2, 12, 0x03, 0x0B, 0x80000001, read_arrived, write_arrived},
    [25] = {2, 13, 0x03, 0x0B, 0x80000002, read_available, write_available},
    [26] = {2, 14, 0x03, 0x0C, 0x80000003, NULL, write_departed},
    [27] = {2, 6, 0x04, 0x06, 14, read_im, write_im},
    [28] = {2, 7, 0x04, 0x06, 15, read_im_utf16, write_im_utf16},
    [29] = {2, 15, 0x04, 0x07, 0x80000004, read_delivered, write_delivered},
    [30] = {2, 16, 0x04, 0x0C, 14, read_ack, write_ack},
    [31] = {2, 17, 0x04, 0x01, 15, read_error, write_error},
    [32] = {2, 18, 0x04, 0x14, 0x80000005, read_typing, write_typing},
    [33] = {2, 19, 0x04, 0x07, 0x80000006, read_stored, write_stored},
    [34] = {2, 8, 0x02, 0x04, 16, read_away, write_away},
    [35] = {2, 9, 0x02, 0x15, 17, read_query, write_query},
    [36] = {2, 20, 0x02, 0x06, 17, read_info, write_info},
    [38] = {2, 21, 0x13, 0x0E, 19, NULL, write_status},
    [39] = {2, 22, 0x01, 0x0A, 0x80000007, NULL, write_rate_change},
    [40] = {2, 13, 0x04, 0x08, 21, read_warning, write_warning},
    [41] = {2, 23, 0x04, 0x09, 21, NULL, write_warned},
    [42] = {2, 24, 0x01, 0x10, 0x80000008, NULL, write_evil},
    [43] = {2, 25, 0x04, 0x0A, 0x80000009, NULL, write_missed},
    [44] = {2, 14, 0x01, 0x04, 22, NULL, write_service},
    [45] = {2, 26, 0x01, 0x05, 22, NULL, write_redirect},
    [46] = {4, 27, 0, 0, 0, NULL, write_elsewhere},
    [47] = {5, 15, 0, 0, 0, NULL, write_nothing},
    [48] = {2, 16, 0x15, 0x02, 23, read_icq, write_icq},
};

static uint8_t wire[512];

static struct span bytes_of(const struct example *e)
{
    size_t n = strlen(e->hex) / 2;

    assert_true(n <= sizeof wire);
    assert_true(hex_read(span_str(e->hex), wire, n));
    return span_of(wire, n);
}

static void every_example_is_read_for_what_it_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < EXAMPLES; i++) {
        struct span in = bytes_of(&examples[i]), all = in;
        struct flap f;
        struct snac s;

        if (!rows[i].writes)
            continue;
        for (size_t n = 0; n < all.n; n++) {
            in = span_first(all, n);
            assert_int_equal(flap_read(&in, &f), FRAME_MORE);
        }
        in = all;
        assert_int_equal(flap_read(&in, &f), FRAME_WHOLE);
        assert_int_equal(in.n, 0);
        assert_int_equal(f.channel, rows[i].channel);
        assert_int_equal(f.seq, rows[i].seq);
        s.body = f.data;
        if (f.channel == FLAP_DATA) {
            assert_true(snac_read(f.data, &s));
            assert_int_equal(s.foodgroup, rows[i].foodgroup);
            assert_int_equal(s.subtype, rows[i].subtype);
            assert_int_equal(s.flags, 0);
            assert_int_equal(s.id, rows[i].id);
        }
        if (rows[i].reads)
            rows[i].reads(s.body);
    }
}

static void every_example_is_written_to_the_octet(void **state)
{
    (void)state;
    for (size_t i = 0; i < EXAMPLES; i++) {
        struct span want = bytes_of(&examples[i]);
        const struct row *r = &rows[i];
        uint16_t seq = r->seq;
        struct buf b = {0};
        size_t begun;

        if (!r->writes)
            continue;
        begun = flap_begin(&b, r->channel);
        if (r->channel == FLAP_DATA)
            snac_write(&b, r->foodgroup, r->subtype, 0, r->id);
        r->writes(&b);
        flap_end(&b, begun, &seq);
        assert_true(buf_ok(&b));
        if (b.n != want.n)
            print_message("%s\n", examples[i].what);
        assert_int_equal(b.n, want.n);
        assert_memory_equal(b.p, want.p, want.n);
        buf_fini(&b);
    }
}

static void three_frames_in_one_piece_are_three_frames(void **state)
{
    struct span in = bytes_of(&examples[37]);
    static const uint16_t subtypes[] = {SNAC_FEEDBAG_CLUSTER_START, SNAC_FEEDBAG_INSERT_ITEM,
                                        SNAC_FEEDBAG_CLUSTER_END};
    struct flap f;
    struct snac s;
    struct feedbag_item item;

    (void)state;
    for (uint16_t i = 0; i < 3; i++) {
        assert_int_equal(flap_read(&in, &f), FRAME_WHOLE);
        assert_true(snac_read(f.data, &s));
        assert_int_equal(s.subtype, subtypes[i]);
        assert_int_equal(s.id, 0x12 + i);
        if (i != 1)
            continue;
        assert_true(feedbag_item_next(&s.body, &item));
        IS(item.name, "carol");
        assert_int_equal(item.group << 16 | item.item, 0x10002);
    }
    assert_int_equal(in.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_example_is_read_for_what_it_says),
        cmocka_unit_test(every_example_is_written_to_the_octet),
        cmocka_unit_test(three_frames_in_one_piece_are_three_frames),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
