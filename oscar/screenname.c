#include "oscar/screenname.h"

#include "base/rd.h"

enum { ICQ_LEAST = 5, ICQ_MOST = 10 };

bool screenname_normalise(struct span name, char *to, size_t size, struct span *out)
{
    size_t n = 0;

    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] == ' ')
            continue;
        if (n == size)
            return false;
        to[n++] = (char)ascii_lower(name.p[i]);
    }
    *out = span_of(to, n);
    return true;
}

bool screenname_eq(struct span a, struct span b)
{
    size_t i = 0, j = 0;

    for (;;) {
        while (i < a.n && a.p[i] == ' ')
            i++;
        while (j < b.n && b.p[j] == ' ')
            j++;
        if (i == a.n || j == b.n)
            return i == a.n && j == b.n;
        if (ascii_lower(a.p[i++]) != ascii_lower(b.p[j++]))
            return false;
    }
}

bool screenname_is_icq(struct span name)
{
    if (name.n < ICQ_LEAST || name.n > ICQ_MOST || name.p[0] == '0')
        return false;
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] < '0' || name.p[i] > '9')
            return false;
    return true;
}

bool screenname_next(struct span *list, struct span *out)
{
    struct rd r = rd_over(*list);

    do
        *out = rd_str8(&r);
    while (rd_ok(&r) && out->n == 0);
    if (!rd_ok(&r))
        return false;
    *list = r.in;
    return true;
}
