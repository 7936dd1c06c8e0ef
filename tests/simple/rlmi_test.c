/* What a list service says (RFC 4662 5): the list, its resources, the state of each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "simple/doc/rlmi.h"
#include "simple/doc/xml.h"

#define LIST "<list xmlns='urn:ietf:params:xml:ns:rlmi' uri='sip:l@x' "
#define ONE(inside) \
    LIST "version='3' fullState='true'><resource uri='sip:a@x'>" inside "</resource></list>"

static void heads(void **state)
{
    static const struct {
        const char *doc;
        enum err e;
        uint32_t version;
        bool full;
    } rows[] = {
        {LIST "version='0' fullState='true'/>", OK, 0, true},
        {LIST "version='7' fullState='1'/>", OK, 7, true},
        {LIST "version='4294967295' fullState='false'/>", OK, UINT32_MAX, false},
        {LIST "version='1'/>", OK, 1, false},
        {LIST "version='4294967296' fullState='true'/>", ERR_SYNTAX, 0, false},
        {LIST "version='-1' fullState='true'/>", ERR_SYNTAX, 0, false},
        {LIST "fullState='true'/>", ERR_SYNTAX, 0, false},
        {LIST "version='1' fullState='true'>", ERR_SYNTAX, 0, false},
        {"<list version='1' fullState='true'/>", ERR_UNSUPPORTED, 0, false},
        {"<a xmlns='urn:ietf:params:xml:ns:rlmi' version='1'/>", ERR_UNSUPPORTED, 0, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena a = {0};
        const struct rlmi_resource *v;
        struct rlmi list = {0};
        size_t n;

        assert_int_equal(rlmi_parse(span_str(rows[i].doc), &a, &list, &v, &n), rows[i].e);
        if (!rows[i].e) {
            assert_int_equal(list.version, rows[i].version);
            assert_int_equal(list.full, rows[i].full);
            assert_true(span_is(list.uri, "sip:l@x"));
        }
        arena_fini(&a);
    }
}

static void states(void **state)
{
    static const struct {
        const char *doc;
        bool known;
        enum sip_substate state;
        enum sip_sub_reason reason;
        const char *cid;
    } rows[] = {
        {ONE(""), false, 0, 0, ""},
        {ONE("<name>A</name>"), false, 0, 0, ""},
        {ONE("<instance id='1' state='active' cid='c@x'/>"), true, SIP_SUBSTATE_ACTIVE, 0, "c@x"},
        {ONE("<instance id='1' state='active'/>"), true, SIP_SUBSTATE_ACTIVE, 0, ""},
        {ONE("<instance id='1' state='pending'/>"), true, SIP_SUBSTATE_PENDING, 0, ""},
        {ONE("<instance id='1' state='terminated' reason='rejected'/>"), true,
         SIP_SUBSTATE_TERMINATED, SIP_REASON_REJECTED, ""},
        {ONE("<instance id='1' state='terminated' reason='tired'/>"), true, SIP_SUBSTATE_TERMINATED,
         SIP_REASON_NONE, ""},
        {ONE("<instance id='1' state='asleep' cid='c@x'/>"), false, 0, 0, ""},
        /* of several the one that says most */
        {ONE("<instance id='1' state='terminated' reason='timeout'/><instance id='2' "
             "state='active' cid='d@x'/>"
             "<instance id='3' state='pending'/>"),
         true, SIP_SUBSTATE_ACTIVE, 0, "d@x"},
        {ONE("<instance id='1' state='active'/><instance id='2' state='active' cid='d@x'/>"), true,
         SIP_SUBSTATE_ACTIVE, 0, "d@x"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena a = {0};
        const struct rlmi_resource *v;
        struct rlmi list;
        size_t n;

        assert_int_equal(rlmi_parse(span_str(rows[i].doc), &a, &list, &v, &n), OK);
        assert_int_equal(n, 1);
        assert_true(span_is(v->uri, "sip:a@x"));
        assert_int_equal(v->known, rows[i].known);
        assert_int_equal(v->state, rows[i].state);
        assert_int_equal(v->reason, rows[i].reason);
        assert_true(span_is(v->cid, rows[i].cid));
        arena_fini(&a);
    }
}

static void too_many_are_refused_and_what_we_write_is_read(void **state)
{
    (void)state;
    for (size_t many = RLMI_RESOURCES_MAX; many <= RLMI_RESOURCES_MAX + 1; many++) {
        struct arena a = {0};
        struct buf b = {0};
        const struct rlmi_resource *v;
        struct rlmi list;
        size_t n;

        rlmi_begin(&b, &(struct rlmi){.uri = SPAN("sip:<l>@x"), .version = 5, .full = true});
        for (size_t i = 0; i < many; i++)
            rlmi_resource(&b, &(struct rlmi_resource){.uri = SPAN("sip:a&b@x"),
                                                      .name = SPAN("A & B"),
                                                      .known = true,
                                                      .state = SIP_SUBSTATE_ACTIVE,
                                                      .cid = SPAN("1.2@x")});
        rlmi_end(&b);
        if (many > RLMI_RESOURCES_MAX) {
            assert_int_equal(rlmi_parse(buf_span(&b), &a, &list, &v, &n), ERR_FULL);
        } else {
            assert_int_equal(rlmi_parse(buf_span(&b), &a, &list, &v, &n), OK);
            assert_int_equal(n, many);
            assert_true(list.version == 5 && list.full && span_is(list.uri, "sip:<l>@x"));
            assert_true(span_is(v[n - 1].uri, "sip:a&b@x") && span_is(v[n - 1].name, "A & B"));
        }
        buf_fini(&b);
        arena_fini(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads),
        cmocka_unit_test(states),
        cmocka_unit_test(too_many_are_refused_and_what_we_write_is_read),
    };

    xml_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
