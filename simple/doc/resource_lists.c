#include "simple/doc/resource_lists.h"

#include "simple/doc/xml.h"

static struct span display_name(const struct xml_node *of)
{
    const struct xml_node *n = xml_child(of, XML_NS_RESOURCE_LISTS, "display-name");

    return n ? span_trim(n->text) : (struct span){0};
}

static size_t count_entries(const struct xml_node *root)
{
    size_t n = 0;

    for (const struct xml_node *l = xml_child(root, XML_NS_RESOURCE_LISTS, "list"); l;
         l = xml_next(l, XML_NS_RESOURCE_LISTS, "list"))
        for (const struct xml_node *e = xml_child(l, XML_NS_RESOURCE_LISTS, "entry"); e;
             e = xml_next(e, XML_NS_RESOURCE_LISTS, "entry"))
            n++;
    return n;
}

static void read_list(const struct xml_node *list, struct resource_entry *v, size_t *n)
{
    for (const struct xml_node *e = xml_child(list, XML_NS_RESOURCE_LISTS, "entry"); e;
         e = xml_next(e, XML_NS_RESOURCE_LISTS, "entry")) {
        struct span uri = span_trim(xml_attr(e, "uri"));

        if (xml_is_uri(uri))
            v[(*n)++] = (struct resource_entry){.uri = uri, .name = display_name(e)};
    }
}

enum err resource_lists_parse(struct span doc, struct arena *a, struct resource_list *out)
{
    const struct xml_node *root, *list;
    struct resource_entry *v;
    enum err e = xml_parse(doc, a, &root);
    size_t n;

    *out = (struct resource_list){0};
    if (e != OK)
        return e;
    if (!xml_is(root, XML_NS_RESOURCE_LISTS, "resource-lists"))
        return ERR_UNSUPPORTED;
    n = count_entries(root);
    if (n > RESOURCE_LISTS_MAX)
        return ERR_FULL;
    v = n ? arena_alloc(a, n * sizeof *v) : NULL;
    list = xml_child(root, XML_NS_RESOURCE_LISTS, "list");
    if (list)
        out->name = display_name(list);
    for (; v && list; list = xml_next(list, XML_NS_RESOURCE_LISTS, "list"))
        read_list(list, v, &out->n);
    out->v = v;
    return arena_ok(a) ? OK : ERR_NOMEM;
}

void resource_lists_begin(struct buf *b)
{
    BUF_LIT(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
               "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\"><list>\n");
}

void resource_lists_put(struct buf *b, struct span uri)
{
    BUF_LIT(b, "<entry uri=\"");
    xml_escape(b, uri);
    BUF_LIT(b, "\"/>\n");
}

void resource_lists_end(struct buf *b)
{
    BUF_LIT(b, "</list></resource-lists>\n");
}
