/* The lines that stay in a dialog, and who belongs to it. */
#include "simple/txn/dialog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct dialog_parts parts_with(const char *routes)
{
    return (struct dialog_parts){
        .call_id = SPAN("c1"),
        .local_tag = SPAN("ours"),
        .remote_tag = SPAN("theirs"),
        .local = SPAN("\"Al\" <sip:al@aim.example>"),
        .remote = SPAN("sip:bob@peer.example"),
        .target = SPAN("sip:bob@192.0.2.7"),
        .routes = span_str(routes),
        .extra = SPAN("Event: presence\r\n"),
    };
}

static struct span head_of(const struct dialog *d)
{
    static uint8_t text[512];
    struct buf b = {0};
    size_t n;

    dialog_put_head(d, &b);
    n = b.n;
    assert_true(buf_ok(&b) && n <= sizeof text);
    memcpy(text, b.p, n);
    buf_fini(&b);
    return span_of(text, n);
}

static void the_lines_are_as_they_are_sent(void **state)
{
    struct dialog d = {0};
    struct dialog_parts p = parts_with("");

    (void)state;
    assert_true(dialog_set(&d, &p));
    assert_true(span_is(dialog_uri(&d), "sip:bob@192.0.2.7"));
    assert_true(span_is(dialog_next_uri(&d), "sip:bob@192.0.2.7"));
    assert_true(span_is(head_of(&d), "Max-Forwards: 70\r\n"
                                     "From: \"Al\" <sip:al@aim.example>;tag=ours\r\n"
                                     "To: sip:bob@peer.example;tag=theirs\r\n"
                                     "Call-ID: c1\r\n"
                                     "Event: presence\r\n"));
    dialog_fini(&d);
}

static void each_route_set_makes_its_request(void **state)
{
    static const struct {
        const char *routes, *uri, *next, *line;
    } rows[] = {
        {"", "sip:bob@192.0.2.7", "sip:bob@192.0.2.7", NULL},
        {"<sip:a;lr>", "sip:bob@192.0.2.7", "sip:a;lr", "\r\nRoute: <sip:a;lr>\r\n"},
        {"<sip:a;lr=on>, <sip:b>", "sip:bob@192.0.2.7", "sip:a;lr=on",
         "\r\nRoute: <sip:a;lr=on>, <sip:b>\r\n"},
        /* S-149: a strict router is the Request-URI itself */
        {"<sip:a>", "sip:a", "sip:a", "\r\nRoute: <sip:bob@192.0.2.7>\r\n"},
        {"<sip:a>, <sip:b;lr>", "sip:a", "sip:a", "\r\nRoute: <sip:b;lr>, <sip:bob@192.0.2.7>\r\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct dialog d = {0};
        struct dialog_parts p = parts_with(rows[i].routes);
        struct span head;

        assert_true(dialog_set(&d, &p));
        assert_true(span_is(dialog_uri(&d), rows[i].uri));
        assert_true(span_is(dialog_next_uri(&d), rows[i].next));
        head = head_of(&d);
        if (rows[i].line)
            assert_true(span_search(head, span_str(rows[i].line)) < head.n);
        else
            assert_true(span_search(head, SPAN("Route")) == head.n);
        dialog_fini(&d);
    }
}

static void parts_may_come_from_the_dialog_itself(void **state)
{
    struct dialog d = {0};
    struct dialog_parts p = parts_with("<sip:a;lr>");

    (void)state;
    assert_true(dialog_set(&d, &p));
    p = dialog_parts(&d);
    p.target = SPAN("sip:moved@192.0.2.8");
    assert_true(dialog_set(&d, &p));
    assert_true(span_is(dialog_uri(&d), "sip:moved@192.0.2.8"));
    assert_true(span_is(dialog_part(&d, DIALOG_ROUTES), "<sip:a;lr>"));
    assert_true(span_is(dialog_key(&d), "ours"));
    dialog_fini(&d);
}

static void parts_that_are_no_header_are_refused(void **state)
{
    struct dialog d = {0};
    struct dialog_parts bad[6];

    (void)state;
    for (int i = 0; i < 6; i++)
        bad[i] = parts_with("");
    bad[0].call_id = SPAN("c\r\nEvil: yes");
    bad[1].target = SPAN("sip:a> SIP/2.0");
    bad[2].remote = SPAN("sip:x\nEvil: yes");
    bad[3].local_tag = SPAN("");
    bad[4].routes = SPAN("nonsense");
    bad[5].local_tag = SPAN("longer-than-any-tag-that-we-would-ever-make");
    for (int i = 0; i < 6; i++)
        assert_false(dialog_set(&d, &bad[i]));
    assert_null(d.text);
}

static struct sip_msg msg;

static const struct sip_msg *request(const char *call_id, const char *tag, unsigned cseq)
{
    static char text[512];

    snprintf(
        text, sizeof text,
        "SUBSCRIBE sip:x@y SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKa\r\nFrom: "
        "<sip:b@p>;tag=%s\r\n"
        "To: <sip:a@b>;tag=ours\r\nCall-ID: %s\r\nCSeq: %u SUBSCRIBE\r\nContent-Length: 0\r\n\r\n",
        tag, call_id, cseq);
    assert_int_equal(sip_msg_parse(&msg, span_str(text)), SIP_GOOD);
    return &msg;
}

static void only_its_own_requests_belong_to_it(void **state)
{
    struct dialog d = {0};
    struct dialog_parts p = parts_with("");

    (void)state;
    assert_true(dialog_set(&d, &p));
    assert_true(dialog_is(&d, request("c1", "theirs", 1)));
    assert_false(dialog_is(&d, request("C1", "theirs", 1))); /* S-127: octet by octet */
    assert_false(dialog_is(&d, request("c1", "Theirs", 1)));
    dialog_fini(&d);
}

static void requests_only_go_forwards(void **state)
{
    static const struct {
        unsigned cseq;
        bool newer;
    } rows[] = {{5, true}, {5, false}, {4, false}, {6, true}, {4294967295U, true}, {7, false}};
    struct dialog d = {0};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(dialog_advance(&d, request("c1", "theirs", rows[i].cseq)), rows[i].newer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_lines_are_as_they_are_sent),
        cmocka_unit_test(each_route_set_makes_its_request),
        cmocka_unit_test(parts_may_come_from_the_dialog_itself),
        cmocka_unit_test(parts_that_are_no_header_are_refused),
        cmocka_unit_test(only_its_own_requests_belong_to_it),
        cmocka_unit_test(requests_only_go_forwards),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
