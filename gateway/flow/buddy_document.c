/* What the documents about users elsewhere say, until they say something else. */
#include "gateway/flow/buddy_priv.h"

#include "gateway/flow/backlog.h"
#include "gateway/flow/presence.h"
#include "gateway/flow/warnings.h"
#include "gateway/people/book.h"
#include "mapping/presence_sip.h"

/* ERR_SYNTAX: not XML. Anything else that is wrong with it leaves the record as it was. */
static enum err read_document(struct worker *w, struct foreign *f, struct span from_name)
{
    struct pidf doc;
    struct presence p = {0}, *copy;
    struct presence_reading how = {.who = f->address,
                                   .rules = &w->rules,
                                   .from_name = from_name,
                                   .before = f->person->seen,
                                   .now = w->unix_now};
    bool came;
    enum err e = pidf_parse(buf_span(&f->document), &w->arena, &doc);

    if (!e)
        e = presence_from_pidf(&doc, &how, &p, &w->arena);
    if (e)
        return e;
    p.warning = warnings_level(w, f->name);
    copy = p.online ? presence_dup(&p) : NULL;
    if (p.online && !copy)
        return ERR_NOMEM;
    timer_clear(w, &f->until);
    if (p.until > w->unix_now)
        timer_set(w, &f->until, w->now + (uint64_t)(p.until - w->unix_now) * 1000);
    came = copy && !f->person->seen;
    presence_foreign_changed(w, f->person, copy);
    if (came)
        backlog_is_back(w, f->owner->key, f->name);
    return OK;
}

void buddy_document_is_due(struct timer *t, struct worker *w)
{
    (void)read_document(w, LIST_OF(t, struct foreign, until), (struct span){0});
}

static void log_document(struct worker *w, const struct foreign *f, enum err e)
{
    struct buf who = {0};

    buf_add(&who, f->name);
    LOG_WARNING(&w->log, "sip", "a presence document cannot be used", "of", buf_cstr(&who), "why",
                err_text(e), "do", "tell its operator");
    buf_fini(&who);
}

enum err buddy_take_part(struct worker *w, struct foreign *f, struct span type_value,
                         struct span body, struct span name)
{
    struct buf before = f->document;
    struct sip_type type;
    enum err e;

    if (!sip_type_parse(type_value, &type) || !sip_type_is(&type, "application", "pidf+xml"))
        return ERR_UNSUPPORTED;
    f->document = (struct buf){0};
    buf_add(&f->document, body);
    e = read_document(w, f, friendly_clean(&w->arena, name));
    if (e) {
        log_document(w, f, e);
        buf_fini(&f->document);
        f->document = before;
    } else {
        buf_fini(&before);
    }
    return e;
}

enum err buddy_take_document(struct worker *w, struct foreign *f, const struct sip_msg *msg)
{
    struct buf name = {0};
    enum err e;

    sip_display_text(&name, &msg->from);
    e = buddy_take_part(w, f, sip_msg_value(msg, SIP_HDR_CONTENT_TYPE), msg->body, buf_span(&name));
    buf_fini(&name);
    return e;
}
