/* Who watches, told to the one who is watched (RFC 3857, RFC 3858): what stands in each NOTIFY. */
#include "simple/event/watcherinfo.h"

#include "tests/documents.h"
#include "tests/simple/watch_world.h"

static void add(struct sip_watch *watch, uint64_t number, const char *uri, enum winfo_status status,
                enum winfo_event event)
{
    char id[8];

    snprintf(id, sizeof id, "w%d", (int)number);
    sip_winfo_add(watch, number,
                  &(struct winfo_watcher){.id = span_str(id),
                                          .uri = span_str(uri),
                                          .status = status,
                                          .event = event,
                                          .expiration = status == WINFO_ACTIVE ? 60 : 0,
                                          .since = 5});
}

static void notify(struct world *w, struct sip_watch *watch)
{
    sip_watch_notify(w->core, watch, &(struct sip_notify){.state = SIP_SUBSTATE_ACTIVE}, w->now);
}

static struct sip_watch *informed(struct world *w)
{
    struct sip_watch *watch;

    asks(w, &(struct ask){.method = "SUBSCRIBE",
                          .headers = "Event: presence.winfo;id=9\n"
                                     "Contact: <sip:bob@192.0.2.7:5060>\nExpires: 600\n",
                          .from = &PEER_TCP});
    expect_event(w, SIP_EVENT_REQUEST);
    assert_true(w->ev.winfo);
    watch = sip_watch_accept(w->core, w->ev.txn, 77, w->now);
    assert_non_null(watch);
    assert_true(sip_watch_set_winfo(watch, SPAN("sip:al@aim.example"), 0));
    assert_true(sip_watch_answer(w->core, watch, w->ev.txn, 600, w->now));
    expect_out(w, "SIP/2.0 200 OK");
    return watch;
}

static void keep(struct world *w, const char *dir, int i)
{
    struct buf b = {0};

    buf_str(&b, strstr(w->out, "<?xml"));
    keep_document(dir, i, &b);
    buf_fini(&b);
}

static void all_are_told_first_then_those_that_changed(void **state)
{
    struct world *w = *state;
    struct sip_watch *watch = informed(w);
    char dir[] = "/tmp/winfoXXXXXX";

    assert_non_null(mkdtemp(dir));
    sip_winfo_begin(watch);
    add(watch, 1, "sip:bob@peer.example", WINFO_ACTIVE, WINFO_SUBSCRIBE);
    add(watch, 2, "sip:a&b@peer.example", WINFO_PENDING, WINFO_SUBSCRIBE);
    notify(w, watch);
    expect_out(w, "NOTIFY ");
    /* S-345, RFC 3857 4.5: the type; RFC 3858 4: full first, version from 0 */
    out_has(w, "\r\nEvent: presence.winfo;id=9\r\n");
    out_has(w, "\r\nContent-Type: application/watcherinfo+xml\r\n");
    out_has(w, " version=\"0\" state=\"full\">");
    out_has(w, "<watcher-list resource=\"sip:al@aim.example\" package=\"presence\">");
    out_has(w, "<watcher id=\"w1\" event=\"subscribe\" status=\"active\" expiration=\"60\" "
               "duration-subscribed=\"5\">sip:bob@peer.example</watcher>");
    out_has(w, "status=\"pending\" duration-subscribed=\"5\">sip:a&amp;b@peer.example</watcher>");
    keep(w, dir, 0);
    answers(w, 200, NULL);
    add(watch, 2, "sip:a&b@peer.example", WINFO_ACTIVE, WINFO_APPROVED);
    notify(w, watch);
    add(watch, 2, "sip:a&b@peer.example", WINFO_TERMINATED, WINFO_TIMEOUT);
    notify(w, watch);
    expect_no_out(w); /* S-348, RFC 3857 4.10: one in 5 s */
    wait_ms(w, 5000);
    expect_out(w, "NOTIFY ");
    out_has(w, " version=\"1\" state=\"partial\">");
    out_has(w, "<watcher id=\"w2\" event=\"timeout\" status=\"terminated\"");
    assert_null(strstr(w->out, "approved")); /* the latest state of each */
    assert_null(strstr(w->out, "\"w1\""));
    keep(w, dir, 1);
    answers(w, 200, NULL);
    wait_ms(w, 10000);
    expect_no_out(w);
    expect_valid_documents(dir, "watcherinfo.xsd", 2);
}

static void every_state_and_event_is_valid(void **state)
{
    char dir[] = "/tmp/winfoXXXXXX";
    int n = 0;

    (void)state;
    assert_non_null(mkdtemp(dir));
    for (int status = WINFO_ACTIVE; status <= WINFO_TERMINATED; status++)
        for (int event = WINFO_SUBSCRIBE; event <= WINFO_NORESOURCE; event++) {
            struct buf b = {0};

            winfo_begin(&b, SPAN("sip:al@x"), 7, true); /* S-346, RFC 3858 3 */
            winfo_put(&b, &(struct winfo_watcher){.id = SPAN("\"<&"),
                                                  .uri = SPAN("sip:b@x"),
                                                  .status = (enum winfo_status)status,
                                                  .event = (enum winfo_event)event});
            winfo_end(&b);
            keep_document(dir, n++, &b);
            buf_fini(&b);
        }
    expect_valid_documents(dir, "watcherinfo.xsd", n);
}

static void a_watch_is_not_refreshed_by_another_package(void **state)
{
    struct world *w = *state;
    struct sip_watch *watch = informed(w);
    char tag[64];

    snprintf(tag, sizeof tag, "%s", out_tag(w, "To"));
    sip_winfo_begin(watch);
    notify(w, watch);
    expect_out(w, "NOTIFY ");
    answers(w, 200, NULL);
    asks(w, &(struct ask){.method = "SUBSCRIBE",
                          .branch = "r",
                          .to_tag = tag,
                          .cseq = 2,
                          .headers = "Event: presence;id=9\nContact: <sip:bob@192.0.2.7:5060>\n",
                          .from = &PEER_TCP});
    expect_no_event(w);
    expect_out(w, "SIP/2.0 481 ");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(all_are_told_first_then_those_that_changed),
        T(every_state_and_event_is_valid),
        T(a_watch_is_not_refreshed_by_another_package),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
