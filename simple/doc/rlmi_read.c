#include "simple/doc/rlmi.h"

#include "simple/doc/xml.h"
#include "simple/event/reason.h"

static struct span name_of(const struct xml_node *of)
{
    const struct xml_node *n = xml_child(of, XML_NS_RLMI, "name");

    return n ? span_trim(n->text) : (struct span){0};
}

/* RFC 4662 5.5. False: a state that is not known. */
static bool read_state(const struct xml_node *instance, enum sip_substate *out)
{
    static const struct {
        const char *word;
        enum sip_substate state;
    } rows[] = {{"active", SIP_SUBSTATE_ACTIVE},
                {"pending", SIP_SUBSTATE_PENDING},
                {"terminated", SIP_SUBSTATE_TERMINATED}};
    struct span word = span_trim(xml_attr(instance, "state"));

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (span_is(word, rows[i].word)) {
            *out = rows[i].state;
            return true;
        }
    return false;
}

/* Says the one more than the other? Active, pending, terminated; an active one with its
 * document. */
static int weight(const struct rlmi_resource *r)
{
    if (!r->known)
        return 0;
    if (r->state == SIP_SUBSTATE_ACTIVE)
        return r->cid.n ? 4 : 3;
    return r->state == SIP_SUBSTATE_PENDING ? 2 : 1;
}

static void read_instances(const struct xml_node *resource, struct rlmi_resource *r)
{
    for (const struct xml_node *i = xml_child(resource, XML_NS_RLMI, "instance"); i;
         i = xml_next(i, XML_NS_RLMI, "instance")) {
        struct rlmi_resource one = *r;

        one.known = read_state(i, &one.state);
        one.cid = span_trim(xml_attr(i, "cid"));
        one.reason = sip_reason_parse(span_trim(xml_attr(i, "reason")));
        if (weight(&one) > weight(r))
            *r = one;
    }
}

static size_t count(const struct xml_node *root)
{
    size_t n = 0;

    for (const struct xml_node *r = xml_child(root, XML_NS_RLMI, "resource"); r;
         r = xml_next(r, XML_NS_RLMI, "resource"))
        n++;
    return n;
}

static bool read_head(const struct xml_node *root, struct rlmi *list)
{
    struct span full = span_trim(xml_attr(root, "fullState"));
    uint64_t version;

    if (!span_number(span_trim(xml_attr(root, "version")), UINT32_MAX, &version))
        return false;
    *list = (struct rlmi){.uri = span_trim(xml_attr(root, "uri")),
                          .name = name_of(root),
                          .version = (uint32_t)version,
                          .full = span_is(full, "true") || span_is(full, "1")};
    return true;
}

enum err rlmi_parse(struct span doc, struct arena *a, struct rlmi *list,
                    const struct rlmi_resource **v, size_t *n)
{
    const struct xml_node *root;
    struct rlmi_resource *out;
    enum err e = xml_parse(doc, a, &root);

    *n = 0;
    if (e)
        return e;
    if (!xml_is(root, XML_NS_RLMI, "list"))
        return ERR_UNSUPPORTED;
    if (!read_head(root, list))
        return ERR_SYNTAX;
    if (count(root) > RLMI_RESOURCES_MAX)
        return ERR_FULL;
    *v = out = arena_alloc(a, (count(root) + 1) * sizeof *out);
    if (!out)
        return ERR_NOMEM;
    for (const struct xml_node *r = xml_child(root, XML_NS_RLMI, "resource"); r;
         r = xml_next(r, XML_NS_RLMI, "resource")) {
        struct rlmi_resource one = {.uri = span_trim(xml_attr(r, "uri")), .name = name_of(r)};

        read_instances(r, &one);
        if (one.uri.n > 0)
            out[(*n)++] = one;
    }
    return OK;
}
