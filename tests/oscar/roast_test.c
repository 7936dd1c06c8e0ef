#include "oscar/roast.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/hex.h"

#define KEY SPAN("7413982650")

static void the_worked_values_come_out(void **state)
{
    uint8_t out[16];
    char hex[40];

    (void)state;
    assert_true(roast_md5_old(KEY, SPAN("opensesame"), out));
    hex_print(span_of(out, 16), hex);
    assert_string_equal(hex, "ef206e9a592fcddaca3b52b8c98da250");
    assert_true(roast_md5_new(KEY, SPAN("opensesame"), out));
    hex_print(span_of(out, 16), hex);
    assert_string_equal(hex, "9d8d10d6a7c77df3fb995af81e13ed9e");
    roast_xor(ROAST_AIM, SPAN("opensesame"), out);
    hex_print(span_of(out, 10), hex);
    assert_string_equal(hex, "9c56e4aa4ae3a8f31cc6");
}

enum how { OLD, NEW, ROASTED, ROASTED_JAVA, KERBEROS, CLEAR };

/* What the account has, what the client typed (in its own encoding), and whether it gets in. */
static const struct {
    const char *stored, *typed;
    bool in;
} rows[] = {
    {"opensesame", "opensesame", true},
    {"opensesame", "Opensesame", false},
    {"opensesame", "opensesam", false},
    {"opensesame", "opensesame1", false},
    {"opensesame", "", false},
    {"", "", false},
    {"0123456789abcdefXYZ", "0123456789abcdefXYZ", true},
    {"0123456789abcdefXYZ", "0123456789abcdef", true}, /* cut at 16 by the client */
    {"0123456789abcdefXYZ", "0123456789abcde", false},
    {"caf\xC3\xA9", "caf\xC3\xA9", true},
    {"caf\xC3\xA9", "caf\xE9", true}, /* Latin-1 */
    {"caf\xC3\xA9", "cafe", false},
    {"\xE2\x82\xAC"
     "uro",
     "\x80uro", false}, /* not in Latin-1 */
    {"\xC3\xA9"
     "123456789abcdefghij",
     "\xE9"
     "123456789abcdef",
     true}, /* Latin-1, cut */
    {"\xC3\xA9"
     "123456789abcdefghij",
     "\xC3\xA9"
     "123456789abcdef",
     true},
};

static void prove(struct oscar_login *l, enum how how, struct span typed, uint8_t *to)
{
    *l = (struct oscar_login){.key = KEY, .scheme = LOGIN_MD5, .proof = {to, BUCP_DIGEST}};
    switch (how) {
    case OLD: assert_true(roast_md5_old(KEY, typed, to)); return;
    case NEW: assert_true(roast_md5_new(KEY, typed, to)); return;
    case ROASTED:
    case ROASTED_JAVA:
        roast_xor(how == ROASTED ? ROAST_AIM : ROAST_JAVA, typed, to);
        l->scheme = LOGIN_ROASTED;
        break;
    case KERBEROS:
        roast_xor(ROAST_KERBEROS, typed, to);
        l->scheme = LOGIN_KERBEROS;
        break;
    case CLEAR:
        memcpy(to, typed.p, typed.n);
        l->scheme = LOGIN_CLEAR;
        break;
    }
    l->key = (struct span){0};
    l->proof.n = typed.n;
}

static void passwords_are_checked_in_every_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (enum how how = OLD; how <= CLEAR; how++) {
            struct oscar_login l;
            uint8_t proof[64];

            prove(&l, how, span_str(rows[i].typed), proof);
            if (roast_check(&l, span_str(rows[i].stored)) != rows[i].in)
                print_message("row %zu, form %d\n", i, how);
            assert_int_equal(roast_check(&l, span_str(rows[i].stored)), rows[i].in);
        }
    }
}

static void a_password_of_any_length_is_no_harm(void **state)
{
    static uint8_t much[1000];
    struct oscar_login l;
    uint8_t proof[1000];

    (void)state;
    memset(much, 'x', sizeof much);
    prove(&l, NEW, SPAN("x"), proof);
    assert_false(roast_check(&l, span_of(much, sizeof much)));
    prove(&l, NEW, span_of(much, 16), proof);
    assert_true(roast_check(&l, span_of(much, sizeof much)));
    l.scheme = LOGIN_ROASTED;
    l.proof = span_of(proof, sizeof proof);
    assert_false(roast_check(&l, SPAN("x")));
}

static void java_is_known_by_its_words(void **state)
{
    static const struct {
        struct span tlvs;
        bool java;
    } rows_java[] = {
        {{(const uint8_t *)"\0\1\0\1a\0\3\0\62AOL Instant Messenger (TM) version 1.1.19 for Java",
          59},
         true},
        {{(const uint8_t *)"\0\1\0\1a\0\3\0\51AOL Instant Messenger (TM) version 1.1.19", 50},
         false},
    };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct oscar_login l;

        assert_true(bucp_login_read(rows_java[i].tlvs, LOGIN_ROASTED, &l));
        assert_int_equal(l.java, rows_java[i].java);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worked_values_come_out),
        cmocka_unit_test(passwords_are_checked_in_every_form),
        cmocka_unit_test(a_password_of_any_length_is_no_harm),
        cmocka_unit_test(java_is_known_by_its_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
