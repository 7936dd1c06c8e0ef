#include "simple/txn/server.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/siphash.h"
#include "simple/txn/reply.h"
#include "simple/txn/server_priv.h"
#include "simple/wire/print.h"

/* For how many T1 a request is remembered: Timer J runs 64*T1 from the answer (RFC 3261 17.2.2),
 * which mostly comes soon; where it does not, from then on. */
enum { SOON_T1 = 10, REPEATS_T1 = 64 + SOON_T1 };

bool server_init(struct server *s, struct outbox *out, uint32_t max_pending, uint32_t max_answered,
                 uint64_t t1, uint64_t now)
{
    *s = (struct server){
        .out = out, .t1 = t1, .max_slots = max_pending, .spare.room = SERVER_PENDING_ROOM};
    rng_init(&s->rng);
    rng_seed(s->secret, sizeof s->secret);
    rng_seed(s->tag_secret, sizeof s->tag_secret);
    list_init(&s->fresh);
    list_init(&s->late);
    list_init(&s->kept_fifo);
    table_init(&s->kept);
    table_init(&s->invites);
    anew_init(&s->anew);
    return answered_init(&s->answered, max_answered, REPEATS_T1 * t1, now);
}

void server_fini(struct server *s)
{
    LIST_EACH (struct pending, p, &s->fresh, fifo)
        free(p);
    LIST_EACH (struct pending, p, &s->late, fifo)
        free(p);
    pool_fini(&s->spare);
    kept_fini(s);
    invites_fini(s);
    anew_fini(&s->anew);
    answered_fini(&s->answered);
    free((void *)s->slots);
    free(s->free);
    buf_fini(&s->scratch);
}

struct txn_key server_key(const struct server *s, const struct sip_msg *m)
{
    struct txn_key key;

    txn_key_id(s->secret, m, &key);
    answered_expect(&s->answered, &key);
    txn_key_branch(s->secret, m, &key);
    return key;
}

void server_tag(const struct server *s, const struct txn_key *key, char tag[SERVER_TAG])
{
    uint64_t h = siphash(s->tag_secret, span_of(key, sizeof *key));

    for (int i = 0; i < SERVER_TAG; i++)
        tag[i] = "abcdefghijklmnopqrstuvwxyz234567"[h >> 5 * i & 31];
}

/* Status line and what is repeated from the request. The tag follows from the request, so a repeat
 * gets the same one (RFC 3261 8.2.6.2). */
static void print_head(struct buf *b, const struct sip_msg *m, const struct sip_hop *from,
                       const char tag[SERVER_TAG], int status, struct span reason)
{
    char words[128];

    sip_put_reply(b, m,
                  &(struct sip_reply){
                      .status = status,
                      .reason = reason.n && span_copy(reason, words, sizeof words) ? words : NULL,
                      .to_tag = span_of(tag, SERVER_TAG),
                      .source = &from->addr,
                  });
}

static void print_rest(struct buf *b, const struct sip_answer *a)
{
    buf_add(b, a->headers);
    if (a->body.n && a->content_type.n)
        sip_put_hdr(b, SIP_HDR_CONTENT_TYPE, a->content_type);
    sip_put_body(b, a->body);
}

void server_print(struct server *s, struct buf *b, const struct sip_msg *m,
                  const struct sip_hop *from, const struct txn_key *key, const struct sip_answer *a)
{
    char tag[SERVER_TAG];

    server_tag(s, key, tag);
    print_head(b, m, from, tag, a->status, a->reason);
    print_rest(b, a);
}

void server_again(struct server *s, const struct sip_msg *m, const struct sip_hop *from,
                  const struct txn_key *key, const struct sip_answer *a)
{
    struct sip_hop to = reply_hop(m, from);

    server_print(s, outbox_begin(s->out), m, from, key, a);
    outbox_end(s->out, &to, 0);
}

void server_refuse(struct server *s, const struct sip_msg *m, const struct sip_hop *from,
                   const struct txn_key *key, const struct sip_answer *a)
{
    s->n_refused++;
    server_again(s, m, from, key, a);
}

struct span server_retry_later(struct server *s, char line[SERVER_RETRY_LATER])
{
    unsigned spread = SERVER_RETRY_MAX - SERVER_RETRY_MIN + 1;
    int n = snprintf(line, SERVER_RETRY_LATER, "Retry-After: %u\r\n",
                     SERVER_RETRY_MIN + (unsigned)(rng_u32(&s->rng) % spread));

    return span_of(line, (size_t)n);
}

static void refuse_busy(struct server *s, const struct sip_msg *m, const struct sip_hop *from,
                        const struct txn_key *key)
{
    char line[SERVER_RETRY_LATER];

    server_refuse(s, m, from, key,
                  &(struct sip_answer){.status = 503, .headers = server_retry_later(s, line)});
}

/* A challenge is made anew for each copy (RFC 3261 26.3.2.4 keeps no state for it): the nonce is
 * fresh then, and a client that was started again with the ids of its run before is not answered
 * with what that was told. */
static bool is_challenge(int status)
{
    return status == 401 || status == 407;
}

/* What a server that signs for its users hears of what it signed: it sends the same request once
 * more, signed in another form (RFC 8224 6.2.3). */
static bool is_about_identity(int status)
{
    return status == 428 || (status >= 436 && status <= 438);
}

/* May an answer given before be asked for anew? "Try again" was said then. */
static bool invites_another_try(int status)
{
    return is_challenge(status) || is_about_identity(status) || (status >= 500 && status < 600);
}

/* Is it said anew rather than once more? A phone that counts its ids from the start after it was
 * started again publishes under those of its run before. */
static bool is_of_run_before(const struct server *s, const struct sip_msg *m,
                             const struct sip_hop *from, uint32_t at)
{
    return m->method == SIP_PUBLISH &&
           answered_is_before(&s->answered, at, anew_since(&s->anew, from));
}

enum server_seen server_repeat(struct server *s, const struct sip_msg *m,
                               const struct sip_hop *from, const struct txn_key *key, uint64_t now)
{
    uint32_t at;
    const struct answered_entry *e;
    bool other_way;

    answered_expire(&s->answered, now);
    at = answered_find(&s->answered, key, m->method);
    if (!at)
        return SERVER_NEW;
    if (is_of_run_before(s, m, from, at)) {
        answered_forget(&s->answered, at);
        return SERVER_NEW;
    }
    e = answered_get(&s->answered, at);
    other_way = e->key.branch != key->branch;
    if (is_challenge(e->status) || (other_way && invites_another_try(e->status)))
        return SERVER_NEW;
    s->n_repeats++;
    if (other_way && (e->status == 0 || m->method != SIP_MESSAGE)) {
        /* S-178, RFC 3261 8.2.2.2: one request that came two ways is answered once */
        server_refuse(s, m, from, key, &(struct sip_answer){.status = 482});
    } else if (e->remade) {
        return SERVER_REMADE;
    } else if (e->status) {
        struct sip_answer a = {.status = e->status};

        kept_find(s, key, m->method, &a);
        server_again(s, m, from, key, &a);
    } else if (e->provisional) { /* Proceeding: the last provisional once more */
        server_again(s, m, from, key, &(struct sip_answer){.status = 100});
    }
    return SERVER_SEEN;
}

/* --- requests that wait for their answer --- */

static uint32_t slot_of(struct sip_txn txn)
{
    return (uint32_t)txn.id;
}

static struct pending *pending_find(const struct server *s, struct sip_txn txn)
{
    struct pending *p = slot_of(txn) < s->n_slots ? s->slots[slot_of(txn)] : NULL;

    return p && p->txn.id == txn.id ? p : NULL;
}

static bool more_slots(struct server *s)
{
    uint32_t n = s->n_slots ? s->n_slots * 2 : 256;
    struct pending **slots;
    uint32_t *numbers;

    if (n > s->max_slots)
        n = s->max_slots;
    if (n == s->n_slots)
        return false;
    slots = realloc((void *)s->slots, n * sizeof(struct pending *));
    if (slots)
        s->slots = slots;
    numbers = realloc(s->free, n * sizeof *numbers);
    if (numbers)
        s->free = numbers;
    if (!slots || !numbers)
        return false;
    for (uint32_t i = n; i > s->n_slots; i--) {
        s->slots[i - 1] = NULL;
        s->free[s->n_free++] = i - 1;
    }
    s->n_slots = n;
    return true;
}

static size_t size_of(const struct pending *p)
{
    return sizeof *p + p->lines_n + p->head_n;
}

/* All of a response but its status line and what is ours to say, ready in one piece. */
static struct pending *pending_new(struct server *s, const struct sip_msg *m,
                                   const struct sip_hop *from, const struct txn_key *key)
{
    struct span head = m->method == SIP_SUBSCRIBE ? m->head : (struct span){0};
    struct pending *p;
    struct span lines;
    char tag[SERVER_TAG];

    server_tag(s, key, tag);
    buf_reset(&s->scratch);
    sip_put_repeated(
        &s->scratch, m,
        &(struct sip_reply){.to_tag = span_of(tag, sizeof tag), .source = &from->addr});
    lines = buf_span(&s->scratch);
    if (!buf_ok(&s->scratch) || !lines.n)
        return NULL;
    if (s->pending_bytes + lines.n + head.n > SERVER_PENDING_BYTES_MAX)
        return NULL;
    p = pool_take(&s->spare, sizeof *p + lines.n + head.n);
    if (!p)
        return NULL;
    *p = (struct pending){.key = *key,
                          .from = *from,
                          .reply = reply_hop(m, from),
                          .method = m->method,
                          .lines_n = lines.n,
                          .head_n = head.n};
    memcpy(p->tag, tag, sizeof tag);
    memcpy(p->bytes, lines.p, lines.n);
    if (head.n)
        memcpy(p->bytes + lines.n, head.p, head.n);
    return p;
}

static void pending_free(struct server *s, struct pending *p)
{
    uint32_t slot = slot_of(p->txn);

    list_remove(&p->fifo);
    s->slots[slot] = NULL;
    s->free[s->n_free++] = slot;
    s->pending_bytes -= size_of(p);
    pool_give(&s->spare, p, size_of(p));
}

/* The entry a repeat is known by. One that may be asked anew is used again. */
static uint32_t entry_for(struct server *s, const struct sip_msg *m, const struct txn_key *key,
                          uint64_t now)
{
    uint32_t at = answered_find(&s->answered, key, m->method);
    struct answered_entry *e;

    if (!at)
        return answered_add(&s->answered, key, m->method, now);
    e = answered_get(&s->answered, at);
    e->key = *key;
    e->status = 0;
    e->provisional = e->remade = false;
    kept_drop(s, key, m->method);
    return at;
}

struct sip_txn server_open(struct server *s, const struct sip_msg *m, const struct sip_hop *from,
                           const struct txn_key *key, uint64_t now)
{
    struct pending *p = NULL;
    uint32_t slot;

    if (s->n_free > 0 || more_slots(s))
        p = pending_new(s, m, from, key);
    if (p)
        p->entry = entry_for(s, m, key, now);
    if (!p || !p->entry) {
        pool_give(&s->spare, p, p ? size_of(p) : 0);
        refuse_busy(s, m, from, key);
        return (struct sip_txn){0};
    }
    slot = s->free[--s->n_free];
    p->txn.id = (uint64_t)++s->generation << 32 | slot;
    p->born = now;
    s->slots[slot] = p;
    s->pending_bytes += size_of(p);
    list_append(&s->fresh, &p->fifo);
    return p->txn;
}

/* The entry may have been forgotten for want of room, and its place given to another. */
static struct answered_entry *entry_of(const struct server *s, const struct pending *p)
{
    struct answered_entry *e = answered_get(&s->answered, p->entry);

    return memcmp(&e->key, &p->key, sizeof e->key) == 0 && e->method == p->method ? e : NULL;
}

/* Of a MESSAGE it is known for an hour anyway. */
static struct answered_entry *entry_at_answer(struct server *s, struct pending *p, uint64_t now)
{
    struct answered_entry *e = entry_of(s, p);

    if (p->method == SIP_MESSAGE || (e && now - p->born < SOON_T1 * s->t1))
        return e;
    if (e)
        answered_forget(&s->answered, p->entry);
    p->entry = answered_add(&s->answered, &p->key, p->method, now);
    return p->entry ? answered_get(&s->answered, p->entry) : NULL;
}

bool server_respond(struct server *s, struct sip_txn txn, const struct sip_answer *a, uint64_t now)
{
    struct pending *p = pending_find(s, txn);
    struct answered_entry *e;
    struct buf *b;
    char words[128];

    if (!p || a->status < 200 || a->status > 699)
        return false;
    if (a->status == 408) { /* S-176, RFC 4320 4.2: it would come too late to be of use */
        pending_free(s, p);
        return false;
    }
    b = outbox_begin(s->out);
    sip_put_status_line(b, a->status,
                        a->reason.n && span_copy(a->reason, words, sizeof words) ? words : NULL);
    buf_put(b, p->bytes, p->lines_n);
    print_rest(b, a);
    if (!outbox_end(s->out, &p->reply, 0))
        return false;
    e = entry_at_answer(s, p, now);
    if (e) {
        e->status = (uint16_t)a->status;
        e->remade = a->remade;
        if (!is_challenge(a->status) && !a->remade) /* those are made anew for each copy */
            kept_add(s, &p->key, p->method, a, now);
    }
    pending_free(s, p);
    return true;
}

bool server_request(const struct server *s, struct sip_txn txn, struct server_request *out)
{
    const struct pending *p = pending_find(s, txn);

    if (!p)
        return false;
    *out = (struct server_request){.head = span_of(p->bytes + p->lines_n, p->head_n),
                                   .tag = span_of(p->tag, sizeof p->tag),
                                   .from = p->from,
                                   .reply = p->reply};
    return true;
}

void server_cancel(struct server *s, const struct sip_msg *m, const struct sip_hop *from,
                   const struct txn_key *key)
{
    bool known = answered_find_cancelled(&s->answered, key) != 0 || invite_find(s, key);

    server_refuse(s, m, from, key, &(struct sip_answer){.status = known ? 200 : 481});
}

/* --- time --- */

/* S-175, RFC 4320 4.1: 100 when the sender's Timer E would reach T2, at 7*T1, and over UDP only. */
static void say_trying(struct server *s, struct pending *p)
{
    struct answered_entry *e = entry_of(s, p);
    struct buf *b;

    if (reply_is_reliable(p->reply.transport))
        return;
    b = outbox_begin(s->out);
    sip_put_status_line(b, 100, NULL);
    buf_put(b, p->bytes, p->lines_n);
    sip_put_body(b, (struct span){0});
    if (outbox_end(s->out, &p->reply, 0) && e)
        e->provisional = true;
}

static uint64_t head_due(const struct list *fifo, uint64_t after)
{
    return list_empty(fifo) ? DEADLINE_NEVER
                            : LIST_OF(fifo->next, struct pending, fifo)->born + after;
}

uint64_t server_deadline(const struct server *s)
{
    uint64_t first = head_due(&s->fresh, 7 * s->t1);
    uint64_t late = head_due(&s->late, 64 * s->t1);
    uint64_t invites = deadlines_first(&s->invites_due);

    if (late < first)
        first = late;
    return invites < first ? invites : first;
}

void server_tick(struct server *s, uint64_t now)
{
    LIST_EACH (struct pending, p, &s->fresh, fifo) {
        if (p->born + 7 * s->t1 > now)
            break;
        list_remove(&p->fifo);
        list_append(&s->late, &p->fifo);
        say_trying(s, p);
    }
    LIST_EACH (struct pending, p, &s->late, fifo) {
        if (p->born + 64 * s->t1 > now)
            break;
        pending_free(s, p);
    }
    answered_expire(&s->answered, now);
    anew_expire(&s->anew, now > REPEATS_T1 * s->t1 ? now - REPEATS_T1 * s->t1 : 0);
    kept_expire(s, now);
    invites_tick(s, now);
}

size_t server_pending(const struct server *s)
{
    return s->n_slots - s->n_free;
}
