#include "simple/event/eventlist.h"

#include <stdlib.h>

#include "simple/doc/rlmi.h"
#include "simple/event/notifier.h"

struct entry {
    struct sip_doc *doc;
    uint32_t at; /* in the texts: the URI, the name behind it */
    uint16_t uri_n, name_n;
    uint8_t state, reason;
    bool changed; /* since it was last told */
    bool told;    /* in the NOTIFY that is being made */
};

struct sip_list {
    struct span uri, name;
    uint8_t *texts;
    uint32_t version; /* of the next NOTIFY */
    bool full;        /* the next one tells all */
    bool for_linphone;
    size_t n;
    struct entry v[];
};

/* ---- the resources ---- */

static size_t texts_size(const struct sip_list_conf *conf)
{
    size_t n = conf->uri.n + conf->name.n;

    for (size_t i = 0; i < conf->n; i++)
        n += conf->items[i].uri.n + conf->items[i].name.n;
    return n;
}

static bool fits(const struct sip_list_conf *conf)
{
    for (size_t i = 0; i < conf->n; i++)
        if (conf->items[i].uri.n > UINT16_MAX || conf->items[i].name.n > UINT16_MAX)
            return false;
    return texts_size(conf) < UINT32_MAX;
}

static uint8_t *put(uint8_t *to, struct span s)
{
    if (s.n)
        memcpy(to, s.p, s.n);
    return to + s.n;
}

static void fill(struct sip_list *l, const struct sip_list_conf *conf)
{
    uint8_t *to = l->texts;

    for (size_t i = 0; i < conf->n; i++) {
        l->v[i] = (struct entry){.at = (uint32_t)(to - l->texts),
                                 .uri_n = (uint16_t)conf->items[i].uri.n,
                                 .name_n = (uint16_t)conf->items[i].name.n,
                                 .state = SIP_SUBSTATE_ACTIVE};
        to = put(put(to, conf->items[i].uri), conf->items[i].name);
    }
    l->uri = span_of(to, conf->uri.n);
    to = put(to, conf->uri);
    l->name = span_of(to, conf->name.n);
    (void)put(to, conf->name);
}

struct span sip_list_uri(const struct sip_watch *w)
{
    return w->list->uri;
}

struct sip_list_item sip_list_item(const struct sip_watch *w, size_t i)
{
    const struct entry *e = &w->list->v[i];
    const uint8_t *text = w->list->texts + e->at;

    return (struct sip_list_item){.uri = span_of(text, e->uri_n),
                                  .name = span_of(text + e->uri_n, e->name_n)};
}

void sip_list_set(struct sip_watch *w, size_t i, const struct sip_list_state *s)
{
    struct entry *e = &w->list->v[i];
    struct sip_doc *old = e->doc;

    e->doc = sip_doc_ref(s->doc);
    sip_doc_unref(&old);
    e->state = (uint8_t)s->state;
    e->reason = (uint8_t)s->reason;
    e->changed = true;
}

/* ---- the body ---- */

/* "<PART.VERSION.TAG@DOMAIN", which nobody else makes: the tag is ours. */
static void put_id(const struct sip_core *c, const struct sip_watch *w, struct buf *b, size_t part)
{
    buf_number(b, part);
    BUF_LIT(b, ".");
    buf_number(b, w->list->version);
    BUF_LIT(b, ".");
    buf_add(b, dialog_key(&w->d));
    BUF_LIT(b, "@");
    buf_add(b, c->conf.domain);
}

static void put_boundary(const struct sip_watch *w, struct buf *b)
{
    BUF_LIT(b, "part-");
    buf_add(b, dialog_key(&w->d));
}

static void begin_part(const struct sip_core *c, const struct sip_watch *w, struct buf *b,
                       size_t part, struct span type_line)
{
    BUF_LIT(b, "--");
    put_boundary(w, b);
    BUF_LIT(b, "\r\nContent-Transfer-Encoding: binary\r\n");
    buf_str(b, w->list->for_linphone ? "Content-Id: " : "Content-ID: <");
    put_id(c, w, b, part);
    buf_str(b, w->list->for_linphone ? "\r\n" : ">\r\n");
    buf_add(b, type_line);
    BUF_LIT(b, "\r\n");
}

enum { PART_OVERHEAD = 320 }; /* octets around a document and for its resource, but for its URI */

/* Chooses what goes into this one: all that changed, and of the documents as many as fit. */
static void choose(struct sip_list *l, size_t max)
{
    size_t n = 0;

    for (size_t i = 0; i < l->n; i++) {
        struct entry *e = &l->v[i];

        e->told = false;
        if (e->doc && (l->full || e->changed) && e->state == SIP_SUBSTATE_ACTIVE &&
            n + sip_doc_size(e->doc) + PART_OVERHEAD <= max) {
            n += sip_doc_size(e->doc) + PART_OVERHEAD;
            e->told = true;
        }
    }
}

static void put_resource(const struct sip_core *c, const struct sip_watch *w, struct buf *b,
                         size_t i)
{
    const struct sip_list *l = w->list;
    const struct entry *e = &l->v[i];
    struct sip_list_item item = sip_list_item(w, i);
    struct buf cid = {0};

    if (e->told)
        put_id(c, w, &cid, i + 1);
    rlmi_resource(b, &(struct rlmi_resource){
                         .uri = item.uri,
                         .name = item.name,
                         .known = e->told || e->state != SIP_SUBSTATE_ACTIVE,
                         .state = (enum sip_substate)e->state,
                         .reason = (enum sip_sub_reason)e->reason,
                         .cid = buf_span(&cid),
                     });
    if (!buf_ok(&cid))
        b->bad = true;
    buf_fini(&cid);
}

static void put_rlmi(const struct sip_core *c, const struct sip_watch *w, struct buf *b)
{
    const struct sip_list *l = w->list;

    begin_part(c, w, b, 0, SPAN("Content-Type: " RLMI_TYPE ";charset=\"UTF-8\"\r\n"));
    rlmi_begin(
        b, &(struct rlmi){.uri = l->uri, .name = l->name, .version = l->version, .full = l->full});
    for (size_t i = 0; i < l->n; i++)
        if (l->full || l->v[i].told || (l->v[i].changed && l->v[i].state != SIP_SUBSTATE_ACTIVE))
            put_resource(c, w, b, i);
    rlmi_end(b);
}

static void put_parts(const struct sip_core *c, const struct sip_watch *w, struct buf *b)
{
    const struct sip_list *l = w->list;

    for (size_t i = 0; i < l->n; i++) {
        if (!l->v[i].told)
            continue;
        BUF_LIT(b, "\r\n");
        begin_part(c, w, b, i + 1, sip_doc_type_line(l->v[i].doc));
        buf_add(b, sip_doc_body(l->v[i].doc));
    }
    BUF_LIT(b, "\r\n--");
    put_boundary(w, b);
    BUF_LIT(b, "--\r\n");
}

static void put_type(const struct sip_core *c, const struct sip_watch *w, struct buf *b)
{
    BUF_LIT(b, "multipart/related;type=\"" RLMI_TYPE "\";start=\"<");
    put_id(c, w, b, 0);
    BUF_LIT(b, ">\";boundary="); /* a token, without quotes: liblinphone 5.1 takes those for a part
                                    of it */
    put_boundary(w, b);
}

/* It was made: what is in it is told. */
static void settle(struct sip_list *l)
{
    for (size_t i = 0; i < l->n; i++) {
        struct entry *e = &l->v[i];

        if (e->told || e->state != SIP_SUBSTATE_ACTIVE || !e->doc)
            e->changed = false;
        else
            e->changed = e->changed || l->full; /* its document did not fit: in the next one */
    }
    l->full = false;
    l->version++;
}

static struct sip_doc *compose(const struct sip_core *c, struct sip_watch *w, bool for_udp)
{
    struct buf type = {0}, body = {0};
    struct sip_doc *doc = NULL;

    choose(w->list, for_udp ? EVENTLIST_BODY_UDP : EVENTLIST_BODY_MAX);
    put_type(c, w, &type);
    put_rlmi(c, w, &body);
    put_parts(c, w, &body);
    if (buf_ok(&type) && buf_ok(&body))
        doc = sip_doc_new(buf_span(&type), buf_span(&body));
    buf_fini(&type);
    buf_fini(&body);
    if (doc)
        settle(w->list);
    return doc;
}

static void tell_all(struct sip_watch *w)
{
    w->list->full = true;
}

static void unsent(struct sip_watch *w)
{
    w->list->version--;
    w->list->full = true;
}

static bool has_more(const struct sip_watch *w)
{
    for (size_t i = 0; i < w->list->n; i++)
        if (w->list->v[i].changed)
            return true;
    return w->list->full;
}

/* liblinphone asks for "presence", and takes a list's state for presence only where it is called
 * so. */
static const char *event(const struct sip_watch *w)
{
    return w->list->for_linphone ? "Presence" : NULL;
}

static void free_list(struct sip_watch *w)
{
    for (size_t i = 0; i < w->list->n; i++)
        sip_doc_unref(&w->list->v[i].doc);
    free(w->list);
}

/* ---- the watch whose body it is ---- */

static const struct watch_body list_body = {.is_list = true,
                                            .compose = compose,
                                            .tell_all = tell_all,
                                            .unsent = unsent,
                                            .has_more = has_more,
                                            .event = event,
                                            .free = free_list};

bool sip_watch_set_list(struct sip_watch *w, const struct sip_list_conf *conf)
{
    size_t size = sizeof(struct sip_list) + conf->n * sizeof(struct entry);
    struct sip_list *l = fits(conf) ? malloc(size + texts_size(conf)) : NULL;

    if (!l)
        return false;
    *l = (struct sip_list){.n = conf->n,
                           .texts = (uint8_t *)l + size,
                           .full = true,
                           .version = conf->version,
                           .for_linphone = conf->for_linphone};
    fill(l, conf);
    if (w->body) {
        l->version = w->list->version;
        w->body->free(w);
    }
    w->body = &list_body;
    w->list = l;
    return true;
}

bool sip_watch_is_list(const struct sip_watch *w)
{
    return watch_is_list(w);
}
