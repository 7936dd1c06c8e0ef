/* Who types at whom, across the protocols (M-371 to M-376). */
#include "tests/scenario/world.h"

static struct world w;

static void expect_state(const char *what)
{
    struct sip_heard h;

    while (sip_next(&w, &h, true)) {
        if (h.method[0])
            sip_answers(&w, 200);
        if (!strcmp(h.method, "MESSAGE") && strstr(h.text, "im-iscomposing+xml")) {
            if (!strstr(h.body, what))
                fail_msg("not %s: %s", what, h.body);
            return;
        }
    }
    fail_msg("nobody was told %s", what);
}

static void expect_silence(void)
{
    struct sip_heard h;

    while (sip_next(&w, &h, false))
        assert_string_not_equal(h.method, "MESSAGE");
}

static void typing_is_told_once_something_was_said(void **state)
{
    struct aim alice;

    (void)state;
    assert_true(aim_sign_on(&alice, &w, "alice"));
    aim_typing(&alice, "bob@sip.example.org", 2);
    expect_silence();
    aim_says(&alice, "bob@sip.example.org", "hi");
    sip_expect_message(&w, "bob@sip.example.org", "hi");
    sip_answers(&w, 200);
    aim_typing(&alice, "bob@sip.example.org", 2);
    expect_state("<state>active</state>");
    aim_typing(&alice, "bob@sip.example.org", 2);
    expect_silence();
    world_pass(&w, 60000);
    expect_state("<state>active</state>"); /* still */
    aim_typing(&alice, "bob@sip.example.org", 1);
    expect_state("<state>idle</state>");
    aim_typing(&alice, "bob@sip.example.org", 0xF);
    expect_silence(); /* the window closes: they know that nothing is typed */
    aim_says(&alice, "bob@sip.example.org", "and then");
    sip_expect_message(&w, "bob@sip.example.org", "and then");
    aim_typing(&alice, "bob@sip.example.org", 2);
    assert_int_equal(net_double_waiting(w.net), 0); /* RFC 3428 8: a message is on its way */
    sip_answers(&w, 200);
    aim_typing(&alice, "bob@sip.example.org", 0); /* they never heard that she types */
    expect_silence();
    aim_typing(&alice, "bob@sip.example.org", 2);
    expect_state("<state>active</state>");
    aim_sign_off(&alice);
    sip_forget(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONVERSATION(typing_is_told_once_something_was_said),
    };

    return cmocka_run_group_tests_name("scenario/typing", tests, NULL, NULL);
}
