/* The 200 of a REGISTER, and what the methods of a contact allow. */
#include "simple/event/registrar.h"
#include "simple/wire/print.h"
#include "simple/wire/scan.h"

/* qvalue from thousandths, without zeros at the end. */
static void put_q(struct buf *b, uint16_t q)
{
    unsigned unit = 100;

    if (q >= 1000) {
        BUF_LIT(b, "1");
        return;
    }
    BUF_LIT(b, "0.");
    do {
        buf_u8(b, (uint8_t)('0' + q / unit % 10));
        q = (uint16_t)(q % unit);
        unit /= 10;
    } while (q > 0);
}

/* The value still has the backslashes it came with. */
static void put_quoted_as_is(struct buf *b, const char *name, struct span value)
{
    if (value.n == 0)
        return;
    buf_u8(b, ';');
    buf_str(b, name);
    BUF_LIT(b, "=\"");
    buf_add(b, value);
    buf_u8(b, '"');
}

/* What is no paramchar of a URI's parameter is escaped (RFC 3261 25.1). */
static void put_pvalue(struct buf *b, struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i], l = ascii_lower(c);

        if ((l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') ||
            (c && strchr("[]/:&+$-_.!~*'()", c)))
            buf_u8(b, c);
        else
            buf_fmt(b, "%%%02X", c);
    }
}

/* RFC 5627 5.2, 11: the instance stands there without its <>. */
static void put_gruus(struct buf *b, const struct registrar_gruus *g, const struct sip_contact *c,
                      struct span temporary)
{
    struct span id = c->instance;

    if (id.n < 3 || id.p[0] != '<')
        return;
    BUF_LIT(b, ";pub-gruu=\"");
    sip_uri_print(b, SIP_SCHEME_SIP, g->user, g->domain, 0);
    BUF_LIT(b, ";gr=");
    put_pvalue(b, span_of(id.p + 1, id.n - 2));
    BUF_LIT(b, "\"");
    if (temporary.n == 0)
        return;
    BUF_LIT(b, ";temp-gruu=\"");
    sip_uri_print(b, SIP_SCHEME_SIP, temporary, g->domain, 0);
    BUF_LIT(b, ";gr\"");
}

static void put_contact(struct buf *b, const struct sip_contact *c, const struct registrar_gruus *g,
                        struct span temporary, uint64_t now)
{
    size_t at = sip_hdr_begin(b, SIP_HDR_CONTACT);

    buf_u8(b, '<');
    buf_add(b, c->uri);
    BUF_LIT(b, ">;expires=");
    buf_number(b, c->expires_at > now ? (c->expires_at - now + 999) / 1000 : 0);
    if (c->q != 1000) {
        BUF_LIT(b, ";q=");
        put_q(b, c->q);
    }
    put_quoted_as_is(b, "+sip.instance", c->instance);
    if (c->reg_id > 0) {
        BUF_LIT(b, ";reg-id=");
        buf_number(b, c->reg_id);
    }
    put_quoted_as_is(b, "methods", c->methods);
    if (g)
        put_gruus(b, g, c, temporary);
    sip_hdr_end(b, at);
}

bool registrar_wants_gruus(const struct sip_msg *request)
{
    return sip_has_token(request, SIP_HDR_SUPPORTED, "gruu") ||
           sip_has_token(request, SIP_HDR_REQUIRE, "gruu");
}

void registrar_print(struct buf *b, const struct registrar_result *r,
                     const struct registrar_gruus *gruus, const struct sip_msg *request,
                     uint64_t now, int64_t unix_seconds)
{
    for (size_t i = 0; i < r->n; i++)
        put_contact(b, &r->contacts[i], gruus, gruus ? gruus->temporary[i] : (struct span){0}, now);
    sip_put_date(b, unix_seconds);
    sip_put_copy(b, request, SIP_HDR_PATH); /* RFC 3327 5.3 */
    if (r->outbound)
        sip_put_hdr(b, SIP_HDR_REQUIRE, SPAN("outbound")); /* RFC 5626 6 */
}

bool sip_contact_allows(const struct sip_contact *c, struct span method)
{
    struct span list = c->methods;

    if (list.n == 0)
        return true;
    while (list.n > 0) {
        size_t comma = span_find(list, ',');

        if (span_case_eq(scan_trim(span_first(list, comma)), method))
            return true;
        list = span_skip(list, comma + 1);
    }
    return false;
}
