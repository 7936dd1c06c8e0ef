#include "gateway/flow/crossing.h"

#include "base/siphash.h"

#define HEADER "Gateway-Path"

/* Nobody else can make one, or tell whose it is. */
static struct span mark_of(const struct worker *w, const struct account *to,
                           char out[CROSSING_MARK])
{
    static const char digits[] = "0123456789abcdef";
    uint64_t bits = siphash(w->crossing_key, to->person->key);

    for (int i = 0; i < CROSSING_MARK; i++)
        out[i] = digits[bits >> (4 * i) & 15];
    return span_of(out, CROSSING_MARK);
}

static int check_path(struct worker *w, struct span path, const struct account *to)
{
    char mark[CROSSING_MARK];
    struct span own = {0};
    unsigned n = 0;

    if (to)
        own = mark_of(w, to, mark);
    while (path.n > 0) {
        size_t comma = span_find(path, ',');

        if (own.n && span_eq(span_trim(span_first(path, comma)), own))
            return 482;
        path = span_skip(path, comma + 1);
        n++;
    }
    return n > CROSSING_MARKS_MAX ? 483 : 0;
}

int crossing_read(struct worker *w, const struct sip_msg *m, const struct account *to,
                  struct crossing *out)
{
    const struct sip_hdr *h;
    unsigned left =
        m->has_max_forwards && m->max_forwards < CROSSING_HOPS ? m->max_forwards : CROSSING_HOPS;

    *out = (struct crossing){0};
    if (to && list_empty(&to->contacts))
        return 0; /* it goes on by AIM, or is stored */
    if (left == 0)
        return 483;
    out->used = (uint8_t)(CROSSING_HOPS - left + 1);
    h = sip_msg_find_other(m, HEADER);
    if (h && !h->broken && h->value.n <= (size_t)CROSSING_MARKS_MAX * (CROSSING_MARK + 4))
        out->path = h->value;
    else if (h)
        return 483;
    return check_path(w, out->path, to);
}

void crossing_put(struct buf *headers, const struct worker *w, struct span path,
                  const struct account *to)
{
    char mark[CROSSING_MARK];

    if (!path.n && !to)
        return;
    BUF_LIT(headers, HEADER ": ");
    buf_add(headers, path);
    if (path.n && to)
        BUF_LIT(headers, ", ");
    if (to)
        buf_add(headers, mark_of(w, to, mark));
    BUF_LIT(headers, "\r\n");
}
