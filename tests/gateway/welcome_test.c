/* The first screen: its commands can be pasted, and it never says that the listeners accept. */
#include "gateway/welcome.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *printed(const struct conf *c, const char *program, const char *config_path)
{
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);

    welcome_print(f, c, program, config_path);
    (void)fclose(f);
    return text;
}

static void its_commands_are_whole(void **state)
{
    static const struct {
        const char *program, *config, *call;
    } rows[] = {
        {"/opt/a/aimgate", NULL, " /opt/a/aimgate user add alice\n"},
        {"/opt/a/aimgate", "/etc/a.yaml", " /opt/a/aimgate --config /etc/a.yaml aim alice\n"},
        {"/my own/aimgate", NULL, " '/my own/aimgate' sip bob\n"},
        {"/a$b/aimgate", "/it's/a.yaml",
         " '/a$b/aimgate' --config '/it'\\''s/a.yaml' user add bob\n"},
    };
    struct conf_errors errs = {0};
    struct conf *c;

    (void)state;
    assert_int_equal(conf_load(NULL, &c, &errs), OK);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *text = printed(c, rows[i].program, rows[i].config);

        if (!strstr(text, rows[i].call))
            fail_msg("no%sin:\n%s", rows[i].call, text);
        free(text);
    }
    conf_free(c);
    conf_errors_fini(&errs);
}

static void it_says_what_runs_where(void **state)
{
    static const char *const says[] = {
        "aim.localhost",
        "127.0.0.1:5190",
        "server 127.0.0.1, port 5190",
        "/aimgate-data",
        "sip:bob@aim.localhost",
        "/add bob",
        "sip:127.0.0.1:5060;transport=udp",
        "http://127.0.0.1:8090/\n",
    };
    struct conf_errors errs = {0};
    struct conf *c;
    char *text;

    (void)state;
    assert_int_equal(conf_load(NULL, &c, &errs), OK);
    text = printed(c, "/opt/aimgate", NULL);
    for (size_t i = 0; i < sizeof says / sizeof says[0]; i++)
        if (!strstr(text, says[i]))
            fail_msg("%s is not said", says[i]);
    assert_null(strstr(text, "ready"));
    free(text);
    c->oscar.listen.n = c->sip.udp.n = c->sip.tcp.n = c->admin.listen.n = 0; /* all off */
    text = printed(c, "/opt/aimgate", NULL);
    assert_null(strstr(text, "127.0.0.1"));
    free(text);
    conf_free(c);
    conf_errors_fini(&errs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_commands_are_whole),
        cmocka_unit_test(it_says_what_runs_where),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
