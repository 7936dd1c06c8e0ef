/* Screen names and addresses: every vector of the name rules, what is refused, and that whatever is
 * accepted comes back. */
#include "mapping/name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/rng.h"

/* ---- a book of names ---- */

enum { BOOK_MAX = 64 };

struct book {
    const char *locals[8], *reserved[8];
    struct binding rows[BOOK_MAX];
    size_t count;
    const struct name_rules *rules;
    struct arena arena;
    uint32_t next_number;
};

static bool in_list(const char *const *list, struct span s)
{
    for (; *list; list++)
        if (span_is(s, *list))
            return true;
    return false;
}

static bool is_local(void *ctx, struct span norm)
{
    return in_list(((struct book *)ctx)->locals, norm);
}

static bool is_reserved(void *ctx, struct span norm)
{
    return in_list(((struct book *)ctx)->reserved, norm);
}

static bool find_by_name(void *ctx, struct span norm, struct binding *out)
{
    struct book *b = ctx;

    for (size_t i = 0; i < b->count; i++) {
        if (b->rows[i].kind != BINDING_CASE && span_eq(b->rows[i].name, norm)) {
            *out = b->rows[i];
            return true;
        }
    }
    return false;
}

static bool find_case(void *ctx, struct span key, struct binding *out)
{
    struct book *b = ctx;

    for (size_t i = 0; i < b->count; i++) {
        if (b->rows[i].kind == BINDING_CASE && span_eq(b->rows[i].name, key)) {
            *out = b->rows[i];
            return true;
        }
    }
    return false;
}

static bool find_by_address(void *ctx, enum binding_kind kind, const struct address *a,
                            struct binding *out)
{
    struct book *b = ctx;

    for (size_t i = 0; i < b->count; i++) {
        if (b->rows[i].kind == kind && address_equal(b->rules, &b->rows[i].address, a)) {
            *out = b->rows[i];
            return true;
        }
    }
    return false;
}

static bool free_number(void *ctx, uint32_t *out)
{
    struct book *b = ctx;

    *out = b->next_number++;
    return *out != 0;
}

static void keep(struct book *b, const struct binding *row)
{
    assert_true(b->count < BOOK_MAX);
    b->rows[b->count++] = (struct binding){row->kind,
                                           arena_copy(&b->arena, row->name),
                                           {arena_copy(&b->arena, row->address.user),
                                            arena_copy(&b->arena, row->address.host), false}};
}

static const struct span own[] = {{(const uint8_t *)"aim.example.net", 15},
                                  {(const uint8_t *)"aim.example.com", 15}};

static bool is_cased(void *ctx, struct span host)
{
    (void)ctx;
    return span_is(host, "cased.example");
}

static const struct name_rules rules = {.own = own, .own_count = 2, .case_sensitive = is_cased};

static struct name_book book_of(struct book *b)
{
    b->rules = &rules;
    return (struct name_book){.ctx = b,
                              .is_local = is_local,
                              .is_reserved = is_reserved,
                              .find_by_name = find_by_name,
                              .find_by_address = find_by_address,
                              .free_number = free_number,
                              .find_case = find_case};
}

static void assert_span(struct span s, const char *want)
{
    if (!span_is(s, want))
        fail_msg("\"%.*s\" is not \"%s\"", SPAN_ARG(s), want);
}

/* ---- names ---- */

static void names_have_a_normal_form_and_a_class(void **state)
{
    static const struct {
        const char *typed, *norm;
        enum name_class class;
    } rows[] = {
        {"ChattyChuck", "chattychuck", NAME_AIM},
        {"Chatty Chuck", "chattychuck", NAME_AIM},
        {" c h a t t y chuck ", "chattychuck", NAME_AIM},
        {"abc", "abc", NAME_AIM},
        {"abcdefghijklmnop", "abcdefghijklmnop", NAME_AIM},
        {"abcdefghijklmnopq", "", NAME_BAD},
        {"ab", "", NAME_BAD},
        {"1abc", "", NAME_BAD},
        {"", "", NAME_BAD},
        {"   ", "", NAME_BAD},
        {"a_b", "", NAME_BAD},
        {"10000", "10000", NAME_ICQ},
        {"9999", "", NAME_BAD},
        {"01234567", "", NAME_BAD},
        {"2147483646", "2147483646", NAME_ICQ},
        {"2147483647", "", NAME_BAD},
        {"12345678901", "", NAME_BAD},
        {"Bob @ Example.COM", "bob@example.com", NAME_MAIL},
        {"bob@example.com.", "bob@example.com", NAME_MAIL},
        {"o'malley@x.example", "o=27malley@x.example", NAME_MAIL},
        {"+15551230000@example.com", "+15551230000@example.com", NAME_MAIL},
        {"bob@", "", NAME_BAD},
        {"@example.com", "", NAME_BAD},
        {"a@b@c.example", "", NAME_BAD},
        {"bob@ex_ample.com", "", NAME_BAD},
        {"bob@-x.example", "", NAME_BAD},
        {"bob@x-.example", "", NAME_BAD},
        {"bob@x..example", "", NAME_BAD},
        {"bob@.example", "", NAME_BAD},
        {"b\tb", "", NAME_BAD},
        {"b\xC3\xBC"
         "b",
         "", NAME_BAD},
        {"b\x7F"
         "bb",
         "", NAME_BAD},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char norm[SCREEN_NAME_MAX + 1];
        size_t n;
        enum name_class class = name_norm(span_str(rows[i].typed), norm, &n);

        if (class != rows[i].class || strcmp(norm, rows[i].norm) != 0 || n != strlen(norm))
            fail_msg("\"%s\": \"%s\", class %d", rows[i].typed, norm, class);
    }
}

static void put_many(struct buf *b, uint8_t c, size_t n)
{
    buf_reset(b);
    while (n-- > 0)
        buf_u8(b, c);
}

static void names_stop_at_97_octets(void **state)
{
    struct buf b = {0};
    char norm[SCREEN_NAME_MAX + 1];
    size_t n;

    (void)state;
    /* 64 octets before the @ and 97 in all are the most */
    put_many(&b, 'a', 64);
    BUF_LIT(&b, "@aaaaaaaaaaaaaaaaaaaaaaaa.example");
    assert_int_equal(b.n, 97);
    assert_int_equal(name_norm(buf_span(&b), norm, &n), NAME_MAIL);
    assert_int_equal(n, 97);
    BUF_LIT(&b, "s");
    assert_int_equal(name_norm(buf_span(&b), norm, &n), NAME_BAD);
    put_many(&b, 'a', 65);
    BUF_LIT(&b, "@x.example");
    assert_int_equal(name_norm(buf_span(&b), norm, &n), NAME_BAD);
    /* escapes count */
    put_many(&b, '\'', 21);
    BUF_LIT(&b, "@x.example");
    assert_int_equal(name_norm(buf_span(&b), norm, &n), NAME_MAIL);
    put_many(&b, '\'', 22);
    BUF_LIT(&b, "@x.example");
    assert_int_equal(name_norm(buf_span(&b), norm, &n), NAME_BAD);
    put_many(&b, '\'', 95);
    BUF_LIT(&b, "@x");
    assert_int_equal(name_norm(buf_span(&b), norm, &n), NAME_BAD);
    buf_fini(&b);
}

static void two_spellings_are_one_name(void **state)
{
    (void)state;
    assert_true(name_same(SPAN("Chatty Chuck"), SPAN("chattychuck")));
    assert_true(name_same(SPAN("Bob@Example.com"), SPAN("bob @example.com")));
    assert_false(name_same(SPAN("alice"), SPAN("bob")));
    assert_false(name_same(SPAN("a"), SPAN("a")));
}

static void only_proper_names_are_registered(void **state)
{
    static const struct {
        const char *typed;
        enum name_class class;
    } rows[] = {
        {"Chatty Chuck", NAME_AIM}, {"ChattyChuck ", NAME_BAD},
        {"abc", NAME_AIM},          {"a b c d e f g h i", NAME_BAD},
        {"a b", NAME_BAD},          {"10000", NAME_ICQ},
        {"100 00", NAME_BAD},       {"joe@mac.example", NAME_MAIL},
        {"joe@mac", NAME_BAD},      {"o'joe@mac.example", NAME_BAD},
        {"ab", NAME_BAD},           {"a=zz@x.example", NAME_BAD},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (name_registrable(span_str(rows[i].typed)) != rows[i].class)
            fail_msg("%s", rows[i].typed);
}

static void escapes_are_refused_where_they_make_no_sense(void **state)
{
    static const char *const bad[] = {"=", "=4", "=zz", "a=", "=61", "=ff", "=c3", "A", "a b"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct buf b = {0};

        if (name_unesc(&b, span_str(bad[i])) != ERR_BAD_NAME)
            fail_msg("%s", bad[i]);
        buf_fini(&b);
    }
}

/* ---- vectors ---- */

static const struct {
    const char *sip, *im, *name, *alias;
} vectors[] = {
    {"sip:bob@example.com", "im:bob@example.com", "bob@example.com", "bobxl74gbpy"},
    {"sip:Bob@example.com", "im:Bob@example.com", "bob@example.com", "bobxl74gbpy"},
    {"sip:alice.liddell@voip.example.org", "im:alice.liddell@voip.example.org",
     "alice.liddell@voip.example.org", "alicelidxcauwnq4"},
    {"sip:f%C3%BC@sip.example", "im:f%C3%BC@sip.example", "f=c3=bc@sip.example", "fxu2j24vq"},
    {"sip:o'malley@sip.example", "im:o'malley@sip.example", "o=27malley@sip.example",
     "omalleyxgkg3i75"},
    {"sip:a%20b@example.com", "im:a%20b@example.com", "a=20b@example.com", "abxipt5qjv"},
    {"sip:user;par=u%40example.net@example.com", "im:user%3Bpar%3Du%40example.net@example.com",
     "user=3bpar=3du=40example.net@example.com", "userparuxki5usua"},
    {"sip:+15551230000@example.com", "im:+15551230000@example.com", "+15551230000@example.com",
     "x1555123xzz4kkpk"},
    {"sip:m&m@example.com", "im:m%26m@example.com", "m=26m@example.com", "mmxjczkxdd"},
    {"sip:x=y@example.com", "im:x%3Dy@example.com", "x=3dy@example.com", "xyx36evfre"},
    {"sip:bob@xn--mnchen-3ya.example", "im:bob@xn--mnchen-3ya.example",
     "bob@xn--mnchen-3ya.example", "bobxela6wpl"},
    {"sip:%E6%97%A5%E6%9C%AC@example.jp", "im:%E6%97%A5%E6%9C%AC@example.jp",
     "=e6=97=a5=e6=9c=ac@example.jp", "xx2adaaxu"},
};

static void the_table_of_examples_holds_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        struct arena a = {0};
        struct book b = {0};
        struct name_book book = book_of(&b);
        struct address from_sip, from_im;
        struct shown_name shown;
        struct name_target target;
        struct buf uri = {0};

        assert_int_equal(uri_to_address(span_str(vectors[i].sip), &rules, &a, &from_sip), OK);
        assert_int_equal(uri_to_address(span_str(vectors[i].im), &rules, &a, &from_im), OK);
        assert_true(address_equal(&rules, &from_sip, &from_im));
        address_to_sip_uri(&uri, &from_sip);
        assert_span(buf_span(&uri), vectors[i].sip);
        buf_reset(&uri);
        address_to_im_uri(&uri, &from_sip);
        assert_span(buf_span(&uri), vectors[i].im);

        assert_int_equal(address_to_name(&from_sip, NAME_LONG, &rules, &book, &a, &shown), OK);
        assert_span(shown.name, vectors[i].name);
        for (size_t k = 0; k < shown.made_count; k++)
            keep(&b, &shown.made[k]);
        assert_int_equal(name_typed_to_target(shown.name, &rules, &book, &a, &target), OK);
        buf_reset(&uri);
        address_to_sip_uri(&uri, &target.address);
        assert_span(buf_span(&uri), vectors[i].sip);

        assert_int_equal(address_to_name(&from_sip, NAME_SHORT, &rules, &book, &a, &shown), OK);
        assert_span(shown.name, vectors[i].alias);
        assert_int_equal(shown.made_count, 1); /* the spelling is known by now */
        keep(&b, &shown.made[0]);
        assert_int_equal(name_typed_to_target(shown.name, &rules, &book, &a, &target), OK);
        assert_int_equal(target.by, BINDING_ALIAS);
        assert_true(address_equal(&rules, &target.address, &from_sip));
        buf_fini(&uri);
        arena_fini(&a);
        arena_fini(&b.arena);
    }
}

static void a_taken_alias_makes_room_for_the_next(void **state)
{
    struct arena a = {0};
    struct book b = {.locals = {"bobxl74gbpy"}};
    struct name_book book = book_of(&b);
    struct address bob = {SPAN("bob"), SPAN("example.com"), false};
    struct shown_name shown;
    char alias[NAME_ALIAS_MAX + 1];

    (void)state;
    assert_int_equal(address_to_name(&bob, NAME_SHORT, &rules, &book, &a, &shown), OK);
    assert_span(shown.name, "bobxjylsh6w");
    b.reserved[0] = "bobxjylsh6w";
    assert_int_equal(address_to_name(&bob, NAME_SHORT, &rules, &book, &a, &shown), OK);
    name_alias(SPAN("bob@example.com"), 2, alias);
    assert_span(shown.name, alias);
    arena_fini(&a);
}

static void peers_that_tell_case_get_capitals_escaped(void **state)
{
    struct arena a = {0};
    struct book b = {0};
    struct name_book book = book_of(&b);
    struct address one, two;
    struct shown_name shown;
    struct name_target target;

    (void)state;
    assert_int_equal(uri_to_address(SPAN("sip:Bob@cased.example"), &rules, &a, &one), OK);
    assert_int_equal(uri_to_address(SPAN("sip:bob@cased.example"), &rules, &a, &two), OK);
    assert_false(address_equal(&rules, &one, &two));
    assert_int_equal(address_to_name(&one, NAME_LONG, &rules, &book, &a, &shown), OK);
    assert_span(shown.name, "=42ob@cased.example");
    assert_int_equal(shown.made_count, 0);
    assert_int_equal(name_typed_to_target(shown.name, &rules, &book, &a, &target), OK);
    assert_span(target.address.user, "Bob");
    arena_fini(&a);
}

static void uris_that_name_nobody_say_why(void **state)
{
    static const struct {
        const char *uri;
        enum err e;
    } rows[] = {
        {"sip:@x.example", ERR_NO_USER},
        {"sip:x.example", ERR_NO_USER},
        {"sip:a%00b@x.example", ERR_BAD_NAME},
        {"sip:%FF@x.example", ERR_BAD_NAME},
        {"sip:a:b@x.example", ERR_BAD_NAME},
        {"sip:a%0Ab@x.example", ERR_BAD_NAME},
        {"sip:a%C2%85b@x.example", ERR_BAD_NAME},
        {"sip:a%4@x.example", ERR_BAD_NAME},
        {"sip:a%zz@x.example", ERR_BAD_NAME},
        {"sip:a@b@x.example", ERR_BAD_NAME},
        {"sip:a@x", ERR_BAD_HOST},
        {"sip:a@192.0.2.1", ERR_BAD_HOST},
        {"sip:a@[2001:db8::1]", ERR_BAD_HOST},
        {"sip:a@x..example", ERR_BAD_HOST},
        {"sip:a@", ERR_BAD_HOST},
        {"sip:a@x_y.example", ERR_BAD_HOST},
        {"sip:nobody!here@aim.example.net", ERR_NO_USER},
        {"tel:+15551230000", ERR_BAD_SCHEME},
        {"mailto:a@x.example", ERR_BAD_SCHEME},
        {"", ERR_BAD_SCHEME},
        {"sip:aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff12345@x.example",
         ERR_BAD_NAME},
        {"sip:aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff1234@x.example", OK},
        {"SIPS:a@x.example:5061;transport=tls?subject=x", OK},
        {"sip:a@X.Example.", OK},
        {"pres:a@x.example;gr", OK},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena a = {0};
        struct address out;
        enum err e = uri_to_address(span_str(rows[i].uri), &rules, &a, &out);

        if (e != rows[i].e)
            fail_msg("%s: %s", rows[i].uri, err_text(e));
        if (e == OK)
            assert_span(out.host, "x.example");
        arena_fini(&a);
    }
}

static void hosts_are_written_as_a_labels(void **state)
{
    struct arena a = {0};
    struct span host;
    struct name_rules lax = {.allow_ip = true, .allow_short_hosts = true};

    (void)state;
    assert_int_equal(host_norm(&a, SPAN("M\xC3\xBCnchen.Example"), &rules, &host), OK);
    assert_span(host, "xn--mnchen-3ya.example");
    assert_int_equal(host_norm(&a, SPAN("\xFF.example"), &rules, &host), ERR_BAD_HOST);
    assert_int_equal(host_norm(&a, SPAN("192.0.2.1"), &lax, &host), OK);
    assert_int_equal(host_norm(&a, SPAN("localhost"), &lax, &host), OK);
    assert_int_equal(host_norm(&a, SPAN("[::1]"), &lax, &host), ERR_BAD_HOST);
    arena_fini(&a);
}

static void own_addresses_are_local_whatever_their_spelling(void **state)
{
    static const char *const uris[] = {
        "sip:ChattyChuck@aim.example.net", "im:chattychuck@AIM.example.net",
        "sip:Chatty%20Chuck@aim.example.net", "pres:chattychuck@aim.example.com",
        "sip:chattychuck@aim.example.net:5060;transport=udp"};
    struct arena a = {0};
    struct book b = {.locals = {"chattychuck", "joe@mac.example"}};
    struct name_book book = book_of(&b);
    struct address out;
    struct name_target target;
    struct shown_name shown;
    struct buf uri = {0};

    (void)state;
    for (size_t i = 0; i < sizeof uris / sizeof *uris; i++) {
        assert_int_equal(uri_to_address(span_str(uris[i]), &rules, &a, &out), OK);
        assert_span(out.user, "chattychuck");
        assert_span(out.host, "aim.example.net");
        assert_int_equal(address_to_target(&out, &rules, &book, &target), OK);
        assert_true(target.local);
    }
    assert_int_equal(
        uri_to_address(SPAN("sip:joe%40mac.example@aim.example.net"), &rules, &a, &out), OK);
    assert_int_equal(address_to_target(&out, &rules, &book, &target), OK);
    address_to_sip_uri(&uri, &out);
    assert_span(buf_span(&uri), "sip:joe%40mac.example@aim.example.net");
    assert_int_equal(address_to_name(&out, NAME_LONG, &rules, &book, &a, &shown), OK);
    assert_span(shown.name, "joe@mac.example");
    assert_int_equal(uri_to_address(SPAN("sip:dave@aim.example.net"), &rules, &a, &out), OK);
    assert_int_equal(address_to_target(&out, &rules, &book, &target), ERR_NO_USER);
    assert_int_equal(address_to_name(&out, NAME_LONG, &rules, &book, &a, &shown), ERR_NO_USER);
    buf_fini(&uri);
    arena_fini(&a);
}

static void typed_names_find_their_target(void **state)
{
    static const struct {
        const char *typed;
        enum err e;
        bool local;
        const char *user, *host;
    } rows[] = {
        {"Chatty Chuck", OK, true, "chattychuck", "aim.example.net"},
        {"ChattyChuck@aim.example.net", OK, true, "chattychuck", "aim.example.net"},
        {"joe@mac.example", OK, true, "joe@mac.example", "aim.example.net"},
        {"joe=40mac.example@aim.example.net", OK, true, "joe@mac.example", "aim.example.net"},
        {"eve=40mac.example@aim.example.net", ERR_NO_USER, false, NULL, NULL},
        {"Bob @ Example.COM", OK, false, "bob", "example.com"},
        {"our bob", OK, false, "robert", "sip.example"},
        {"ourbob@aim.example.com", OK, false, "robert", "sip.example"},
        {"o'malley@x.example", OK, false, "o'malley", "x.example"},
        {"nobody", ERR_NO_USER, false, NULL, NULL},
        {"nobody@aim.example.net", ERR_NO_USER, false, NULL, NULL},
        {"123456", ERR_NO_USER, false, NULL, NULL},
        {"+15551230000", ERR_NO_USER, false, NULL, NULL},
        {"ab", ERR_BAD_NAME, false, NULL, NULL},
        {"a=zz@x.example", ERR_BAD_NAME, false, NULL, NULL},
        {"a=61@x.example", ERR_BAD_NAME, false, NULL, NULL},
        {"a@localhost", ERR_BAD_HOST, false, NULL, NULL},
    };
    struct book b = {.locals = {"chattychuck", "joe@mac.example"}};
    struct name_book book = book_of(&b);

    (void)state;
    keep(&b, &(struct binding){
                 BINDING_OPERATOR, SPAN("ourbob"), {SPAN("robert"), SPAN("sip.example"), false}});
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena a = {0};
        struct name_target target;
        enum err e = name_typed_to_target(span_str(rows[i].typed), &rules, &book, &a, &target);

        if (e != rows[i].e || (e == OK && target.local != rows[i].local))
            fail_msg("%s: %s", rows[i].typed, err_text(e));
        if (e == OK) {
            assert_span(target.address.user, rows[i].user);
            assert_span(target.address.host, rows[i].host);
        }
        arena_fini(&a);
    }
    arena_fini(&b.arena);
}

static void a_bound_address_is_shown_by_its_binding(void **state)
{
    struct arena a = {0};
    struct book b = {0};
    struct name_book book = book_of(&b);
    struct address robert = {SPAN("Robert"), SPAN("sip.example"), false};
    struct address other = {SPAN("other"), SPAN("sip.example"), false};
    struct shown_name shown;

    (void)state;
    keep(&b, &(struct binding){
                 BINDING_OPERATOR, SPAN("ourbob"), {SPAN("robert"), SPAN("sip.example"), false}});
    keep(&b, &(struct binding){BINDING_OPERATOR,
                               SPAN("other@sip.example"),
                               {SPAN("third"), SPAN("sip.example"), false}});
    assert_int_equal(address_to_name(&robert, NAME_LONG, &rules, &book, &a, &shown), OK);
    assert_span(shown.name, "ourbob");
    /* its own name is somebody else's by the operator's word: a short one */
    assert_int_equal(address_to_name(&other, NAME_LONG, &rules, &book, &a, &shown), OK);
    assert_int_equal(shown.made[0].kind, BINDING_ALIAS);
    arena_fini(&a);
    arena_fini(&b.arena);
}

static void clients_that_take_numbers_get_the_lowest_free(void **state)
{
    struct arena a = {0};
    struct book b = {.next_number = 900000};
    struct name_book book = book_of(&b);
    struct address bob = {SPAN("bob"), SPAN("example.com"), false};
    struct shown_name shown;
    struct name_target target;

    (void)state;
    assert_int_equal(address_to_name(&bob, NAME_NUMBER, &rules, &book, &a, &shown), OK);
    assert_span(shown.name, "900000");
    keep(&b, &shown.made[0]);
    assert_int_equal(address_to_name(&bob, NAME_NUMBER, &rules, &book, &a, &shown), OK);
    assert_span(shown.name, "900000");
    assert_int_equal(shown.made_count, 0);
    assert_int_equal(name_typed_to_target(SPAN("900 000"), &rules, &book, &a, &target), OK);
    assert_span(target.address.user, "bob");
    arena_fini(&a);
    arena_fini(&b.arena);
}

static void whatever_is_accepted_comes_back(void **state)
{
    struct rng rng;

    (void)state;
    rng_init_fixed(&rng, 7);
    for (int i = 0; i < 20000; i++) {
        static const char *const hosts[] = {
            "x.example", "cased.example", "a-b.sip.example.org",
            "averyveryverylongname.of.a.host.that.leaves.little.room.example"};
        struct arena a = {0};
        struct book b = {0};
        struct name_book book = book_of(&b);
        struct buf uri = {0}, again = {0}, key = {0}, key2 = {0};
        struct address address, back;
        struct shown_name shown;
        struct name_target target;
        uint8_t user[8];
        size_t n = 1 + rng_u32(&rng) % (rng_u32(&rng) % 8 == 0 ? 60 : sizeof user);

        BUF_LIT(&uri, "sip:");
        for (size_t k = 0; k < n; k++) {
            uint8_t c = (uint8_t)(rng_u32(&rng) % 3 ? 'A' + rng_u32(&rng) % 58 : rng_u32(&rng));

            buf_fmt(&uri, "%%%02X", c);
        }
        buf_fmt(&uri, "@%s", hosts[rng_u32(&rng) % 4]);
        if (uri_to_address(buf_span(&uri), &rules, &a, &address) == OK) {
            enum name_form form = i % 2 ? NAME_LONG : NAME_SHORT;
            char norm[SCREEN_NAME_MAX + 1];
            size_t len;

            address_to_uri(&again, (enum uri_scheme)(i % 4), &address);
            assert_int_equal(uri_to_address(buf_span(&again), &rules, &a, &back), OK);
            assert_true(span_eq(back.user, address.user));
            assert_int_equal(address_to_name(&address, form, &rules, &book, &a, &shown), OK);
            assert_int_not_equal(name_norm(shown.name, norm, &len), NAME_BAD);
            assert_span(shown.name, norm);
            for (size_t k = 0; k < shown.made_count; k++)
                keep(&b, &shown.made[k]);
            assert_int_equal(name_typed_to_target(shown.name, &rules, &book, &a, &target), OK);
            assert_true(span_eq(target.address.user, address.user));
            assert_true(span_eq(target.address.host, address.host));
            address_key(&key, &rules, &address);
            address_key(&key2, &rules, &target.address);
            assert_true(span_eq(buf_span(&key), buf_span(&key2)));
        }
        buf_fini(&uri);
        buf_fini(&again);
        buf_fini(&key);
        buf_fini(&key2);
        arena_fini(&a);
        arena_fini(&b.arena);
    }
}

static void display_names_are_cleaned(void **state)
{
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"Bob Baker", "Bob Baker"},
        {"  Bob\r\n ", "Bob"},
        {"B\x01o\x7F"
         "b\xC2\x85",
         "Bob"},
        {"\xE2\x80\xAE"
         "boB\xE2\x81\xA6",
         "boB"},
        {"bob@example.com", ""},
        {"bob\xEF\xBC\xA0x", ""},
        {"J\xC3\xBCrgen", "J\xC3\xBCrgen"},
        {"\xFF", "\xEF\xBF\xBD"},
        {"", ""},
    };
    struct arena a = {0};
    struct book b = {.locals = {"chattychuck"}};
    struct name_book book = book_of(&b);
    struct buf long_name = {0};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_span(friendly_clean(&a, span_str(rows[i].in)), rows[i].out);
    for (int i = 0; i < 1000; i++)
        BUF_LIT(&long_name, "\xC3\xBC");
    assert_int_equal(friendly_clean(&a, buf_span(&long_name)).n, 254);
    buf_fini(&long_name);
    assert_true(friendly_is_spoof(SPAN("Chatty Chuck"), &book));
    assert_false(friendly_is_spoof(SPAN("Charles"), &book));
    arena_fini(&a);
}

static void anonymous_is_seen(void **state)
{
    (void)state;
    assert_true(
        address_is_anonymous(&(struct address){SPAN("a"), SPAN("anonymous.invalid"), false}));
    assert_false(
        address_is_anonymous(&(struct address){SPAN("anonymous"), SPAN("x.example"), false}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_have_a_normal_form_and_a_class),
        cmocka_unit_test(names_stop_at_97_octets),
        cmocka_unit_test(two_spellings_are_one_name),
        cmocka_unit_test(only_proper_names_are_registered),
        cmocka_unit_test(escapes_are_refused_where_they_make_no_sense),
        cmocka_unit_test(the_table_of_examples_holds_both_ways),
        cmocka_unit_test(a_taken_alias_makes_room_for_the_next),
        cmocka_unit_test(peers_that_tell_case_get_capitals_escaped),
        cmocka_unit_test(uris_that_name_nobody_say_why),
        cmocka_unit_test(hosts_are_written_as_a_labels),
        cmocka_unit_test(own_addresses_are_local_whatever_their_spelling),
        cmocka_unit_test(typed_names_find_their_target),
        cmocka_unit_test(a_bound_address_is_shown_by_its_binding),
        cmocka_unit_test(clients_that_take_numbers_get_the_lowest_free),
        cmocka_unit_test(whatever_is_accepted_comes_back),
        cmocka_unit_test(display_names_are_cleaned),
        cmocka_unit_test(anonymous_is_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
