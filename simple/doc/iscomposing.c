#include "simple/doc/iscomposing.h"

#include "simple/doc/xml.h"

/* xs:positiveInteger; what is too large is as long as can be. */
static uint32_t read_seconds(struct span s)
{
    uint64_t n = 0;

    if (s.n > 0 && s.p[0] == '+')
        s = span_skip(s, 1);
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return 0;
        n = n * 10 + (s.p[i] - '0');
        if (n > UINT32_MAX)
            n = UINT32_MAX;
    }
    return (uint32_t)n;
}

enum err iscomposing_parse(struct span document, struct arena *a, struct iscomposing *out)
{
    const struct xml_node *root, *state, *refresh;
    enum err e = xml_parse(document, a, &root);

    *out = (struct iscomposing){0};
    if (e)
        return e;
    if (!xml_is(root, XML_NS_ISCOMPOSING, "isComposing"))
        return ERR_SYNTAX;
    state = xml_child(root, XML_NS_ISCOMPOSING, "state");
    if (!state)
        return ERR_SYNTAX;
    out->active = span_is(span_trim(state->text), "active");
    refresh = xml_child(root, XML_NS_ISCOMPOSING, "refresh");
    if (refresh)
        out->refresh = read_seconds(span_trim(refresh->text));
    return OK;
}

void iscomposing_print(struct buf *b, const struct iscomposing *is)
{
    BUF_LIT(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
               "<isComposing xmlns=\"urn:ietf:params:xml:ns:im-iscomposing\">\n  <state>");
    buf_str(b, is->active ? "active" : "idle");
    BUF_LIT(b, "</state>\n  <contenttype>text/plain</contenttype>\n");
    if (is->active && is->refresh) {
        BUF_LIT(b, "  <refresh>");
        buf_number(b, is->refresh);
        BUF_LIT(b, "</refresh>\n");
    }
    BUF_LIT(b, "</isComposing>\n");
}
