/* The list on the server: mode, seed, order, and orders repaired. */
#include "mapping/roster.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define BYTES(...)                                                             \
    (struct span)                                                              \
    {                                                                          \
        (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}) \
    }

static void the_mode_is_read_from_the_pd_item(void **state)
{
    (void)state;
    assert_int_equal(roster_mode(BYTES(0, 0xCA, 0, 1, 3)), PRIVACY_PERMIT_LISTED);
    assert_int_equal(roster_mode(BYTES(0, 0xCB, 0, 4, 255, 255, 255, 255, 0, 0xCA, 0, 1, 5)),
                     PRIVACY_PERMIT_BUDDIES);
    assert_int_equal(roster_mode(BYTES(0, 0xCA, 0, 1, 6)), PRIVACY_UNSET);
    assert_int_equal(roster_mode(BYTES(0, 0xCA, 0, 0)), PRIVACY_UNSET);
    assert_int_equal(roster_mode((struct span){0}), PRIVACY_UNSET);
}

static void names_are_on_the_list_of_their_class(void **state)
{
    enum privacy_list list;

    (void)state;
    assert_true(roster_list_of(FEEDBAG_BUDDY, &list) && list == PRIVACY_BUDDIES);
    assert_true(roster_list_of(FEEDBAG_PERMIT, &list) && list == PRIVACY_PERMITTED);
    assert_true(roster_list_of(FEEDBAG_DENY, &list) && list == PRIVACY_DENIED);
    assert_true(roster_list_of(FEEDBAG_IGNORE, &list) && list == PRIVACY_IGNORED);
    assert_false(roster_list_of(FEEDBAG_GROUP, &list));
    assert_false(roster_list_of(0x0400, &list));
}

static void a_new_account_has_a_root_and_a_group(void **state)
{
    struct feedbag_item items[ROSTER_SEED];
    struct buf b = {0};

    (void)state;
    roster_seed(items);
    assert_int_equal(items[0].group + items[0].item, 0);
    assert_true(span_eq(items[0].attributes, BYTES(0, 0xC8, 0, 2, 0, 1)));
    assert_true(span_is(items[1].name, "Buddies"));
    assert_true(span_eq(items[1].attributes, BYTES(0, 0xC8, 0, 0)));
    assert_true(roster_item_cmp(&items[0], &items[1]) < 0);
    for (size_t i = 0; i < ROSTER_SEED; i++)
        assert_false(roster_repair_order(items, ROSTER_SEED, i, &b)); /* right from the start */
    assert_int_equal(b.n, 0);
}

static void the_root_comes_first_then_groups_and_ids(void **state)
{
    const struct feedbag_item root = {.class_id = FEEDBAG_GROUP};
    const struct feedbag_item pd = {.item = 1, .class_id = FEEDBAG_PD_INFO};
    const struct feedbag_item group = {.group = 2, .class_id = FEEDBAG_GROUP};
    const struct feedbag_item buddy = {.group = 2, .item = 7, .class_id = FEEDBAG_BUDDY};

    (void)state;
    assert_true(roster_item_cmp(&root, &pd) < 0);
    assert_true(roster_item_cmp(&pd, &root) > 0);
    assert_true(roster_item_cmp(&pd, &group) < 0);
    assert_true(roster_item_cmp(&group, &buddy) < 0);
    assert_int_equal(roster_item_cmp(&buddy, &buddy), 0);
}

static void orders_are_repaired(void **state)
{
    /* Attributes of group 1, which has the buddies 5, 6 and 7; empty `after`: nothing to repair. */
    const struct {
        const char *name;
        struct span before, after;
    } orders[] = {
        {"right already", BYTES(0, 0xC8, 0, 6, 0, 5, 0, 6, 0, 7), {0}},
        {"another order is right too", BYTES(0, 0xC8, 0, 6, 0, 7, 0, 5, 0, 6), {0}},
        {"an id without an item", BYTES(0, 0xC8, 0, 8, 0, 7, 0, 9, 0, 5, 0, 6),
         BYTES(0, 0xC8, 0, 6, 0, 7, 0, 5, 0, 6)},
        {"one forgotten", BYTES(0, 0xC8, 0, 4, 0, 7, 0, 6), BYTES(0, 0xC8, 0, 6, 0, 7, 0, 6, 0, 5)},
        {"one twice", BYTES(0, 0xC8, 0, 8, 0, 6, 0, 6, 0, 5, 0, 7),
         BYTES(0, 0xC8, 0, 6, 0, 6, 0, 5, 0, 7)},
        {"no order at all", {0}, BYTES(0, 0xC8, 0, 6, 0, 5, 0, 6, 0, 7)},
        {"an odd octet at the end", BYTES(0, 0xC8, 0, 7, 0, 5, 0, 6, 0, 7, 0),
         BYTES(0, 0xC8, 0, 6, 0, 5, 0, 6, 0, 7)},
        {"other attributes stay", BYTES(1, 0x31, 0, 1, 'x', 0, 0xC8, 0, 2, 0, 6, 0, 0x64, 0, 0),
         BYTES(0, 0xC8, 0, 6, 0, 6, 0, 5, 0, 7, 1, 0x31, 0, 1, 'x', 0, 0x64, 0, 0)},
    };

    (void)state;
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        struct feedbag_item items[] = {
            {.class_id = FEEDBAG_GROUP, .group = 1, .attributes = orders[i].before},
            {.class_id = FEEDBAG_BUDDY, .group = 1, .item = 5},
            {.class_id = FEEDBAG_BUDDY, .group = 2, .item = 9},
            {.class_id = FEEDBAG_BUDDY, .group = 1, .item = 6},
            {.class_id = FEEDBAG_PERMIT, .group = 1, .item = 9},
            {.class_id = FEEDBAG_BUDDY, .group = 1, .item = 7},
        };
        struct buf b = {0};

        if (roster_repair_order(items, sizeof items / sizeof *items, 0, &b) !=
                (orders[i].after.n > 0) ||
            !span_eq(buf_span(&b), orders[i].after))
            fail_msg("%s", orders[i].name);
        assert_false(
            roster_repair_order(items, sizeof items / sizeof *items, 1, &b)); /* no group */
        buf_fini(&b);
    }
}

static void the_root_orders_the_groups(void **state)
{
    struct feedbag_item items[] = {
        {.class_id = FEEDBAG_GROUP, .attributes = BYTES(0, 0xC8, 0, 4, 0, 3, 0, 9)},
        {.class_id = FEEDBAG_GROUP, .group = 1},
        {.class_id = FEEDBAG_GROUP, .group = 3},
        {.class_id = FEEDBAG_BUDDY, .group = 1, .item = 9},
    };
    struct buf b = {0};

    (void)state;
    assert_true(roster_repair_order(items, 4, 0, &b));
    assert_true(span_eq(buf_span(&b), BYTES(0, 0xC8, 0, 4, 0, 3, 0, 1)));
    buf_fini(&b);
}

/* "GROUP.ITEM/CLASS" of each, "<order>" behind groups. */
static void describe(struct span items, struct buf *out)
{
    struct feedbag_item i;
    struct span order;

    buf_reset(out);
    while (feedbag_item_next(&items, &i)) {
        buf_fmt(out, "%u.%u/%u", i.group, i.item, i.class_id);
        if (tlv_find(i.attributes, FEEDBAG_ATTR_ORDER, &order)) {
            struct rd r = rd_over(order);

            buf_str(out, "<");
            while (rd_left(&r) >= 2)
                buf_fmt(out, "%u,", rd_u16(&r));
            buf_str(out, ">");
        }
        buf_str(out, " ");
    }
    assert_int_equal(items.n, 0);
}

static void a_list_is_written_as_every_client_takes_it(void **state)
{
    const struct feedbag_item root = {.class_id = FEEDBAG_GROUP,
                                      .attributes = BYTES(0, 0xC8, 0, 2, 0, 1)},
                              one = {.class_id = FEEDBAG_GROUP, .group = 1,
                                     .attributes = BYTES(0, 0xC8, 0, 2, 0, 5)},
                              five = {.group = 1, .item = 5}, six = {.group = 1, .item = 6},
                              lost = {.group = 9, .item = 5}, stray = {.item = 7},
                              pd = {.item = 3, .class_id = FEEDBAG_PD_INFO},
                              odd = {.group = 4, .item = 2, .class_id = 0x0401};
    const struct {
        const char *name;
        struct feedbag_item items[6];
        size_t n;
        const char *whole;
    } lists[] = {
        {"nothing", {root}, 0, "0.0/1<1,> 1.0/1<> "},
        {"right", {root, one, five}, 3, "0.0/1<1,> 1.0/1<5,> 1.5/0 "},
        {"only a privacy item", {pd}, 1, "0.0/1<1,> 0.3/4 1.0/1<> "},
        {"out of order", {five, pd, one, root}, 4, "0.0/1<1,> 0.3/4 1.0/1<5,> 1.5/0 "},
        {"an id without an item", {root, one, six}, 3, "0.0/1<1,> 1.0/1<6,> 1.6/0 "},
        {"a buddy of a group that is not there", {root, one, five, lost}, 4,
         "0.0/1<1,9,> 1.0/1<5,> 1.5/0 9.0/1<5,> 9.5/0 "},
        {"a buddy in the root group stays there", {root, one, five, stray}, 4,
         "0.0/1<1,> 0.7/0 1.0/1<5,> 1.5/0 "},
        {"no root", {one, five, six}, 3, "0.0/1<1,> 1.0/1<5,6,> 1.5/0 1.6/0 "},
        {"what we do not know needs no group", {root, one, five, odd}, 4,
         "0.0/1<1,> 1.0/1<5,> 1.5/0 4.2/1025 "},
    };
    struct buf out = {0}, said = {0};

    (void)state;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        buf_reset(&out);
        assert_int_equal(roster_write_whole(&out, lists[i].items, lists[i].n), OK);
        describe(buf_span(&out), &said);
        if (!span_is(buf_span(&said), lists[i].whole))
            fail_msg("%s: %.*s", lists[i].name, SPAN_ARG(buf_span(&said)));
    }
    buf_fini(&out);
    buf_fini(&said);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_mode_is_read_from_the_pd_item),
        cmocka_unit_test(names_are_on_the_list_of_their_class),
        cmocka_unit_test(a_new_account_has_a_root_and_a_group),
        cmocka_unit_test(the_root_comes_first_then_groups_and_ids),
        cmocka_unit_test(orders_are_repaired),
        cmocka_unit_test(the_root_orders_the_groups),
        cmocka_unit_test(a_list_is_written_as_every_client_takes_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
