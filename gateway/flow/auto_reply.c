#include "gateway/flow/auto_reply.h"

#include "base/siphash.h"
#include "gateway/people/account.h"

bool auto_reply_is_second(struct aim_session *s, const struct address *to)
{
    struct account *a = s->account;
    struct buf *key = &s->w->scratch;
    struct auto_reply *oldest = &a->auto_replies[0];
    const uint64_t secret[2] = {a->created,
                                (uint64_t)a->id}; /* whom one could fool with it is oneself */
    uint64_t hash;

    if (s->of_account.next == &a->sessions && s->of_account.prev == &a->sessions)
        return false;
    buf_reset(key);
    address_key(key, &s->w->rules, to);
    hash = siphash(secret, buf_span(key));
    for (size_t i = 0; i < AUTO_REPLIES_KEPT; i++) {
        struct auto_reply *r = &a->auto_replies[i];

        if (r->to == hash && r->session && s->w->now - r->at < AUTO_REPLY_MS)
            return r->session != s->id;
        if (r->at < oldest->at)
            oldest = r;
    }
    *oldest = (struct auto_reply){.at = s->w->now, .to = hash, .session = s->id};
    return false;
}
