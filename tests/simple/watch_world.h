/* Someone watches: the steps that every test of the notifier begins with. */
#ifndef TESTS_SIMPLE_WATCH_WORLD_H
#define TESTS_SIMPLE_WATCH_WORLD_H

#include "tests/simple/sip_world.h"

#define WATCHES "Event: presence\nContact: <sip:bob@192.0.2.7:5060>\nExpires: 600\n"

static inline struct sip_doc *document(const char *body)
{
    struct sip_doc *d = sip_doc_new(SPAN("application/pidf+xml"), span_str(body));

    assert_non_null(d);
    return d;
}

static inline void tell(struct world *w, struct sip_watch *watch, const char *body, bool urgent)
{
    struct sip_doc *d = body ? document(body) : NULL;

    sip_watch_notify(w->core, watch,
                     &(struct sip_notify){.state = SIP_SUBSTATE_ACTIVE, .doc = d, .urgent = urgent},
                     w->now);
    sip_doc_unref(&d);
}

/* Accepts the SUBSCRIBE that was told last and answers it; owner 77. */
static inline struct sip_watch *accepted(struct world *w, uint32_t expires)
{
    struct sip_watch *watch = sip_watch_accept(w->core, w->ev.txn, 77, w->now);

    if (watch)
        assert_true(sip_watch_answer(w->core, watch, w->ev.txn, expires, w->now));
    return watch;
}

/* SUBSCRIBE, 200, first NOTIFY, 200. The tag of the dialog is left in `tag`. */
static inline struct sip_watch *watching(struct world *w, const struct ask *ask, char tag[64])
{
    struct sip_watch *watch;

    asks(w, ask);
    expect_event(w, SIP_EVENT_REQUEST);
    assert_int_equal(w->ev.method, SIP_SUBSCRIBE);
    watch = accepted(w, 600);
    assert_non_null(watch);
    expect_out(w, "SIP/2.0 200 OK");
    snprintf(tag, 64, "%s", out_tag(w, "To"));
    tell(w, watch, "<open/>", false);
    expect_out(w, "NOTIFY ");
    answers(w, 200, NULL);
    expect_no_event(w);
    return watch;
}

static inline struct sip_watch *bob_watches(struct world *w, char tag[64])
{
    return watching(w, &(struct ask){.method = "SUBSCRIBE", .headers = WATCHES}, tag);
}

#endif
