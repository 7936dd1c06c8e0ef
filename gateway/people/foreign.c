#include "gateway/people/foreign.h"

#include "gateway/people/book.h"

struct span foreign_alias(struct worker *w, const struct foreign *f)
{
    struct shown_name shown;

    if (book_show(w, &f->address, true, &shown))
        return f->name;
    return shown.name;
}
