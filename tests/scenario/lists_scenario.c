/* Lists that are kept by the server (16 of OSCAR's reference). */
#include "tests/scenario/world.h"

static struct world w;

enum {
    BUDDY = 0,
    GROUP = 1,
    DONE = 0,
    NOT_FOUND = 2,
    CANNOT_ADD = 0xA,
    FULL = 0xC,
    ORDER = 0xC8,
    FRAME_MAX = 8192
};

/* ---- the list as a client reads it */

struct item {
    char name[128];
    uint16_t group, id, class;
    uint8_t attributes[64];
    size_t n;
};

static struct {
    struct item at[2100];
    unsigned n, frames;
    uint32_t changed;
} list;

static void read_items(struct span *in, unsigned count)
{
    while (count-- > 0) {
        struct item *i = &list.at[list.n++];
        struct span name = aim_take(in, aim_u16(in)), attributes;

        assert_true(list.n <= sizeof list.at / sizeof *list.at);
        (void)snprintf(i->name, sizeof i->name, "%.*s", (int)name.n, (const char *)name.p);
        i->group = aim_u16(in);
        i->id = aim_u16(in);
        i->class = aim_u16(in);
        attributes = aim_take(in, aim_u16(in));
        i->n = attributes.n;
        memcpy(i->attributes, attributes.p, attributes.n < 64 ? attributes.n : 64);
    }
}

static void fetch(struct aim *a)
{
    struct aim_heard h;
    uint32_t id;

    aim_forget(a);
    list.n = list.frames = 0;
    id = aim_send(a, 0x13, 4, NULL, 0);
    do {
        if (!aim_find(a, 0x13, 6, &h))
            fail_msg("the list does not come");
        assert_int_equal(h.id, id);
        assert_true(h.body.n + 10 <= FRAME_MAX);
        assert_int_equal(aim_u8(&h.body), 0);
        read_items(&h.body, aim_u16(&h.body));
        list.frames++;
        if (h.body.n > 0)
            list.changed = aim_u32(&h.body);
        assert_int_equal(h.body.n, 0);
    } while (h.flags & 1);
}

static const struct item *find(const char *name, uint16_t class)
{
    for (unsigned i = 0; i < list.n; i++)
        if (!strcmp(list.at[i].name, name) && list.at[i].class == class)
            return &list.at[i];
    return NULL;
}

static void edit(struct aim *a, uint16_t subtype, const struct item *i)
{
    struct buf b = {0};

    aim_put_item(&b, i->name, i->group, i->id, i->class, span_of(i->attributes, i->n));
    (void)aim_send_buf(a, 0x13, subtype, &b);
}

/* ---- what is kept */

/* Never an empty one: some clients do not survive it. */
static void a_new_user_has_a_list_with_a_group(void **state)
{
    struct aim *alice = aim_arrives(&w, "alice");

    (void)state;
    fetch(alice);
    assert_int_equal(list.n, 2);
    assert_true(list.at[0].group == 0 && list.at[0].class == GROUP && list.at[0].n == 6);
    assert_true(list.at[1].group == 1 && list.at[1].class == GROUP);
    assert_string_equal(list.at[1].name, "Buddies");
}

/* Every class of the table, known and unknown, octet by octet; a group says its order itself. */
static void whatever_was_put_comes_back_as_it_was(void **state)
{
    static const uint16_t classes[] = {0,    1,    2,    3,    4,    5,    6,    9,
                                       0xA,  0xB,  0xD,  0xE,  0xF,  0x10, 0x11, 0x13,
                                       0x14, 0x15, 0x17, 0x18, 0x19, 0x1D, 0x1E, 0x1F};
    static const uint8_t attributes[] = {0x00, 0xC8, 0,   0,    0x01, 0x3C, 0, 3,
                                         0xFF, 0,    'x', 0x7E, 0x57, 0,    0};
    enum { COUNT = sizeof classes / sizeof *classes };
    struct aim *alice = aim_arrives(&w, "alice");
    struct item put[COUNT] = {0};

    (void)state;
    for (unsigned i = 0; i < COUNT; i++) {
        struct item *p = &put[i];

        p->class = classes[i];
        p->group = p->class == BUDDY ? 1 : p->class == GROUP ? 7 : 0;
        p->id = (uint16_t)(p->class == GROUP ? 0 : 100 + i);
        (void)snprintf(p->name, sizeof p->name, p->class == 4 || p->class == 5 ? "" : "it%u", i);
        if (p->class != 0x14)
            memcpy(p->attributes, attributes, p->n = sizeof attributes);
        edit(alice, 8, p);
        aim_expect_edited(alice, DONE);
    }
    aim_sign_off(alice);
    alice = aim_arrives(&w, "alice");
    fetch(alice);
    for (unsigned i = 0; i < COUNT; i++) {
        const struct item *got = find(put[i].name, put[i].class);

        if (!got || got->group != put[i].group || got->id != put[i].id || got->n != put[i].n ||
            memcmp(got->attributes, put[i].attributes, put[i].n) != 0)
            fail_msg("class %X came back otherwise", put[i].class);
    }
}

/* Each item has its status, in order; it counts at once, and the end of the edit changes nothing.
 */
static void an_edit_of_many_items_is_answered_item_by_item(void **state)
{
    struct aim *alice = aim_arrives(&w, "alice");
    struct buf b = {0};
    struct span answer;

    (void)state;
    (void)aim_arrives(&w, "dave");
    (void)aim_arrives(&w, "erin");
    (void)aim_send(alice, 0x13, 0x11, NULL, 0);
    aim_put_item(&b, "dave", 1, 10, BUDDY, (struct span){0});
    aim_put_item(&b, "no such man @", 1, 11, BUDDY, (struct span){0});
    aim_put_item(&b, "erin", 1, 12, BUDDY, (struct span){0});
    (void)aim_send_buf(alice, 0x13, 8, &b);
    answer = aim_expect_body(alice, 0x13, 0xE);
    assert_int_equal(aim_u16(&answer), DONE);
    assert_int_equal(aim_u16(&answer), CANNOT_ADD);
    assert_int_equal(aim_u16(&answer), DONE);
    aim_expect_arrived(alice, "dave", false);
    aim_expect_arrived(alice, "erin", false);
    (void)aim_send(alice, 0x13, 0x12, NULL, 0);
    aim_expect_quiet(alice);
}

/* ICQ Lite falls over an arrival before the status. */
static void the_status_comes_before_the_arrival(void **state)
{
    struct aim *alice = aim_arrives(&w, "alice");
    struct aim_heard h;

    (void)state;
    (void)aim_arrives(&w, "dave");
    aim_forget(alice);
    aim_lists(alice, true, "dave", 1, 7, BUDDY);
    while (aim_next(alice, &h) && !(h.family == 0x13 && h.subtype == 0xE))
        assert_false(h.family == 3 && h.subtype == 0xB);
    aim_expect_arrived(alice, "dave", false);
}

/* Inserting what is there, changing what is not, taking off what is not. */
static void an_edit_that_does_not_fit_is_answered_too(void **state)
{
    struct item i = {.name = "dave", .group = 1, .id = 7, .class = BUDDY};
    struct aim *alice = aim_arrives(&w, "alice");
    struct span answer;

    (void)state;
    edit(alice, 8, &i);
    aim_expect_edited(alice, DONE);
    memcpy(i.attributes, "\1\x31\0\1d", i.n = 5);
    edit(alice, 8, &i);
    aim_expect_edited(alice, DONE);
    fetch(alice);
    assert_int_equal(find("dave", BUDDY)->n, 5);
    i.id = 99;
    edit(alice, 0xA, &i);
    answer = aim_expect_body(alice, 0x13, 0xE);
    assert_in_range(aim_u16(&answer), DONE, NOT_FOUND);
    (void)aim_send(alice, 0x13, 8, "\0\4dav", 5); /* breaks off */
    aim_expect_on(alice);
    edit(alice, 0xA, &(struct item){.name = "dave", .group = 1, .id = 7});
    aim_expect_edited(alice, DONE);
}

/* A buddy of a name that nobody has stays on the list, and is not there. */
static void somebody_who_does_not_exist_yet_is_kept(void **state)
{
    struct aim *alice = aim_arrives(&w, "alice"), *fred;

    (void)state;
    aim_lists(alice, true, "Fred", 1, 7, BUDDY);
    aim_expect_edited(alice, DONE);
    aim_expect_quiet(alice);
    world_user(&w, "fred");
    fred = aim_arrives(&w, "fred");
    aim_expect_arrived(alice, "fred", false);
    aim_sign_off(fred);
    aim_expect_departed(alice, "fred");
}

/* ---- whether the client's copy is current */

static void asks_for_changes(struct aim *a, uint32_t changed, unsigned count)
{
    struct buf b = {0};

    buf_u32(&b, changed);
    aim_put16(&b, count);
    aim_forget(a);
    (void)aim_send_buf(a, 0x13, 5, &b);
}

static void a_copy_is_current_by_its_time_and_count(void **state)
{
    struct aim *alice = aim_arrives(&w, "alice");
    struct span answer;

    (void)state;
    aim_lists(alice, true, "dave", 1, 7, BUDDY);
    fetch(alice);
    asks_for_changes(alice, list.changed, list.n);
    answer = aim_expect_body(alice, 0x13, 0xF);
    assert_int_equal(aim_u32(&answer), list.changed);
    assert_int_equal(aim_u16(&answer), list.n);
    asks_for_changes(alice, list.changed, list.n - 1);
    (void)aim_expect_body(alice, 0x13, 6);
    asks_for_changes(alice, list.changed - 1, list.n);
    (void)aim_expect_body(alice, 0x13, 6);
    world_pass(&w, 2 * SECOND);
    aim_lists(alice, false, "dave", 1, 7, BUDDY);
    aim_lists(alice, true, "erin", 1, 7, BUDDY);
    asks_for_changes(alice, list.changed, list.n);
    (void)aim_expect_body(alice, 0x13, 6);
}

/* ---- limits and repair */

static void more_than_the_rights_say_is_refused(void **state)
{
    struct item i = {.group = 1, .class = BUDDY};
    struct aim *alice = aim_arrives(&w, "alice");
    struct span rights, counts;
    unsigned most;

    (void)state;
    (void)aim_send(alice, 0x13, 2, NULL, 0);
    rights = aim_expect_body(alice, 0x13, 3);
    counts = aim_tlv(rights, 4);
    most = aim_u16(&counts);
    for (unsigned n = 1; n <= most; n++) {
        i.id = (uint16_t)n;
        (void)snprintf(i.name, sizeof i.name, "buddy%u", n);
        edit(alice, 8, &i);
        aim_expect_edited(alice, DONE);
    }
    i.id = (uint16_t)(most + 1);
    strcpy(i.name, "onemore");
    edit(alice, 8, &i);
    aim_expect_edited(alice, FULL);
    fetch(alice);
    assert_int_equal(list.n, 2 + most);
    assert_true(list.frames > 1);
    memset(i.name, 'x', 98);
    i.class = 6;
    i.group = 0;
    edit(alice, 8, &i);
    aim_expect_edited(alice, CANNOT_ADD);
}

static bool has_order(const struct item *i, unsigned id)
{
    struct span order = aim_tlv(span_of(i->attributes, i->n), ORDER);

    while (order.n >= 2)
        if (aim_u16(&order) == id)
            return true;
    return false;
}

/* node-oscar falls over an order that names what does not exist. */
static void an_order_names_only_what_there_is(void **state)
{
    struct item group = {.name = "Friends", .group = 5, .class = GROUP},
                dave = {.name = "dave", .group = 5, .id = 9, .class = BUDDY};
    struct aim *alice = aim_arrives(&w, "alice");

    (void)state;
    memcpy(group.attributes, "\0\xC8\0\6\0\x9\0\x8\0\x7", group.n = 10);
    edit(alice, 8, &group);
    edit(alice, 8, &dave);
    fetch(alice);
    assert_true(has_order(find("Friends", GROUP), 9));
    assert_false(has_order(find("Friends", GROUP), 8));
    edit(alice, 0xA, &dave);
    fetch(alice);
    assert_false(has_order(find("Friends", GROUP), 9));
    edit(alice, 0xA, &group);
    fetch(alice);
    assert_false(has_order(find("", GROUP), 5));
}

/* Whom the list names is watched since it was fetched: what is edited before its client is
 * announced counts. */
static void an_edit_between_the_list_and_being_announced_counts(void **state)
{
    struct item number = {.name = "700700", .group = 1, .id = 7},
                erin = {.name = "erin", .group = 1, .id = 10};
    struct aim *alice = aim_arrives(&w, "alice"), *her = aim_arrives(&w, "erin"),
               *dave = aim_arrives(&w, "dave");

    (void)state;
    aim_arrives(&w, "700700");
    aim_lists(dave, true, "erin", 1, 8, BUDDY);
    aim_expect_arrived(dave, "erin", false);
    aim_lists(alice, true, "dave", 1, 9, BUDDY);
    aim_expect_arrived(alice, "dave", false);
    edit(alice, 8, &erin);
    aim_expect_arrived(alice, "erin", false); /* whom another one has on his list, too */
    aim_sign_off(alice);
    alice = aim_arrives_so(&w, &(struct aim_login){.name = "alice", .many = 1, .old = true});
    fetch(alice);
    edit(alice, 8, &number);
    aim_expect_edited(alice, DONE);
    edit(alice, 0xA, &erin);
    aim_expect_edited(alice, DONE);
    aim_expect_nothing_of(alice, 3, 0xB);
    (void)aim_send(alice, 0x13, 7, NULL, 0);
    aim_ready(alice);
    aim_expect_arrived(alice, "dave", false);
    aim_expect_arrived(alice, "700700", false);
    aim_away(her, "out");
    aim_expect_nothing_of(alice, 3, 0xB);
    aim_expect_arrived(dave, "erin", true); /* it was not he who took her off */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONVERSATION(a_new_user_has_a_list_with_a_group),
        CONVERSATION(whatever_was_put_comes_back_as_it_was),
        CONVERSATION(an_edit_of_many_items_is_answered_item_by_item),
        CONVERSATION(the_status_comes_before_the_arrival),
        CONVERSATION(an_edit_that_does_not_fit_is_answered_too),
        CONVERSATION(somebody_who_does_not_exist_yet_is_kept),
        CONVERSATION(a_copy_is_current_by_its_time_and_count),
        CONVERSATION(more_than_the_rights_say_is_refused),
        CONVERSATION(an_order_names_only_what_there_is),
        CONVERSATION(an_edit_between_the_list_and_being_announced_counts),
    };

    return cmocka_run_group_tests_name("scenario/lists", tests, NULL, NULL);
}
