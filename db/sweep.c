#include "db/sweep.h"

#include "db/contacts.h"
#include "db/levels.h"
#include "db/messages.h"
#include "db/privacy.h"
#include "db/publications.h"

enum err store_sweep(struct store *s, int64_t now, bool *more)
{
    static enum err (*const rooms[])(struct store *, int64_t) = {
        contacts_expire, privacy_expire, publications_expire};
    int gone = 0;
    enum err e = OK;

    for (size_t i = 0; i < sizeof rooms / sizeof rooms[0] && e == OK; i++)
        e = rooms[i](s, now - SWEEP_GRACE);
    if (e == OK)
        e = levels_expire(s, now);
    if (e == OK)
        e = messages_forget_keys(s, now, SWEEP_KEYS_MAX, &gone);
    *more = e == OK && gone == SWEEP_KEYS_MAX;
    return e;
}
