/* Any octets as a SIP message: parsed, every typed reader over every line, answered, cut off a
 * stream in two ways, and handed to those who decide from a message alone. */
#include <stdlib.h>

#include "simple/event/publish.h"
#include "simple/event/registrar.h"
#include "simple/txn/digest.h"
#include "simple/wire/frame.h"
#include "simple/wire/print.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static struct sip_msg m, answer;

static void read_params(struct span params)
{
    struct sip_param param;
    bool bad = false;

    while (sip_param_next(&params, &param, &bad))
        ;
    (void)sip_param_find(params, "tag", &param);
}

static void read_uri(struct span text)
{
    struct sip_uri u;
    struct sip_param param;
    struct buf b = {0};
    struct span rest;

    if (!sip_uri_parse(text, &u))
        return;
    if (!sip_uri_eq(&u, &u))
        abort();
    for (rest = u.params; sip_uri_param_next(&rest, &param);)
        ;
    for (rest = u.headers; sip_uri_header_next(&rest, &param);)
        ;
    if (!sip_unescape(&b, u.user))
        abort(); /* the escapes were looked at */
    sip_uri_print(&b, u.scheme, u.user, u.host, u.port);
    buf_fini(&b);
}

/* Every reader of single values over every line, whatever its name. */
static void read_values(void)
{
    for (size_t i = 0; i < m.n_hdrs; i++) {
        struct span v = m.hdrs[i].value;
        struct sip_cseq cseq;
        struct sip_type type;
        struct sip_event event;
        struct sip_subscription_state state;
        struct sip_auth auth;
        struct sip_name_addr addr;
        struct sip_param param;
        struct buf b = {0};
        uint32_t seconds;
        int64_t date;

        (void)sip_cseq_parse(v, &cseq);
        (void)sip_type_parse(v, &type);
        (void)sip_event_parse(v, &event);
        (void)sip_subscription_state_parse(v, &state);
        (void)sip_seconds_parse(v, &seconds);
        (void)sip_retry_after_parse(v, &seconds);
        if (sip_date_parse(v, &date))
            sip_date_print(&b, date);
        if (sip_name_addr_parse(v, &addr))
            sip_display_text(&b, &addr);
        read_params(addr.params);
        read_uri(addr.uri);
        if (sip_auth_parse(v, &auth))
            while (sip_auth_param_next(&auth.params, &param, NULL))
                sip_unquote(&b, param.value);
        buf_fini(&b);
    }
}

static void read_lists(void)
{
    for (int id = 1; id < SIP_HDR__COUNT; id++) {
        struct sip_via via;
        struct sip_name_addr addr;
        struct sip_contact_value contact;
        struct sip_type type;
        struct span token;
        struct sip_each c;

        for (c = sip_each(&m, (enum sip_hdr_id)id); sip_via_next(&c, &via);)
            ;
        for (c = sip_each(&m, (enum sip_hdr_id)id); sip_name_addr_next(&c, &addr);)
            ;
        for (c = sip_each(&m, (enum sip_hdr_id)id); sip_contact_next(&c, &contact);)
            ;
        for (c = sip_each(&m, (enum sip_hdr_id)id); sip_accept_next(&c, &type);)
            ;
        for (c = sip_each(&m, (enum sip_hdr_id)id); sip_token_next(&c, &token);)
            ;
        for (c = sip_each(&m, (enum sip_hdr_id)id); sip_value_next(&c, &token);)
            ;
    }
    (void)sip_accepts(&m, "text", "plain", true);
}

/* The answer to a good request is good, and says what the request said. */
static void make_answer(void)
{
    static const struct sip_addr source = {.family = 6, .ip = {0x20, 1, [15] = 1}, .port = 5};
    struct buf b = {0};

    if (!sip_msg_is_answerable(&m))
        return;
    sip_put_reply(&b, &m,
                  &(struct sip_reply){.status = 404, .to_tag = SPAN("t"), .source = &source});
    sip_put_body(&b, (struct span){0});
    sip_msg_parse(&answer, buf_span(&b));
    if (m.bad == SIP_GOOD && b.n < SIP_MESSAGE_MAX) {
        if (!buf_ok(&b) || answer.bad != SIP_GOOD || answer.status != 404)
            abort();
        if (!span_eq(m.call_id, answer.call_id) || m.cseq.number != answer.cseq.number ||
            !span_eq(m.via.branch, answer.via.branch))
            abort();
    }
    buf_fini(&b);
}

/* At once and in small pieces: the same comes out. */
static void cut_off_stream(struct span in)
{
    struct sip_frame whole = {0}, pieces = {0};
    enum sip_framed a = sip_frame_next(&whole, in), b = SIP_FRAME_MORE;

    if (in.n > 4096 || (in.n && in.p[0] == '\r'))
        return;
    for (size_t n = 1; n <= in.n && b == SIP_FRAME_MORE; n++)
        b = sip_frame_next(&pieces, span_first(in, n));
    if (in.n && (a != b || (a != SIP_FRAME_MORE && whole.size != pieces.size)))
        abort();
    if (a == SIP_FRAME_WHOLE && whole.size > in.n)
        abort();
}

/* What is read off the front of a stream at once ends where the framer would have cut it. */
static void end_alike(struct span in)
{
    struct sip_frame f = {0};

    if (m.bad != SIP_GOOD || !m.has_content_length)
        return;
    if (sip_frame_next(&f, in) != SIP_FRAME_WHOLE || f.size != m.raw.n)
        abort();
}

static void decide(void)
{
    struct registrar_result r;
    struct publish_result pub;
    struct digest_credentials c;
    struct arena arena = {0};
    struct buf b = {0};

    if (m.bad != SIP_GOOD || !m.is_request)
        return;
    if (registrar_apply(&(struct registrar_conf){0}, NULL, 0, &m, &arena, 1, &r) == 200) {
        struct registrar_result again;

        registrar_print(&b, &r, &(struct registrar_gruus){.user = SPAN("al"), .domain = SPAN("x")},
                        &m, 1, 1);
        (void)registrar_apply(&(struct registrar_conf){0}, r.contacts, r.n, &m, &arena, 2, &again);
    }
    (void)publish_check(&(struct publish_conf){0}, NULL, 0, &m, 1, &pub);
    (void)digest_find(&m, SIP_HDR_AUTHORIZATION, SPAN("r"), &c);
    buf_fini(&b);
    arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct span in = span_of(p, n);

    sip_msg_parse(&m, in);
    if (m.raw.n > n || m.head.n > m.raw.n)
        abort();
    end_alike(in);
    read_uri(m.uri);
    read_values();
    read_lists();
    make_answer();
    cut_off_stream(in);
    decide();
    return 0;
}
