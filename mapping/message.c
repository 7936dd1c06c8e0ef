#include "mapping/message.h"

#include "base/arena.h"
#include "base/buf.h"
#include "mapping/html.h"

bool message_keep(struct message *m, struct arena *a)
{
    struct span *const texts[] = {&m->from.user, &m->from.host,  &m->from_key,
                                  &m->to.user,   &m->to.host,    &m->friendly,
                                  &m->text,      &m->html,       &m->receipt_id,
                                  &m->receipt_time, &m->receipt_route};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        *texts[i] = arena_copy(a, *texts[i]);
    return arena_ok(a);
}

bool message_prefix(struct message *m, struct arena *a, struct span prefix)
{
    struct buf b = {0};
    bool ok;

    buf_add(&b, prefix);
    buf_add(&b, m->text);
    m->text = arena_copy(a, buf_span(&b));
    ok = buf_ok(&b);
    if (m->html.n > 0) {
        buf_reset(&b);
        html_escape(&b, prefix);
        buf_add(&b, m->html);
        m->html = arena_copy(a, buf_span(&b));
        ok = ok && buf_ok(&b);
    }
    buf_fini(&b);
    return ok && arena_ok(a);
}
