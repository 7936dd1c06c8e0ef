#include "simple/event/publish.h"

#include "wire.h"

#define NOW 1000000ULL

static const struct publication live[] = {
    {.etag = {(const uint8_t *)"old", 3}, .expires_at = NOW},
    {.etag = {(const uint8_t *)"abc", 3}, .expires_at = NOW + 1},
};

#define EVENT "Event: presence\r\n"
#define PIDF  "Content-Type: application/pidf+xml;charset=UTF-8\r\n"

static const struct {
    const char *headers, *body;
    enum publish_action action;
    int status;
    uint32_t expires;
} rows[] = {
    {EVENT PIDF, "<presence/>", PUBLISH_CREATE, 200, 3600},
    {EVENT PIDF "Expires: 600\r\n", "<presence/>", PUBLISH_CREATE, 200, 600},
    {EVENT PIDF "Expires: 99999\r\n", "<presence/>", PUBLISH_CREATE, 200, 7200},
    {EVENT PIDF "Expires: 59\r\n", "<presence/>", PUBLISH_REFUSE, 423, 0},
    {EVENT PIDF "Expires: soon\r\n", "<presence/>", PUBLISH_REFUSE, 400, 0},
    {EVENT PIDF "Expires: 0\r\n", "<presence/>", PUBLISH_NOTHING, 200, 0},
    {EVENT PIDF "Contact: <sip:a@b>\r\n", "<presence/>", PUBLISH_CREATE, 200, 3600},
    {"o: presence;id=1\r\n" PIDF, "<presence/>", PUBLISH_CREATE, 200, 3600},
    {PIDF, "<presence/>", PUBLISH_REFUSE, 489, 0},
    {"Event: dialog\r\n" PIDF, "<presence/>", PUBLISH_REFUSE, 489, 0},
    {"Event: Presence\r\n" PIDF, "<presence/>", PUBLISH_REFUSE, 489, 0}, /* case matters */
    {EVENT, "", PUBLISH_REFUSE, 400, 0},
    {EVENT "Content-Type: text/plain\r\n", "hi", PUBLISH_REFUSE, 415, 0},
    {EVENT, "<presence/>", PUBLISH_REFUSE, 415, 0},
    {EVENT "SIP-If-Match: abc\r\n", "", PUBLISH_REFRESH, 200, 3600},
    {EVENT "SIP-If-Match: abc\r\n" PIDF, "<presence/>", PUBLISH_MODIFY, 200, 3600},
    {EVENT "SIP-If-Match: abc\r\nExpires: 0\r\n", "", PUBLISH_REMOVE, 200, 0},
    {EVENT "SIP-If-Match: abc\r\nContent-Type: text/plain\r\n", "hi", PUBLISH_REFUSE, 415, 0},
    {EVENT "SIP-If-Match: abc\r\nExpires: 5\r\n", "", PUBLISH_REFUSE, 423, 0},
    {EVENT "SIP-If-Match: ABC\r\n", "", PUBLISH_REFUSE, 412, 0},
    {EVENT "SIP-If-Match: old\r\n", "", PUBLISH_REFUSE, 412, 0}, /* it has expired */
    {EVENT "SIP-If-Match: abc, def\r\n", "", PUBLISH_REFUSE, 400, 0},
    {EVENT "SIP-If-Match: abc\r\nSIP-If-Match: abc\r\n", "", PUBLISH_REFUSE, 400, 0},
    {EVENT "SIP-If-Match:\r\n", "", PUBLISH_REFUSE, 400, 0},
};

static void each_publish_has_one_outcome(void **state)
{
    static struct sip_msg m;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *text = wire_request(&m, "PUBLISH", "sip:al@x", rows[i].headers, rows[i].body);
        struct publish_result r;

        if (publish_check(&(struct publish_conf){0}, live, 2, &m, NOW, &r) != rows[i].action ||
            r.status != rows[i].status)
            fail_msg("%s: %d %d %s", rows[i].headers, r.action, r.status, r.text);
        assert_int_equal(r.action, rows[i].action);
        if (r.status == 200)
            assert_int_equal(r.expires, rows[i].expires);
        if (r.status == 423)
            assert_int_equal(r.min_expires, PUBLISH_EXPIRES_MIN);
        if (sip_msg_has(&m, SIP_HDR_SIP_IF_MATCH) && r.status == 200)
            assert_int_equal(r.index, 1);
        free(text);
    }
}

static void a_user_has_ten_publications_at_most(void **state)
{
    static struct sip_msg m;
    struct publication many[PUBLISH_LIVE_MAX];
    char *text = wire_request(&m, "PUBLISH", "sip:al@x", EVENT PIDF, "<presence/>");
    struct publish_result r;

    (void)state;
    for (size_t i = 0; i < PUBLISH_LIVE_MAX; i++)
        many[i] = live[1];
    assert_int_equal(publish_check(&(struct publish_conf){0}, many, PUBLISH_LIVE_MAX, &m, NOW, &r),
                     PUBLISH_REFUSE);
    assert_int_equal(r.status, 480); /* S-417: one user is not the whole gateway */
    many[0].expires_at = NOW;
    assert_int_equal(publish_check(&(struct publish_conf){0}, many, PUBLISH_LIVE_MAX, &m, NOW, &r),
                     PUBLISH_CREATE);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_publish_has_one_outcome),
        cmocka_unit_test(a_user_has_ten_publications_at_most),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
