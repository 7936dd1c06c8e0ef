#include "gateway/people/evidence.h"

#include <stdlib.h>

#include "base/hex.h"
#include "simple/doc/xml_time.h"

struct kept {
    int64_t at; /* as struct trace has them */
    const char *over, *id_is;
    struct sip_addr from;
    bool binary;
    uint16_t who_n, id_n, vias_n;
    uint8_t text[EVIDENCE_WHO + EVIDENCE_TEXT]; /* who, the id, the vias with ", " between */
};

struct evidence {
    size_t next;
    struct kept all[EVIDENCE_KEPT];
};

static uint16_t add(uint8_t *to, size_t room, struct span part)
{
    part = span_first(part, room);
    if (part.n)
        memcpy(to, part.p, part.n);
    return (uint16_t)part.n;
}

static void add_via(struct kept *k, struct span via)
{
    uint8_t *end = k->text + k->who_n + k->id_n + k->vias_n;
    size_t room = EVIDENCE_TEXT - k->id_n - k->vias_n;
    uint16_t n = k->vias_n ? add(end, room, SPAN(", ")) : 0;

    n = (uint16_t)(n + add(end + n, room - n, via));
    k->vias_n = (uint16_t)(k->vias_n + n);
}

void evidence_note(struct evidence **at, const struct trace *t)
{
    struct kept *k;

    if (!*at)
        *at = calloc(1, sizeof **at);
    if (!*at || t->who.n > EVIDENCE_WHO)
        return;
    k = &(*at)->all[(*at)->next++ % EVIDENCE_KEPT];
    k->at = t->at;
    k->over = t->over;
    k->id_is = t->id_is;
    k->from = t->from;
    k->binary = t->binary;
    k->who_n = add(k->text, EVIDENCE_WHO, t->who);
    k->id_n = add(k->text + k->who_n, EVIDENCE_TEXT, t->id);
    k->vias_n = 0;
    for (size_t i = 0; i < t->via_count; i++)
        add_via(k, t->vias[i]);
}

static void print(const struct kept *k, struct buf *out)
{
    struct span id = span_of(k->text + k->who_n, k->id_n);

    xml_time_print(out, k->at);
    buf_fmt(out, " %s from ", k->over);
    sip_addr_print_hostport(out, &k->from);
    buf_fmt(out, ", %s: ", k->id_is);
    if (k->binary)
        hex_write(out, id);
    else
        buf_add(out, id);
    if (k->vias_n) {
        BUF_LIT(out, ", Via: ");
        buf_put(out, id.p + id.n, k->vias_n);
    }
    buf_u8(out, '\n');
}

void evidence_print(const struct evidence *e, struct span who, struct buf *out)
{
    for (size_t i = 0; e && i < EVIDENCE_KEPT; i++) {
        const struct kept *k = &e->all[(e->next + i) % EVIDENCE_KEPT];

        if (k->at && span_eq(span_of(k->text, k->who_n), who))
            print(k, out);
    }
}
