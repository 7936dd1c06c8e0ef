#include "gateway/flow/thread.h"

#include <stdlib.h>

#include "base/list.h"
#include "base/siphash.h"
#include "base/table.h"

struct thread {
    struct list node; /* not used for longest first */
    uint64_t used;
    char call_id[THREAD_ID];
    struct span uri, route; /* behind the struct */
};

struct threads {
    struct table by_call_id;
    struct list all;
    uint32_t cseq;
};

struct threads *threads_new(void)
{
    struct threads *all = calloc(1, sizeof *all);

    if (all) {
        table_init(&all->by_call_id);
        list_init(&all->all);
    }
    return all;
}

static void thread_free(struct threads *all, struct thread *t)
{
    table_remove(&all->by_call_id, span_of(t->call_id, THREAD_ID));
    list_remove(&t->node);
    free(t);
}

void threads_free(struct threads *all)
{
    if (!all)
        return;
    LIST_EACH (struct thread, t, &all->all, node)
        thread_free(all, t);
    table_fini(&all->by_call_id);
    free(all);
}

static void print_bits(const uint64_t bits[2], char to[THREAD_ID])
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";

    for (int i = 0; i < THREAD_ID; i++)
        to[i] = letters[bits[i & 1] >> (i / 2 * 5) & 31];
}

/* No secret: it must be the same tomorrow, and hides nothing that From and To do not say. */
void thread_ids(const struct address *from, const struct address *to, char call_id[THREAD_ID],
                char tag[THREAD_ID])
{
    static const uint64_t for_call_id[2] = {0, 0}, for_tag[2] = {0, 1};
    const struct span parts[] = {from->user, from->host, to->user, to->host};
    uint64_t bits[2];

    siphash_parts(for_call_id, parts, 4, bits);
    print_bits(bits, call_id);
    siphash_parts(for_tag, parts, 4, bits);
    print_bits(bits, tag);
}

uint32_t thread_cseq(struct threads *all, int64_t unix_now)
{
    uint32_t clock = (uint32_t)unix_now & INT32_MAX; /* RFC 3261 8.1.1.5: below 2^31 */

    all->cseq = clock > all->cseq ? clock : all->cseq + 1;
    return all->cseq;
}

void thread_way(struct threads *all, const char call_id[THREAD_ID], uint64_t now, struct span *uri,
                struct span *route)
{
    struct thread *t = table_find(&all->by_call_id, span_of(call_id, THREAD_ID));

    *uri = *route = (struct span){0};
    if (t && now - t->used > THREAD_MS) {
        thread_free(all, t);
        t = NULL;
    }
    if (!t)
        return;
    t->used = now;
    list_remove(&t->node);
    list_append(&all->all, &t->node);
    *uri = t->uri;
    *route = t->route;
}

/* RFC 3261 12.1.2: Record-Route as it came, last first. */
static void put_routes(struct buf *b, struct sip_each *each)
{
    struct sip_name_addr route;
    struct buf rest = {.max = THREAD_WAY_MAX};

    if (!sip_name_addr_next(each, &route))
        return;
    put_routes(&rest, each);
    buf_add(b, buf_span(&rest));
    b->bad = b->bad || !buf_ok(&rest);
    if (rest.n)
        BUF_LIT(b, ", ");
    BUF_LIT(b, "<");
    buf_add(b, route.uri);
    BUF_LIT(b, ">");
    buf_fini(&rest);
}

static void remember(struct threads *all, const char call_id[THREAD_ID], struct span uri,
                     struct span route, uint64_t now)
{
    struct thread *t = calloc(1, sizeof *t + uri.n + route.n);
    uint8_t *at;

    if (!t)
        return;
    at = (uint8_t *)(t + 1);
    memcpy(t->call_id, call_id, THREAD_ID);
    t->used = now;
    t->uri = span_place(&at, uri);
    t->route = span_place(&at, route);
    if (table_add(&all->by_call_id, span_of(t->call_id, THREAD_ID), t)) {
        free(t);
        return;
    }
    list_append(&all->all, &t->node);
    if (table_count(&all->by_call_id) > THREADS_MAX)
        thread_free(all, LIST_OF(all->all.next, struct thread, node));
}

void thread_learn(struct threads *all, const char call_id[THREAD_ID], const struct sip_msg *answer,
                  uint64_t now)
{
    struct sip_each routes = sip_each(answer, SIP_HDR_RECORD_ROUTE),
                    contacts = sip_each(answer, SIP_HDR_CONTACT);
    struct sip_contact_value contact = {0};
    struct buf route = {.max = THREAD_WAY_MAX};

    if (!sip_contact_next(&contacts, &contact) || contact.star)
        contact.addr.uri = (struct span){0};
    put_routes(&route, &routes);
    if (buf_ok(&route) && (route.n || contact.addr.uri.n)) {
        thread_forget(all, call_id);
        remember(all, call_id, contact.addr.uri, buf_span(&route), now);
    }
    buf_fini(&route);
}

void thread_forget(struct threads *all, const char call_id[THREAD_ID])
{
    struct thread *t = table_find(&all->by_call_id, span_of(call_id, THREAD_ID));

    if (t)
        thread_free(all, t);
}
