/* Bodies of MESSAGE requests to the neutral message and back: wrapped, packed, unknown, empty. */
#include "mapping/message_sip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define TEXT             "text/plain"
#define MIXED            "multipart/mixed;boundary=b"
#define ALT              "multipart/alternative; boundary=\"b\""
#define SIGNED           "multipart/signed;boundary=b;protocol=\"application/pkcs7-signature\""
#define CPIM             "message/cpim"
#define TYPING           "application/im-iscomposing+xml"
#define IMDN             "message/imdn+xml"
#define PART(type, body) "--b\r\nContent-Type: " type "\r\n\r\n" body "\r\n"

static const struct {
    const char *why, *type, *body;
    const char *text;
    enum sip_body_kind kind;
    unsigned status;
} rows[] = {
    {"plain", TEXT, "Watson, come here.", "Watson, come here.", SIP_BODY_TEXT, 0},
    {"no type", "", "hi", "hi", SIP_BODY_TEXT, 0},
    {"lines", "TEXT/PLAIN; charset=\"UTF-8\"", "a\r\nb\r\n\r\n", "a\nb", SIP_BODY_TEXT, 0},
    {"Latin-1", "text/plain;charset=ISO-8859-1", "\xFC", "\xC3\xBC", SIP_BODY_TEXT, 0},
    {"broken UTF-8", TEXT, "a\xFF", "a\xEF\xBF\xBD", SIP_BODY_TEXT, 0},
    {"unknown charset (M-349)", "text/plain;charset=koi8-r", "x", "", SIP_BODY_REFUSE, 415},
    {"HTML", "text/html", "<p>a <b>b</b></p><p>c</p>", "a b\nc", SIP_BODY_TEXT, 0},
    {"empty (M-350)", TEXT, "", "", SIP_BODY_EMPTY, 0},
    {"blank", TEXT, " \r\n ", "", SIP_BODY_EMPTY, 0},
    {"a picture (M-347)", "image/png", "x", "", SIP_BODY_REFUSE, 415},
    {"enveloped (M-347)", "application/pkcs7-mime", "x", "", SIP_BODY_REFUSE, 415},
    {"typing", TYPING, "<isComposing/>", "", SIP_BODY_TYPING, 0},
    {"a bare receipt (M-346)", IMDN, "<imdn/>", "", SIP_BODY_IGNORE, 0},
    {"the last that we understand (M-342)", ALT,
     PART(TEXT, "plain") PART("text/html", "<i>html</i>") PART("text/x-rtf", "r") "--b--", "html",
     SIP_BODY_TEXT, 0},
    {"one that we can read", ALT,
     PART(TEXT, "plain") PART("text/plain;charset=koi8-r", "?") "--b--\r\n", "plain", SIP_BODY_TEXT,
     0},
    {"none that we understand", ALT, PART("image/gif", "x") "--b--", "", SIP_BODY_REFUSE, 415},
    {"texts in order, others named (M-343)", MIXED,
     "preamble\r\n" PART(TEXT, "one\r\n") PART("image/png", "12345")
         PART(TEXT, "two") "--b--\r\nepilogue",
     "one\n\n[not shown: image/png, 5 bytes]\n\ntwo", SIP_BODY_TEXT, 0},
    {"mixed, no text", MIXED, PART("image/png", "x") "--b--", "", SIP_BODY_REFUSE, 415},
    {"mixed, an odd charset alone", MIXED, PART("text/plain;charset=koi8-r", "x") "--b--", "",
     SIP_BODY_REFUSE, 415},
    {"mixed with a typing status (M-345)", MIXED, PART(TYPING, "<x/>") PART(TEXT, "hi") "--b--",
     "hi", SIP_BODY_TEXT, 0},
    {"mixed, only a typing status", MIXED, PART(TYPING, "<x/>") "--b--", "", SIP_BODY_IGNORE, 0},
    {"required and unknown", MIXED,
     PART(TEXT, "hi") "--b\r\nContent-Type: a/b\r\nContent-Disposition: "
                      "x;handling=required\r\n\r\nx\r\n--b--",
     "", SIP_BODY_REFUSE, 415},
    {"optional and unknown", MIXED,
     PART(TEXT, "hi") "--b\r\nContent-Type: a/b\r\nContent-Disposition: "
                      "x;handling=optional\r\n\r\nx\r\n--b--",
     "hi\n\n[not shown: a/b, 1 bytes]", SIP_BODY_TEXT, 0},
    {"the end is missing", MIXED, PART(TEXT, "one") "--b\r\n\r\ntwo", "one\n\ntwo", SIP_BODY_TEXT,
     0},
    {"no boundary", "multipart/mixed", "x", "", SIP_BODY_REFUSE, 400},
    {"boundary never seen", MIXED, "x", "", SIP_BODY_REFUSE, 400},
    {"signed (M-344)", SIGNED, PART(TEXT, "hi") PART("application/pkcs7-signature", "s") "--b--",
     "hi", SIP_BODY_TEXT, 0},
    {"base64", MIXED,
     "--b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\naGk=\r\n--b--",
     "hi", SIP_BODY_TEXT, 0},
    {"quoted-printable", MIXED,
     "--b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: Quoted-Printable\r\n\r\n"
     "f=C3=BC=\r\nr =3D=zz\r\n--b--",
     "f\xC3\xBCr ==zz", SIP_BODY_TEXT, 0},
    {"CPIM (M-341)", CPIM,
     "From: <im:a@x.example>\r\nTo: <im:b@y.example>\r\n\r\nContent-Type: text/plain\r\n\r\nhi",
     "hi", SIP_BODY_TEXT, 0},
    {"CPIM with bare line feeds", CPIM, "From: <im:a@x.example>\n\nContent-Type: text/plain\n\nhi",
     "hi", SIP_BODY_TEXT, 0},
    {"CPIM, typing inside (M-345)", CPIM, "\r\nContent-Type: " TYPING "\r\n\r\n<x/>", "",
     SIP_BODY_IGNORE, 0},
    {"CPIM, a receipt inside (M-346)", CPIM, "\r\nContent-Type: " IMDN "\r\n\r\n<x/>", "",
     SIP_BODY_IMDN, 0},
    {"CPIM in CPIM in CPIM", CPIM,
     "\r\nContent-Type: message/cpim\r\n\r\n\r\nContent-Type: message/cpim\r\n\r\n\r\n"
     "Content-Type: text/plain\r\n\r\nhi",
     "hi", SIP_BODY_TEXT, 0},
    {"and one more", CPIM,
     "\r\nContent-Type: message/cpim\r\n\r\n\r\nContent-Type: message/cpim\r\n\r\n\r\n"
     "Content-Type: message/cpim\r\n\r\n\r\nContent-Type: text/plain\r\n\r\nhi",
     "", SIP_BODY_REFUSE, 400},
    {"CPIM, two From", CPIM, "From: <im:a@x>\r\nFrom: <im:b@x>\r\n\r\n\r\nhi", "", SIP_BODY_REFUSE,
     400},
    {"CPIM, folded", CPIM, "From: <im:a@x>\r\n x\r\n\r\n\r\nhi", "", SIP_BODY_REFUSE, 400},
    {"CPIM, Require of what is known", CPIM,
     "Require: From, cc\r\n\r\nContent-Type: text/plain\r\n\r\nhi", "hi", SIP_BODY_TEXT, 0},
    {"CPIM, Require of what is not", CPIM,
     "NS: My <urn:x>\r\nRequire: My.Thing\r\n\r\nContent-Type: text/plain\r\n\r\nhi", "",
     SIP_BODY_REFUSE, 400},
    {"CPIM, Subject", CPIM, "Subject: the eagle\r\n\r\nContent-Type: text/plain\r\n\r\nhi",
     "[the eagle] hi", SIP_BODY_TEXT, 0},
    {"CPIM, Subjects of two languages", CPIM,
     "Subject:;lang=fr Objet\r\nSubject:;lang=en Object\r\n\r\nContent-Type: text/plain\r\n\r\nhi",
     "[Object] hi", SIP_BODY_TEXT, 0},
    {"CPIM, escapes", CPIM,
     "Subject: caf\\u00e9 \\ud83d\\ude00 \\\"x\\\" \\q\\\r\n\r\nContent-Type: text/plain\r\n\r\nhi",
     "[caf\xC3\xA9 \xF0\x9F\x98\x80 \"x\" q] hi", SIP_BODY_TEXT, 0},
    {"CPIM, another default name space", CPIM,
     "NS: <urn:x>\r\nSubject: not ours\r\n\r\nContent-Type: text/plain\r\n\r\nhi", "hi",
     SIP_BODY_TEXT, 0},
    {"CPIM, names are case-sensitive", CPIM,
     "subject: not ours\r\n\r\nContent-Type: text/plain\r\n\r\nhi", "hi", SIP_BODY_TEXT, 0},
};

static void every_kind_of_body_has_its_result(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sip_body_in in = {.content_type = span_str(rows[i].type),
                                 .body = span_str(rows[i].body),
                                 .language = SPAN("en")};
        struct arena a = {0};
        struct message m = {0};
        struct sip_body_out out;

        message_sip_read(&in, &a, &m, &out);
        if (out.kind != rows[i].kind || out.status != rows[i].status ||
            (out.kind == SIP_BODY_TEXT && !span_is(m.text, rows[i].text)))
            fail_msg("%s: kind %d, status %u, \"%.*s\"", rows[i].why, (int)out.kind, out.status,
                     SPAN_ARG(m.text));
        arena_fini(&a);
    }
}

static struct sip_body_out read_in(struct arena *a, struct sip_body_in in, struct message *m)
{
    struct sip_body_out out;

    *m = (struct message){0};
    message_sip_read(&in, a, m, &out);
    return out;
}

static void refusals_say_what_would_do(void **state)
{
    struct arena a = {0};
    struct message m;
    struct sip_body_out out;

    (void)state;
    out =
        read_in(&a, (struct sip_body_in){.content_type = SPAN("image/png"), .body = SPAN("x")}, &m);
    assert_string_equal(
        out.accept, "text/plain, text/html, message/cpim, multipart/mixed, multipart/alternative, "
                    "multipart/signed, application/im-iscomposing+xml, message/imdn+xml");
    out = read_in(
        &a, (struct sip_body_in){.content_type = SPAN("text/plain;charset=x"), .body = SPAN("x")},
        &m);
    assert_true(span_starts(span_str(out.accept), SPAN("text/plain;charset=UTF-8, text/plain, ")));
    out = read_in(&a,
                  (struct sip_body_in){.content_type = SPAN("text/plain"),
                                       .content_encoding = SPAN("gzip"),
                                       .body = SPAN("x")},
                  &m);
    assert_int_equal(out.status, 415);
    assert_string_equal(out.accept_encoding, "identity");
    out = read_in(&a,
                  (struct sip_body_in){.content_type = SPAN(TYPING),
                                       .content_encoding = SPAN("gzip"),
                                       .body = SPAN("x")},
                  &m);
    assert_int_equal(out.kind, SIP_BODY_IGNORE);
    out = read_in(&a,
                  (struct sip_body_in){.content_type = SPAN("text/plain"),
                                       .content_encoding = SPAN("Identity"),
                                       .body = SPAN("x")},
                  &m);
    assert_int_equal(out.kind, SIP_BODY_TEXT);
    arena_fini(&a);
}

static void automatic_replies_are_known_by_header_or_by_words(void **state)
{
    static const struct {
        const char *header, *body, *text;
        bool automatic;
    } cases[] = {
        {"", "hi", "hi", false},
        {"auto-replied", "hi", "hi", true},
        {"Auto-Generated;x=y", "hi", "hi", true},
        {"no", "hi", "hi", false},
        {"No ; x", "hi", "hi", false},
        {"", "[Auto-reply] at lunch", "at lunch", true},
        {"auto-replied", "[Auto-reply] at lunch", "at lunch", true},
        {"", "x [Auto-reply] y", "x [Auto-reply] y", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena a = {0};
        struct message m;

        read_in(&a,
                (struct sip_body_in){.content_type = SPAN(TEXT),
                                     .auto_submitted = span_str(cases[i].header),
                                     .body = span_str(cases[i].body)},
                &m);
        assert_int_equal(m.auto_reply, cases[i].automatic);
        assert_true(span_is(m.text, cases[i].text));
        arena_fini(&a);
    }
}

static void a_subject_goes_in_front(void **state)
{
    struct arena a = {0};
    struct message m;
    char subject[100];

    (void)state;
    memset(subject, 's', sizeof subject);
    read_in(&a,
            (struct sip_body_in){.content_type = SPAN("text/html"),
                                 .subject = SPAN("a<b"),
                                 .body = SPAN("<b>x</b>")},
            &m);
    assert_true(span_is(m.text, "[a<b] x"));
    assert_true(span_is(m.html, "[a&lt;b] <B>x</B>"));
    read_in(&a,
            (struct sip_body_in){.content_type = SPAN(TEXT),
                                 .subject = span_of(subject, sizeof subject),
                                 .body = SPAN("x")},
            &m);
    assert_int_equal(m.text.n, 80 + 4);
    arena_fini(&a);
}

static void receipts_are_read_from_cpim(void **state)
{
    static const char body[] =
        "From: \"Bob <x>\" <im:bob@example.com>\r\n"
        "To: <im:chattychuck@aim.example.net>\r\n"
        "DateTime: 2001-07-23T14:00:05Z\r\n"
        "NS: imdn <urn:ietf:params:imdn>\r\n"
        "imdn.Message-ID: 34jk324j\r\n"
        "imdn.Disposition-Notification: positive-delivery, negative-delivery, "
        "display\r\n"
        "imdn.IMDN-Record-Route: <im:relay@example.com>\r\n"
        "imdn.IMDN-Record-Route: <im:second@example.com>\r\n"
        "\r\nContent-Type: text/plain;charset=UTF-8\r\n\r\nWatson, come here.";
    struct arena a = {0};
    struct message m;
    struct sip_body_out out =
        read_in(&a, (struct sip_body_in){.content_type = SPAN(CPIM), .body = span_str(body)}, &m);

    (void)state;
    assert_true(span_is(out.cpim_from, "im:bob@example.com"));
    assert_int_equal(out.cpim_date, 995896805);
    assert_true(span_is(out.imdn_id, "34jk324j"));
    assert_true(span_is(m.receipt_route, "im:relay@example.com, im:second@example.com"));
    assert_int_equal(m.receipts, RECEIPT_DELIVERY | RECEIPT_FAILURE);
    assert_true(span_is(m.receipt_id, "34jk324j"));
    assert_true(span_is(m.receipt_time, "2001-07-23T14:00:05Z"));
    /* without an id nothing can be told */
    read_in(
        &a,
        (struct sip_body_in){.content_type = SPAN(CPIM),
                             .body = SPAN("NS: i <urn:ietf:params:imdn>\r\n"
                                          "i.Disposition-Notification: positive-delivery\r\n\r\n"
                                          "Content-Type: text/plain\r\n\r\nhi")},
        &m);
    assert_int_equal(m.receipts, 0);
    arena_fini(&a);
}

static void very_long_texts_are_refused(void **state)
{
    struct arena a = {0};
    struct message m;
    struct buf b = {0};

    (void)state;
    for (int i = 0; i < FIT_TEXT_MAX; i++)
        BUF_LIT(&b, "\xC3\xBC");
    assert_int_equal(
        read_in(&a, (struct sip_body_in){.content_type = SPAN(TEXT), .body = buf_span(&b)}, &m)
            .kind,
        SIP_BODY_TEXT);
    BUF_LIT(&b, "x");
    assert_int_equal(
        read_in(&a, (struct sip_body_in){.content_type = SPAN(TEXT), .body = buf_span(&b)}, &m)
            .status,
        413);
    buf_fini(&b);
    arena_fini(&a);
}

static void every_front_of_a_body_can_be_read(void **state)
{
    static const char *const types[] = {TEXT, "text/html", CPIM, MIXED, ALT};
    static const char body[] =
        "From: \"a\\\" <im:a@x>\r\nNS: i <urn:ietf:params:imdn>\r\nSubject:;lang=en "
        "\\ud83d\\ude00\r\n"
        "i.Message-ID: x\r\n\r\nContent-Type: multipart/mixed;boundary=\"b\"\r\n\r\n--b\r\n"
        "Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\nPGI+aGk8L2I+\r\n--b--";

    (void)state;
    for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
        for (size_t n = 0; n < sizeof body; n++) {
            uint8_t *copy = malloc(n + 1);
            struct arena a = {0};
            struct message m;

            assert_non_null(copy);
            memcpy(copy, body, n);
            read_in(
                &a,
                (struct sip_body_in){.content_type = span_str(types[t]), .body = span_of(copy, n)},
                &m);
            arena_fini(&a);
            free(copy);
        }
    }
}

static void bodies_are_written_as_the_receiver_wants_them(void **state)
{
    struct message m = {.friendly = SPAN("Chatty \"Chuck\""),
                        .text = SPAN("Watson,\ncome here."),
                        .html = SPAN("<B>Watson</B>"),
                        .sent = 995896805};
    struct sip_writer w = {0};
    struct fit_part part = {.text = SPAN("come here.\n"), .i = 2, .n = 2};
    struct buf b = {0};

    (void)state;
    assert_string_equal(message_sip_write(&b, &m, NULL, &w), "text/plain;charset=UTF-8");
    assert_true(span_is(buf_span(&b), "Watson,\r\ncome here."));
    buf_reset(&b);
    assert_string_equal(message_sip_write(&b, &m, &part, &w), "text/plain;charset=UTF-8");
    assert_true(span_is(buf_span(&b), "(2/2) come here."));
    buf_reset(&b);
    w.html = true;
    assert_string_equal(message_sip_write(&b, &m, NULL, &w), "text/html;charset=UTF-8");
    assert_true(span_is(buf_span(&b), "<HTML><BODY><B>Watson</B></BODY></HTML>"));
    buf_reset(&b);
    w = (struct sip_writer){.cpim = true,
                            .imdn_id = SPAN("34jk324j"),
                            .from_uri = SPAN("im:chattychuck@aim.example.net"),
                            .to_uri = SPAN("im:bob@example.com")};
    assert_string_equal(message_sip_write(&b, &m, NULL, &w), "message/cpim");
    assert_true(span_is(buf_span(&b),
                        "From: \"Chatty \\\"Chuck\\\"\" <im:chattychuck@aim.example.net>\r\n"
                        "To: <im:bob@example.com>\r\n"
                        "DateTime: 2001-07-23T14:00:05Z\r\n"
                        "NS: imdn <urn:ietf:params:imdn>\r\n"
                        "imdn.Message-ID: 34jk324j\r\n"
                        "imdn.Disposition-Notification: positive-delivery, negative-delivery\r\n"
                        "\r\nContent-Type: text/plain;charset=UTF-8\r\n\r\nWatson,\r\ncome here."));
    buf_fini(&b);
}

static void automatic_replies_say_so_towards_sip(void **state)
{
    struct message m = {.text = SPAN("at lunch"), .auto_reply = true, .expires = 1060};
    struct sip_writer w = {0};
    struct arena a = {0};
    struct buf b = {0};

    (void)state;
    assert_true(span_is(message_sip_text(&m, &a), "[Auto-reply] at lunch"));
    message_sip_write(&b, &m, NULL, &w);
    assert_true(span_is(buf_span(&b), "[Auto-reply] at lunch"));
    buf_reset(&b);
    message_sip_headers(&b, &m, 1000);
    assert_true(span_is(buf_span(&b), "Auto-Submitted: auto-replied\r\nExpires: 60\r\n"));
    buf_reset(&b);
    message_sip_headers(&b, &m, 2000);
    assert_true(span_is(buf_span(&b), "Auto-Submitted: auto-replied\r\nExpires: 0\r\n"));
    m.notice = true; /* RFC 3834 5: what answers nobody says so, and its text is its own */
    buf_reset(&b);
    message_sip_headers(&b, &m, 1000);
    assert_true(span_starts(buf_span(&b), SPAN("Auto-Submitted: auto-generated\r\n")));
    assert_true(span_is(message_sip_text(&m, &a), "at lunch"));
    buf_reset(&b);
    m.notice = m.auto_reply = false;
    m.expires = 0;
    message_sip_headers(&b, &m, 1000);
    assert_int_equal(b.n, 0);
    assert_true(span_is(message_sip_text(&m, &a), "at lunch"));
    buf_fini(&b);
    arena_fini(&a);
}

static void senders_clocks_are_believed_for_a_day(void **state)
{
    const int64_t NOW = 1000000000, DAY = 86400;

    (void)state;
    assert_int_equal(message_sent_time(0, 0, NOW), NOW);
    assert_int_equal(message_sent_time(NOW - 5, NOW - 9, NOW), NOW - 5);
    assert_int_equal(message_sent_time(NOW - DAY - 1, NOW - 9, NOW), NOW - 9);
    assert_int_equal(message_sent_time(NOW + DAY + 1, NOW + DAY + 1, NOW), NOW);
    assert_int_equal(message_sent_time(NOW - DAY, 0, NOW), NOW - DAY);
    assert_int_equal(message_expiry(0, NOW, -1), NOW + 14 * DAY);
    assert_int_equal(message_expiry(NOW - 50, NOW, 60), NOW + 10);
    assert_int_equal(message_expiry(NOW - 2 * DAY, NOW, 60), NOW + 60);
    assert_int_equal(message_expiry(NOW, NOW, 15 * DAY), NOW + 14 * DAY);
    assert_int_equal(message_expiry(0, NOW, 0), NOW);
}

static void stored_messages_say_when_they_were_sent(void **state)
{
    struct buf b = {0};

    (void)state;
    message_sent_prefix(&b, 995896805);
    assert_true(span_is(buf_span(&b), "[sent 2001-07-23 14:00 UTC] "));
    buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_body_has_its_result),
        cmocka_unit_test(refusals_say_what_would_do),
        cmocka_unit_test(automatic_replies_are_known_by_header_or_by_words),
        cmocka_unit_test(a_subject_goes_in_front),
        cmocka_unit_test(receipts_are_read_from_cpim),
        cmocka_unit_test(very_long_texts_are_refused),
        cmocka_unit_test(every_front_of_a_body_can_be_read),
        cmocka_unit_test(bodies_are_written_as_the_receiver_wants_them),
        cmocka_unit_test(automatic_replies_say_so_towards_sip),
        cmocka_unit_test(senders_clocks_are_believed_for_a_day),
        cmocka_unit_test(stored_messages_say_when_they_were_sent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
