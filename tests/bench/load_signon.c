/* Sign-ons by both connections, with the digest of newer clients and a stored list: each user once,
 * after it was stored; then each again, as those who come back within a minute. One after the
 * other: nothing of one helps the next. */
#include "tests/bench/load.h"

static void sign_on_each(const struct load *l)
{
    struct aim a;

    for (int i = 0; i < l->sessions; i++) {
        aim_sign_on_newer(&a, l, l->first + i);
        aim_leave(&a);
    }
}

static void store_lists(const struct load *l)
{
    struct aim a;

    for (int i = 0; i < l->sessions; i++) {
        aim_sign_on_newer(&a, l, l->first + i);
        aim_store_list(&a, l);
        aim_leave(&a);
    }
}

int load_signon(const struct load *l)
{
    struct usage before;
    uint64_t from;

    if (l->rounds == 0) { /* this time only the lists */
        store_lists(l);
        printf("{\"sessions\":%d}\n", l->sessions);
        return 0;
    }
    before = usage_now(l);
    from = now_ns();
    sign_on_each(l);
    printf("{");
    usage_print("first", &before, from, l, (uint32_t)l->sessions);
    before = usage_now(l);
    from = now_ns();
    sign_on_each(l);
    usage_print("again", &before, from, l, (uint32_t)l->sessions);
    printf("\"sessions\":%d}\n", l->sessions);
    return 0;
}
