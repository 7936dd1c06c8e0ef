#include "simple/txn/client.h"

#include <stdlib.h>

#include "simple/txn/reply.h"

enum {
    COOKIE = sizeof SIP_COOKIE - 1,
    SLOT_DIGITS = 7,
    RANDOM = CLIENT_BRANCH - COOKIE - SLOT_DIGITS
};
static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";

void clients_init(struct clients *cl, struct outbox *out, struct rng *rng, uint32_t max,
                  uint64_t t1)
{
    *cl = (struct clients){.out = out, .rng = rng, .max_slots = max, .t1 = t1};
}

static void release(struct client_txn *t)
{
    list_remove(&t->told);
    free(t->bytes);
    free(t);
}

void clients_fini(struct clients *cl)
{
    for (uint32_t i = 0; i < cl->n_slots; i++) {
        if (cl->slots[i])
            release(cl->slots[i]);
    }
    free((void *)cl->slots);
    free(cl->free);
    deadlines_fini(&cl->due);
}

size_t clients_count(const struct clients *cl)
{
    return cl->n_slots - cl->n_free;
}

static bool more_slots(struct clients *cl)
{
    uint32_t n = cl->n_slots ? cl->n_slots * 2 : 256;
    struct client_txn **slots;
    uint32_t *numbers;

    if (n > cl->max_slots)
        n = cl->max_slots;
    if (n == cl->n_slots)
        return false;
    slots = realloc((void *)cl->slots, n * sizeof(struct client_txn *));
    if (slots)
        cl->slots = slots;
    numbers = realloc(cl->free, n * sizeof *numbers);
    if (numbers)
        cl->free = numbers;
    if (!slots || !numbers)
        return false;
    for (uint32_t i = n; i > cl->n_slots; i--) {
        cl->slots[i - 1] = NULL;
        cl->free[cl->n_free++] = i - 1;
    }
    cl->n_slots = n;
    return true;
}

static uint32_t slot_of(uint64_t id)
{
    return (uint32_t)id;
}

static void print_branch(struct clients *cl, uint32_t slot, char branch[CLIENT_BRANCH])
{
    memcpy(branch, SIP_COOKIE, COOKIE);
    for (int i = 0; i < SLOT_DIGITS; i++)
        branch[COOKIE + i] = digits[slot >> (5 * i) & 31];
    rng_token(cl->rng, branch + COOKIE + SLOT_DIGITS, RANDOM);
}

struct client_txn *client_new(struct clients *cl, const struct sip_hop *hop, enum sip_method method)
{
    struct client_txn *t;
    uint32_t slot;

    if (cl->n_free == 0 && !more_slots(cl))
        return NULL;
    t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    slot = cl->free[--cl->n_free];
    t->id = (uint64_t)++cl->generation << 32 | slot;
    t->method = method;
    t->hop = *hop;
    print_branch(cl, slot, t->branch);
    cl->slots[slot] = t;
    return t;
}

/* Nothing finds it any more; its memory stays. */
static struct client_txn *end(struct clients *cl, struct client_txn *t, int status,
                              enum sip_cause cause)
{
    deadline_clear(&cl->due, &t->due);
    t->ended = true;
    t->status = status;
    t->cause = cause;
    return t;
}

void client_free(struct clients *cl, struct client_txn *t)
{
    if (!t)
        return;
    deadline_clear(&cl->due, &t->due);
    cl->slots[slot_of(t->id)] = NULL;
    cl->free[cl->n_free++] = slot_of(t->id);
    release(t);
}

bool client_start(struct clients *cl, struct client_txn *t, uint64_t now)
{
    struct span printed = outbox_printed(cl->out);
    bool repeats = !reply_is_reliable(t->hop.transport);

    t->ends = now + 64 * cl->t1;
    t->interval = cl->t1;
    if (buf_ok(&cl->out->bytes) &&
        repeats) { /* without memory it is sent once, and still waited for */
        t->bytes = malloc(printed.n);
        if (t->bytes)
            memcpy(t->bytes, printed.p, printed.n);
        t->n = t->bytes ? printed.n : 0;
    }
    if (deadline_set(&cl->due, &t->due, t->bytes ? now + t->interval : t->ends) != OK) {
        outbox_undo(cl->out);
        client_free(cl, t);
        return false;
    }
    if (!outbox_end(cl->out, &t->hop, t->id)) {
        client_free(cl, t);
        return false;
    }
    cl->n_sent++;
    return true;
}

struct client_txn *client_find(const struct clients *cl, uint64_t id)
{
    struct client_txn *t = slot_of(id) < cl->n_slots ? cl->slots[slot_of(id)] : NULL;

    return t && t->id == id && !t->ended ? t : NULL;
}

/* RFC 3261 17.1.3: branch of the top Via, and the method of CSeq (S-167). */
static struct client_txn *match(const struct clients *cl, const struct sip_msg *m)
{
    struct span branch = m->via.branch;
    uint32_t slot = 0;
    struct client_txn *t;

    if (branch.n != CLIENT_BRANCH)
        return NULL;
    for (int i = SLOT_DIGITS; i-- > 0;) {
        const char *digit = strchr(digits, branch.p[COOKIE + i]);

        if (!digit || !*digit)
            return NULL;
        slot = slot << 5 | (uint32_t)(digit - digits);
    }
    t = slot < cl->n_slots ? cl->slots[slot] : NULL;
    if (!t || t->ended || !span_eq(branch, span_of(t->branch, CLIENT_BRANCH)))
        return NULL;
    return t->method == m->cseq.method ? t : NULL;
}

struct client_txn *client_answered(struct clients *cl, const struct sip_msg *response, uint64_t now)
{
    struct client_txn *t = match(cl, response);

    if (!t)
        return NULL;
    if (response->status >= 200)
        return end(cl, t, response->status, SIP_BY_PEER);
    /* S-177, Proceeding: E runs in steps of T2 from here, F as before */
    if (t->bytes && t->interval < 8 * cl->t1) {
        uint64_t next = now + 8 * cl->t1;

        t->interval = 8 * cl->t1;
        if (deadline_set(&cl->due, &t->due, next < t->ends ? next : t->ends) != OK)
            return end(cl, t, 503, SIP_BY_TRANSPORT);
    }
    return NULL;
}

static struct client_txn *fail(struct clients *cl, struct client_txn *t, enum sip_cause how)
{
    cl->n_transport++;
    return end(cl, t, 503, how);
}

struct client_txn *client_failed(struct clients *cl, uint64_t id)
{
    struct client_txn *t = client_find(cl, id);

    return t ? fail(cl, t, SIP_BY_TRANSPORT) : NULL;
}

/* Sent over that connection, or to that address without saying by which. Whose certificate was
 * wanted tells TLS connections to one address apart, and nothing else. */
static bool same_way(const struct sip_hop *sent, const struct sip_hop *broken)
{
    if (sent->flow && broken->flow)
        return sent->flow == broken->flow;
    return sent->transport == broken->transport && sip_addr_eq(&sent->addr, &broken->addr) &&
           (broken->flow || broken->transport != SIP_TRANSPORT_TLS ||
            sent->domain == broken->domain);
}

struct client_txn *client_hop_failed(struct clients *cl, const struct sip_hop *hop,
                                     enum sip_cause how, uint32_t *at)
{
    for (; *at < cl->n_slots; ++*at) {
        struct client_txn *t = cl->slots[*at];

        if (t && !t->ended && same_way(&t->hop, hop))
            return fail(cl, t, how);
    }
    return NULL;
}

struct client_txn *client_tick(struct clients *cl, uint64_t now)
{
    struct deadline *d;

    while ((d = deadlines_due(&cl->due, now)) != NULL) {
        struct client_txn *t = LIST_OF(d, struct client_txn, due);
        uint64_t next;

        if (now >= t->ends) {
            cl->n_timeouts++;
            return end(cl, t, 408, SIP_BY_TIMEOUT);
        }
        outbox_again(cl->out, span_of(t->bytes, t->n), &t->hop, t->id);
        cl->n_resent++;
        t->interval = t->interval * 2 < 8 * cl->t1 ? t->interval * 2 : 8 * cl->t1;
        next = now + t->interval < t->ends ? now + t->interval : t->ends;
        if (deadline_set(&cl->due, &t->due, next) != OK)
            return end(cl, t, 503, SIP_BY_TRANSPORT);
    }
    return NULL;
}
