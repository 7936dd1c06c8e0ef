/* What may stand where a schema says xs:anyURI. */
#include <ctype.h>

#include <libxml/uri.h>

#include "simple/doc/xml.h"

enum { URI_MAX = 2048 };

/* Letters, digits and marks of RFC 3986 that are a path segment in any order: no more need be
 * checked. */
static bool is_simple_uri(struct span s)
{
    size_t colon = span_find(s, ':');

    if (colon == 0 || colon >= s.n || !isalpha(s.p[0]))
        return false;
    for (size_t i = 0; i < s.n; i++) {
        bool ok = isalnum(s.p[i]) ||
                  (s.p[i] != 0 && strchr(i < colon ? "+-." : "-._~!$&'()*+,;=:@", s.p[i]));

        if (!ok)
            return false;
    }
    return true;
}

bool xml_is_uri(struct span s)
{
    char text[URI_MAX];
    xmlURIPtr uri;
    bool ok;

    if (is_simple_uri(s))
        return true;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] <= ' ' || s.p[i] >= 0x7F || strchr("<>\"{}|\\^`", s.p[i]))
            return false;
    }
    if (!span_copy(s, text, sizeof text))
        return false;
    uri = xmlParseURI(text);
    ok = uri && uri->scheme;
    xmlFreeURI(uri);
    return ok;
}
