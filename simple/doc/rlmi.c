#include "simple/doc/rlmi.h"

#include "simple/doc/xml.h"
#include "simple/event/reason.h"

static void put_name(struct buf *b, struct span name)
{
    if (name.n == 0)
        return;
    BUF_LIT(b, "<name>");
    xml_escape(b, name);
    BUF_LIT(b, "</name>");
}

void rlmi_begin(struct buf *b, const struct rlmi *list)
{
    BUF_LIT(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
               "<list xmlns=\"urn:ietf:params:xml:ns:rlmi\" uri=\"");
    xml_escape(b, list->uri);
    BUF_LIT(b, "\" version=\"");
    buf_number(b, list->version);
    buf_str(b, list->full ? "\" fullState=\"true\">" : "\" fullState=\"false\">");
    put_name(b, list->name);
    BUF_LIT(b, "\n");
}

void rlmi_resource(struct buf *b, const struct rlmi_resource *r)
{
    BUF_LIT(b, "<resource uri=\"");
    xml_escape(b, r->uri);
    BUF_LIT(b, "\">");
    put_name(b, r->name);
    if (r->known && r->state == SIP_SUBSTATE_TERMINATED) {
        BUF_LIT(b, "<instance id=\"i1\" state=\"terminated\" reason=\"");
        /* the schema wants one */
        buf_str(b, sip_reason_word(r->reason ? r->reason : SIP_REASON_GIVEUP));
        BUF_LIT(b, "\"/>");
    } else if (r->known && r->state == SIP_SUBSTATE_PENDING) {
        BUF_LIT(b, "<instance id=\"i1\" state=\"pending\"/>");
    } else if (r->known) {
        BUF_LIT(b, "<instance id=\"i1\" state=\"active\" cid=\"");
        xml_escape(b, r->cid);
        BUF_LIT(b, "\"/>");
    }
    BUF_LIT(b, "</resource>\n");
}

void rlmi_end(struct buf *b)
{
    BUF_LIT(b, "</list>\n");
}
