/* The whole way of a text: fragments or a body in, text, markup, and out again for every kind of
 * client. Aborts where a promise is broken: UTF-8 in between, nothing longer than allowed, no tag
 * that the text did not have leave to be. */
#include <stdlib.h>

#include "base/utf8.h"
#include "mapping/html.h"
#include "mapping/message_oscar.h"
#include "mapping/message_sip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void promise(bool kept)
{
    if (!kept)
        abort();
}

/* Text that is escaped and filtered holds no tag but line breaks, and reads as the same text. */
static void check_escape(struct span text)
{
    struct buf html = {0}, filtered = {0}, back = {0};

    html_from_text(&html, text);
    html_filter(&filtered, buf_span(&html));
    promise(!html_is_rich(buf_span(&filtered)));
    html_to_text(&back, buf_span(&html));
    promise(span_find(text, '\t') < text.n || /* a TAB is four spaces there */
            span_eq(buf_span(&back), text));
    buf_fini(&html);
    buf_fini(&filtered);
    buf_fini(&back);
}

static void check_filter(struct span utf8)
{
    struct buf text = {0}, once = {0}, twice = {0};

    html_to_text(&text, utf8);
    promise(text.n <= 2 * utf8.n + HTML_TEXT_MORE && utf8_valid(buf_span(&text)));
    html_filter(&once, utf8);
    promise(utf8_valid(buf_span(&once)));
    html_filter(&twice, buf_span(&once));
    promise(span_eq(buf_span(&once), buf_span(&twice)));
    buf_fini(&text);
    buf_fini(&once);
    buf_fini(&twice);
}

static void write_parts(const struct message *m, enum text_client client, size_t limit)
{
    struct buf value = {0};
    struct oscar_reader reader = {.client = client, .limit = limit};
    struct oscar_parts parts = {.message = m, .reader = &reader, .out = &value};

    while (message_oscar_next(&parts))
        promise(value.n <= limit + 16);
    promise(buf_ok(&value) && parts.at == m->text.n);
    message_oscar_done(&parts);
    buf_fini(&value);
}

static void check_message(const struct message *m, uint8_t how)
{
    struct fit_part parts[FIT_PARTS_MAX];
    struct buf body = {0};
    unsigned count = 0;
    size_t budget = 16 + (size_t)how * 4, total = 0;

    promise(m->text.n > 0 && utf8_valid(m->text) && utf8_valid(m->html));
    write_parts(m, (enum text_client)(how % 4), 256 + how);
    if (fit_sip(m->text, budget, parts, &count) == OK) {
        for (unsigned i = 0; i < count; i++) {
            buf_reset(&body);
            fit_sip_body(&body, &parts[i]);
            promise(body.n <= budget && utf8_valid(buf_span(&body)));
            total += parts[i].text.n;
        }
        promise(total == m->text.n);
    }
    buf_fini(&body);
}

static void as_fragments(struct span in, uint8_t how)
{
    struct arena a = {0};
    struct message m = {0};
    uint8_t type;

    if (message_oscar_read(in, how & 1, &a, &m) == OK) {
        (void)message_oscar_read_html(in, how & 1, &a, &m);
        promise(utf8_valid(m.html));
        check_message(&m, how);
        check_escape(m.text);
    }
    m = (struct message){0};
    if (message_oscar_read_icq(in, &a, &type, &m) == OK)
        check_message(&m, how);
    arena_fini(&a);
}

static void as_body(struct span in, uint8_t how)
{
    static const char *const types[] = {"text/plain",
                                        "text/html;charset=utf-8",
                                        "text/plain;charset=utf-16",
                                        "text/html;charset=windows-1252",
                                        "message/cpim",
                                        "multipart/mixed;boundary=b",
                                        "multipart/alternative;boundary=\"b\"",
                                        "multipart/signed;boundary=b"};
    struct sip_body_in body = {.content_type = span_str(types[how % 8]), .body = in};
    struct arena a = {0};
    struct message m = {0};
    struct sip_body_out out;

    message_sip_read(&body, &a, &m, &out);
    if (out.kind == SIP_BODY_TEXT)
        check_message(&m, how);
    arena_fini(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = span_of(data, size);
    struct buf utf8 = {0};
    uint8_t way, how;

    if (size < 2)
        return 0;
    way = data[0];
    how = data[1];
    in = span_skip(in, 2);
    switch (way % 3) {
    case 0: as_fragments(in, how); break;
    case 1: as_body(in, how); break;
    default:
        oscar_text_read(&utf8, (uint16_t)(how % 5), in);
        promise(utf8_valid(buf_span(&utf8)));
        check_filter(buf_span(&utf8));
        buf_fini(&utf8);
        break;
    }
    return 0;
}
