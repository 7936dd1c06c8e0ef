/* INVITE is known only to be refused (S-141, S-179): the refusal is repeated until ACK comes. RFC
 * 3261 17.2.1: Timer G repeats it over UDP, doubling from T1 to T2; Timer H gives up after 64*T1;
 * Timer I (T4 over UDP, 0 over streams) absorbs further ACKs. */
#include <stdlib.h>

#include "simple/txn/reply.h"
#include "simple/txn/server_priv.h"

struct invite {
    struct txn_key key;
    struct deadline due;
    struct sip_hop reply;
    uint64_t interval, ends; /* Timer G; Timer H, then I */
    bool confirmed;          /* ACK came */
    size_t n;
    uint8_t bytes[];
};

static struct span name_of(const struct txn_key *key)
{
    return span_of(key, sizeof *key);
}

static void invite_free(struct server *s, struct invite *i)
{
    deadline_clear(&s->invites_due, &i->due);
    table_remove(&s->invites, name_of(&i->key));
    free(i);
}

/* No memory to wait for ACK in: the refusal went out once, and goes out again when INVITE comes
 * again. */
static void wait_for_ack(struct server *s, const struct txn_key *key, const struct sip_hop *reply,
                         struct span bytes, uint64_t now)
{
    struct invite *i;

    if (table_count(&s->invites) >= SERVER_INVITES_MAX)
        return;
    i = malloc(sizeof *i + bytes.n);
    if (!i)
        return;
    *i = (struct invite){
        .key = *key, .reply = *reply, .interval = s->t1, .ends = now + 64 * s->t1, .n = bytes.n};
    memcpy(i->bytes, bytes.p, bytes.n);
    if (table_add(&s->invites, name_of(&i->key), i) != OK) {
        free(i);
        return;
    }
    if (deadline_set(&s->invites_due, &i->due,
                     reply_is_reliable(reply->transport) ? i->ends : now + i->interval) != OK)
        invite_free(s, i);
}

void server_refuse_invite(struct server *s, const struct sip_msg *m, const struct sip_hop *from,
                          const struct txn_key *key, const struct sip_answer *a, uint64_t now)
{
    const struct invite *i = table_find(&s->invites, name_of(key));
    struct sip_hop to = reply_hop(m, from);
    struct buf *b;
    struct span printed;

    if (i) {
        s->n_repeats++;
        if (!i->confirmed)
            outbox_again(s->out, span_of(i->bytes, i->n), &i->reply, 0);
        return;
    }
    s->n_refused++;
    b = outbox_begin(s->out);
    server_print(s, b, m, from, key, a);
    printed = outbox_printed(s->out);
    if (outbox_end(s->out, &to, 0))
        wait_for_ack(s, key, &to, printed, now);
}

void server_ack(struct server *s, const struct txn_key *key, uint64_t now)
{
    struct invite *i = table_find(&s->invites, name_of(key));

    if (!i || i->confirmed)
        return; /* S-140: an ACK for nothing is dropped silently */
    i->confirmed = true;
    i->ends = now + 10 * s->t1;
    if (reply_is_reliable(i->reply.transport) ||
        deadline_set(&s->invites_due, &i->due, i->ends) != OK)
        invite_free(s, i);
}

bool invite_find(const struct server *s, const struct txn_key *key)
{
    return table_find(&s->invites, name_of(key)) != NULL;
}

void invites_tick(struct server *s, uint64_t now)
{
    struct deadline *d;

    while ((d = deadlines_due(&s->invites_due, now)) != NULL) {
        struct invite *i = LIST_OF(d, struct invite, due);
        uint64_t next;

        if (now >= i->ends) {
            invite_free(s, i);
            continue;
        }
        outbox_again(s->out, span_of(i->bytes, i->n), &i->reply, 0);
        i->interval = i->interval * 2 < 8 * s->t1 ? i->interval * 2 : 8 * s->t1;
        next = now + i->interval < i->ends ? now + i->interval : i->ends;
        if (deadline_set(&s->invites_due, &i->due, next) != OK)
            invite_free(s, i);
    }
}

void invites_fini(struct server *s)
{
    size_t at = 0;
    struct invite *i;

    while ((i = table_next(&s->invites, &at)) != NULL)
        free(i);
    table_fini(&s->invites);
    deadlines_fini(&s->invites_due);
}
