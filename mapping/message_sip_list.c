/* The MESSAGE for many of RFC 5365: what is for them, and the list of them beside it. */
#include "mapping/message_sip_priv.h"

#include "mapping/message_sip.h"

/* RFC 5363 4.1: "recipient-list" says what the list is for; there is no other use of one here. */
static bool is_list(const struct mime_part *p)
{
    return span_case_is(mime_type(p->type), "application/resource-lists+xml");
}

enum err message_sip_split_list(struct span content_type, struct span body, struct arena *a,
                                struct sip_list_body *out)
{
    struct mime_part *parts = arena_alloc(a, MIME_PARTS_MAX * sizeof *parts);
    const struct mime_part *list = NULL, *text = NULL;
    size_t n;
    enum err e;

    *out = (struct sip_list_body){0};
    if (!parts)
        return ERR_NOMEM;
    if (!span_case_is(mime_type(content_type), "multipart/mixed"))
        return ERR_UNSUPPORTED;
    e = mime_multipart(content_type, body, parts, MIME_PARTS_MAX, &n);
    for (size_t i = 0; !e && i < n; i++) {
        const struct mime_part **which = is_list(&parts[i]) ? &list : &text;

        if (!*which)
            *which = &parts[i];
    }
    if (!e && (!list || !text))
        e = ERR_SYNTAX;
    if (!e)
        e = mime_decode(list, a, &out->list);
    if (!e)
        e = mime_decode(text, a, &out->body);
    if (!e)
        out->content_type = text->type.n ? text->type : SPAN("text/plain");
    return e;
}
