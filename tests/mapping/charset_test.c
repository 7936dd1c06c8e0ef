/* Octets of both doors to UTF-8 and back, per kind of client. */
#include "mapping/charset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define OCTETS(literal) SPAN(literal)

static void assert_text(struct buf *b, struct span want)
{
    assert_true(buf_ok(b));
    if (!span_eq(buf_span(b), want))
        fail_msg("\"%.*s\" is not \"%.*s\"", SPAN_ARG(buf_span(b)), SPAN_ARG(want));
    buf_fini(b);
}

static void fragments_are_read_by_their_number(void **state)
{
    static const struct {
        uint16_t charset;
        struct span in, out;
    } rows[] = {
        {0x0000, {(const uint8_t *)"hi", 2}, {(const uint8_t *)"hi", 2}},
        {0x0000, {(const uint8_t *)"\xC3\xBC", 2}, {(const uint8_t *)"\xC3\xBC", 2}},
        {0x0000, {(const uint8_t *)"\xFC", 1}, {(const uint8_t *)"\xC3\xBC", 2}},
        {0x0000, {(const uint8_t *)"\x80", 1}, {(const uint8_t *)"\xE2\x82\xAC", 3}},
        {0x000D, {(const uint8_t *)"\xC3\xBC", 2}, {(const uint8_t *)"\xC3\xBC", 2}},
        {0xFFFF, {(const uint8_t *)"\xFC", 1}, {(const uint8_t *)"\xC3\xBC", 2}},
        {0x0002, {(const uint8_t *)"\0h\0i", 4}, {(const uint8_t *)"hi", 2}},
        {0x0002, {(const uint8_t *)"\0h\0i\0", 5}, {(const uint8_t *)"hi", 2}},
        {0x0002, {(const uint8_t *)"\xFE\xFF\0h", 4}, {(const uint8_t *)"h", 1}},
        {0x0002,
         {(const uint8_t *)"\xD8\x3D\xDE\x00", 4},
         {(const uint8_t *)"\xF0\x9F\x98\x80", 4}},
        {0x0002, {(const uint8_t *)"\xD8\x3D\0h", 4}, {(const uint8_t *)"\xEF\xBF\xBDh", 4}},
        {0x0002, {(const uint8_t *)"\xDE\x00", 2}, {(const uint8_t *)"\xEF\xBF\xBD", 3}},
        {0x0003,
         {(const uint8_t *)"\xFC\x93\x81", 3},
         {(const uint8_t *)"\xC3\xBC\xE2\x80\x9C\xEF\xBF\xBD", 8}},
        /* Latin-1 says what it is: never guessed to be UTF-8 */
        {0x0003, {(const uint8_t *)"\xC3\xBC", 2}, {(const uint8_t *)"\xC3\x83\xC2\xBC", 4}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf b = {0};

        oscar_text_read(&b, rows[i].charset, rows[i].in);
        assert_text(&b, rows[i].out);
    }
}

static void away_texts_are_read_by_their_mime_type(void **state)
{
    static const struct {
        const char *type;
        struct span in;
        const char *out;
    } rows[] = {
        {"text/aolrtf; charset=\"us-ascii\"", {(const uint8_t *)"hi", 2}, "hi"},
        {"text/aolrtf; charset=us-ascii", {(const uint8_t *)"\xFC", 1}, "\xC3\xBC"},
        {"text/x-aolrtf; CHARSET=\"ISO-8859-1\"",
         {(const uint8_t *)"\xC3\xBC", 2},
         "\xC3\x83\xC2\xBC"},
        {"text/aolrtf; charset=\"unicode-2-0\"", {(const uint8_t *)"\0h\0i", 4}, "hi"},
        {"text/aolrtf; charset=utf-8; x=y", {(const uint8_t *)"\xC3\xBC", 2}, "\xC3\xBC"},
        {"text/aolrtf", {(const uint8_t *)"\xC3\xBC", 2}, "\xC3\xBC"},
        {"", {(const uint8_t *)"\xFC", 1}, "\xC3\xBC"},
        {"text/aolrtf; charset=\"", {(const uint8_t *)"x", 1}, "x"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf b = {0};

        oscar_mime_text_read(&b, span_str(rows[i].type), rows[i].in);
        assert_text(&b, span_str(rows[i].out));
    }
}

static void every_client_gets_what_it_can_read(void **state)
{
    static const struct {
        const char *text;
        enum text_client client;
        enum oscar_charset charset;
        struct span octets;
    } rows[] = {
        {"hi", TEXT_AIM, OSCAR_ASCII, {(const uint8_t *)"hi", 2}},
        {"hi", TEXT_LIBFAIM, OSCAR_ASCII, {(const uint8_t *)"hi", 2}},
        {"\xC3\xBC", TEXT_AIM, OSCAR_UNICODE, {(const uint8_t *)"\0\xFC", 2}},
        {"\xC3\xBC", TEXT_ICQ, OSCAR_UNICODE, {(const uint8_t *)"\0\xFC", 2}},
        {"\xC3\xBC", TEXT_LIBFAIM, OSCAR_LATIN1, {(const uint8_t *)"\xFC", 1}},
        {"\xC2\x85", TEXT_LIBFAIM, OSCAR_UNICODE, {(const uint8_t *)"\0\x85", 2}},
        {"\xE2\x82\xAC", TEXT_LIBFAIM, OSCAR_UNICODE, {(const uint8_t *)"\x20\xAC", 2}},
        {"\xF0\x9F\x98\x80", TEXT_LIBFAIM, OSCAR_UNICODE, {(const uint8_t *)"\xFF\xFD", 2}},
        {"\xF0\x9F\x98\x80", TEXT_AIM, OSCAR_UNICODE, {(const uint8_t *)"\xD8\x3D\xDE\x00", 4}},
        {"\xC3\xBC", TEXT_NODE_OSCAR, OSCAR_ASCII, {(const uint8_t *)"\xC3\xBC", 2}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct span text = span_str(rows[i].text);
        enum oscar_charset charset = oscar_charset_for(text, rows[i].client);
        struct buf b = {0};

        if (charset != rows[i].charset)
            fail_msg("row %zu: charset %d", i, charset);
        oscar_text_write(&b, charset, text, rows[i].client);
        assert_int_equal(b.n, oscar_text_size(charset, text, rows[i].client));
        assert_text(&b, rows[i].octets);
    }
}

static void clients_are_told_apart_at_sign_on(void **state)
{
    static const struct {
        const char *why;
        struct client_hints hints;
        enum text_client client;
    } rows[] = {
        {"BarnOwl",
         {.id_text = {(const uint8_t *)"AOL Instant Messenger, version 5.1.3036/WIN32", 45},
          .id = 0x0109,
          .major = 5,
          .minor = 1,
          .build = 3036,
          .distribution = 0xD2},
         TEXT_LIBFAIM},
        {"the real AIM 5.1 tells its capabilities",
         {.id_text = {(const uint8_t *)"AOL Instant Messenger, version 5.1.3036/WIN32", 45},
          .id = 0x0109,
          .major = 5,
          .minor = 1,
          .build = 3036,
          .sent_caps = true},
         TEXT_AIM},
        {"libpurple", {.id_text = {(const uint8_t *)"Purple/2.12.1", 13}, .id = 0x0109}, TEXT_AIM},
        {"libpurple, ICQ",
         {.id_text = {(const uint8_t *)"Purple/2.12.1", 13}, .icq_name = true},
         TEXT_ICQ},
        {"nothing said", {.id = 0}, TEXT_AIM},
        {"node-oscar, not at aol.com",
         {.id_text = {(const uint8_t *)"ICQ Inc. - Product of ICQ (TM).2003a.5.45.1.3777.85", 52},
          .id = 0x010A,
          .major = 20,
          .minor = 52,
          .build = 3096,
          .old_digest = true},
         TEXT_NODE_OSCAR},
        {"ICQ 2003a",
         {.id_text = {(const uint8_t *)"ICQ Inc. - Product of ICQ (TM).2003a.5.45.1.3777.85", 52},
          .id = 0x010A,
          .major = 5,
          .minor = 45,
          .build = 3777,
          .icq_name = true},
         TEXT_ICQ},
        {"node-oscar as AIM 5.9",
         {.id_text = {(const uint8_t *)"AOL Instant Messenger, version 5.9.3702/WIN32", 45},
          .id = 0x0109,
          .major = 5,
          .minor = 9,
          .old_digest = true},
         TEXT_NODE_OSCAR},
        {"AIM 5.9",
         {.id_text = {(const uint8_t *)"AOL Instant Messenger, version 5.9.3702/WIN32", 45},
          .id = 0x0109,
          .major = 5,
          .minor = 9},
         TEXT_AIM},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (text_client_of(&rows[i].hints) != rows[i].client)
            fail_msg("%s", rows[i].why);
}

static void sip_bodies_are_read_by_their_charset(void **state)
{
    static const struct {
        const char *charset;
        struct span in;
        const char *out;
        enum err e;
    } rows[] = {
        {"", {(const uint8_t *)"\xC3\xBC", 2}, "\xC3\xBC", OK},
        {"UTF-8",
         {(const uint8_t *)"\xFF"
                           "a",
          2},
         "\xEF\xBF\xBD"
         "a",
         OK},
        {"utf-8", {(const uint8_t *)"\xEF\xBB\xBFhi", 5}, "hi", OK},
        {"US-ASCII", {(const uint8_t *)"hi", 2}, "hi", OK},
        {"iso-8859-1", {(const uint8_t *)"\xFC", 1}, "\xC3\xBC", OK},
        {"windows-1252", {(const uint8_t *)"\x80", 1}, "\xE2\x82\xAC", OK},
        {"utf-16", {(const uint8_t *)"\xFF\xFEh\0", 4}, "h", OK},
        {"utf-16", {(const uint8_t *)"\xFE\xFF\0h", 4}, "h", OK},
        {"utf-16le", {(const uint8_t *)"h\0", 2}, "h", OK},
        {"koi8-r", {(const uint8_t *)"x", 1}, "", ERR_CHARSET},
        {"utf-7", {(const uint8_t *)"x", 1}, "", ERR_CHARSET},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf b = {0};

        assert_int_equal(sip_text_read(&b, span_str(rows[i].charset), rows[i].in), rows[i].e);
        assert_text(&b, span_str(rows[i].out));
    }
}

static void controls_are_dropped_and_line_ends_made_one(void **state)
{
    struct buf b = {0};

    (void)state;
    text_tidy(&b, OCTETS("a\r\nb\rc\nd\te\0\x07\x1B"
                         "f\r\r\n\x7F"));
    assert_text(&b, OCTETS("a\nb\nc\nd\tef\n\n\x7F"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fragments_are_read_by_their_number),
        cmocka_unit_test(away_texts_are_read_by_their_mime_type),
        cmocka_unit_test(every_client_gets_what_it_can_read),
        cmocka_unit_test(clients_are_told_apart_at_sign_on),
        cmocka_unit_test(sip_bodies_are_read_by_their_charset),
        cmocka_unit_test(controls_are_dropped_and_line_ends_made_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
