#include "simple/doc/winfo.h"

#include "simple/doc/xml.h"

void winfo_begin(struct buf *b, struct span resource, uint32_t version, bool full)
{
    BUF_LIT(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
               "<watcherinfo xmlns=\"urn:ietf:params:xml:ns:watcherinfo\" version=\"");
    buf_number(b, version);
    buf_str(b, full ? "\" state=\"full\">\n" : "\" state=\"partial\">\n");
    BUF_LIT(b, "  <watcher-list resource=\"");
    xml_escape(b, resource);
    BUF_LIT(b, "\" package=\"presence\">\n");
}

static void put_number(struct buf *b, const char *name, uint32_t n)
{
    buf_str(b, name);
    buf_number(b, n);
    BUF_LIT(b, "\"");
}

void winfo_put(struct buf *b, const struct winfo_watcher *w)
{
    static const char *const states[] = {[WINFO_ACTIVE] = "active",
                                         [WINFO_PENDING] = "pending",
                                         [WINFO_WAITING] = "waiting",
                                         [WINFO_TERMINATED] = "terminated"};
    static const char *const events[] = {
        [WINFO_SUBSCRIBE] = "subscribe",     [WINFO_APPROVED] = "approved",
        [WINFO_DEACTIVATED] = "deactivated", [WINFO_PROBATION] = "probation",
        [WINFO_REJECTED] = "rejected",       [WINFO_TIMEOUT] = "timeout",
        [WINFO_GIVEUP] = "giveup",           [WINFO_NORESOURCE] = "noresource"};

    BUF_LIT(b, "    <watcher id=\"");
    xml_escape(b, w->id);
    BUF_LIT(b, "\" event=\"");
    buf_str(b, events[w->event]);
    BUF_LIT(b, "\" status=\"");
    buf_str(b, states[w->status]);
    BUF_LIT(b, "\"");
    if (w->expiration)
        put_number(b, " expiration=\"", w->expiration);
    put_number(b, " duration-subscribed=\"", w->since);
    BUF_LIT(b, ">");
    xml_escape(b, w->uri);
    BUF_LIT(b, "</watcher>\n");
}

void winfo_end(struct buf *b)
{
    BUF_LIT(b, "  </watcher-list>\n</watcherinfo>\n");
}
