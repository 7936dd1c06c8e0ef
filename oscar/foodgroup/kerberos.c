#include "oscar/foodgroup/kerberos.h"

#include "oscar/snac.h"
#include "oscar/tlv.h"

/* Subtypes of its own: none of them is ever said on an OSCAR connection. */
enum { REQUEST = 0x0002, REPLY = 0x0003, REFUSAL = 0x0004, REFUSAL_OF_APP = 0x0005 };

enum kerberos_tlv {
    TLV_TICKET_REQUEST = 0x0002,
    TLV_BOS = 0x0003,
    TLV_ADDRESS = 0x0005,
    TLV_APP = 0x0005,
    TLV_COOKIE = 0x0006,
    TLV_CERTIFICATE = 0x008D,
    TLV_CONNECTION = 0x008E,
};

enum {
    ROASTED_FROM = 4, /* the version of a ticket request from which on its password is roasted */
    WRONG_NAME_OR_PASSWORD = 0x0401,
    UNDER_TLS = 2,
    VERSION = 5,
    DAY_S = 86400,
};

#define REALM   SPAN("AOL")
#define SERVICE SPAN("im/boss")

/* ---- the request ---- */

static bool read_password(struct span ticket, struct kerberos_request *out)
{
    struct rd r = rd_over(ticket);

    (void)rd_u32(&r);
    out->roasted = rd_u16(&r) >= ROASTED_FROM;
    (void)rd_u32(&r);
    (void)rd_u16(&r);
    out->password = rd_str16(&r);
    return rd_ok(&r);
}

static bool read_body(struct span body, struct kerberos_request *out)
{
    struct rd r = rd_over(body);
    struct span service, context, ticket, app;

    out->id = rd_u32(&r);
    (void)rd_span(&r, 16); /* address, version */
    (void)tlv_block(&r);
    (void)rd_span(&r, 8);
    (void)rd_str16(&r); /* country, language */
    (void)rd_str16(&r);
    context = tlv_block(&r);
    (void)rd_span(&r, 5);
    out->name = rd_str16(&r);
    service = rd_str16(&r);
    (void)rd_span(&r, 6);
    out->app = tlv_find(context, TLV_APP, &app) && span_starts(app, SPAN("imApp key="));
    return rd_ok(&r) && out->name.n && span_eq(service, SERVICE) &&
           tlv_find(tlv_block(&r), TLV_TICKET_REQUEST, &ticket) && read_password(ticket, out);
}

bool kerberos_request_read(struct span snac, struct kerberos_request *out)
{
    struct snac s;

    *out = (struct kerberos_request){0};
    if (!snac_read(snac, &s) || s.foodgroup != FOODGROUP_KERBEROS || s.subtype != REQUEST)
        return false;
    out->snac_id = s.id;
    return read_body(s.body, out);
}

/* ---- replies ---- */

static void put_bos(struct buf *b, const struct kerberos_ticket *t)
{
    size_t begun = tlv_begin(b, TLV_BOS);

    buf_u16(b, 1);
    buf_u16(b, t->certificate.n ? 4 : 2); /* TLVs */
    tlv_write(b, TLV_ADDRESS, t->address);
    tlv_write(b, TLV_COOKIE, t->cookie);
    if (t->certificate.n) {
        tlv_write(b, TLV_CERTIFICATE, t->certificate);
        tlv_write_u16(b, TLV_CONNECTION, UNDER_TLS);
    }
    tlv_end(b, begun);
}

/* Of Kerberos' own there is nothing in it: neither a sealed ticket nor a key. */
static void put_ticket(struct buf *b, struct span name, const struct kerberos_ticket *t)
{
    buf_u16(b, VERSION);
    buf_str16(b, (struct span){0});
    buf_str16(b, REALM);
    buf_str16(b, SERVICE);
    buf_str16(b, REALM);
    buf_str16(b, name);
    buf_u8(b, 0);
    buf_str16(b, (struct span){0});
    buf_u64(b, 0);
    buf_u32(b, t->now);         /* authenticated, */
    buf_u32(b, t->now);         /* good from, */
    buf_u32(b, t->now + DAY_S); /* until, */
    buf_u32(b, 0);              /* to be renewed until */
    buf_u32(b, 0x60000000);     /* flags, as AOL's servers had them */
    buf_u32(b, 0x40000000);
    buf_u32(b, 0);
    buf_u16(b, 1); /* TLVs */
    put_bos(b, t);
}

void kerberos_reply_write(struct buf *b, const struct kerberos_request *q,
                          const struct kerberos_ticket *t)
{
    snac_write(b, FOODGROUP_KERBEROS, REPLY, 0, q->snac_id);
    buf_u32(b, q->id);
    buf_u32(b, t->now);
    buf_u32(b, 0);
    buf_str16(b, q->name);
    buf_str16(b, REALM);
    buf_u16(b, 1); /* tickets */
    put_ticket(b, q->name, t);
    buf_u16(b, 0); /* TLVs */
}

void kerberos_refusal_write(struct buf *b, const struct kerberos_request *q, struct span words)
{
    snac_write(b, FOODGROUP_KERBEROS, q->app ? REFUSAL_OF_APP : REFUSAL, 0, q->snac_id);
    buf_u32(b, q->id);
    buf_str16(b, q->name);
    buf_u16(b, WRONG_NAME_OR_PASSWORD); /* the only code that is known */
    buf_str16(b, words);
    buf_u32(b, 0);
    buf_u16(b, 0); /* TLVs */
}
