#include "simple/doc/imdn.h"

#include "simple/doc/xml.h"

#include <assert.h>

static const struct {
    const char *kind, *word;
    enum imdn_status status;
} statuses[] = {
    {"delivery-notification", "delivered", IMDN_DELIVERED},
    {"delivery-notification", "failed", IMDN_FAILED},
    {"delivery-notification", "forbidden", IMDN_FAILED},
    {"delivery-notification", "error", IMDN_FAILED},
    {"processing-notification", "stored", IMDN_STORED},
    {"processing-notification", "forbidden", IMDN_FAILED},
    {"processing-notification", "error", IMDN_FAILED},
};

static enum imdn_status read_status(const struct xml_node *root)
{
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        const struct xml_node *kind = xml_child(root, XML_NS_IMDN, statuses[i].kind);
        const struct xml_node *status = kind ? xml_child(kind, XML_NS_IMDN, "status") : NULL;

        if (status && xml_child(status, XML_NS_IMDN, statuses[i].word))
            return statuses[i].status;
    }
    return IMDN_OTHER;
}

static struct span text_of(const struct xml_node *root, const char *name)
{
    const struct xml_node *n = xml_child(root, XML_NS_IMDN, name);

    return n ? span_trim(n->text) : (struct span){0};
}

enum err imdn_parse(struct span document, struct arena *a, struct imdn *out)
{
    const struct xml_node *root;
    enum err e = xml_parse(document, a, &root);

    *out = (struct imdn){0};
    if (e)
        return e;
    if (!xml_is(root, XML_NS_IMDN, "imdn"))
        return ERR_SYNTAX;
    out->message_id = text_of(root, "message-id");
    out->datetime = text_of(root, "datetime");
    out->status = read_status(root);
    return out->message_id.n ? OK : ERR_SYNTAX;
}

static void put(struct buf *b, const char *name, struct span text)
{
    if (text.n == 0)
        return;
    buf_fmt(b, "  <%s>", name);
    xml_escape(b, text);
    buf_fmt(b, "</%s>\r\n", name);
}

void imdn_print(struct buf *b, const struct imdn *is)
{
    size_t i = 0;

    assert(is->status != IMDN_OTHER);
    while (statuses[i].status != is->status)
        i++;
    BUF_LIT(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
               "<imdn xmlns=\"urn:ietf:params:xml:ns:imdn\">\r\n");
    put(b, "message-id", is->message_id);
    put(b, "datetime", is->datetime);
    put(b, "recipient-uri", is->recipient_uri);
    put(b, "original-recipient-uri", is->original_recipient_uri);
    buf_fmt(b, "  <%s><status><%s/></status></%s>\r\n</imdn>\r\n", statuses[i].kind,
            statuses[i].word, statuses[i].kind);
}
