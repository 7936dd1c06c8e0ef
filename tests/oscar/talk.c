#include "talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hex.h"
#include "oscar/flap.h"
#include "oscar/roast.h"
#include "oscar/tlv.h"

const struct oscar_userinfo talk_alice = {
    .name = {(const uint8_t *)"Alice Smith", 11}, .class_flags = CLASS_FREE, .signon = 0x4190AB00};

static const char *const event_names[] = {
    [OSCAR_LOGIN] = "LOGIN",
    [OSCAR_COOKIE] = "COOKIE",
    [OSCAR_SERVICE_WANTED] = "SERVICE_WANTED",
    [OSCAR_ONLINE] = "ONLINE",
    [OSCAR_GAP] = "GAP",
    [OSCAR_LIST_USED] = "LIST_USED",
    [OSCAR_INFO_SET] = "INFO_SET",
    [OSCAR_STATUS_SET] = "STATUS_SET",
    [OSCAR_IDLE] = "IDLE",
    [OSCAR_PRIVACY_FLAGS] = "PRIVACY_FLAGS",
    [OSCAR_BUDDIES] = "BUDDIES",
    [OSCAR_PERMIT] = "PERMIT",
    [OSCAR_DENY] = "DENY",
    [OSCAR_FEEDBAG_GET] = "FEEDBAG_GET",
    [OSCAR_FEEDBAG_EDIT] = "FEEDBAG_EDIT",
    [OSCAR_IM] = "IM",
    [OSCAR_TYPING] = "TYPING",
    [OSCAR_CLIENT_EVENT] = "CLIENT_EVENT",
    [OSCAR_INFO_WANTED] = "INFO_WANTED",
    [OSCAR_FIND_EMAIL] = "FIND_EMAIL",
    [OSCAR_OFFLINE_WANTED] = "OFFLINE_WANTED",
    [OSCAR_ICQ_OFFLINE] = "ICQ_OFFLINE",
    [OSCAR_WARN] = "WARN",
    [OSCAR_ENTRY_SET] = "ENTRY_SET",
    [OSCAR_ENTRY_WANTED] = "ENTRY_WANTED",
    [OSCAR_ICQ_META] = "ICQ_META",
    [OSCAR_ICON_SET] = "ICON_SET",
    [OSCAR_ICON_WANTED] = "ICON_WANTED",
    [OSCAR_ACCOUNT_WANTED] = "ACCOUNT_WANTED",
    [OSCAR_ACCOUNT_CHANGE] = "ACCOUNT_CHANGE",
    [OSCAR_DIRECTORY_SEARCH] = "DIRECTORY_SEARCH",
    [OSCAR_AUTH] = "AUTH",
    [OSCAR_SIGNED_OFF] = "SIGNED_OFF",
};

void talk_begin(struct talk *t, bool rate_limits)
{
    struct oscar_conn_conf conf = {.rate_limits = rate_limits, .rng = &t->rng};

    *t = (struct talk){.now = 1000, .pieces = t->pieces};
    rng_init_fixed(&t->rng, 7);
    t->c = oscar_conn_new(&conf, t->now);
    assert_non_null(t->c);
}

void talk_end(struct talk *t)
{
    oscar_conn_free(t->c);
    buf_fini(&t->wire);
    buf_fini(&t->heard);
    buf_fini(&t->told);
    buf_fini(&t->frames);
}

void talk_forget(struct talk *t)
{
    buf_reset(&t->heard);
    buf_reset(&t->told);
    buf_reset(&t->frames);
}

static void on_login(struct talk *t, const struct oscar_event *e)
{
    static const uint8_t cookie[BUCP_COOKIE] = {'B'};
    struct oscar_accept yes = {.name = SPAN("Alice Smith"),
                               .address = SPAN("127.0.0.1:5190"),
                               .cookie = span_of(cookie, sizeof cookie)};

    if (roast_check(&e->login, SPAN("opensesame")))
        oscar_conn_accept_login(t->c, &yes);
    else
        oscar_conn_refuse_login(t->c, LOGIN_ERR_WRONG_PASSWORD, (struct span){0});
}

static void on_cookie(struct talk *t, const struct oscar_event *e)
{
    struct oscar_self self = {.user = talk_alice, .ipv4 = 0x7F000001};
    uint8_t which = e->cookie.cookie.n ? e->cookie.cookie.p[0] : 0;

    if (which == 'N')
        oscar_conn_welcome(t->c, FOODGROUP_CHATNAV, &self);
    else if (which == 'A')
        oscar_conn_welcome(t->c, FOODGROUP_ADMIN, &self);
    else if (which == 'D')
        oscar_conn_welcome(t->c, FOODGROUP_DIRECTORY, &self);
    else if (which == 'I')
        oscar_conn_welcome(t->c, FOODGROUP_BART, &self);
    else if (which == 'B')
        oscar_conn_welcome(t->c, 0, &self);
    else
        oscar_conn_refuse_cookie(t->c);
}

static void on_list(struct talk *t, uint32_t id)
{
    struct feedbag_item group = {.name = SPAN("Buddies"), .group = 1, .class_id = FEEDBAG_GROUP};
    struct feedbag_item root = {.class_id = FEEDBAG_GROUP,
                                .attributes = SPAN("\x00\xC8\x00\x02\x00\x01")};
    struct buf items = {0};

    feedbag_item_write(&items, &root);
    feedbag_item_write(&items, &group);
    oscar_conn_feedbag_list(t->c, id, buf_span(&items), 5);
    buf_fini(&items);
}

static void on_edit(struct talk *t, const struct oscar_event *e)
{
    struct span items = e->edit.items;
    struct feedbag_item item;
    uint16_t codes[32] = {0};
    size_t n = 0;

    while (n < 32 && feedbag_item_next(&items, &item))
        codes[n++] = FEEDBAG_DONE;
    oscar_conn_feedbag_status(t->c, e->id, codes, n);
}

static void on_service(struct talk *t, const struct oscar_event *e)
{
    struct oservice_redirect to = {e->foodgroup, SPAN("127.0.0.1:5190"), SPAN("N"), {0}};

    if (e->foodgroup == FOODGROUP_CHATNAV)
        oscar_conn_redirect(t->c, e->id, &to);
    else
        oscar_conn_error(t->c, FOODGROUP_OSERVICE, e->id,
                         &(struct snac_failure){.code = SNAC_ERR_SERVICE_UNAVAILABLE});
}

static void on_im(struct talk *t, const struct oscar_event *e)
{
    struct icbm_ack ack = {.channel = e->im.channel, .to = e->im.to};

    memcpy(ack.cookie, e->im.cookie, sizeof ack.cookie);
    if (e->im.wants_ack)
        oscar_conn_ack(t->c, e->id, &ack);
}

static void answer(struct talk *t, const struct oscar_event *e)
{
    static const struct snac_failure offline = {.code = SNAC_ERR_NOT_LOGGED_ON};

    switch (e->kind) {
    case OSCAR_LOGIN: on_login(t, e); break;
    case OSCAR_COOKIE: on_cookie(t, e); break;
    case OSCAR_SERVICE_WANTED: on_service(t, e); break;
    case OSCAR_FEEDBAG_GET: on_list(t, e->id); break;
    case OSCAR_FEEDBAG_EDIT: on_edit(t, e); break;
    case OSCAR_IM: on_im(t, e); break;
    case OSCAR_INFO_WANTED: oscar_conn_error(t->c, FOODGROUP_LOCATE, e->id, &offline); break;
    case OSCAR_FIND_EMAIL: oscar_conn_found(t->c, e->id, NULL, 0); break;
    case OSCAR_OFFLINE_WANTED: oscar_conn_offline_done(t->c, e->id); break;
    case OSCAR_ICQ_OFFLINE: oscar_conn_icq_offline_done(t->c, e->id, &e->icq); break;
    case OSCAR_WARN: oscar_conn_warned(t->c, e->id, 100, 130); break;
    case OSCAR_ENTRY_SET: oscar_conn_entry_set(t->c, e->id); break;
    case OSCAR_ACCOUNT_WANTED:
        oscar_conn_account(t->c, e->id, &(struct admin_account){.name = SPAN("Alice Smith")});
        break;
    case OSCAR_ACCOUNT_CHANGE:
        oscar_conn_account_changed(t->c, e->id,
                                   &(struct admin_account){.error = ADMIN_OTHER_NAME});
        break;
    case OSCAR_DIRECTORY_SEARCH:
        oscar_conn_directory_found(t->c, e->id, (struct span){0}, 0);
        break;
    case OSCAR_ENTRY_WANTED: oscar_conn_entry(t->c, e->id, (struct span){0}); break;
    default: break;
    }
}

static void hear(struct talk *t)
{
    struct span out = oscar_conn_output(t->c), left = out;
    struct flap f;
    struct snac s;

    buf_add(&t->frames, out);
    while (left.n) {
        assert_int_equal(flap_read(&left, &f), FRAME_WHOLE);
        assert_true(f.data.n <= FLAP_OUT_MAX);
        if (f.channel != FLAP_DATA) {
            buf_fmt(&t->heard, "ch%d ", f.channel);
            continue;
        }
        assert_true(snac_read(f.data, &s));
        assert_true(s.id & SNAC_ID_SERVER || s.id <= t->id);
        buf_fmt(&t->heard, "%02X/%02X ", s.foodgroup, s.subtype);
    }
    oscar_conn_sent(t->c, out.n);
}

static void pull(struct talk *t)
{
    struct oscar_event e;

    while (oscar_conn_next(t->c, &e)) {
        buf_fmt(&t->told, "%s ", event_names[e.kind]);
        if (!t->silent)
            answer(t, &e);
    }
    hear(t);
}

void talk_go(struct talk *t)
{
    size_t step = t->pieces == TALK_OCTETS ? 1 : t->wire.n;

    for (struct span left = buf_span(&t->wire); left.n; left = span_skip(left, step)) {
        (void)oscar_conn_feed(t->c, span_first(left, step), t->now);
        pull(t);
    }
    buf_reset(&t->wire);
    pull(t);
}

void talk_raw(struct talk *t, struct span bytes)
{
    buf_add(&t->wire, bytes);
    if (t->pieces != TALK_AT_ONCE)
        talk_go(t);
}

void talk_frame(struct talk *t, uint8_t channel, struct span data)
{
    struct buf b = {0};

    flap_write(&b, channel, data, &t->seq);
    talk_raw(t, buf_span(&b));
    buf_fini(&b);
}

void talk_snac(struct talk *t, uint16_t foodgroup, uint16_t subtype, struct span body)
{
    struct buf b = {0};

    snac_write(&b, foodgroup, subtype, 0, ++t->id);
    buf_add(&b, body);
    talk_frame(t, FLAP_DATA, buf_span(&b));
    buf_fini(&b);
}

/* What clients send, by foodgroup and subtype; all else has no body. */
static const struct {
    uint16_t foodgroup, subtype;
    const char *hex;
} bodies[] = {
    {0x01, 0x02, "0001000301100629"},
    {0x01, 0x04, "000D"},
    {0x01, 0x08, "00010002000300040005"},
    {0x01, 0x11, "00000258"},
    {0x01, 0x14, "00000003"},
    {0x01, 0x17, "000100030013000400020001"},
    {0x01, 0x1E, "0006000400000100"},
    {0x02, 0x04, "00040000"},
    {0x02, 0x05, "000303626F62"},
    {0x02, 0x15, "0000000303626F62"},
    {0x03, 0x04, "03626F62056361726F6C"},
    {0x04, 0x02, "00000000051B1F4003E703E700000000"},
    {0x04, 0x06,
     "1122334455667788000103626F62000200150501000401010102010100090000000068656C6C6F"
     "00030000"},
    {0x04, 0x08, "000003626F62"},
    {0x04, 0x14, "0000000000000000000103626F620002"},
    {0x09, 0x04, "0000001F"},
    {0x09, 0x05, "0C416C69636520536D6974682E"},
    {0x09, 0x07, "075370616D6D6572"},
    {0x0A, 0x02, "626F62406578616D706C652E6E6574"},
    {0x0B, 0x03, "00"},
    {0x13, 0x05, "4190AB000005"},
    {0x13, 0x08, "00056361726F6C0001000200000000"},
    {0x13, 0x09, "0007427564646965730001000000010000"},
    {0x15, 0x02, "0001000A0800A18601003C000200"},
};

static struct span body_of(unsigned foodgroup, unsigned subtype)
{
    static uint8_t body[64];

    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        size_t n = strlen(bodies[i].hex) / 2;

        if (bodies[i].foodgroup != foodgroup || bodies[i].subtype != subtype)
            continue;
        assert_true(hex_read(span_str(bodies[i].hex), body, n));
        return span_of(body, n);
    }
    return (struct span){0};
}

void talk_script(struct talk *t, const char *script)
{
    unsigned foodgroup, subtype;

    for (int n = 0; sscanf(script, " %x/%x%n", &foodgroup, &subtype, &n) == 2; script += n)
        talk_snac(t, (uint16_t)foodgroup, (uint16_t)subtype, body_of(foodgroup, subtype));
}

void talk_cookie(struct talk *t, char which)
{
    uint8_t cookie[BUCP_COOKIE] = {(uint8_t)which};
    struct buf b = {0};

    buf_u32(&b, FLAP_VERSION);
    tlv_write(&b, 0x0006, span_of(cookie, sizeof cookie));
    talk_frame(t, FLAP_SIGNON, buf_span(&b));
    buf_fini(&b);
}

void talk_online(struct talk *t)
{
    talk_cookie(t, 'B');
    talk_script(t, "01/17 01/06 01/08 13/04 13/07 01/02");
    talk_go(t);
    assert_true(oscar_conn_is_online(t->c));
    talk_forget(t);
}

void talk_wait(struct talk *t, uint64_t ms)
{
    t->now += ms;
    oscar_conn_tick(t->c, t->now);
    pull(t);
}

struct span talk_last(struct talk *t, uint16_t foodgroup, uint16_t subtype, struct snac *out)
{
    struct span left = buf_span(&t->frames);
    struct flap f;
    struct snac s;
    bool found = false;

    while (flap_read(&left, &f) == FRAME_WHOLE) {
        if (f.channel != FLAP_DATA || !snac_read(f.data, &s))
            continue;
        if (s.foodgroup == foodgroup && s.subtype == subtype) {
            *out = s;
            found = true;
        }
    }
    assert_true(found);
    return out->body;
}
