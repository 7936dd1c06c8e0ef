/* Any octets as the body of a SUBSCRIBE, plain or packed: read as a list, and told as the list's
 * state. What is told is well-formed. */
#include <stdlib.h>

#include "simple/doc/resource_lists.h"
#include "simple/doc/rlmi.h"
#include "simple/doc/xml.h"
#include "simple/wire/encoding.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void must(bool ok)
{
    if (!ok)
        abort();
}

static void tell(const struct resource_list *l, struct arena *a)
{
    const struct xml_node *root;
    struct buf b = {0};
    enum err e;

    rlmi_begin(&b, &(struct rlmi){.uri = SPAN("sip:l@x"), .name = l->name, .full = true});
    for (size_t i = 0; i < l->n; i++)
        rlmi_resource(&b, &(struct rlmi_resource){.uri = l->v[i].uri,
                                                  .name = l->v[i].name,
                                                  .known = i % 4 > 0,
                                                  .state = (enum sip_substate)(i % 4),
                                                  .reason = (enum sip_sub_reason)(i % SIP_REASONS),
                                                  .cid = SPAN("1.2@x")});
    rlmi_end(&b);
    must(buf_ok(&b));
    e = xml_parse(buf_span(&b), a, &root);
    must(e == OK || e == ERR_FULL);
    if (e == OK && l->n > 0) /* what was read is told as it was read */
        must(span_eq(xml_attr(xml_child(root, XML_NS_RLMI, "resource"), "uri"), l->v[0].uri));
    buf_fini(&b);
}

static void read_one(struct span body, struct arena *a)
{
    struct resource_list l;

    if (resource_lists_parse(body, a, &l) != OK)
        return;
    must(l.n <= RESOURCE_LISTS_MAX);
    tell(&l, a);
}

/* The first octet says how the rest is packed. */
static void read_packed(struct span in, struct arena *a)
{
    static const char packed[] = "SUBSCRIBE sip:x@y SIP/2.0\r\nContent-Encoding: deflate\r\n\r\n";
    struct sip_msg m;
    struct span body;

    (void)sip_msg_parse(&m, span_str(packed));
    m.body = in;
    if (sip_body_decode(&m, XML_SIZE_MAX, a, &body) == OK) {
        must(body.n <= XML_SIZE_MAX);
        read_one(body, a);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct arena a = {0};

    if (n > 0 && p[0] == 'z')
        read_packed(span_of(p + 1, n - 1), &a);
    else
        read_one(span_of(p, n), &a);
    arena_fini(&a);
    return 0;
}
