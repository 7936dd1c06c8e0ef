/* One subscription for a list (RFC 4662): what stands in each NOTIFY. */
#include "simple/event/eventlist.h"

#include "tests/documents.h"
#include "tests/simple/watch_world.h"

enum { ITEMS = 3 };

static const struct sip_list_item items[ITEMS] = {{SPAN("sip:al@aim.example"), SPAN("Al & Co")},
                                                  {SPAN("sip:bo@peer.example"), SPAN("")},
                                                  {SPAN("sip:cy@aim.example"), SPAN("")}};

static void set(struct sip_watch *watch, size_t i, const char *body)
{
    struct sip_doc *d = document(body);

    sip_list_set(watch, i, &(struct sip_list_state){.state = SIP_SUBSTATE_ACTIVE, .doc = d});
    sip_doc_unref(&d);
}

static void answered(struct world *w, struct sip_watch *watch, uint32_t expires)
{
    assert_true(sip_watch_answer(w->core, watch, w->ev.txn, expires, w->now));
}

static void notify(struct world *w, struct sip_watch *watch, bool urgent)
{
    sip_watch_notify(w->core, watch,
                     &(struct sip_notify){.state = SIP_SUBSTATE_ACTIVE, .urgent = urgent}, w->now);
}

/* Accepted and told of: al active, bo unknown, cy terminated. */
static struct sip_watch *list_watching(struct world *w, const struct ask *ask, uint32_t expires)
{
    struct sip_watch *watch;

    asks(w, ask);
    expect_event(w, SIP_EVENT_REQUEST);
    watch = sip_watch_accept(w->core, w->ev.txn, 77, w->now);
    assert_true(sip_watch_set_list(
        watch, &(struct sip_list_conf){.uri = SPAN("sip:buddy-lists@aim.example"),
                                       .name = SPAN("Buddies"),
                                       .items = items,
                                       .n = ITEMS}));
    assert_true(sip_watch_is_list(watch));
    answered(w, watch, expires);
    set(watch, 0, "<al/>");
    sip_list_set(watch, 2,
                 &(struct sip_list_state){.state = SIP_SUBSTATE_TERMINATED,
                                          .reason = SIP_REASON_NORESOURCE});
    notify(w, watch, false);
    return watch;
}

static struct sip_watch *bobs_list(struct world *w)
{
    struct sip_watch *watch = list_watching(
        w, &(struct ask){.method = "SUBSCRIBE", .headers = WATCHES, .from = &PEER_TCP}, 600);

    expect_out(w, "SIP/2.0 200 OK");
    out_has(w, "\r\nRequire: eventlist\r\n"); /* S-350, RFC 4662 4.1 */
    return watch;
}

/* The RLMI part of the last output, to be held against its schema. */
static void keep_rlmi(struct world *w, const char *dir, int i)
{
    const char *from = strstr(w->out, "<?xml"), *to = strstr(w->out, "</list>");
    struct buf b = {0};

    assert_non_null(from);
    assert_non_null(to);
    buf_put(&b, from, (size_t)(to - from) + 7);
    keep_document(dir, i, &b);
    buf_fini(&b);
}

static void the_first_notify_tells_all(void **state)
{
    struct world *w = *state;
    char dir[] = "/tmp/rlmiXXXXXX", tag[33], want[512];

    assert_non_null(mkdtemp(dir));
    bobs_list(w);
    snprintf(tag, sizeof tag, "%s", out_tag(w, "To"));
    expect_out(w, "NOTIFY ");
    /* S-351, RFC 4662 4.5, 5: multipart/related, RLMI first, cids, version 0, full state */
    out_has(w, "\r\nRequire: eventlist\r\n");
    snprintf(want, sizeof want,
             "\r\nContent-Type: multipart/related;type=\"application/rlmi+xml\";"
             "start=\"<0.0.%s@aim.example>\";boundary=part-%s\r\n",
             tag, tag);
    out_has(w, want);
    snprintf(want, sizeof want,
             "\r\n\r\n--part-%s\r\nContent-Transfer-Encoding: binary\r\n"
             "Content-ID: <0.0.%s@aim.example>\r\nContent-Type: application/rlmi+xml",
             tag, tag);
    out_has(w, want);
    out_has(w, " uri=\"sip:buddy-lists@aim.example\" version=\"0\" fullState=\"true\">"
               "<name>Buddies</name>\n");
    snprintf(want, sizeof want,
             "<resource uri=\"sip:al@aim.example\"><name>Al &amp; Co</name>"
             "<instance id=\"i1\" state=\"active\" cid=\"1.0.%s@aim.example\"/></resource>",
             tag);
    out_has(w, want);
    out_has(w, "<resource uri=\"sip:bo@peer.example\"></resource>"); /* nothing is known: 4.5 */
    /* S-352, RFC 4662 5.5 */
    out_has(w, "<resource uri=\"sip:cy@aim.example\">"
               "<instance id=\"i1\" state=\"terminated\" reason=\"noresource\"/></resource>");
    snprintf(want, sizeof want,
             "\r\n--part-%s\r\nContent-Transfer-Encoding: binary\r\n"
             "Content-ID: <1.0.%s@aim.example>\r\nContent-Type: application/pidf+xml\r\n\r\n"
             "<al/>\r\n--part-%s--\r\n",
             tag, tag, tag);
    out_has(w, want);
    assert_true(strcmp(out_value(w, "Content-Length"), "0") != 0);
    keep_rlmi(w, dir, 0);
    expect_valid_documents(dir, "rlmi.xsd", 1);
}

static void later_only_what_changed_is_told(void **state)
{
    struct world *w = *state;
    struct sip_watch *watch = bobs_list(w);
    char dir[] = "/tmp/rlmiXXXXXX";

    assert_non_null(mkdtemp(dir));
    expect_out(w, "NOTIFY ");
    answers(w, 200, NULL);
    set(watch, 1, "<bo/>");
    notify(w, watch, false);
    sip_list_set(watch, 0, &(struct sip_list_state){.state = SIP_SUBSTATE_PENDING});
    notify(w, watch, false);
    expect_no_out(w); /* throttled for the list as a whole, RFC 3856 6.10 */
    wait_ms(w, 5000);
    expect_out(w, "NOTIFY ");
    out_has(w, "version=\"1\" fullState=\"false\"");
    out_has(w, "<resource uri=\"sip:al@aim.example\"><name>Al &amp; Co</name>"
               "<instance id=\"i1\" state=\"pending\"/></resource>");
    out_has(
        w, "<resource uri=\"sip:bo@peer.example\"><instance id=\"i1\" state=\"active\" cid=\"2.1.");
    out_has(w, "<bo/>");
    assert_null(strstr(w->out, "sip:cy@aim.example"));
    assert_null(strstr(w->out, "<al/>"));
    keep_rlmi(w, dir, 0);
    answers(w, 200, NULL);
    set(watch, 1, "<bo2/>");
    notify(w, watch, true);
    expect_out(w, "NOTIFY "); /* coming and going is not throttled */
    out_has(w, "version=\"2\" fullState=\"false\"");
    answers(w, 200, NULL);
    wait_ms(w, 20000);
    expect_no_out(w);
    expect_valid_documents(dir, "rlmi.xsd", 1);
}

static void changes_gather_while_one_is_under_way(void **state)
{
    struct world *w = *state;
    struct sip_watch *watch = bobs_list(w);

    expect_out(w, "NOTIFY ");
    set(watch, 0, "<al2/>");
    notify(w, watch, true);
    set(watch, 1, "<bo/>");
    notify(w, watch, true);
    set(watch, 0, "<al3/>");
    notify(w, watch, true);
    expect_no_out(w);
    answers(w, 200, NULL);
    expect_out(w, "NOTIFY ");
    out_has(w, "<al3/>");
    out_has(w, "<bo/>");
    assert_null(strstr(w->out, "<al2/>"));
    answers(w, 200, NULL);
    expect_no_out(w);
}

static void a_refresh_is_answered_with_the_full_state(void **state)
{
    struct world *w = *state;
    struct sip_watch *watch = bobs_list(w);
    char tag[64];

    snprintf(tag, sizeof tag, "%s", out_tag(w, "To"));
    expect_out(w, "NOTIFY ");
    answers(w, 200, NULL);
    asks(w, &(struct ask){.method = "SUBSCRIBE",
                          .branch = "r",
                          .to_tag = tag,
                          .cseq = 2,
                          .headers = WATCHES,
                          .from = &PEER_TCP});
    expect_event(w, SIP_EVENT_WATCH_REFRESH);
    answered(w, watch, 600);
    notify(w, watch, true);
    expect_out(w, "SIP/2.0 200 OK");
    out_has(w, "\r\nRequire: eventlist\r\n");
    expect_out(w, "NOTIFY ");
    out_has(w, "version=\"1\" fullState=\"true\""); /* S-351, RFC 4662 5.2 */
    out_has(w, "<al/>");
    out_has(w, "noresource");
    answers(w, 503, "Retry-After: 2\n");
    set(watch, 1, "<bo/>");
    notify(w, watch, false);
    wait_ms(w, 2000);
    expect_out(w, "NOTIFY "); /* what was lost is told anew */
    out_has(w, "version=\"2\" fullState=\"true\"");
    out_has(w, "<al/>");
    out_has(w, "<bo/>");
}

static void a_fetch_and_the_end_carry_the_list_too(void **state)
{
    struct world *w = *state;
    struct sip_watch *watch;

    list_watching(w, &(struct ask){.method = "SUBSCRIBE", .headers = WATCHES, .from = &PEER_TCP},
                  0);
    expect_out(w, "SIP/2.0 200 OK");
    expect_out(w, "NOTIFY ");
    out_has(w, "terminated;reason=timeout");
    out_has(w, "version=\"0\" fullState=\"true\"");
    out_has(w, "<al/>");
    answers(w, 200, NULL);
    watch = list_watching(w,
                          &(struct ask){.method = "SUBSCRIBE",
                                        .headers = WATCHES,
                                        .call_id = "c2",
                                        .branch = "b2",
                                        .from = &PEER_TCP},
                          60);
    assert_non_null(watch);
    expect_out(w, "SIP/2.0 200 OK");
    expect_out(w, "NOTIFY ");
    answers(w, 200, NULL);
    wait_ms(w, 60000);
    expect_event(w, SIP_EVENT_WATCH_ENDED);
    expect_out(w, "NOTIFY "); /* RFC 4662 4.5: never without RLMI once it was there */
    out_has(w, "terminated;reason=timeout");
    out_has(w, "version=\"1\" fullState=\"false\"");
}

static void what_does_not_fit_follows_at_once(void **state)
{
    enum { BIG = 100 * 1024 };
    static char big[BIG + 1];
    struct world *w = *state;
    struct sip_watch *watch;
    size_t seen = 0;

    memset(big, 'x', BIG);
    asks(w, &(struct ask){.method = "SUBSCRIBE", .headers = WATCHES, .from = &PEER_TCP});
    expect_event(w, SIP_EVENT_REQUEST);
    watch = sip_watch_accept(w->core, w->ev.txn, 77, w->now);
    assert_true(sip_watch_set_list(
        watch, &(struct sip_list_conf){.uri = SPAN("sip:l@x"), .items = items, .n = ITEMS}));
    answered(w, watch, 600);
    for (size_t i = 0; i < ITEMS; i++)
        set(watch, i, big);
    notify(w, watch, false);
    expect_out(w, "SIP/2.0 200 OK");
    for (int i = 0; i < 2; i++) {
        struct sip_output o;
        struct span body;

        assert_true(sip_core_output(w->core, &o));
        assert_true(o.bytes.n < EVENTLIST_BODY_MAX + 4096);
        for (body = o.bytes; span_search(body, SPAN("xxxxxxxx")) < body.n;
             body = span_skip(body, span_search(body, SPAN("xxxxxxxx")) + BIG))
            seen++;
        assert_true(span_search(o.bytes, i ? SPAN("fullState=\"false\"")
                                           : SPAN("fullState=\"true\"")) < o.bytes.n);
        memcpy(w->out, o.bytes.p, 2000); /* the headers, for the answer */
        w->out[2000] = 0;
        w->hop = o.hop;
        answers(w, 200, NULL);
    }
    assert_int_equal(seen, ITEMS);
    expect_no_out(w);
}

static void where_tcp_does_not_work_the_first_is_still_the_first(void **state)
{
    struct world *w = *state;
    static char big[2000];
    struct sip_watch *watch;

    memset(big, 'y', sizeof big - 1);
    asks(w, &(struct ask){.method = "SUBSCRIBE", .headers = WATCHES});
    expect_event(w, SIP_EVENT_REQUEST);
    watch = sip_watch_accept(w->core, w->ev.txn, 77, w->now);
    assert_true(sip_watch_set_list(
        watch, &(struct sip_list_conf){.uri = SPAN("sip:l@x"), .items = items, .n = 1}));
    answered(w, watch, 600);
    set(watch, 0, big);
    notify(w, watch, false);
    expect_out(w, "SIP/2.0 200 OK");
    expect_out(w, "NOTIFY ");
    assert_int_equal(w->hop.transport, SIP_TRANSPORT_TCP); /* S-152, RFC 3261 18.1.1 */
    sip_core_send_failed(w->core, w->id, w->now);
    expect_out(w, "NOTIFY "); /* S-153 */
    assert_int_equal(w->hop.transport, SIP_TRANSPORT_UDP);
    out_has(w, "version=\"0\" fullState=\"true\"");
    answers(w, 200, NULL);
    set(watch, 0, "<z/>");
    notify(w, watch, true);
    expect_out(w, "NOTIFY ");
    out_has(w, "version=\"1\" fullState=\"false\"");
}

static void another_list_takes_the_place_of_the_old_one(void **state)
{
    static const struct sip_list_item other[] = {{SPAN("sip:di@aim.example"), SPAN("")}};
    struct world *w = *state;
    struct sip_watch *watch = bobs_list(w);

    expect_out(w, "NOTIFY ");
    answers(w, 200, NULL);
    assert_true(sip_watch_set_list(
        watch, &(struct sip_list_conf){.uri = SPAN("sip:l@x"), .items = other, .n = 1}));
    set(watch, 0, "<di/>");
    notify(w, watch, true);
    expect_out(w, "NOTIFY ");
    out_has(w, "version=\"1\" fullState=\"true\"");
    out_has(w, "<di/>");
    assert_null(strstr(w->out, "uri=\"sip:al@"));
}

static void a_restored_list_goes_on_above_its_version(void **state)
{
    struct world *w = *state;
    struct sip_watch_row row;
    struct sip_core_conf conf = world_conf();
    struct sip_core *old = w->core;
    struct sip_watch *watch = bobs_list(w);

    expect_out(w, "NOTIFY ");
    sip_watch_export(old, watch, &row);
    w->core = sip_core_new(&conf, w->now, world_unix(w));
    watch = sip_watch_restore(w->core, &row, 88, w->now, world_unix(w));
    assert_non_null(watch);
    sip_core_free(old);
    assert_true(sip_watch_set_list(
        watch,
        &(struct sip_list_conf){.uri = SPAN("sip:l@x"), .items = items, .n = 1, .version = 400}));
    set(watch, 0, "<al/>");
    notify(w, watch, false);
    expect_out(w, "NOTIFY ");
    out_has(w, "version=\"400\" fullState=\"true\"");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(the_first_notify_tells_all),
        T(later_only_what_changed_is_told),
        T(changes_gather_while_one_is_under_way),
        T(a_refresh_is_answered_with_the_full_state),
        T(a_fetch_and_the_end_carry_the_list_too),
        T(what_does_not_fit_follows_at_once),
        T(where_tcp_does_not_work_the_first_is_still_the_first),
        T(another_list_takes_the_place_of_the_old_one),
        T(a_restored_list_goes_on_above_its_version),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
