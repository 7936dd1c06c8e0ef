#include "mapping/list_sip.h"

#include "mapping/message_sip_priv.h"

enum { PARTS_MAX = RLMI_RESOURCES_MAX + 1 };

static const struct mime_part *part_of(const struct mime_part *parts, size_t n, struct span id)
{
    for (size_t i = 0; i < n && id.n > 0; i++)
        if (span_eq(parts[i].id, id))
            return &parts[i];
    return NULL;
}

/* RFC 2387 3.2: the one that "start" names, else the first. */
static const struct mime_part *root_of(struct span content_type, const struct mime_part *parts,
                                       size_t n)
{
    struct span start;
    const struct mime_part *named = NULL;

    if (mime_param(content_type, "start", &start))
        named = part_of(parts, n, mime_id(start));
    return named ? named : &parts[0];
}

static struct list_entry entry_of(const struct rlmi_resource *r, const struct mime_part *parts,
                                  size_t n, struct arena *a)
{
    struct list_entry e = {.r = *r};
    const struct mime_part *p = part_of(parts, n, r->cid);

    if (!p || !r->known || r->state != SIP_SUBSTATE_ACTIVE)
        return e;
    if (mime_decode(p, a, &e.doc) == OK)
        e.type = p->type;
    else
        e.doc = (struct span){0};
    return e;
}

enum err list_from_notify(struct span content_type, struct span body, struct arena *a,
                          struct list_notice *out)
{
    struct mime_part *parts = arena_alloc(a, PARTS_MAX * sizeof *parts);
    const struct mime_part *root;
    const struct rlmi_resource *v;
    struct list_entry *entries;
    struct span doc;
    size_t parts_n, n;
    enum err e;

    if (!parts)
        return ERR_NOMEM;
    if (!span_case_is(mime_type(content_type), "multipart/related"))
        return ERR_UNSUPPORTED;
    e = mime_multipart(content_type, body, parts, PARTS_MAX, &parts_n);
    if (e)
        return e;
    root = root_of(content_type, parts, parts_n);
    if (!span_case_is(mime_type(root->type), RLMI_TYPE))
        return ERR_UNSUPPORTED;
    e = mime_decode(root, a, &doc);
    if (!e)
        e = rlmi_parse(doc, a, &out->list, &v, &n);
    if (e)
        return e;
    out->v = entries = arena_alloc(a, (n + 1) * sizeof *entries);
    out->n = n;
    for (size_t i = 0; entries && i < n; i++)
        entries[i] = entry_of(&v[i], parts, parts_n, a);
    return entries && arena_ok(a) ? OK : ERR_NOMEM;
}
