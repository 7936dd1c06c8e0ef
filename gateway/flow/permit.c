#include "gateway/flow/permit.h"

#include <stdlib.h>

#include "db/privacy.h"
#include "gateway/flow/strangers.h"
#include "gateway/flow/presence.h"
#include "mapping/name.h"
#include "oscar/screenname.h"

struct permit_edit {
    struct storer_op op;
    int64_t user, now;
    struct span account; /* both behind the struct */
    struct span names;
    bool permit, remove, temporary;
    unsigned mode; /* 0: stays */
};

enum { TEMPORARY_SECONDS = 86400 };

static enum err run_permit(struct storer_op *op, struct store *s)
{
    struct permit_edit *p = LIST_OF(op, struct permit_edit, op);
    enum privacy_kind list = p->permit ? KEPT_PERMIT : KEPT_DENY;
    struct span names = p->names, name;
    enum err e = p->mode ? privacy_set_mode(s, p->user, p->mode) : OK;

    while (!e && screenname_next(&names, &name)) {
        char norm[SCREEN_NAME_MAX + 1];
        size_t n;

        if (name_norm(name, norm, &n) == NAME_BAD)
            continue;
        if (p->remove) {
            e = privacy_delete(s, p->user, list, span_of(norm, n));
            e = e == ERR_NOT_FOUND ? OK : e;
        } else {
            e = privacy_put(
                s, p->user,
                &(struct privacy_entry){.list = list,
                                        .name = span_of(norm, n),
                                        .until = p->temporary ? p->now + TEMPORARY_SECONDS : 0,
                                        .created = p->now});
        }
    }
    return e;
}

static void done_permit(struct storer_op *op, enum err err, void *ctx)
{
    struct permit_edit *p = LIST_OF(op, struct permit_edit, op);
    struct worker *w = ctx;
    struct account *a;

    worker_begin(w);
    a = account_loaded(w, p->account);
    if (err)
        LOG_ERROR(&w->log, "store", "a permit or deny list was not kept", "why", err_text(err));
    else if (a && account_load_rules(w, a) == OK)
        presence_rules_changed(w, a);
    if (a && a->asks_strangers)
        strangers_review(w, a);
    free(p);
}

void permit_change(struct aim_session *s, const struct oscar_names *names, bool permit)
{
    struct span key = s->account->person->key, list = names->list, first = {0}, name;
    struct permit_edit *p = calloc(1, sizeof *p + names->list.n + key.n);
    uint8_t *bytes;
    size_t n = 0;

    if (!p)
        return;
    while (screenname_next(&list, &name))
        if (n++ == 0)
            first = name_norm_in(&s->w->arena, name, &(enum name_class){0});
    bytes = (uint8_t *)(p + 1);
    p->account = span_place(&bytes, key);
    p->names = span_place(&bytes, names->list);
    p->user = s->account->id;
    p->now = s->w->unix_now;
    p->permit = permit;
    p->remove = names->remove;
    p->temporary = names->temporary;
    if (!names->remove && !names->temporary && n > 0)
        p->mode = (unsigned)privacy_mode_after_add(permit, key, first, n);
    p->op = (struct storer_op){
        .run = run_permit, .done = done_permit, .several = true, .bytes = 256 + names->list.n};
    worker_write(s->w, &p->op);
}
