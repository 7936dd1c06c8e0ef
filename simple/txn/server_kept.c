/* Answers that a repeated request does not carry the making of: own reason, headers, body. */
#include <stdlib.h>

#include "simple/txn/server_priv.h"

struct kept_name {
    uint64_t id[2], method;
};

struct kept {
    struct list fifo;
    struct kept_name name;
    uint64_t until;
    size_t reason_n, headers_n, type_n, body_n;
    uint8_t bytes[];
};

static struct kept_name name_of(const struct txn_key *key, enum sip_method method)
{
    return (struct kept_name){{key->id[0], key->id[1]}, method};
}

static size_t size_of(const struct kept *k)
{
    return sizeof *k + k->reason_n + k->headers_n + k->type_n + k->body_n;
}

static void kept_free(struct server *s, struct kept *k)
{
    table_remove(&s->kept, span_of(&k->name, sizeof k->name));
    list_remove(&k->fifo);
    s->kept_bytes -= size_of(k);
    free(k);
}

static uint8_t *append(uint8_t *to, struct span s)
{
    if (s.n)
        memcpy(to, s.p, s.n);
    return to + s.n;
}

void kept_add(struct server *s, const struct txn_key *key, enum sip_method method,
              const struct sip_answer *a, uint64_t now)
{
    size_t n = a->reason.n + a->headers.n + a->content_type.n + a->body.n;
    struct kept *k;
    uint8_t *to;

    kept_drop(s, key, method); /* of a request so named before, whose entry is gone */
    if (n == 0)
        return;
    k = malloc(sizeof *k + n);
    if (!k)
        return;
    while (!list_empty(&s->kept_fifo) &&
           (table_count(&s->kept) >= SERVER_KEPT_MAX || s->kept_bytes + n > SERVER_KEPT_BYTES_MAX))
        kept_free(s, LIST_OF(s->kept_fifo.next, struct kept, fifo));
    *k = (struct kept){.name = name_of(key, method),
                       .until = now + 64 * s->t1,
                       .reason_n = a->reason.n,
                       .headers_n = a->headers.n,
                       .type_n = a->content_type.n,
                       .body_n = a->body.n};
    to = append(k->bytes, a->reason);
    to = append(to, a->headers);
    to = append(to, a->content_type);
    append(to, a->body);
    if (table_add(&s->kept, span_of(&k->name, sizeof k->name), k) != OK) {
        free(k);
        return;
    }
    list_append(&s->kept_fifo, &k->fifo);
    s->kept_bytes += size_of(k);
}

static struct kept *find(const struct server *s, const struct txn_key *key, enum sip_method method)
{
    struct kept_name name = name_of(key, method);

    return table_find(&s->kept, span_of(&name, sizeof name));
}

void kept_find(const struct server *s, const struct txn_key *key, enum sip_method method,
               struct sip_answer *a)
{
    const struct kept *k = table_count(&s->kept) ? find(s, key, method) : NULL;
    const uint8_t *at;

    if (!k)
        return;
    at = k->bytes;
    a->reason = span_of(at, k->reason_n);
    at += k->reason_n;
    a->headers = span_of(at, k->headers_n);
    at += k->headers_n;
    a->content_type = span_of(at, k->type_n);
    at += k->type_n;
    a->body = span_of(at, k->body_n);
}

void kept_drop(struct server *s, const struct txn_key *key, enum sip_method method)
{
    struct kept *k = table_count(&s->kept) ? find(s, key, method) : NULL;

    if (k)
        kept_free(s, k);
}

void kept_expire(struct server *s, uint64_t now)
{
    while (!list_empty(&s->kept_fifo)) {
        struct kept *k = LIST_OF(s->kept_fifo.next, struct kept, fifo);

        if (k->until > now)
            return;
        kept_free(s, k);
    }
}

void kept_fini(struct server *s)
{
    kept_expire(s, UINT64_MAX);
    table_fini(&s->kept);
}
