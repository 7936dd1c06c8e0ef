#include "simple/event/watcherinfo.h"

#include <stdlib.h>

#include "simple/event/notifier.h"

struct row {
    struct list node;
    uint64_t number;
    size_t n;
    uint8_t text[];
};

struct sip_winfo {
    struct list rows; /* still to be told */
    size_t count;
    uint32_t version; /* of the next NOTIFY */
    bool full;
    size_t resource_n;
    uint8_t resource[];
};

static void drop_row(struct sip_winfo *i, struct row *r)
{
    list_remove(&r->node);
    i->count--;
    free(r);
}

static void drop_rows(struct sip_winfo *i)
{
    LIST_EACH (struct row, r, &i->rows, node)
        drop_row(i, r);
}

void sip_winfo_begin(struct sip_watch *w)
{
    drop_rows(w->winfo);
    w->winfo->full = true;
}

void sip_winfo_add(struct sip_watch *w, uint64_t number, const struct winfo_watcher *one)
{
    struct sip_winfo *i = w->winfo;
    struct buf b = {0};
    struct row *r;

    LIST_EACH (struct row, old, &i->rows, node)
        if (old->number == number)
            drop_row(i, old);
    winfo_put(&b, one);
    r = i->count < WATCHERINFO_MAX && buf_ok(&b) ? malloc(sizeof *r + b.n) : NULL;
    if (r) {
        *r = (struct row){.number = number, .n = b.n};
        memcpy(r->text, b.p, b.n);
        list_append(&i->rows, &r->node);
        i->count++;
    }
    buf_fini(&b);
}

static struct sip_doc *compose(const struct sip_core *c, struct sip_watch *w, bool for_udp)
{
    struct sip_winfo *i = w->winfo;
    struct sip_doc *doc = NULL;
    struct buf b = {0};

    (void)c;
    (void)for_udp;
    winfo_begin(&b, span_of(i->resource, i->resource_n), i->version, i->full);
    LIST_EACH (struct row, r, &i->rows, node)
        buf_put(&b, r->text, r->n);
    winfo_end(&b);
    if (buf_ok(&b))
        doc = sip_doc_new(SPAN(WINFO_TYPE), buf_span(&b));
    buf_fini(&b);
    if (doc) {
        drop_rows(i);
        i->full = false;
        i->version++;
    }
    return doc;
}

static void free_winfo(struct sip_watch *w)
{
    drop_rows(w->winfo);
    free(w->winfo);
}

static const struct watch_body winfo_body = {.compose = compose, .free = free_winfo};

bool sip_watch_set_winfo(struct sip_watch *w, struct span resource, uint32_t version)
{
    struct sip_winfo *i = calloc(1, sizeof *i + resource.n);

    if (!i)
        return false;
    list_init(&i->rows);
    memcpy(i->resource, resource.p, resource.n);
    i->resource_n = resource.n;
    i->version = version;
    i->full = true;
    if (w->body)
        w->body->free(w);
    w->body = &winfo_body;
    w->winfo = i;
    return true;
}
