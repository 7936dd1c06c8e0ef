#include "mapping/message.h"

#include "base/arena.h"
#include "base/buf.h"
#include "mapping/html.h"

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
